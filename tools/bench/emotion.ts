import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { projectDir, readConfig } from '../../src/app/config.ts';
import { loadEmotionEstimator } from '../../src/app/emotion.ts';
import { startEncoder } from '../../src/app/stages.ts';
import { systemClock } from '../../src/core/clock.ts';
import { moods, type EmotionEstimator, type Mood, type VoiceSound } from '../../src/core/emotion.ts';
import { languages, type Language } from '../../src/core/language.ts';
import { feel, fuse, noEmotion } from '../../src/dialog/emotion.ts';
import { factsOf, parseEscalation, ruleFor, type Escalation } from '../../src/dialog/escalation-rules.ts';
import { decodeMulaw } from '../../src/media/g711.ts';
import { areaUnderCurve } from '../emotion/learning.ts';
import { createCallerVoice } from '../lib/caller-voice.ts';
import { createTranscriber } from '../lib/transcriber.ts';
import {
  numberOption,
  textOption,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import {
  calmVoices,
  casiaClips,
  measureVoices,
  ravdessClips,
  type ActedClip,
  type VoiceFigures,
} from './lib/emotion-sets.ts';
import { formatTable } from './lib/report.ts';
import { quantile } from './lib/statistics.ts';

/** How well Kefu notices moods: in words, in voices, in both together, and how seldom it takes calm callers for angry ones. */
export const emotion: Benchmark = {
  name: 'emotion',
  about:
    'Moods in held-out lines, in acted voices at 8 kHz mu-law with noise, in spoken lines, and false alarms.',
  usage: [
    '--held-out DIR      emotion.en.jsonl and emotion.zh.jsonl, lines with text and emotion (default: models/training/held-out)',
    '--ravdess DIR       clips of RAVDESS: anger against the rest',
    '--casia DIR         clips of CASIA: anger against the rest',
    '--calm DIR         clips of AN4: real callers, not angry, whose voices go with the neutral lines of the false alarms',
    '--spoken N          speak N English lines with the built-in voice, recognise them, and read words and voice (default 0)',
  ],
  options: {
    'held-out': { type: 'string' },
    ravdess: { type: 'string' },
    casia: { type: 'string' },
    calm: { type: 'string' },
    spoken: { type: 'string' },
  },
  run,
};

const lineSchema = z.object({ text: z.string(), emotion: z.enum(moods) });
type Line = z.infer<typeof lineSchema>;

/** Lines of a neutral call, and how many such calls are made of the neutral held-out lines of a language. */
const callLength = 6;
const neutralCalls = 1000;

async function run({ values, store, signal, print, note }: BenchmarkContext): Promise<BenchmarkResults> {
  const folder = textOption(values, 'held-out') ?? join(projectDir, 'models', 'training', 'held-out');
  const spokenCount = values.spoken === undefined ? 0 : numberOption(values, 'spoken', { min: 0, max: 1000 });
  const encoder = await startEncoder(store, readConfig().language, systemClock);
  try {
    const estimator = await loadEmotionEstimator(encoder);
    const rules = parseEscalation(
      'escalation.yaml',
      await readFile(join(projectDir, 'flows', 'escalation.yaml'), 'utf8'),
    );
    const words: Record<string, unknown> = {};
    const rows: (string | number | undefined)[][] = [];
    const times: number[] = [];
    const calm = textOption(values, 'calm');
    const speakers = calm === undefined ? [] : await calmVoices(calm, estimator, { signal, note });
    const alarms: Record<string, ReturnType<typeof falseAlarms>> = {};
    for (const language of languages) {
      const lines = await readLines(join(folder, `emotion.${language}.jsonl`));
      const read: { readonly line: Line; readonly scores: Readonly<Record<Mood, number>> }[] = [];
      for (const [index, line] of lines.entries()) {
        signal.throwIfAborted();
        if (index % 50 === 0) note(`${String(index)} of ${String(lines.length)} lines (${language}) ...`);
        const startedMs = performance.now();
        const scores = await estimator.words(line.text, language);
        times.push(performance.now() - startedMs);
        read.push({ line, scores });
      }
      const figures = {
        lines: lines.length,
        angerAuc: areaUnderCurve(
          read.map(({ scores }) => scores.angry),
          lines.map((line) => line.emotion === 'angry'),
        ),
        accuracy: read.filter(({ line, scores }) => bestOf(scores) === line.emotion).length / lines.length,
        confusion: confusionOf(read.map(({ line, scores }) => [line.emotion, bestOf(scores)])),
      };
      words[language] = figures;
      rows.push([language, figures.lines, figures.angerAuc, figures.accuracy]);
      const neutral = read.filter(({ line }) => line.emotion === 'neutral');
      alarms[language] = falseAlarms(neutral, language, rules);
      if (speakers.length > 0)
        alarms[`${language}, with real voices`] = falseAlarms(neutral, language, rules, {
          estimator,
          speakers,
        });
    }
    print('Words of held-out lines\n');
    print(formatTable(['', 'lines', 'anger AUC', 'accuracy of four'], rows, 3));
    print(
      `\nOne line: p50 ${(quantile(times, 0.5) ?? 0).toFixed(1)} ms, p95 ${(quantile(times, 0.95) ?? 0).toFixed(1)} ms`,
    );

    const voices: Record<string, VoiceFigures> = {};
    for (const [name, read] of [
      ['ravdess', ravdessClips],
      ['casia', casiaClips],
    ] as const) {
      const set = textOption(values, name);
      if (set === undefined) continue;
      const clips: readonly ActedClip[] = await read(set);
      voices[name] = await measureVoices(estimator, clips, { signal, note });
    }
    if (Object.keys(voices).length > 0) {
      print('\nVoices, anger against the rest, 8 kHz mu-law with noise 10 to 20 dB below\n');
      print(
        formatTable(
          ['', 'clips', 'AUC alone', 'AUC after own first turns', 'too little voice', 'ms a second'],
          Object.entries(voices).map(([name, figures]) => [
            name,
            figures.clips,
            figures.alone,
            figures.afterFirstTurns,
            figures.unheard,
            figures.msPerSecond,
          ]),
          3,
        ),
      );
    }
    const spoken =
      spokenCount === 0
        ? undefined
        : await measureSpoken(estimator, join(folder, 'emotion.en.jsonl'), spokenCount, {
            store,
            signal,
            note,
          });
    if (spoken) {
      print('\nLines spoken by the built-in voice, as recognised\n');
      print(
        `words and voice: ${share(spoken.fused)}; words alone: ${share(spoken.words)}; of ${String(spoken.lines)} lines`,
      );
    }
    print(
      `\nNeutral calls of ${String(callLength)} turns that the rules of flows/escalation.yaml would have touched for anger\n`,
    );
    print(
      formatTable(
        ['', 'calls', 'offered a person', 'transferred'],
        Object.entries(alarms).map(([name, { calls, offers, transfers }]) => [
          name,
          calls,
          `${((100 * offers) / calls).toFixed(2)} %`,
          `${((100 * transfers) / calls).toFixed(2)} %`,
        ]),
      ),
    );
    return {
      settings: { heldOut: folder, spoken: spokenCount, callLength },
      summary: {
        words,
        voices,
        spoken,
        falseAlarms: alarms,
        lineMs: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
      },
      measurements: times,
    };
  } finally {
    await encoder.close();
  }
}

async function readLines(path: string): Promise<Line[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => lineSchema.parse(JSON.parse(line)));
}

