import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../core/errors.ts';
import type { Language } from '../core/language.ts';
import type { Environment } from './command.ts';
import { isNodeError, verifyFiles } from './hash.ts';
import { downloadsName, installModel, workName } from './install.ts';
import type { FetchProgress } from './install.ts';
import { acquireLock } from './lock.ts';
import { deliveriesOf, entryDigest } from './manifest.ts';
import type { ModelEntry, ModelManifest, ModelRole } from './manifest.ts';
import { readMarker, writeMarker } from './marker.ts';
import { asModelError, diskFull, freeBytesOf } from './sources/source.ts';
import { megabytes } from './units.ts';

/**
 * `ready`: there, and made for this manifest. `missing`: not there. `outdated`: made for another version of the entry.
 * `damaged`: files are missing, have other sizes (or, in `check`, other hashes), or were not put there by the store.
 */
export type ModelState = 'ready' | 'missing' | 'outdated' | 'damaged';

export interface ModelStatus {
  readonly entry: ModelEntry;
  readonly state: ModelState;
  /** The model's folder, whether it is there or not. */
  readonly path: string;
  /** Where it came from and when; undefined when it is not there. */
  readonly source: string | undefined;
  readonly fetchedAt: string | undefined;
}

export interface ModelCheck {
  readonly id: string;
  readonly state: ModelState;
  /** What is wrong, one sentence each; empty for a model that is ready or missing. */
  readonly problems: readonly string[];
}

export interface PrunedItem {
  readonly path: string;
  readonly reason: string;
  readonly sizeBytes: number;
}

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Also reads the models that look ready, and fetches those whose bytes are wrong. Default false: sizes are enough. */
  readonly verify?: boolean;
  readonly onProgress?: (progress: FetchProgress) => void;
}

