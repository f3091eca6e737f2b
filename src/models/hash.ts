import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ResultFile } from './manifest.ts';

export interface Measured {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** The sha256 (hexadecimal) and size of a file, read as a stream. `onBytes` is told of each piece read. */
export async function hashFile(
  path: string,
  signal: AbortSignal,
  onBytes?: (count: number) => void,
): Promise<Measured> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, {
    signal,
    highWaterMark: 1 << 20,
  }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    onBytes?.(chunk.length);
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** All files under a folder as paths relative to it, with `/`, in the byte order of their UTF-8. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Size and hash of a folder, as the manifest defines them: those of the listing of its files (see `ResultFile`). */
export async function hashFolder(
  folder: string,
  signal: AbortSignal,
  onBytes?: (count: number) => void,
): Promise<Measured> {
  const listing = createHash('sha256');
  let sizeBytes = 0;
  for (const path of await filesUnder(folder)) {
    const file = await hashFile(join(folder, path), signal, onBytes);
    listing.update(`${file.sha256}  ${path}\n`);
    sizeBytes += file.sizeBytes;
  }
  return { sizeBytes, sha256: listing.digest('hex') };
}

/** Measures a result file, or a result folder when its path ends in `/`. */
export async function hashResult(
  modelDir: string,
  path: string,
  signal: AbortSignal,
  onBytes?: (count: number) => void,
): Promise<Measured> {
  const full = join(modelDir, path);
  return path.endsWith('/') ? hashFolder(full, signal, onBytes) : hashFile(full, signal, onBytes);
}

/** What is wrong with a model's files, as short sentences; empty when each has its size and hash. */
export async function verifyFiles(
  modelDir: string,
  files: readonly ResultFile[],
  signal: AbortSignal,
  onBytes?: (count: number) => void,
): Promise<string[]> {
  const problems: string[] = [];
  for (const file of files) {
    const found = await stat(join(modelDir, file.path)).catch((error: unknown) => {
      if (isNodeError(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    });
    if (!found) {
      problems.push(`${file.path} is missing`);
      continue;
    }
    if (found.isDirectory() !== file.path.endsWith('/')) {
      problems.push(`${file.path} is ${found.isDirectory() ? 'a folder' : 'a file'}`);
      continue;
    }
    const measured = await hashResult(modelDir, file.path, signal, onBytes);
    if (measured.sizeBytes !== file.sizeBytes) {
      problems.push(`${file.path} has ${measured.sizeBytes} bytes, not ${file.sizeBytes}`);
    } else if (measured.sha256 !== file.sha256) {
      problems.push(`${file.path} has sha256 ${measured.sha256}, not ${file.sha256}`);
    }
  }
  return problems;
}

/** Whether a thrown value is an error of node with one of these codes. */
export function isNodeError(thrown: unknown, ...codes: string[]): thrown is NodeJS.ErrnoException {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    codes.includes(thrown.code)
  );
}
