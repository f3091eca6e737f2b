import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { SampleRateHz } from '../core/audio.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { wavHeader, wavHeaderBytes } from '../core/wav.ts';

export interface PromptCacheOptions {
  /** Folder of the cache; it is made when it is missing. Undefined keeps sound in memory only. */
  readonly directory: string | undefined;
  /** Default 500 MB. */
  readonly maxDiskBytes?: number;
  /** Default 32 MB. */
  readonly maxMemoryBytes?: number;
  readonly log?: Logger;
  readonly clock: Clock;
}

/** Rendered sentences. Nothing here ever throws at a caller: a cache that fails is a cache that misses. */
export interface PromptCache {
  /** From memory, at once. */
  peek(key: string): Int16Array | undefined;
  /** From memory or disk. A damaged file is removed and counts as missing. */
  get(key: string, sampleRateHz: SampleRateHz): Promise<Int16Array | undefined>;
  /** Keeps a sentence in memory, and on disk when it is `durable`: what holds a person's data must not be. */
  put(
    key: string,
    samples: Int16Array,
    options: { readonly sampleRateHz: SampleRateHz; readonly durable: boolean },
  ): void;
  /** Settles once everything put so far is on disk or given up. */
  flush(): Promise<void>;
  /** Writes what waits and stops. Idempotent. */
  close(): Promise<void>;
}

/** Key of a sentence: what is spoken, and everything that shapes its sound. */
export function promptKey(spoken: string, engineFingerprint: string, renderingVersion: number): string {
  return createHash('sha256')
    .update(JSON.stringify([renderingVersion, engineFingerprint, spoken]))
    .digest('hex');
}

/** Opens the cache and takes stock of its folder. A folder that cannot be used gives a cache in memory, with one log line. */
export async function openPromptCache(options: PromptCacheOptions): Promise<PromptCache> {
  const cache = new DiskPromptCache(options);
  await cache.takeStock();
  return cache;
}

const megabyte = 1024 * 1024;
/** Writing is tried again after this long when the disk was full or refused. */
const retryWritingAfterMs = 5 * 60_000;
/** When the folder is over its limit, it is brought down to this share of it, so that it is not over again at once. */
const evictTo = 0.9;
/** Unfinished files older than this were left by a process that died. */
const abandonedAfterMs = 60 * 60_000;
/** A file is a WAV file (so that people can listen to it) followed by a checksum of everything before. */
const checksumBytes = 4;

class DiskPromptCache implements PromptCache {
  readonly #directory: string | undefined;
  readonly #maxDiskBytes: number;
  readonly #maxMemoryBytes: number;
  readonly #log: Logger | undefined;
  readonly #clock: Clock;
  /** Least recently used first; a Map keeps insertion order. */
  readonly #memory = new Map<string, Int16Array>();
  #memoryBytes = 0;
  /** Size of each file; least recently used first. */
  readonly #files = new Map<string, number>();
  #diskBytes = 0;
  /** Removed files whose sentences were durable: rendered again, they are written again. */
  readonly #damaged = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  #noWritingBeforeMs = -Infinity;
  #writingFailed = false;
  #closed = false;

  constructor(options: PromptCacheOptions) {
    this.#directory = options.directory;
    this.#maxDiskBytes = options.maxDiskBytes ?? 500 * megabyte;
    this.#maxMemoryBytes = options.maxMemoryBytes ?? 32 * megabyte;
    this.#log = options.log;
    this.#clock = options.clock;
  }