export interface ModelStoreOptions {
  /** Later manifests come first in `find`, so that an operator's own entries win; an id may stand in one of them only. */
  readonly manifests: readonly ModelManifest[];
  /** Folder of the models; made when needed. */
  readonly directory: string;
  /** Folder or URL of the operator's (KEFU_MODELS_SOURCE). */
  readonly operatorSource?: string | undefined;
  /** Variables for pip, npm and proxies: those of the process, as a rule. */
  readonly environment: Environment;
  /** How long to wait for another process that fetches into the same folder. */
  readonly lockWaitMs?: number;
  /** How long a download may stand still. */
  readonly stallMs?: number;
  /** Free bytes of the file system of a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** The models on this machine's disk. */
export interface ModelStore {
  readonly directory: string;
  /** Every model of the manifests with its state, from sizes alone (`check` reads the files). */
  list(): ModelStatus[];
  /** The entry with this id. @throws KefuError `not_found` naming the ids there are. */
  entry(id: string): ModelEntry;
  /** The model for a role and language: the default one if several fit, else the first; undefined when there is none. */
  find(role: ModelRole, language: Language): ModelEntry | undefined;
  /** The folder of a model that is ready. @throws KefuError `model_missing` with the command that fetches it. */
  path(id: string): string;
  /** Ids of the models that are fetched when none are named. */
  defaults(): string[];
  /**
   * Makes models ready (without ids: the defaults), together with those they need. Returns at once when they are. Another process
   * that fetches into the same folder is waited for.
   *
   * @throws KefuError: `not_found`, `model_hash_mismatch`, `model_source_unreachable`, `model_tool_missing`,
   *   `model_conversion_failed`, `disk_full`, `config_invalid`, `timed_out`, `aborted`.
   */
  fetch(ids?: readonly string[], options?: FetchOptions): Promise<void>;
  /** Reads models (without ids: all that are there) and compares every hash. */
  check(ids?: readonly string[], signal?: AbortSignal): Promise<ModelCheck[]>;
  /** Removes what the store made and no manifest wants any more: models, archives, leftovers. Leaves all other files alone. */
  prune(signal?: AbortSignal): Promise<PrunedItem[]>;
}

/** @throws KefuError `config_invalid` when two manifests have an entry of the same id, or a voice needs an entry there is not. */
export function createModelStore(options: ModelStoreOptions): ModelStore {
  const { directory, operatorSource, environment } = options;
  const lockWaitMs = options.lockWaitMs ?? 30 * 60_000;
  const stallMs = options.stallMs ?? 10 * 60_000;
  const freeBytes = options.freeBytes ?? freeBytesOf;
  const entries = entriesById(options.manifests);
  const byPreference = [...options.manifests].reverse().flatMap(({ models }) => models);

  function entryOf(id: string): ModelEntry {
    const entry = entries.get(id);
    if (!entry) {
      throw new KefuError(
        'not_found',
        `There is no model \`${id}\`; there are: ${[...entries.keys()].join(', ')}`,
      );
    }
    return entry;
  }

  const pathOf = (id: string) => join(directory, id);

  function stateOf(entry: ModelEntry): ModelState {
    const modelDir = pathOf(entry.id);
    if (!statOf(modelDir)) return 'missing';
    const marker = readMarker(modelDir);
    if (!marker) return 'damaged';
    if (marker.digest !== entryDigest(entry)) return 'outdated';
    const complete = entry.files.every(({ path, sizeBytes }) => {
      const found = statOf(join(modelDir, path));
      return path.endsWith('/') ? found?.isDirectory() : found?.size === sizeBytes;
    });
    return complete ? 'ready' : 'damaged';
  }

  /** The entries of these ids, those they need before them. */
  function withNeeded(ids: readonly string[]): ModelEntry[] {
    const wanted = new Map<string, ModelEntry>();
    for (const id of ids) {
      const entry = entryOf(id);
      for (const needed of [...neededBy(entry).map(entryOf), entry]) wanted.set(needed.id, needed);
    }
    return [...wanted.values()];
  }

  async function locked<T>(
    signal: AbortSignal,
    onWait: (owner: string) => void,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      await mkdir(directory, { recursive: true });
      const release = await acquireLock(join(directory, '.lock'), { signal, waitMs: lockWaitMs, onWait });
      try {
        return await work();
      } finally {
        await release();
      }
    } catch (thrown) {
      throw asModelError(thrown, directory, (reason) =>
        isNodeError(thrown, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST')
          ? new KefuError(
              'config_invalid',
              `KEFU_MODELS_DIR: the folder ${directory} cannot be written: ${reason}`,
              { cause: thrown },
            )
          : new KefuError('internal', reason, { cause: thrown }),
      );
    }
  }

  /**
   * Whether the files of a model are the right ones, by reading them. Right files without a fitting marker (copied there by hand,
   * or wanted by a changed entry just as they are) get one.
   */
  async function verified(entry: ModelEntry, signal: AbortSignal): Promise<boolean> {
    const modelDir = pathOf(entry.id);
    if (!statOf(modelDir)?.isDirectory()) return false;
    const problems = await verifyFiles(modelDir, entry.files, signal);
    if (problems.length > 0) return false;
    if (readMarker(modelDir)?.digest !== entryDigest(entry)) {
      await writeMarker(modelDir, entry, 'files found in place');
    }
    return true;
  }

  async function requireSpace(missing: readonly ModelEntry[]): Promise<void> {
    // A client writes an archive to its temporary file and copies it; a conversion reads from unpacked files.
    const passing = missing.map((entry) => 2 * downloadBytes(entry) + entry.sizeBytes);
    const needed = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) + Math.max(0, ...passing);
    const free = await freeBytes(directory);
    if (free >= needed) return;
    throw new KefuError(
      'disk_full',
      `Fetching ${missing.map(({ id }) => id).join(', ')} needs ${megabytes(needed)} in ${directory}, and ${megabytes(free)} are free`,
      { cause: diskFull(directory) },
    );
  }

  async function fetch(ids: readonly string[] | undefined, fetchOptions: FetchOptions): Promise<void> {
    const signal = fetchOptions.signal ?? new AbortController().signal;
    const onProgress = fetchOptions.onProgress ?? (() => undefined);
    const verify = fetchOptions.verify ?? false;
    const wanted = withNeeded(ids ?? defaults());
    const notReady = () => wanted.filter((entry) => stateOf(entry) !== 'ready');
    const announce = (entry: ModelEntry, phase: 'waiting' | 'ready') =>
      onProgress({
        id: entry.id,
        phase,
        fraction: phase === 'ready' ? 1 : 0,
        doneBytes: 0,
        totalBytes: downloadBytes(entry),
      });
    if (!verify && notReady().length === 0) return;
    const onWait = () => notReady().forEach((entry) => announce(entry, 'waiting'));
    await locked(signal, onWait, async () => {
      const workDir = join(directory, workName);
      // What is there already belongs to processes that died: nobody else is here now.
      await rm(workDir, { recursive: true, force: true });
      try {
        const missing: ModelEntry[] = [];
        for (const entry of verify ? wanted : notReady()) {
          if (await verified(entry, signal)) announce(entry, 'ready');
          else missing.push(entry);
        }
        await requireSpace(missing);
        for (const entry of missing) {
          await installModel(entry, { directory, operatorSource, environment, signal, stallMs, onProgress });
        }
      } finally {
        await rm(workDir, { recursive: true, force: true });
      }
    });
  }

  function defaults(): string[] {
    return byPreference.filter((entry) => entry.default).map(({ id }) => id);
  }