const bestOf = (scores: Readonly<Record<Mood, number>>): Mood =>
  moods.reduce((best, mood) => (scores[mood] > scores[best] ? mood : best), 'neutral');

const share = (value: number) => `${(100 * value).toFixed(1)} % right`;

/** Meant against found, as counts. */
function confusionOf(pairs: readonly (readonly [Mood, Mood])[]): Record<string, Record<string, number>> {
  return Object.fromEntries(
    moods.map((meant) => [
      meant,
      Object.fromEntries(
        moods.map((found) => [found, pairs.filter(([a, b]) => a === meant && b === found).length]),
      ),
    ]),
  );
}

/** Calls made of neutral lines, drawn one after the other with a stride, through the fusion and the rules for anger. */
function falseAlarms(
  lines: readonly { readonly line: Line; readonly scores: Readonly<Record<Mood, number>> }[],
  language: Language,
  rules: Escalation,
  voices?: {
    readonly estimator: EmotionEstimator;
    readonly speakers: readonly (readonly VoiceSound[])[];
  },
) {
  let [offers, transfers] = [0, 0];
  for (let call = 0; call < neutralCalls; call += 1) {
    let state = noEmotion();
    let used: Readonly<Record<string, number>> = {};
    const done = new Set<string>();
    for (let turn = 0; turn < callLength; turn += 1) {
      const one = lines[(call * 7 + turn * (1 + (call % 13))) % lines.length];
      if (!one) break;
      const speaker = voices?.speakers[call % voices.speakers.length];
      const sound = speaker?.[(Math.floor(call / (voices?.speakers.length ?? 1)) + turn) % speaker.length];
      const voice = sound && voices?.estimator.voice(sound, state.baseline ?? undefined);
      state = feel(state, {
        reading: { words: one.scores, ...(voice && { voice }) },
        sound,
        text: one.line.text,
        interrupted: false,
        asksForPerson: false,
        afterFailure: false,
      });
      const facts = factsOf(state.emotion, {
        angryTurns: state.angryTurns,
        tenseTurns: state.tenseTurns,
        turns: state.turns,
        failedTurns: 0,
        failedNow: 0,
        requests: 1,
        amount: 0,
        channel: 'voice',
        language,
      });
      const rule = ruleFor(rules, facts, '', used);
      if (!rule) continue;
      used = { ...used, [rule.rule]: facts.turns };
      if (rule.reason === 'angry') done.add(rule.do);
    }
    if (done.has('offer')) offers += 1;
    if (done.has('transfer')) transfers += 1;
  }
  return { calls: neutralCalls, offers, transfers };
}

