/**
 * `npm run emotion -- --in FILE.jsonl --out FILE.jsonl`: how callers feel, from words, voice or both.
 * `npm run emotion -- train words|voice`: makes the heads in models/emotion again (models/training/emotion/README.md).
 * Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEnvironmentFile, projectDir, readConfig } from '../src/app/config.ts';
import { emotionDir, loadEmotionEstimator } from '../src/app/emotion.ts';
import { openModelStore, startEncoder } from '../src/app/stages.ts';
import { systemClock } from '../src/core/clock.ts';
import { toKefuError } from '../src/core/errors.ts';
import type { SentenceEncoder } from '../src/core/understanding.ts';
import { estimateFile } from './emotion/estimate.ts';
import { hearLines } from './emotion/hear-lines.ts';
import { trainVoice } from './emotion/train-voice.ts';
import { trainWords } from './emotion/train-words.ts';

const usage = `How callers feel, from their words, their voice or both (docs/models.md).

  npm run emotion -- --in FILE.jsonl --out FILE.jsonl
      Lines with id, and text or audio (a WAV or FLAC file, beside the input or absolute) or both; optional: lang, and call,
      which makes lines turns of one call, in order. Each comes out with "emotion": label, score (how angry, 0 to 1), scores
      of the four moods, and the parts: words, voice, behaviour.

  npm run emotion -- train heard
      Speaks half of the English training lines with the built-in voice, and recognises them as from a telephone; goes on where it
      was stopped (heard.en.jsonl).
  npm run emotion -- train words
      Trains the head for words on models/training/emotion, on the lines as written and as heard.
  npm run emotion -- train voice --emodb DIR --noise DIR [--lines N]
      Trains the heads for voices on Emo-DB (its WAV or FLAC files at 8 kHz or more), with noises and rooms from a folder of
      WAV files; each clip through N simulated telephone lines (default 8).
`;

const trainingDir = join(projectDir, 'models', 'training', 'emotion');
const print = (line: string) => void process.stderr.write(`${line}\n`);

async function withEncoder<T>(work: (encoder: SentenceEncoder) => Promise<T>): Promise<T> {
  const config = readConfig();
  const encoder = await startEncoder(openModelStore(config), config.language, systemClock);
  try {
    return await work(encoder);
  } finally {
    await encoder.close();
  }
}

async function main(): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        in: { type: 'string' },
        out: { type: 'string' },
        emodb: { type: 'string' },
        noise: { type: 'string' },
        lines: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  loadEnvironmentFile();
  const [command, what] = positionals;
  if (command === undefined && values.in !== undefined && values.out !== undefined) {
    const files = { input: values.in, output: values.out };
    const count = await withEncoder(async (encoder) =>
      estimateFile(await loadEmotionEstimator(encoder), files),
    );
    print(`${String(count)} lines written to ${values.out}`);
    return 0;
  }
  if (command === 'train' && what === 'heard') {
    await hearLines(trainingDir, openModelStore(readConfig()), print);
    return 0;
  }
  if (command === 'train' && what === 'words') {
    const file = await withEncoder((encoder) => trainWords(trainingDir, encoder, print));
    await writeFile(join(emotionDir, 'words.json'), `${JSON.stringify(file)}\n`);
    return 0;
  }
  if (command === 'train' && what === 'voice' && values.emodb !== undefined && values.noise !== undefined) {
    const lines = values.lines === undefined ? {} : { lines: Number(values.lines) };
    const file = await trainVoice({ emodb: values.emodb, noise: values.noise, ...lines }, print);
    await writeFile(join(emotionDir, 'voice.json'), `${JSON.stringify(file)}\n`);
    return 0;
  }
  process.stderr.write(usage);
  return 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  const failure = toKefuError(error);
  process.stderr.write(`${failure.message}\n${failure.action}\n`);
  process.exitCode = 1;
}