  async function check(ids: readonly string[] | undefined, signal: AbortSignal): Promise<ModelCheck[]> {
    const chosen = ids
      ? ids.map(entryOf)
      : [...entries.values()].filter((entry) => stateOf(entry) !== 'missing');
    const checks: ModelCheck[] = [];
    for (const entry of chosen) {
      const state = stateOf(entry);
      if (state === 'missing' || state === 'outdated') {
        const problems = state === 'outdated' ? ['was made for another version of the manifest'] : [];
        checks.push({ id: entry.id, state, problems });
        continue;
      }
      const problems = await verifyFiles(pathOf(entry.id), entry.files, signal);
      if (!readMarker(pathOf(entry.id))) problems.push('was not put there by `npm run models -- fetch`');
      checks.push({ id: entry.id, state: problems.length === 0 ? 'ready' : 'damaged', problems });
    }
    return checks;
  }

  async function prune(signal: AbortSignal): Promise<PrunedItem[]> {
    if (!statOf(directory)) return [];
    return locked(
      signal,
      () => undefined,
      async () => {
        const pruned: PrunedItem[] = [];
        for (const name of await readdir(directory)) {
          const path = join(directory, name);
          const reason = reasonToPrune(name, path);
          if (reason === undefined) continue;
          signal.throwIfAborted();
          pruned.push({ path, reason, sizeBytes: await folderBytes(path) });
          await rm(path, { recursive: true, force: true });
        }
        return pruned;
      },
    );
  }

  function reasonToPrune(name: string, path: string): string | undefined {
    if (name === downloadsName) return 'archives of unfinished fetches';
    if (name === workName) return 'leftovers of a stopped fetch';
    const marker = readMarker(path);
    if (marker?.id !== name) return undefined;
    const entry = entries.get(name);
    if (!entry) return 'no manifest names it';
    return marker.digest === entryDigest(entry) ? undefined : 'made for another version of the manifest';
  }

  return {
    directory,
    list: () =>
      [...entries.values()].map((entry) => {
        const path = pathOf(entry.id);
        const marker = readMarker(path);
        return { entry, state: stateOf(entry), path, source: marker?.source, fetchedAt: marker?.fetchedAt };
      }),
    entry: entryOf,
    find(role, language) {
      const fitting = byPreference.filter(
        (entry) =>
          entry.role === role && (entry.languages.includes(language) || entry.languages.includes('*')),
      );
      return fitting.find((entry) => entry.default) ?? fitting[0];
    },
    path(id) {
      const entry = entryOf(id);
      const state = stateOf(entry);
      if (state === 'ready') return pathOf(id);
      throw new KefuError(
        'model_missing',
        `The model ${id} is ${state} in ${directory}; fetch it with \`npm run models -- fetch ${id}\``,
      );
    },
    defaults,
    fetch: (ids, fetchOptions = {}) => fetch(ids, fetchOptions),
    check: (ids, signal = new AbortController().signal) => check(ids, signal),
    prune: (signal = new AbortController().signal) => prune(signal),
  };
}

function entriesById(manifests: readonly ModelManifest[]): Map<string, ModelEntry> {
  const entries = new Map<string, ModelEntry>();
  for (const entry of manifests.flatMap(({ models }) => models)) {
    if (entries.has(entry.id))
      throw new KefuError('config_invalid', `Two model manifests have the id \`${entry.id}\``);
    entries.set(entry.id, entry);
  }
  for (const entry of entries.values()) {
    const unknown = neededBy(entry).filter((id) => !entries.has(id));
    if (unknown.length > 0) {
      throw new KefuError(
        'config_invalid',
        `The model \`${entry.id}\` needs \`${unknown.join('`, `')}\`, which no manifest has`,
      );
    }
  }
  return entries;
}

/** Ids of the models that a model cannot do without. */
function neededBy({ runtime }: ModelEntry): string[] {
  return runtime.family === 'piper' ? [runtime.phonemes] : [];
}

function downloadBytes(entry: ModelEntry): number {
  const sizes = entry.sources.map((source) =>
    deliveriesOf(source).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  return sizes.find((size) => size > 0) ?? entry.sizeBytes;
}

/** What lies at a path; undefined for nothing. @throws KefuError `config_invalid` when it may not be read. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isNodeError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new KefuError('config_invalid', `KEFU_MODELS_DIR: ${path} cannot be read: ${reason}`, {
      cause: error,
    });
  }
}

async function folderBytes(folder: string): Promise<number> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((item) => item.isFile())
    .reduce((sum, item) => sum + (statOf(join(item.parentPath, item.name))?.size ?? 0), 0);
}
