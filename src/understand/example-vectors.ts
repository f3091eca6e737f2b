import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../core/log.ts';
import type { SentenceEncoder } from '../core/understanding.ts';

const cacheSchema = z.object({
  encoder: z.string(),
  dimensions: z.int().positive(),
  /** Hash of a text to base64 of its vector (little-endian float32). */
  vectors: z.record(z.string(), z.string()),
});

/**
 * Vectors of texts that seldom change, computed once and kept in `directory` (one file for each encoder). A file that cannot be
 * read is computed again and replaced; one that cannot be written is reported and costs the next start its time.
 */
export async function cachedVectors(
  encoder: SentenceEncoder,
  texts: readonly string[],
  options: {
    readonly directory?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly log?: Logger | undefined;
  } = {},
): Promise<readonly Float32Array[]> {
  const { directory, signal, log } = options;
  if (directory === undefined) return encoder.encode(texts, signal);
  const path = join(directory, `example-vectors-${hashOf(encoder.id)}.json`);
  const known = await load(path, encoder, log);
  const missing = [...new Set(texts.filter((text) => !known.has(hashOf(text))))];
  const computed = await encoder.encode(missing, signal);
  for (const [index, text] of missing.entries()) {
    const vector = computed[index];
    if (vector) known.set(hashOf(text), vector);
  }
  const keys = texts.map(hashOf);
  if (missing.length > 0) await save(path, encoder, new Map(keys.map((key) => [key, known.get(key)])), log);
  return keys.map((key) => known.get(key) ?? new Float32Array(encoder.dimensions));
}

async function load(
  path: string,
  encoder: SentenceEncoder,
  log: Logger | undefined,
): Promise<Map<string, Float32Array>> {
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch (error) {
    if (!isMissing(error))
      log?.warn({ path, error: messageOf(error) }, 'The cache of example vectors cannot be read.');
    return new Map();
  }
  try {
    const cache = cacheSchema.parse(JSON.parse(json));
    if (cache.encoder !== encoder.id || cache.dimensions !== encoder.dimensions) return new Map();
    const vectors = Object.entries(cache.vectors).map(([key, base64]): [string, Float32Array] => {
      const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
      return [key, new Float32Array(bytes.buffer)];
    });
    return new Map(vectors.filter(([, vector]) => vector.length === encoder.dimensions));
  } catch (error) {
    log?.warn(
      { path, error: messageOf(error) },
      'The cache of example vectors is damaged and is made again.',
    );
    return new Map();
  }
}

async function save(
  path: string,
  encoder: SentenceEncoder,
  vectors: ReadonlyMap<string, Float32Array | undefined>,
  log: Logger | undefined,
): Promise<void> {
  const cache: z.infer<typeof cacheSchema> = {
    encoder: encoder.id,
    dimensions: encoder.dimensions,
    vectors: {},
  };
  for (const [key, vector] of vectors) {
    if (vector) {
      cache.vectors[key] = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString(
        'base64',
      );
    }
  }
  // Written beside and renamed, so that a reader, or a crash, never meets half a file.
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, JSON.stringify(cache));
    await rename(temporary, path);
  } catch (error) {
    log?.warn({ path, error: messageOf(error) }, 'The cache of example vectors cannot be written.');
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
