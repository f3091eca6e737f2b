import { resolve } from 'node:path';
import { spelledToCharacters } from '../../src/core/spelling.ts';
import { readAudioFile } from '../lib/audio-file.ts';
import { callerClip } from '../lib/spoken-call.ts';
import { createTranscriber } from '../lib/transcriber.ts';
import {
  numberOption,
  textOption,
  UsageError,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { matchClips } from './lib/clip-folders.ts';
import { formatTable, share } from './lib/report.ts';
import { openSilero, speechSegments } from './lib/speech-segments.ts';
import { summarize, sum } from './lib/statistics.ts';
import { comparableWords, isSpelled, wordErrors, type WordErrors } from './lib/words.ts';

/** How well Kefu's recogniser reads recorded speech as a telephone carries it. */
export const asr: Benchmark = {
  name: 'asr',
  about:
    'Word error rate of a folder of clips, as 8 kHz mu-law through the voice detector and the recogniser.',
  usage: [
    '--set DIR           folder of WAV or FLAC files (needed)',
    '--transcript FILE   what they say: lines "name<TAB>text" or "<s> text </s> (name)"',
    '                    (default: DIR.transcription, or the one *.tsv, *.txt or *.transcription file in DIR)',
    '--limit N           measure N clips, spread evenly over the set (default: all)',
  ],
  options: { set: { type: 'string' }, transcript: { type: 'string' }, limit: { type: 'string' } },
  run,
};

interface ReadClip {
  readonly name: string;
  readonly reference: string;
  readonly heard: string;
  readonly errors: WordErrors;
  /** The reference is a string of letters and digits. */
  readonly spelled: boolean;
  readonly exact: boolean;
  /** As `exact`, for the characters that Kefu's own reader of spelled strings makes of the text; 0 and O are one. */
  readonly exactAsRead: boolean;
  readonly speechMs: number;
  readonly recognitionMs: number;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, store, signal, print, note } = context;
  const folder = textOption(values, 'set');
  if (folder === undefined) throw new UsageError('Name the folder of clips with --set DIR.');
  const limit = values.limit === undefined ? Infinity : numberOption(values, 'limit', { min: 1, max: 1e6 });
  const found = await matchClips(folder, textOption(values, 'transcript'), limit);
  const { clips: chosen, transcriptFile, withoutText, withoutClip } = found;

  const silero = openSilero(store);
  const transcriber = await createTranscriber(store);
  const read: ReadClip[] = [];
  try {
    for (const [index, { name, path, text }] of chosen.entries()) {
      signal.throwIfAborted();
      if (index % 20 === 0) note(`${index} of ${chosen.length} clips ...`);
      const { mulaw } = callerClip(name, await readAudioFile(path));
      const segments = speechSegments(mulaw, silero);
      const startedMs = performance.now();
      const texts: string[] = [];
      for (const { startMs, endMs } of segments) {
        texts.push(await transcriber.read(mulaw.subarray(Math.round(startMs * 8), Math.round(endMs * 8))));
      }
      const recognitionMs = performance.now() - startedMs;
      read.push(judge(name, text, texts.join(' ').trim(), segments, recognitionMs));
    }
  } finally {
    await transcriber.close();
    silero.close();
  }

  const groups = [
    ['all clips', read],
    ['spelled strings', read.filter(({ spelled }) => spelled)],
    ['other clips', read.filter(({ spelled }) => !spelled)],
  ] as const;
  const rates = groups.map(([name, those]) => ({ name, ...rateOf(those) }));
  print(`Errors in words, at 8 kHz mu-law\n`);
  print(
    formatTable(
      ['', 'clips', 'words', 'WER %', 'wrong', 'missing', 'added', 'clips without error %'],
      rates.map((rate) => [
        rate.name,
        rate.clips,
        rate.words,
        rate.werPercent,
        rate.substitutions,
        rate.deletions,
        rate.insertions,
        rate.cleanPercent,
      ]),
      1,
    ),
  );
  const spelled = read.filter((clip) => clip.spelled);
  const exact = spelled.filter((clip) => clip.exact).length;
  const exactAsRead = spelled.filter((clip) => clip.exactAsRead).length;
  const speed = summarize(read.map(({ recognitionMs, speechMs }) => recognitionMs / Math.max(1, speechMs)));
  print();
  print(`Spelled strings exactly right, as recognised:           ${share(exact, spelled.length)}`);
  print(`Spelled strings exactly right, as Kefu reads spelling:  ${share(exactAsRead, spelled.length)}`);
  print(
    `Clips in which no speech was found:                     ${share(read.filter((clip) => clip.speechMs === 0).length, read.length)}`,
  );
  print(
    `Recognition time per second of speech:                  p50 ${msPerS(speed.p50)}, p95 ${msPerS(speed.p95)}`,
  );
  if (withoutText.length > 0) print(`Clips without a text, left out: ${withoutText.length}`);
  if (withoutClip.length > 0) print(`Texts without a clip, left out: ${withoutClip.length}`);
  return {
    settings: {
      set: resolve(folder),
      transcript: resolve(transcriptFile),
      limit: chosen.length,
      of: found.of,
    },
    summary: {
      rates,
      exact,
      exactAsRead,
      spelled: spelled.length,
      recognitionPerSpeech: speed,
      withoutText,
      withoutClip,
    },
    measurements: read,
  };
}

const msPerS = (ratio: number | undefined) => (ratio === undefined ? '-' : `${(ratio * 1000).toFixed(0)} ms`);

function judge(
  name: string,
  reference: string,
  heard: string,
  segments: readonly { readonly startMs: number; readonly endMs: number }[],
  recognitionMs: number,
): ReadClip {
  const expected = comparableWords(reference);
  const words = comparableWords(heard);
  const spelled = isSpelled(expected);
  const oneZero = (characters: string) => characters.toUpperCase().replaceAll('O', '0');
  return {
    name,
    reference,
    heard,
    errors: wordErrors(expected, words),
    spelled,
    exact: spelled && expected.join('') === words.join(''),
    exactAsRead: spelled && oneZero(expected.join('')) === oneZero(spelledToCharacters(heard, 'en').text),
    speechMs: sum(segments.map(({ startMs, endMs }) => endMs - startMs)),
    recognitionMs,
  };
}

function rateOf(clips: readonly ReadClip[]) {
  const total = (count: (errors: WordErrors) => number) => sum(clips.map(({ errors }) => count(errors)));
  const substitutions = total((errors) => errors.substitutions);
  const deletions = total((errors) => errors.deletions);
  const insertions = total((errors) => errors.insertions);
  const words = total((errors) => errors.words);
  const clean = clips.filter(
    ({ errors }) => errors.substitutions + errors.deletions + errors.insertions === 0,
  );
  const percent = (part: number, whole: number) => (whole === 0 ? undefined : (100 * part) / whole);
  return {
    clips: clips.length,
    words,
    werPercent: percent(substitutions + deletions + insertions, words),
    substitutions,
    deletions,
    insertions,
    cleanPercent: percent(clean.length, clips.length),
  };
}
