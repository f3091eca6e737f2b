import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { RecordingStore, RecordingWriter } from '../core/store.ts';
import { wavHeader, wavHeaderBytes } from '../core/wav.ts';
import { createStereoWindow } from './stereo-window.ts';

export interface RecordingStoreOptions {
  /** Holds one file for each call, `CALLID.wav`; made when it is missing. */
  readonly directory: string;
  readonly log: Logger;
  /** A recording had to be given up (disk full, folder gone); the call goes on. Called once for a recording. */
  readonly onFailure?: (callId: string, error: KefuError) => void;
}

const channels = 2;
const frameBytes = channels * 2;
/** How long samples may come late. The two sides run apart by the drift of the caller's media time, at most 2 s. */
const openMs = 3_000;
/** How much goes to the disk at once. */
const flushMs = 1_000;
/** A disk that is this far behind will not catch up. */
const maxBehindMs = 20_000;
/** Samples this far after all others come from a broken clock, not from a call. */
const maxGapMs = 60_000;

/**
 * Recordings as files. Only the last seconds of a call are in memory. The header is right after every write, about once a second;
 * what a death of the process leaves behind is mended when the file is next asked for.
 */
export function createRecordingStore(options: RecordingStoreOptions): RecordingStore {
  const { directory, log } = options;
  const running = new Set<string>();
  const fileOf = (callId: string): string => join(directory, `${callId}.wav`);

  const report = (callId: string, thrown: unknown): void => {
    const error = toRecordingError(thrown);
    log.error({ err: error, callId, code: error.code }, 'a recording could not be kept');
    options.onFailure?.(callId, error);
  };

  return {
    open(callId, sampleRateHz) {
      if (!isFileName(callId) || running.has(callId)) {
        report(callId, new KefuError('internal', `A recording of ${callId} cannot be begun now.`));
        return { write: () => undefined, close: () => Promise.resolve() };
      }
      running.add(callId);
      return createRecordingWriter({
        sampleRateHz,
        open: async () => {
          await mkdir(directory, { recursive: true });
          return openRecording(fileOf(callId), sampleRateHz);
        },
        onFailure: (error) => report(callId, error),
        onClosed: () => running.delete(callId),
      });
    },
    async path(callId) {
      if (!isFileName(callId)) return undefined;
      const path = fileOf(callId);
      if (running.has(callId)) return (await hasSound(path)) ? path : undefined;
      const file = await openExisting(path);
      if (!file) return undefined;
      try {
        return (await mendHeader(file)) ? path : undefined;
      } finally {
        await file.close();
      }
    },
  };
}

/** A file that is being appended to. */
interface OpenRecording {
  readonly file: FileHandle;
  /** Bytes of sound in it. */
  dataBytes: number;
}

interface WriterParts {
  readonly sampleRateHz: number;
  readonly open: () => Promise<OpenRecording>;
  readonly onFailure: (error: unknown) => void;
  readonly onClosed: () => void;
}

function createRecordingWriter({
  sampleRateHz,
  open: openFile,
  onFailure,
  onClosed,
}: WriterParts): RecordingWriter {
  const toSamples = (ms: number): number => Math.round((ms / 1000) * sampleRateHz);
  const window = createStereoWindow(toSamples(openMs + 2 * flushMs));
  let recording: OpenRecording | undefined;
  /** Everything done to the file, one after the other. */
  let work: Promise<void> = Promise.resolve();
  let behindSamples = 0;
  let failed = false;
  let closing: Promise<void> | undefined;

  const fail = (error: unknown): void => {
    if (failed) return;
    failed = true;
    onFailure(error);
  };

  const writeOut = async (pairs: Int16Array): Promise<void> => {
    try {
      if (failed) return;
      recording ??= await openFile();
      const bytes = Buffer.from(pairs.buffer, pairs.byteOffset, pairs.byteLength);
      await writeAll(recording.file, bytes, wavHeaderBytes + recording.dataBytes);
      recording.dataBytes += bytes.length;
      const header = wavHeader({ sampleRateHz, channels, dataBytes: recording.dataBytes });
      await writeAll(recording.file, header, 0);
    } catch (error) {
      fail(error);
    } finally {
      behindSamples -= pairs.length / channels;
    }
  };

  const flushUpTo = (end: number): void => {
    while (window.start < Math.min(end, window.end)) {
      const pairs = window.take(Math.min(end, window.start + toSamples(flushMs)));
      behindSamples += pairs.length / channels;
      work = work.then(() => writeOut(pairs));
    }
  };

  return {
    write(side, mediaMs, samples) {
      if (failed || closing) return;
      const at = toSamples(mediaMs);
      if (!Number.isFinite(at) || at > window.end + toSamples(maxGapMs)) return;
      window.write(side, at, samples);
      if (window.end - window.start >= toSamples(openMs + flushMs)) flushUpTo(window.end - toSamples(openMs));
      if (behindSamples > toSamples(maxBehindMs + maxGapMs)) fail(new Error('the disk is too slow'));
    },
    close: () =>
      (closing ??= (async () => {
        if (!failed) flushUpTo(window.end);
        await work;
        try {
          await recording?.file.close();
        } catch (error) {
          fail(error);
        }
        onClosed();
      })()),
  };
}

/** Opens a new file, or one that an earlier stream of the same call left: the sound then goes on where it ended. */
async function openRecording(path: string, sampleRateHz: number): Promise<OpenRecording> {
  const existing = await openExisting(path);
  if (!existing) {
    const file = await open(path, 'wx+');
    await writeAll(file, wavHeader({ sampleRateHz, channels, dataBytes: 0 }), 0);
    return { file, dataBytes: 0 };
  }
  const dataBytes = await mendHeader(existing);
  const { buffer } = await existing.read(Buffer.alloc(wavHeaderBytes), 0, wavHeaderBytes, 0);
  const formerRateHz = dataBytes > 0 ? buffer.readUInt32LE(24) : sampleRateHz;
  if (formerRateHz === sampleRateHz) return { file: existing, dataBytes };
  await existing.close();
  throw new Error(`the recording has ${formerRateHz} Hz and cannot go on with ${sampleRateHz} Hz`);
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw toRecordingError(error);
  }
}

/** Makes the header tell the length of the file, which the death of a process may have cut anywhere; returns the bytes of sound. */
async function mendHeader(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const dataBytes = Math.max(0, Math.floor((size - wavHeaderBytes) / frameBytes) * frameBytes);
  if (dataBytes === 0) return 0;
  const { buffer } = await file.read(Buffer.alloc(wavHeaderBytes), 0, wavHeaderBytes, 0);
  const mended = wavHeader({ sampleRateHz: buffer.readUInt32LE(24), channels, dataBytes });
  if (!buffer.equals(mended)) await writeAll(file, mended, 0);
  return dataBytes;
}

async function hasSound(path: string): Promise<boolean> {
  const file = await openExisting(path);
  if (!file) return false;
  try {
    return (await file.stat()).size > wavHeaderBytes;
  } finally {
    await file.close();
  }
}

/** Writes all bytes at a place; the system may take them in pieces. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

function isFileName(callId: string): boolean {
  return /^[A-Za-z0-9_-]{1,100}$/.test(callId);
}

function toRecordingError(thrown: unknown): KefuError {
  if (thrown instanceof KefuError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = codeOf(thrown) === 'ENOSPC' ? 'disk_full' : 'store_unavailable';
  return new KefuError(code, `The recording cannot be written: ${message}`, { cause: thrown });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
