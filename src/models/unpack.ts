import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { openPromise } from 'yauzl';
import { KefuError } from '../core/errors.ts';
import type { Environment } from './command.ts';
import { isNodeError } from './hash.ts';
import { isSafePath } from './manifest.ts';
import type { ManifestMember } from './manifest.ts';

export interface UnpackOptions {
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/**
 * Takes the members out of an archive into `targetDir`; everything streams. `name` is the archive's name, whose ending tells its
 * format; a name with no archive's ending is a plain file, its own only member.
 *
 * @throws KefuError `model_conversion_failed` naming the members that are not in the archive, `model_tool_missing` when bzip2 is
 *   needed and not installed.
 */
export async function unpack(
  archivePath: string,
  name: string,
  members: readonly ManifestMember[],
  targetDir: string,
  options: UnpackOptions,
): Promise<void> {
  const found = new Set<ManifestMember>();
  /** Where a file of the archive goes; undefined for one that is not wanted. */
  const place = (path: string): string | undefined => {
    const member = members.find(({ from }) => (from.endsWith('/') ? path.startsWith(from) : path === from));
    // Links and odd names are not followed out of the folder: a path is used only when it is plain.
    if (!member || !isSafePath(path)) return undefined;
    found.add(member);
    return join(targetDir, member.to, member.from.endsWith('/') ? path.slice(member.from.length) : '');
  };
  if (/\.(?:whl|zip)$/.test(name)) await unpackZip(archivePath, place, options);
  else if (/\.(?:tar|tgz|tar\.gz|tar\.bz2)$/.test(name)) await unpackTar(archivePath, name, place, options);
  else {
    const target = place(basename(name));
    if (target !== undefined) await writeMember(createReadStream(archivePath), target, options.signal);
  }
  const missing = members.filter((member) => !found.has(member)).map(({ from }) => from);
  if (missing.length > 0) {
    throw new KefuError('model_conversion_failed', `${name} does not contain ${missing.join(', ')}`);
  }
}

async function writeMember(
  content: AsyncIterable<Uint8Array>,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await pipeline(content, createWriteStream(target), { signal });
}

async function unpackZip(
  archivePath: string,
  place: (path: string) => string | undefined,
  { signal }: UnpackOptions,
): Promise<void> {
  const zip = await openPromise(archivePath, { lazyEntries: true, autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const target = entry.fileName.endsWith('/') ? undefined : place(entry.fileName);
      if (target !== undefined) await writeMember(await zip.openReadStreamPromise(entry), target, signal);
    }
  } finally {
    zip.close();
  }
}

async function unpackTar(
  archivePath: string,
  name: string,
  place: (path: string) => string | undefined,
  { environment, signal }: UnpackOptions,
): Promise<void> {
  const tar = extract();
  const reading = (async () => {
    for await (const entry of tar) {
      const path = entry.header.name.replace(/^(?:\.\/)+/, '');
      const target = entry.header.type === 'file' ? place(path) : undefined;
      if (target === undefined) entry.resume();
      else await writeMember(entry as unknown as Readable, target, signal); // A streamx stream, which pipelines take, too.
    }
  })();
  const source = createReadStream(archivePath);
  const feeding = name.endsWith('.bz2')
    ? throughBzip2(source, tar, environment, signal)
    : name.endsWith('gz')
      ? pipeline(source, createGunzip(), tar, { signal })
      : pipeline(source, tar, { signal });
  // A failure of one side ends the other as well; the side that failed first has the telling reason.
  const failures: unknown[] = [];
  const note = (error: unknown) => failures.push(error);
  await Promise.all([reading.catch(note), feeding.catch(note)]);
  const failure = failures.find((error) => error instanceof KefuError) ?? failures[0];
  if (failure !== undefined) throw toError(failure);
}

/** Node has no bzip2 of its own: the program decompresses. */
async function throughBzip2(
  source: Readable,
  target: NodeJS.WritableStream,
  environment: Environment,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn('bzip2', ['-dc'], {
    env: { ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(new KefuError('model_conversion_failed', 'bzip2 could not decompress the archive')),
    );
  });
  const feeding = pipeline(source, child.stdin, { signal });
  const draining = pipeline(child.stdout, target, { signal });
  const results = await Promise.allSettled([ended, feeding, draining]);
  const failure = results.find((result) => result.status === 'rejected');
  if (!failure) return;
  if (isNodeError(failure.reason, 'ENOENT')) {
    throw new KefuError(
      'model_tool_missing',
      'bzip2 is not installed; on Debian and Ubuntu: apt-get install bzip2',
      { cause: failure.reason },
    );
  }
  throw toError(failure.reason);
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
