import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvHttpProxyAgent, fetch } from 'undici';
import type { Dispatcher, Response } from 'undici';
import { KefuError } from '../../core/errors.ts';
import type { Environment } from '../command.ts';
import { isNodeError } from '../hash.ts';
import { unreachable } from './source.ts';

export interface DownloadOptions {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Size the file must have; a longer answer is cut off and refused. */
  readonly sizeBytes: number;
  /** Longest wait for an answer, or for the next bytes of it. */
  readonly stallMs: number;
  onBytes(count: number): void;
}

/** Attempts in a row that bring no new byte before the download is given up. */
const fruitlessAttempts = 3;
const pauseMs = 500;

/**
 * Downloads an http or https address to a file. Bytes that an earlier, interrupted download left in the file are kept and only
 * the rest is asked for (RFC 9110, section 14, range requests); a connection that breaks is taken up again. Proxies are taken
 * from `http_proxy`, `https_proxy` and `no_proxy` of the environment, a name and password from the address.
 */
export async function downloadUrl(address: string, path: string, options: DownloadOptions): Promise<void> {
  const { environment, stallMs } = options;
  // An empty name keeps undici from looking at the variables of this process.
  const proxy = (name: string) => environment[name] ?? environment[name.toUpperCase()] ?? '';
  const agent = new EnvHttpProxyAgent({
    httpProxy: proxy('http_proxy'),
    httpsProxy: proxy('https_proxy'),
    noProxy: proxy('no_proxy'),
    headersTimeout: stallMs,
    bodyTimeout: stallMs,
    connect: { timeout: Math.min(stallMs, 30_000) },
  });
  try {
    for (let fruitless = 0; ;) {
      const before = await sizeOf(path);
      const problem = await attempt(address, path, before, agent, options);
      const after = await sizeOf(path);
      if (problem === undefined) {
        if (after === options.sizeBytes) return;
        await rm(path, { force: true });
        throw wrongLength(address, options.sizeBytes, `only ${after}`);
      }
      fruitless = after > before ? 0 : fruitless + 1;
      if (fruitless === fruitlessAttempts) throw unreachable(`${withoutPassword(address)}: ${problem}`);
      await sleep(pauseMs, undefined, { signal: options.signal });
    }
  } finally {
    await agent.destroy();
  }
}

/** One request; returns why it should be tried again, or undefined when the answer ended properly. */
async function attempt(
  address: string,
  path: string,
  before: number,
  dispatcher: Dispatcher,
  options: DownloadOptions,
): Promise<string | undefined> {
  const { signal, sizeBytes } = options;
  if (before === sizeBytes) return undefined;
  const url = new URL(address);
  const headers: { 'accept-encoding': string; authorization?: string; range?: string } = {
    'accept-encoding': 'identity',
  };
  if (url.username !== '') {
    const secret = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(secret).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  if (before > 0) headers.range = `bytes=${before}-`;
  try {
    const response = await fetch(url, { headers, signal, dispatcher });
    const start = startOfBody(response, before);
    if (start === undefined || !response.body) {
      await response.body?.cancel();
      if (response.status === 416) await rm(path, { force: true });
      else if (response.status < 500 && response.status !== 429) {
        throw unreachable(
          `${withoutPassword(address)}: the server answers ${response.status} ${response.statusText}`,
        );
      }
      return `the server answers ${response.status} ${response.statusText}`;
    }
    let count = start;
    const counted = async function* (body: AsyncIterable<Uint8Array>) {
      for await (const chunk of body) {
        count += chunk.length;
        if (count > sizeBytes) {
          throw wrongLength(address, sizeBytes, 'more');
        }
        options.onBytes(count);
        yield chunk;
      }
    };
    options.onBytes(start);
    await pipeline(
      Readable.fromWeb(response.body),
      counted,
      createWriteStream(path, { flags: start === 0 ? 'w' : 'a' }),
      { signal },
    );
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KefuError) {
      if (error.code === 'model_hash_mismatch') await rm(path, { force: true });
      throw error;
    }
    if (isNodeError(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EIO')) throw error;
    return reasonOf(error);
  }
}

function wrongLength(address: string, sizeBytes: number, found: string): KefuError {
  return new KefuError(
    'model_hash_mismatch',
    `${withoutPassword(address)} has ${found} bytes, but the manifest wants ${sizeBytes}`,
  );
}

/** Where the body of a good answer begins in the file; undefined for an answer that is not good. */
function startOfBody(response: Response, asked: number): number | undefined {
  if (response.status === 200) return 0;
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return response.status === 206 && Number(range?.[1]) === asked ? asked : undefined;
}

/** `fetch failed` says nothing; its causes do. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return cause instanceof Error ? reasonOf(cause) : error.message;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isNodeError(error, 'ENOENT')) return 0;
    throw error;
  }
}

/** An address as it may stand in a message. */
export function withoutPassword(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}
