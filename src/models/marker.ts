import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isNodeError } from './hash.ts';
import { entryDigest } from './manifest.ts';
import type { ModelEntry } from './manifest.ts';

/** Stands in every folder the store made; written last, so that a folder without it is not trusted (and not deleted either). */
export const markerName = '.kefu-model.json';

const markerSchema = z.object({
  id: z.string(),
  /** `entryDigest` of the entry it was made for. */
  digest: z.string(),
  /** Where it came from, for people. */
  source: z.string(),
  fetchedAt: z.string(),
});
export type ModelMarker = z.infer<typeof markerSchema>;

export async function writeMarker(modelDir: string, entry: ModelEntry, source: string): Promise<void> {
  const marker: ModelMarker = {
    id: entry.id,
    digest: entryDigest(entry),
    source,
    fetchedAt: new Date().toISOString(),
  };
  await writeFile(join(modelDir, markerName), `${JSON.stringify(marker, undefined, 2)}\n`);
}

/** The marker of a model folder; undefined when there is none, or none that can be read. */
export function readMarker(modelDir: string): ModelMarker | undefined {
  let text: string;
  try {
    text = readFileSync(join(modelDir, markerName), 'utf8');
  } catch (error) {
    if (isNodeError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  try {
    return markerSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    // A damaged marker says as little as none.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
