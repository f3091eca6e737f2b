import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moods, type Mood } from '../../src/core/emotion.ts';
import { languages, type Language } from '../../src/core/language.ts';
import type { SentenceEncoder } from '../../src/core/understanding.ts';
import { packWeights, type WordsHeadFile } from '../../src/understand/emotion/heads.ts';
import { ngramBuckets } from '../../src/understand/emotion/ngrams.ts';
import { normalForm } from '../../src/understand/normalize/normal-form.ts';
import {
  areaUnderCurve,
  fitSoftmax,
  softmax,
  softmaxSums,
  type Softmax,
  type SparseRow,
} from './learning.ts';
import { heardName } from './hear-lines.ts';

/** How the two kinds of input are weighed against each other, and how much is held back: chosen by five-fold trials. */
const buckets = 16_384;
const vectorScale = 4;
const ngramScale = 2.5;
const decay = 3e-4;
const folds = 5;
/** Sentences encoded at once: few enough for the encoder to answer in time on a busy machine. */
const batch = 8;

interface Line {
  readonly text: string;
  readonly language: Language;
  readonly label: number;
  /** A line as it is heard on the telephone is on trial together with the line as it was written. */
  readonly fold: number;
  readonly wasHeard: boolean;
  /** A plain wish out of the intents' utterances: trained on, and not among what the trials report. */
  readonly isPlain?: boolean;
}

/** Intents whose callers hardly ever are angry: their wishes show what calm sounds like, whatever it is about. */
const calmIntents = [
  'account',
  'affirm',
  'change_address',
  'coupon',
  'deny',
  'greeting',
  'invoice',
  'order_status',
  'price_protection',
  'product_question',
  'repeat',
];
/** One line in so many is taken, so that calm lines do not outnumber all others. */
const calmEvery = 6;

/** Trains the head for words on `<mood>.<language>.txt` of a folder, and reports how it does in a five-fold trial. */
export async function trainWords(
  folder: string,
  encoder: SentenceEncoder,
  print: (line: string) => void,
): Promise<WordsHeadFile> {
  const lines = await readLines(folder);
  const normals = lines.map(({ text, language }) => normalForm(text, language));
  const vectors: Float32Array[] = [];
  for (let start = 0; start < normals.length; start += batch) {
    vectors.push(...(await encoder.encode(normals.slice(start, start + batch))));
    if (start % 640 === 0) print(`${start} of ${normals.length} sentences encoded`);
  }
  const dimensions = encoder.dimensions;
  const mean = Array.from(
    { length: dimensions },
    (_, index) => vectors.reduce((sum, vector) => sum + (vector[index] ?? 0), 0) / vectors.length,
  );
  const rows = lines.map(({ language, label }, index): SparseRow => {
    const vector = vectors[index] ?? new Float32Array(dimensions);
    const pieces = [...ngramBuckets(normals[index] ?? '', language, buckets)];
    return {
      label,
      columns: Int32Array.from([...vector.keys(), ...pieces.map(([bucket]) => dimensions + bucket)]),
      values: Float64Array.from([
        ...Array.from(vector, (value, at) => (value - (mean[at] ?? 0)) * vectorScale),
        ...pieces.map(([, weight]) => weight * ngramScale),
      ]),
    };
  });
  const fit = (some: readonly SparseRow[]) =>
    fitSoftmax(some, { classes: moods.length, columns: dimensions + buckets, decay });

  const sums: number[][] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    const model = fit(rows.filter((_, index) => lines[index]?.fold !== fold));
    for (const [index, row] of rows.entries())
      if (lines[index]?.fold === fold) sums[index] = softmaxSums(model, row);
    print(`trial ${fold + 1} of ${folds} done`);
  }
  const temperature = bestTemperature(sums, rows);
  const reportOf = (belongs: (line: Line) => boolean) => {
    const own = [...lines.entries()].flatMap(([index, line]) => (belongs(line) ? [index] : []));
    return report(
      own.map((index) => sums[index] ?? []),
      own.flatMap((index) => rows[index] ?? []),
    );
  };
  const trial = {
    ...Object.fromEntries(
      languages.map((language) => [
        language,
        reportOf((line) => line.language === language && !line.wasHeard && !line.isPlain),
      ]),
    ),
    heard: reportOf(({ wasHeard }) => wasHeard),
  };
  print(`five-fold trial: ${JSON.stringify(trial)}, temperature ${temperature}`);
  return toFile(fit(rows), {
    dimensions,
    mean,
    temperature,
    trial,
    lines: lines.length,
    encoder: encoder.id,
  });
}