async function measureSpoken(
  estimator: EmotionEstimator,
  file: string,
  count: number,
  { store, signal, note }: Pick<BenchmarkContext, 'store' | 'signal' | 'note'>,
) {
  const all = await readLines(file);
  const step = Math.max(1, Math.floor(all.length / count));
  const lines = all.filter((_, index) => index % step === 0).slice(0, count);
  const voice = await createCallerVoice(store);
  const transcriber = await createTranscriber(store);
  const results: {
    readonly emotion: Mood;
    readonly heard: string;
    readonly words: Mood;
    readonly fused: Mood;
  }[] = [];
  try {
    for (const [index, line] of lines.entries()) {
      signal.throwIfAborted();
      if (index % 10 === 0) note(`${String(index)} of ${String(lines.length)} spoken ...`);
      const { mulaw } = await voice.say(line.text);
      const heard = (await transcriber.transcribe(mulaw)).map(({ text }) => text).join(' ');
      const words = await estimator.words(heard, 'en');
      const sound = estimator.listen(decodeMulaw(mulaw));
      const fused = fuse({ words, ...(sound && { voice: estimator.voice(sound, undefined) }) }, 0);
      results.push({ emotion: line.emotion, heard, words: bestOf(words), fused: bestOf(fused) });
    }
  } finally {
    await transcriber.close();
    await voice.close();
  }
  const right = (of: 'words' | 'fused') =>
    results.filter((result) => result[of] === result.emotion).length / results.length;
  return { lines: results.length, words: right('words'), fused: right('fused'), results };
}
