import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../core/errors.ts';
import type { Environment } from '../command.ts';
import { isNodeError } from '../hash.ts';

/** What every source works with while it brings one archive. */
export interface SourceContext {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** The folder of the models, for messages. */
  readonly directory: string;
  /** An empty folder of this run, on the file system of the models; removed afterwards. */
  readonly workDir: string;
  /** How long a client may show no sign of life. */
  readonly stallMs: number;
  /** Told the bytes that have arrived so far. */
  onBytes(count: number): void;
}

/** Why one source failed; the store then tries the next. */
export function unreachable(message: string, cause?: unknown): KefuError {
  return new KefuError('model_source_unreachable', message, cause === undefined ? {} : { cause });
}

export function diskFull(where: string, cause?: unknown): KefuError {
  return new KefuError('disk_full', `The disk of ${where} is full`, cause === undefined ? {} : { cause });
}

/** Free bytes of the file system that a folder lies on, for users who are not root. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** A thrown value as a KefuError: a full disk and a stop by name, anything else under `otherwise`. */
export function asModelError(
  thrown: unknown,
  where: string,
  otherwise: (reason: string) => KefuError,
): KefuError {
  if (thrown instanceof KefuError) return thrown;
  if (isNodeError(thrown, 'ENOSPC', 'EDQUOT')) return diskFull(where, thrown);
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new KefuError('aborted', 'The fetch was stopped', { cause: thrown });
  }
  return otherwise(thrown instanceof Error ? thrown.message : String(thrown));
}

const watchMs = 200;

/**
 * Runs `work` while watching the largest file under `folder` grow: package clients tell no progress that could be read, but the
 * file they write does. Ends `work` (through the signal it is given) when nothing has grown for `stallMs`.
 */
export async function whileWatching<T>(
  folder: string,
  { signal, stallMs, onBytes }: Pick<SourceContext, 'signal' | 'stallMs' | 'onBytes'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stalled = new AbortController();
  let largest = 0;
  let grewAt = performance.now();
  let looking = false;
  const timer = setInterval(() => {
    if (performance.now() - grewAt > stallMs) {
      stalled.abort(unreachable(`nothing arrived for ${Math.round(stallMs / 1000)} s`));
    }
    if (looking) return;
    looking = true;
    void largestFile(folder).then((size) => {
      looking = false;
      if (size <= largest) return;
      largest = size;
      grewAt = performance.now();
      onBytes(size);
    });
  }, watchMs);
  try {
    return await work(AbortSignal.any([signal, stalled.signal]));
  } finally {
    clearInterval(timer);
  }
}

async function largestFile(folder: string): Promise<number> {
  try {
    let largest = 0;
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      largest = Math.max(largest, (await stat(join(entry.parentPath, entry.name))).size);
    }
    return largest;
  } catch {
    // The client removes its temporary files while we look: the next look tells more.
    return 0;
  }
}

/** The one file a client left in a folder. */
export async function onlyFileIn(folder: string, what: string): Promise<string> {
  const names = await readdir(folder);
  const [name, ...others] = names;
  if (name === undefined || others.length > 0) {
    throw unreachable(`${what} left ${names.length} files instead of one`);
  }
  return join(folder, name);
}
