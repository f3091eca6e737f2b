import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { languageSchema } from '../../core/language.ts';
import { KefuError } from '../../core/errors.ts';
import { projectDir } from '../config.ts';

/*
 * What supervisors have taught lies in the data folder, beside the calls:
 *
 *     understanding/examples.jsonl     sentences added, one a line
 *     understanding/heads/N.bin, .json every version trained here, and what it scored
 *     understanding/current.json       which version new calls begin with, and which ones they did before
 *     understanding/vectors.bin        vectors of the sentences added
 *
 * Version 0 is the head that ships with Kefu, in models/intents/.
 */

/** What ships with Kefu: `head.bin`, `scores.json`, `vectors.bin`. */
export const shippedIntents = join(projectDir, 'models', 'intents');
export const trainingLines = join(projectDir, 'models', 'training', 'utterances');
export const heldOutLines = join(projectDir, 'models', 'training', 'held-out');

/** The held-out sentences as a recogniser wrote them down after a telephone line. */
export const telephoneLines = join(projectDir, 'models', 'training', 'telephone');

/** Where a Kefu keeps what it was taught, and where version 0 lies. */
export interface TeachingPlace {
  readonly folder: string;
  readonly shipped: string;
}

export const teachingPlace = (dataDir: string, shipped = shippedIntents): TeachingPlace => ({
  folder: join(dataDir, 'understanding'),
  shipped,
});

export const taughtExampleSchema = z.strictObject({
  text: z.string().trim().min(1).max(500),
  language: languageSchema,
  intents: z
    .array(z.string().regex(/^[a-z][a-z0-9_]*$/))
    .min(1)
    .max(5),
  /** Who says so. */
  author: z.string().trim().min(1).max(100),
  addedAt: z.iso.datetime(),
});
export type TaughtExample = z.infer<typeof taughtExampleSchema>;

const share = z.number().min(0).max(1).optional();
const languageScoresSchema = z.object({
  sentences: z.int().nonnegative(),
  accuracy: share,
  macroF1: share,
  inScopeAccuracy: share,
  outOfScopeRecall: share,
  falseAccepts: share,
  falseRejects: share,
  calibrationError: share,
  recallAtFewRejects: share,
  severalSentences: z.int().nonnegative(),
  severalFound: share,
  severalInOrder: share,
  byIntent: z.record(z.string(), z.number()),
});

export const headRecordSchema = z.object({
  number: z.int().nonnegative(),
  trainedAt: z.iso.datetime(),
  encoder: z.string(),
  /** Sentences it was trained on, and how many of them were added by supervisors. */
  sentences: z.int().positive(),
  taught: z.int().nonnegative(),
  trainingSeconds: z.number().nonnegative(),
  /** sha256 of the sentences that the scores were measured on: scores on others say nothing about which head is better. */
  frozenSet: z.string(),
  scores: z.object({ en: languageScoresSchema, zh: languageScoresSchema }),
});
/** A trained version with its scores. */
export type HeadRecord = z.infer<typeof headRecordSchema>;

export const currentSchema = z.object({
  number: z.int().nonnegative(),
  promotedAt: z.iso.datetime(),
  author: z.string(),
  /** Versions that were current before, oldest first: what `rollback` goes back to. */
  before: z.array(z.int().nonnegative()),
});
export type CurrentHead = z.infer<typeof currentSchema>;

export async function readExamples({ folder }: TeachingPlace): Promise<TaughtExample[]> {
  const path = join(folder, 'examples.jsonl');
  const text = await readIfThere(path);
  return (text ?? '').split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    return [parseFile(taughtExampleSchema, line, `${path}, line ${index + 1}`)];
  });
}

export async function readRecord(
  { folder, shipped }: TeachingPlace,
  number: number,
): Promise<HeadRecord | undefined> {
  const path = number === 0 ? join(shipped, 'scores.json') : join(folder, 'heads', `${number}.json`);
  const text = await readIfThere(path);
  return text === undefined ? undefined : parseFile(headRecordSchema, text, path);
}

export async function readHeadBytes({ folder, shipped }: TeachingPlace, number: number): Promise<Buffer> {
  try {
    return await readFile(number === 0 ? join(shipped, 'head.bin') : join(folder, 'heads', `${number}.bin`));
  } catch (error) {
    throw new KefuError('not_found', `There is no version ${number} of the intent head.`, { cause: error });
  }
}

/** Numbers of the versions trained here, lowest first. */
export async function trainedNumbers({ folder }: TeachingPlace): Promise<number[]> {
  const names = await readdir(join(folder, 'heads')).catch(() => []);
  return names
    .flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The version new calls begin with; the shipped one where none was promoted. */
export async function readCurrent({ folder }: TeachingPlace): Promise<CurrentHead> {
  const path = join(folder, 'current.json');
  const text = await readIfThere(path);
  if (text !== undefined) return parseFile(currentSchema, text, path);
  return { number: 0, promotedAt: new Date(0).toISOString(), author: 'Kefu', before: [] };
}

/** Written beside and renamed: a Kefu that reads at this moment meets the old file or the new one, never half of it. */
export async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseFile<Output>(schema: z.ZodType<Output>, text: string, place: string): Output {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KefuError('config_invalid', `${place} is damaged.`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new KefuError('config_invalid', `${place} is damaged: ${z.prettifyError(parsed.error)}`);
}
