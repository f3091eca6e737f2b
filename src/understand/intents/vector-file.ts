import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../core/log.ts';
import type { SentenceEncoder } from '../../core/understanding.ts';

/*
 * Vectors of training sentences, so that teaching need not encode thousands of sentences again. A JSON line with encoder,
 * dimensions and count, and then for each sentence: 8 bytes of the sha256 of its normal form, a float32 scale (little-endian), and
 * the vector as int8. What rounding to a byte changes (0.3 % of a vector's length) is far below what separates two intents.
 */

const headerSchema = z.object({
  encoder: z.string(),
  dimensions: z.int().positive(),
  count: z.int().nonnegative(),
});
const keyBytes = 8;

/** Vectors by the key of their text. */
export type KnownVectors = Map<string, Float32Array>;

const keyOf = (text: string): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * keyBytes);

/** The vectors in a file; none when it is missing, damaged, or of another encoder, since they can be computed again. */
export async function readVectorFile(
  path: string,
  encoder: SentenceEncoder,
  log?: Logger,
): Promise<KnownVectors> {
  const known: KnownVectors = new Map();
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    return known;
  }
  const lineEnd = bytes.indexOf(0x0a);
  const header = headerSchema.safeParse(parseJson(bytes.subarray(0, Math.max(0, lineEnd)).toString('utf8')));
  if (!header.success) {
    log?.warn({ path }, 'a file of sentence vectors is damaged and is made again');
    return known;
  }
  const { dimensions, count } = header.data;
  if (header.data.encoder !== encoder.id || dimensions !== encoder.dimensions) return known;
  const rowBytes = keyBytes + 4 + dimensions;
  if (bytes.length !== lineEnd + 1 + count * rowBytes) {
    log?.warn({ path }, 'a file of sentence vectors is damaged and is made again');
    return known;
  }
  for (let row = 0; row < count; row += 1) {
    const at = lineEnd + 1 + row * rowBytes;
    const scale = bytes.readFloatLE(at + keyBytes);
    const vector = new Float32Array(dimensions);
    for (let index = 0; index < dimensions; index += 1) {
      vector[index] = bytes.readInt8(at + keyBytes + 4 + index) * scale;
    }
    known.set(bytes.subarray(at, at + keyBytes).toString('hex'), vector);
  }
  return known;
}

/** Written beside and renamed, so that a reader, or a crash, never meets half a file. */
export async function writeVectorFile(
  path: string,
  encoder: SentenceEncoder,
  vectors: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  const rows = [...vectors].sort(([a], [b]) => (a < b ? -1 : 1));
  const header = { encoder: encoder.id, dimensions: encoder.dimensions, count: rows.length };
  const parts = [Buffer.from(`${JSON.stringify(header)}\n`)];
  for (const [key, vector] of rows) {
    const row = Buffer.alloc(keyBytes + 4 + vector.length);
    row.write(key, 'hex');
    const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = largest === 0 ? 1 : largest / 127;
    row.writeFloatLE(scale, keyBytes);
    for (const [index, value] of vector.entries())
      row.writeInt8(Math.round(value / scale), keyBytes + 4 + index);
    parts.push(row);
  }
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, Buffer.concat(parts));
  await rename(temporary, path);
}

/**
 * A vector for each text, from `known` where it is there; the others are computed and put into it. All are rounded as in a file,
 * so that a head does not depend on which sentences were computed today.
 */
export async function vectorsOf(
  texts: readonly string[],
  encoder: SentenceEncoder,
  known: KnownVectors,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: (done: number, all: number) => void;
  } = {},
): Promise<readonly Float32Array[]> {
  const missing = [...new Set(texts.filter((text) => !known.has(keyOf(text))))];
  const chunk = 64;
  for (let start = 0; start < missing.length; start += chunk) {
    options.onProgress?.(start, missing.length);
    const part = missing.slice(start, start + chunk);
    const computed = await encoder.encode(part, options.signal);
    for (const [index, text] of part.entries()) {
      const vector = computed[index];
      if (vector) known.set(keyOf(text), rounded(vector));
    }
  }
  return texts.map((text) => known.get(keyOf(text)) ?? new Float32Array(encoder.dimensions));
}

/** The part of `known` that belongs to these texts. */
export function vectorsFor(texts: readonly string[], known: KnownVectors): KnownVectors {
  const keys = new Set(texts.map(keyOf));
  return new Map([...known].filter(([key]) => keys.has(key)));
}

function rounded(vector: Float32Array): Float32Array {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = Math.fround(largest === 0 ? 1 : largest / 127);
  return vector.map((value) => Math.round(value / scale) * scale);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