  async takeStock(): Promise<void> {
    if (this.#directory === undefined) return;
    try {
      await mkdir(this.#directory, { recursive: true });
      const found: { key: string; bytes: number; usedMs: number }[] = [];
      for (const name of await readdir(this.#directory)) {
        const path = join(this.#directory, name);
        const info = await stat(path);
        const key = /^([0-9a-f]{64})\.wav$/.exec(name)?.[1];
        if (key !== undefined) found.push({ key, bytes: info.size, usedMs: info.mtimeMs });
        else if (name.endsWith('.tmp') && this.#clock.epochMs() - info.mtimeMs > abandonedAfterMs)
          await rm(path);
      }
      found.sort((left, right) => left.usedMs - right.usedMs);
      for (const { key, bytes } of found) this.#files.set(key, bytes);
      this.#diskBytes = found.reduce((sum, { bytes }) => sum + bytes, 0);
      await this.#evict();
    } catch (thrown) {
      this.#pauseWriting(thrown);
    }
  }

  peek(key: string): Int16Array | undefined {
    const samples = this.#memory.get(key);
    if (samples !== undefined) {
      this.#memory.delete(key);
      this.#memory.set(key, samples);
    }
    return samples;
  }

  async get(key: string, sampleRateHz: SampleRateHz): Promise<Int16Array | undefined> {
    const hot = this.peek(key);
    if (hot !== undefined || this.#directory === undefined || !this.#files.has(key)) return hot;
    const path = this.#path(key);
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (thrown) {
      // Another process that shares the folder may have evicted it; anything else is worth a line.
      this.#forget(key);
      if (errorCode(thrown) !== 'ENOENT')
        this.#log?.warn({ err: thrown, key }, 'A cached prompt cannot be read');
      return undefined;
    }
    const samples = decode(bytes, sampleRateHz);
    if (samples === undefined) {
      this.#log?.warn({ key }, 'A cached prompt is damaged; it is removed and rendered again');
      this.#forget(key);
      this.#damaged.add(key);
      this.#background(() => rm(path, { force: true }));
      return undefined;
    }
    this.#remember(key, samples);
    this.#files.delete(key);
    this.#files.set(key, bytes.length);
    const now = new Date(this.#clock.epochMs());
    this.#background(() => utimes(path, now, now));
    return samples;
  }

  put(
    key: string,
    samples: Int16Array,
    options: { readonly sampleRateHz: SampleRateHz; readonly durable: boolean },
  ): void {
    if (this.#closed) return;
    this.#remember(key, samples);
    const durable = options.durable || this.#damaged.delete(key);
    if (!durable || this.#directory === undefined || this.#files.has(key)) return;
    if (this.#clock.nowMs() < this.#noWritingBeforeMs) return;
    this.#background(() => this.#write(key, encode(samples, options.sampleRateHz)));
  }

  flush(): Promise<void> {
    return this.#work;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#work;
    this.#memory.clear();
    this.#memoryBytes = 0;
  }

  async #write(key: string, bytes: Uint8Array): Promise<void> {
    if (this.#files.has(key) || this.#clock.nowMs() < this.#noWritingBeforeMs) return;
    const path = this.#path(key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await writeFile(temporary, bytes);
      await rename(temporary, path);
    } catch (thrown) {
      this.#pauseWriting(thrown);
      await rm(temporary, { force: true });
      return;
    }
    if (this.#writingFailed) {
      this.#writingFailed = false;
      this.#log?.info({}, 'The prompt cache writes to disk again');
    }
    this.#files.set(key, bytes.length);
    this.#diskBytes += bytes.length;
    await this.#evict();
  }

  async #evict(): Promise<void> {
    if (this.#diskBytes <= this.#maxDiskBytes) return;
    for (const key of this.#files.keys()) {
      if (this.#diskBytes <= this.#maxDiskBytes * evictTo) return;
      this.#forget(key);
      await rm(this.#path(key), { force: true });
    }
  }

  #remember(key: string, samples: Int16Array): void {
    const old = this.#memory.get(key);
    if (old !== undefined) {
      this.#memory.delete(key);
      this.#memoryBytes -= old.byteLength;
    }
    this.#memory.set(key, samples);
    this.#memoryBytes += samples.byteLength;
    for (const [oldest, { byteLength }] of this.#memory) {
      if (this.#memoryBytes <= this.#maxMemoryBytes) return;
      this.#memory.delete(oldest);
      this.#memoryBytes -= byteLength;
    }
  }

  #forget(key: string): void {
    this.#diskBytes -= this.#files.get(key) ?? 0;
    this.#files.delete(key);
  }

  #path(key: string): string {
    return join(this.#directory ?? '', `${key}.wav`);
  }

  /** One line in the log, and no writing for a while: a full disk must not fill the log as well. */
  #pauseWriting(thrown: unknown): void {
    this.#noWritingBeforeMs = this.#clock.nowMs() + retryWritingAfterMs;
    if (!this.#writingFailed) {
      this.#log?.warn(
        { err: thrown, folder: this.#directory },
        'The prompt cache cannot write to disk and goes on in memory; free space or correct the folder',
      );
    }
    this.#writingFailed = true;
  }

  /** Disk work goes one piece after the other, behind whatever callers wait for. */
  #background(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((thrown: unknown) => {
      // What another process removed in between needs no tidying.
      if (!['ENOENT', 'ENOTDIR'].includes(errorCode(thrown) ?? ''))
        this.#log?.warn({ err: thrown }, 'The prompt cache failed to tidy its folder');
    });
  }
}

function errorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
}

function encode(samples: Int16Array, sampleRateHz: SampleRateHz): Uint8Array {
  const dataBytes = samples.length * 2;
  const bytes = new Uint8Array(wavHeaderBytes + dataBytes + checksumBytes);
  bytes.set(wavHeader({ sampleRateHz, channels: 1, dataBytes }));
  const view = new DataView(bytes.buffer);
  for (const [index, sample] of samples.entries()) view.setInt16(wavHeaderBytes + index * 2, sample, true);
  view.setUint32(wavHeaderBytes + dataBytes, crc32(bytes.subarray(0, wavHeaderBytes + dataBytes)), true);
  return bytes;
}

/** The samples of a file, or undefined when it is cut short, altered, or of another sample rate. */
function decode(bytes: Uint8Array, sampleRateHz: SampleRateHz): Int16Array | undefined {
  const dataBytes = bytes.length - wavHeaderBytes - checksumBytes;
  if (dataBytes < 0 || dataBytes % 2 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = wavHeaderBytes + dataBytes;
  if (view.getUint32(end, true) !== crc32(bytes.subarray(0, end))) return undefined;
  const expected = wavHeader({ sampleRateHz, channels: 1, dataBytes });
  if (expected.some((byte, index) => byte !== bytes[index])) return undefined;
  const samples = new Int16Array(dataBytes / 2);
  for (let index = 0; index < samples.length; index += 1)
    samples[index] = view.getInt16(wavHeaderBytes + index * 2, true);
  return samples;
}
