import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest } from '../../src/models/manifest.ts';
import type { ModelEntry, ModelManifest } from '../../src/models/manifest.ts';
import { createModelStore } from '../../src/models/store.ts';
import type { ModelStore, ModelStoreOptions } from '../../src/models/store.ts';
import { sha256 } from './archives.ts';
import { testEnvironment } from './environment.ts';

/** A folder in the system's temporary folder, and what removes it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'kefu-models-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface TinyModel {
  readonly id: string;
  /** Content of its one result file, `model.onnx`. */
  readonly content: string;
  /** Default: the operator's folder or URL only. */
  readonly sources?: readonly unknown[];
}

/** The JSON of an entry whose one file is `model.onnx`, taken as it comes. */
export function tinyEntry({
  id,
  content,
  sources = [{ type: 'operator' }],
}: TinyModel): Record<string, unknown> {
  return {
    id,
    role: 'vad',
    languages: ['*'],
    default: false,
    description: 'A model made for a test.',
    licence: 'MIT',
    licenceNote: 'Made for a test.',
    sizeBytes: Buffer.byteLength(content),
    sources,
    conversion: { name: 'copy', version: 1 },
    files: [{ path: 'model.onnx', sizeBytes: Buffer.byteLength(content), sha256: sha256(content) }],
    runtime: { family: 'silero-vad', model: 'model.onnx', sampleRateHz: 16_000, windowSamples: 512 },
  };
}

/** What a source needs to know of an archive with these bytes. */
export function archiveFields(
  file: string,
  bytes: Buffer,
  from: string,
): { file: string; sizeBytes: number; sha256: string; members: { from: string; to: string }[] } {
  return { file, sizeBytes: bytes.length, sha256: sha256(bytes), members: [{ from, to: 'model.onnx' }] };
}

export function manifestOf(...entries: readonly Record<string, unknown>[]): ModelManifest {
  return parseManifest({ version: 1, models: entries }, 'the test manifest');
}

export function entryOf(entry: Record<string, unknown>): ModelEntry {
  const [parsed] = manifestOf(entry).models;
  if (!parsed) throw new Error('the manifest lost its entry');
  return parsed;
}

/** A store with tiny models in a folder of the test. */
export function tinyStore(
  directory: string,
  entries: readonly Record<string, unknown>[],
  options: Partial<ModelStoreOptions> = {},
): ModelStore {
  return createModelStore({
    manifests: [manifestOf(...entries)],
    directory,
    environment: testEnvironment(),
    ...options,
  });
}
