import { appendFile, mkdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { KefuError } from '../../core/errors.ts';
import type { SentenceEncoder } from '../../core/understanding.ts';
import { judgeLines, scoreLines } from '../../understand/intents/evaluate-head.ts';
import type { IntentHead } from '../../understand/intents/head.ts';
import { decodeHead, encodeHead } from '../../understand/intents/head-file.ts';
import { learnHead, type LabelledSentence } from '../../understand/intents/learn.ts';
import { readLabelledLines, trainableLines, type LabelledLine } from '../../understand/intents/lines.ts';
import { readVectorFile, vectorsOf, writeVectorFile } from '../../understand/intents/vector-file.ts';
import { normalForm } from '../../understand/normalize/normal-form.ts';
import * as files from './files.ts';
import type { HeadRecord, TaughtExample } from './files.ts';
import { defaultMargins, objectionsTo, type Margins } from './promotion.ts';

export interface TeachingDeskOptions {
  /** The data folder of the Kefu that is taught. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Opened when a sentence must be encoded; listing and rolling back need no model. */
  readonly encoder: () => Promise<SentenceEncoder>;
  /** Intents that flows have beside those of the head: a sentence may be taught for one of them. */
  readonly flowIntents?: readonly string[];
  /** Sentences to train on and to measure with; the shipped ones when left out. */
  readonly trainingLines?: string;
  readonly heldOutLines?: string;
  readonly shipped?: string;
}

/** How adding one sentence went. */
export interface Addition {
  readonly example: TaughtExample;
  /** Why it was not taken; undefined when it was. */
  readonly refused: string | undefined;
}

/** Where supervisors teach: sentences in, trained and measured heads out. New calls take up a promoted head; others keep theirs. */
export interface TeachingDesk {
  add(examples: readonly TaughtExample[]): Promise<readonly Addition[]>;
  examples(): Promise<readonly TaughtExample[]>;
  /** Trains a new version on the shipped sentences and those added, and measures it. */
  retrain(signal?: AbortSignal): Promise<HeadRecord>;
  /** Measures a version again, on the sentences held out as they are now. */
  evaluate(number: number, signal?: AbortSignal): Promise<HeadRecord>;
  versions(): Promise<{ readonly current: number; readonly records: readonly HeadRecord[] }>;
  /** @throws KefuError `head_worse` naming every figure that falls by more than its margin. */
  promote(number: number, author: string, margins?: Margins): Promise<HeadRecord>;
  /** Puts back the version that was current before. */
  rollback(author: string): Promise<HeadRecord>;
}

export function openTeachingDesk(options: TeachingDeskOptions): TeachingDesk {
  const place = files.teachingPlace(options.dataDir, options.shipped);
  const { folder } = place;
  const trainingDir = options.trainingLines ?? files.trainingLines;
  const heldOutDir = options.heldOutLines ?? files.heldOutLines;
  const vectorPath = join(folder, 'vectors.bin');
  const now = (): string => new Date(options.clock.epochMs()).toISOString();
  const keyOf = ({ text, language }: Pick<LabelledLine, 'text' | 'language'>): string =>
    `${language} ${normalForm(text, language)}`;

  async function headOf(number: number): Promise<IntentHead> {
    return decodeHead(await files.readHeadBytes(place, number));
  }

  async function frozenLines(): Promise<{ readonly lines: LabelledLine[]; readonly hash: string }> {
    const lines = await readLabelledLines(heldOutDir);
    const hash = createHash('sha256').update(JSON.stringify(lines)).digest('hex').slice(0, 16);
    return { lines, hash };
  }

  /** The encoder, with the vectors that are known already put before it. */
  async function openVectors() {
    const encoder = await options.encoder();
    const shipped = await readVectorFile(join(place.shipped, 'vectors.bin'), encoder);
    const own = await readVectorFile(vectorPath, encoder);
    const known = new Map([...shipped, ...own]);
    const remembering: SentenceEncoder = {
      ...encoder,
      encode: (texts, signal) => vectorsOf(texts, encoder, known, { signal }),
    };
    const save = async (): Promise<void> => {
      const added = new Map([...known].filter(([key]) => !shipped.has(key)));
      if (added.size > own.size) await writeVectorFile(vectorPath, encoder, added);
    };
    return { encoder: remembering, known, save };
  }

  async function recordOf(number: number): Promise<HeadRecord> {
    const record = await files.readRecord(place, number);
    if (!record) throw new KefuError('not_found', `There is no version ${number} of the intent head.`);
    return record;
  }

  async function measure(head: IntentHead, encoder: SentenceEncoder, signal?: AbortSignal) {
    const { lines, hash } = await frozenLines();
    const scores = scoreLines(await judgeLines(head, encoder, lines, signal));
    return {
      frozenSet: hash,
      scores: z.object({ scores: files.headRecordSchema.shape.scores }).parse({ scores }).scores,
    };
  }

  async function setCurrent(number: number, author: string, before: readonly number[]): Promise<void> {
    const current: files.CurrentHead = { number, promotedAt: now(), author, before: [...before] };
    await files.writeWhole(join(folder, 'current.json'), `${JSON.stringify(current, null, 2)}\n`);
  }

  return {
    async add(examples) {
      const [trained, frozen, taught, head] = await Promise.all([
        readLabelledLines(trainingDir),
        frozenLines(),
        files.readExamples(place),
        headOf((await files.readCurrent(place)).number),
      ]);
      const frozenKeys = new Set(frozen.lines.map(keyOf));
      const known = new Map([...trained, ...taught].map((line) => [keyOf(line), line.intents.join(' ')]));
      const allowed = new Set([...head.parts.classes, ...(options.flowIntents ?? [])]);
      const additions = examples.map((example): Addition => {
        const key = keyOf(example);
        const labels = example.intents.join(' ');
        const strange = example.intents.find((intent) => !allowed.has(intent));
        const other = known.get(key);
        const refused =
          strange !== undefined
            ? `There is no intent ${strange}. Known are: ${[...allowed].sort().join(', ')}.`
            : key === `${example.language} `
              ? 'It has no words.'
              : frozenKeys.has(key)
                ? 'It is one of the sentences that heads are measured with, and would make the measure worthless.'
                : other === labels
                  ? 'It is among the examples already.'
                  : other === undefined
                    ? undefined
                    : `It is an example of ${other} already. Two meanings for one sentence teach nothing.`;
        if (refused === undefined) known.set(key, labels);
        return { example, refused };
      });
      const taken = additions.filter(({ refused }) => refused === undefined);
      if (taken.length > 0) {
        await mkdir(folder, { recursive: true });
        const lines = taken.map(({ example }) => `${JSON.stringify(example)}\n`).join('');
        await appendFile(join(folder, 'examples.jsonl'), lines);
      }
      return additions;
    },

    examples: () => files.readExamples(place),

    async retrain(signal) {
      const startedMs = options.clock.epochMs();
      const [lines, taught, frozen] = await Promise.all([
        readLabelledLines(trainingDir),
        files.readExamples(place),
        frozenLines(),
      ]);
      const vectors = await openVectors();
      const trainable = trainableLines<LabelledLine>([...lines, ...taught], frozen.lines);
      const sentences = await sentencesOf(trainable, vectors.encoder, signal);
      const head = await learnHead(sentences, {
        encoderId: vectors.encoder.id,
        // Always from the head that ships, so that what is trained follows from the sentences and not from the order they came in.
        ...((await files.readRecord(place, 0)) && { goOnFrom: await headOf(0) }),
        ...(signal && { signal }),
        // Calls of this process, if it takes any, get their turn between two rounds.
        training: { onEpoch: () => new Promise((resolve) => setImmediate(resolve)) },
      });
      const measured = await measure(head, vectors.encoder, signal);
      await vectors.save();
      const number = ((await files.trainedNumbers(place)).at(-1) ?? 0) + 1;
      const record: HeadRecord = {
        number,
        trainedAt: now(),
        encoder: vectors.encoder.id,
        sentences: sentences.length,
        taught: taught.length,
        trainingSeconds: Math.round((options.clock.epochMs() - startedMs) / 100) / 10,
        ...measured,
      };
      await files.writeWhole(join(folder, 'heads', `${number}.bin`), encodeHead(head));
      // The record last: a version without one does not exist.
      await files.writeWhole(join(folder, 'heads', `${number}.json`), `${JSON.stringify(record, null, 2)}\n`);
      return record;
    },

    async evaluate(number, signal) {
      const record = await recordOf(number);
      const vectors = await openVectors();
      const head = await headOf(number);
      const measured: HeadRecord = { ...record, ...(await measure(head, vectors.encoder, signal)) };
      await vectors.save();
      if (number > 0) {
        const path = join(folder, 'heads', `${number}.json`);
        await files.writeWhole(path, `${JSON.stringify(measured, null, 2)}\n`);
      }
      return measured;
    },

    async versions() {
      const numbers = [0, ...(await files.trainedNumbers(place))];
      const records = await Promise.all(numbers.map((number) => files.readRecord(place, number)));
      return {
        current: (await files.readCurrent(place)).number,
        records: records.filter((record) => record !== undefined),
      };
    },

    async promote(number, author, margins = defaultMargins) {
      const current = await files.readCurrent(place);
      const record = await recordOf(number);
      if (number === current.number)
        throw new KefuError('config_invalid', `Version ${number} is current already.`);
      const objections = objectionsTo(record, await recordOf(current.number), margins);
      if (objections.length > 0) {
        throw new KefuError(
          'head_worse',
          `Version ${number} was not promoted over version ${current.number}:\n  ${objections.join('\n  ')}`,
        );
      }
      await setCurrent(number, author, [...current.before, current.number]);
      return record;
    },

    async rollback(author) {
      const current = await files.readCurrent(place);
      const previous = current.before.at(-1);
      if (previous === undefined) {
        throw new KefuError('not_found', 'There is no earlier version: the shipped head is current.');
      }
      await setCurrent(previous, author, current.before.slice(0, -1));
      return recordOf(previous);
    },
  };
}

/** Labelled lines with their vectors. */
export async function sentencesOf(
  lines: readonly LabelledLine[],
  encoder: SentenceEncoder,
  signal?: AbortSignal,
): Promise<LabelledSentence[]> {
  const withNormal = lines
    .map((line) => ({ ...line, normal: normalForm(line.text, line.language) }))
    .filter(({ normal }) => normal !== '');
  const vectors = await encoder.encode(
    withNormal.map(({ normal }) => normal),
    signal,
  );
  return withNormal.map((line, index) => ({ ...line, vector: vectors[index] ?? new Float32Array() }));
}
