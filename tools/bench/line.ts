import { resolve } from 'node:path';
import { readAudioFile, resampleClip } from '../lib/audio-file.ts';
import { createTranscriber, type Transcriber } from '../lib/transcriber.ts';
import type { SileroModel } from '../../src/listen/silero.ts';
import { loadCodecs } from '../../src/media/codec.ts';
import { sipCodecs, wireCodecsOf, type SipCodec } from '../../src/telephony/sip/codecs.ts';
import {
  numberOption,
  textOption,
  UsageError,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { matchClips } from './lib/clip-folders.ts';
import { throughLine, type Heard, type Network } from './lib/lossy-line.ts';
import { atMost, formatTable, formatTargets } from './lib/report.ts';
import { openSilero, speechSegmentsOf } from './lib/speech-segments.ts';
import { sum } from './lib/statistics.ts';
import { comparableWords, wordErrors } from './lib/words.ts';

/** How much harder a bad line makes recorded speech to read. */
export const line: Benchmark = {
  name: 'line',
  about: 'Word error rate of a folder of clips over SIP lines that lose packets and deliver them unevenly.',
  usage: [
    '--set DIR           folder of WAV or FLAC files (needed)',
    '--transcript FILE   what they say, as for asr',
    '--limit N           measure N clips, spread evenly over the set (default: all)',
    '--codecs LIST       of PCMU, PCMA, G722 and opus; default PCMU,G722',
    '--loss N            percent of packets lost (default 5)',
    '--jitter N          milliseconds that a packet takes longer or shorter at most (default 40)',
  ],
  options: {
    set: { type: 'string' },
    transcript: { type: 'string' },
    limit: { type: 'string' },
    codecs: { type: 'string', default: 'PCMU,G722' },
    loss: { type: 'string', default: '5' },
    jitter: { type: 'string', default: '40' },
  },
  run,
};

/** Errors may rise by less than a third. */
const mostRisePercent = 33.3;
const rateHz = 16_000;
/** A call is up before anybody speaks: by then the line's jitter is known. */
const leadInMs = 1_500;
const afterMs = 500;

interface Condition {
  readonly name: string;
  readonly codec: SipCodec;
  readonly network: Network;
}

interface Reading {
  readonly condition: string;
  readonly clip: string;
  readonly words: number;
  readonly errors: number;
  readonly heard: string;
  readonly lostShare: number;
  readonly concealedMs: number;
  readonly filledMs: number;
  readonly waitMs: number;
  readonly jitterMs: number;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResults> {
  const { values, store, signal, print, note } = context;
  const folder = textOption(values, 'set');
  if (folder === undefined) throw new UsageError('Name the folder of clips with --set DIR.');
  const limit = values.limit === undefined ? Infinity : numberOption(values, 'limit', { min: 1, max: 1e6 });
  const codecs = codecsOf(textOption(values, 'codecs') ?? '');
  const lostShare = numberOption(values, 'loss', { min: 0, max: 50 }) / 100;
  const jitterMs = numberOption(values, 'jitter', { min: 0, max: 500 });
  const { clips, transcriptFile, of } = await matchClips(folder, textOption(values, 'transcript'), limit);

  const networks: readonly (readonly [string, Network])[] = [
    ['clean', { lostShare: 0, jitterMs: 0 }],
    [`${lostShare * 100} % lost`, { lostShare, jitterMs: 0 }],
    [`${jitterMs} ms jitter`, { lostShare: 0, jitterMs }],
    ['both', { lostShare, jitterMs }],
  ];
  const conditions = codecs.flatMap((codec) =>
    networks.map(([name, network]): Condition => ({ name: `${codec}, ${name}`, codec, network })),
  );

  await loadCodecs(wireCodecsOf([{ codecs }]));
  const silero = openSilero(store);
  const transcriber = await createTranscriber(store);
  const readings: Reading[] = [];
  try {
    for (const [index, clip] of clips.entries()) {
      if (index % 10 === 0) note(`${index} of ${clips.length} clips ...`);
      const speech = resampleClip(await readAudioFile(clip.path), rateHz);
      const sound = new Int16Array(speech.length + ((leadInMs + afterMs) / 1000) * rateHz);
      sound.set(speech, (leadInMs / 1000) * rateHz);
      for (const condition of conditions) {
        signal.throwIfAborted();
        const heard = throughLine(sound, condition.codec, condition.network, index + 1);
        readings.push(await judge(condition, clip, heard, silero, transcriber));
      }
    }
  } finally {
    await transcriber.close();
    silero.close();
  }

  const rates = conditions.map(({ name, codec }) => {
    const those = readings.filter(({ condition }) => condition === name);
    const clean = readings.filter(({ condition }) => condition === `${codec}, clean`);
    const [wer, cleanWer] = [werOf(those), werOf(clean)];
    return {
      name,
      werPercent: 100 * wer,
      risePercent: cleanWer === 0 ? undefined : 100 * (wer / cleanWer - 1),
      lostPercent: mean(those, ({ lostShare: share }) => 100 * share),
      jitterMs: mean(those, (reading) => reading.jitterMs),
      waitMs: mean(those, ({ waitMs }) => waitMs),
      concealedMs: mean(those, ({ concealedMs }) => concealedMs),
      filledMs: mean(those, ({ filledMs }) => filledMs),
    };
  });
  print(`Errors in words of ${clips.length} clips by line\n`);
  print(
    formatTable(
      [
        '',
        'WER %',
        'rise %',
        'not there in time %',
        'jitter (RFC 3550) ms',
        'wait ms',
        'made up ms',
        'silence ms',
      ],
      rates.map((rate) => [
        rate.name,
        ...[rate.werPercent, rate.risePercent, rate.lostPercent, rate.jitterMs, rate.waitMs],
        ...[rate.concealedMs, rate.filledMs],
      ]),
      1,
    ),
  );
  const targets = rates
    .filter(({ name }) => name.endsWith('both'))
    .map(({ name, risePercent }) => atMost(`${name}: rise of the errors`, risePercent, mostRisePercent, '%'));
  print(`\n${formatTargets(targets)}`);
  return {
    settings: {
      ...{ set: resolve(folder), transcript: resolve(transcriptFile), limit: clips.length, of },
      ...{ codecs, lostShare, jitterMs },
    },
    summary: { rates, targets },
    measurements: readings,
  };
}

function codecsOf(list: string): SipCodec[] {
  return list.split(',').map((name) => {
    const codec = sipCodecs.find((one) => one.toUpperCase() === name.trim().toUpperCase());
    if (codec === undefined) throw new UsageError(`There is no codec ${name}: ${sipCodecs.join(', ')}.`);
    return codec;
  });
}

async function judge(
  condition: Condition,
  clip: { readonly name: string; readonly text: string },
  { samples, stats, jitterMs }: Heard,
  silero: SileroModel,
  transcriber: Transcriber,
): Promise<Reading> {
  const texts: string[] = [];
  for (const { startMs, endMs } of speechSegmentsOf(samples, silero)) {
    const [from, to] = [Math.round(startMs * 16), Math.round(endMs * 16)];
    texts.push(await transcriber.readSamples(samples.subarray(from, to)));
  }
  const heard = texts.join(' ').trim();
  const { words, substitutions, deletions, insertions } = wordErrors(
    comparableWords(clip.text),
    comparableWords(heard),
  );
  return {
    ...{ condition: condition.name, clip: clip.name, heard, words, jitterMs },
    errors: substitutions + deletions + insertions,
    lostShare: stats.lost / Math.max(1, stats.packets + stats.lost - stats.tooLate),
    ...{ concealedMs: stats.concealedMs, filledMs: stats.filledMs, waitMs: stats.waitMs },
  };
}

const werOf = (readings: readonly Reading[]): number =>
  sum(readings.map(({ errors }) => errors)) / Math.max(1, sum(readings.map(({ words }) => words)));

const mean = (readings: readonly Reading[], value: (reading: Reading) => number): number =>
  sum(readings.map(value)) / Math.max(1, readings.length);