async function readLines(folder: string): Promise<Line[]> {
  const all: Line[] = [];
  for (const language of languages) {
    for (const [label, mood] of moods.entries()) {
      const text = await readFile(join(folder, `${mood}.${language}.txt`), 'utf8');
      const lines = text.split('\n').map((line) => line.trim());
      for (const line of lines.filter((each) => each !== ''))
        all.push({ text: line, language, label, fold: all.length % folds, wasHeard: false });
    }
  }
  return [...all, ...(await readHeard(folder, all)), ...(await readPlain(join(folder, '..', 'utterances')))];
}

/** Plain wishes, all taken for neutral. */
async function readPlain(folder: string): Promise<Line[]> {
  const label = moods.indexOf('neutral');
  const files = calmIntents.flatMap((intent) => languages.map((language) => ({ intent, language })));
  const all = await Promise.all(
    files.map(async ({ intent, language }) => {
      const lines = (await readFile(join(folder, `${intent}.${language}.txt`), 'utf8')).split('\n');
      return lines
        .map((line) => line.trim())
        .filter((line, index) => line !== '' && index % calmEvery === 0)
        .map((text) => ({ text, language, label, wasHeard: false, isPlain: true }));
    }),
  );
  return all.flat().map((line, index) => ({ ...line, fold: index % folds }));
}

/** What the recogniser made of spoken lines (`npm run emotion -- train heard`): callers' words arrive with its mistakes. */
async function readHeard(folder: string, written: readonly Line[]): Promise<Line[]> {
  const folds = new Map(written.map(({ text, fold }) => [text, fold]));
  const content = await readFile(join(folder, heardName), 'utf8');
  return content.split('\n').flatMap((line): Line[] => {
    if (line === '') return [];
    const { text, said, emotion } = JSON.parse(line) as { text: string; said: string; emotion: Mood };
    const fold = folds.get(said);
    // Of a line that is no longer there, nothing is known.
    return fold === undefined
      ? []
      : [{ text, language: 'en', label: moods.indexOf(emotion), fold, wasHeard: true }];
  });
}

function bestTemperature(sums: readonly (readonly number[])[], rows: readonly SparseRow[]): number {
  const loss = (temperature: number) =>
    sums.reduce((total, own, index) => {
      const shares = softmax(own.map((sum) => sum / temperature));
      return total - Math.log(Math.max(1e-9, shares[rows[index]?.label ?? 0] ?? 0));
    }, 0);
  const tried = Array.from({ length: 30 }, (_, step) => 0.3 + step * 0.1);
  return tried.reduce((best, value) => (loss(value) < loss(best) ? value : best));
}

function report(sums: readonly (readonly number[])[], rows: readonly SparseRow[]) {
  const shares = sums.map(softmax);
  const right = shares.filter((own, index) => own.indexOf(Math.max(...own)) === rows[index]?.label).length;
  const auc = areaUnderCurve(
    shares.map(([angry = 0]) => angry),
    rows.map(({ label }) => label === 0),
  );
  return { accuracy: round(right / rows.length), angerAuc: round(auc) };
}

const round = (value: number) => Math.round(value * 1000) / 1000;

function toFile(
  { weights }: Softmax,
  facts: {
    readonly dimensions: number;
    readonly mean: readonly number[];
    readonly temperature: number;
    readonly trial: unknown;
    readonly lines: number;
    readonly encoder: string;
  },
): WordsHeadFile {
  const { dimensions, temperature } = facts;
  const short = (value: number) => Math.round(value * 1e5) / 1e5;
  return {
    version: 1,
    training: {
      script: 'npm run emotion -- train words',
      data: 'models/training/emotion, calm wishes of models/training/utterances',
      lines: facts.lines,
      encoder: facts.encoder,
      fiveFold: facts.trial,
    },
    dimensions,
    buckets,
    mean: facts.mean.map(short),
    vectorScale,
    ngramScale,
    bias: weights.map((own) => short(own.at(-1) ?? 0)),
    vectorWeights: weights.map((own) => Array.from(own.slice(0, dimensions), short)),
    ngramWeights: packWeights(weights.map((own) => own.slice(dimensions, dimensions + buckets))),
    temperature: short(temperature),
  };
}
