import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { startApp, type App } from '../../src/app/app.ts';
import { projectDir, readConfig } from '../../src/app/config.ts';
import type { CallEvent } from '../../src/core/events.ts';
import type { CallSummary } from '../../src/core/store.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { LogLine } from './captured-log.ts';
import { testEnvironment } from './environment.ts';

/** Settings of a Kefu under test, by the names of `.env.example`; what is not named has its default. */
export type Settings = Readonly<Record<string, string>>;

/** What a test needs of a Kefu, wherever it runs. */
export interface KefuUnderTest {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly dataDir: string;
  /** Ends it and removes its folder. Idempotent. */
  close(): Promise<void>;
}

/** A Kefu in the test's own process, with its log at hand. */
export interface KefuInProcess extends KefuUnderTest {
  readonly app: App;
  /** What an operator would read, as it would be written. */
  readonly log: readonly LogLine[];
}

/** A Kefu in a process of its own, as `npm start` makes it. */
export interface KefuProcess extends KefuUnderTest {
  readonly pid: number;
  /** Everything it has written so far, log lines included. */
  readonly output: string;
  /** Ends it at once, as the kernel or a power failure would. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  restart(): Promise<void>;
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const startLimitMs = 120_000;
const stopLimitMs = 60_000;

/** Models are found where the machine keeps them; nothing else of the environment may change what is tested. */
export function environmentWith(settings: Settings, dataDir: string, port: number): Record<string, string> {
  const { HOME, PATH, XDG_CACHE_HOME, KEFU_MODELS_DIR, KEFU_MODELS_SOURCE } = testEnvironment();
  const kept = { HOME, PATH, XDG_CACHE_HOME, KEFU_MODELS_DIR, KEFU_MODELS_SOURCE };
  const present = Object.entries(kept).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(present),
    KEFU_HOST: '127.0.0.1',
    KEFU_PORT: String(port),
    KEFU_DATA_DIR: dataDir,
    // Not what this machine takes just now: tests must not depend on it.
    KEFU_MAX_CALLS: '20',
    KEFU_DRAIN_SECONDS: '0',
    KEFU_LOG_LEVEL: 'info',
    ...settings,
  };
}

/** Folders of Kefu's that hold nothing but what can be made again from the flows and the models. */
const cacheFolders = ['prompts', 'examples'] as const;

/** A new data folder; its caches are shared with the other tests of this run, if there are others. */
export function newDataDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-e2e-'));
  const cacheDir = inject('cacheDir') as string | undefined;
  if (cacheDir === undefined) return directory;
  for (const folder of cacheFolders) {
    mkdirSync(join(cacheDir, folder), { recursive: true });
    symlinkSync(join(cacheDir, folder), join(directory, folder));
  }
  return directory;
}

/** Starts Kefu in this process on a free port, with a folder of its own. */
export async function startKefu(settings: Settings = {}): Promise<KefuInProcess> {
  const dataDir = newDataDir();
  const lines: LogLine[] = [];
  const log = createLogger('info', {
    write(line) {
      lines.push(logLine(line));
    },
  });
  let app: App;
  try {
    app = await startApp(readConfig(environmentWith(settings, dataDir, 0)), log);
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
  return {
    app,
    log: lines,
    dataDir,
    url: app.address,
    async close() {
      await app.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A line of Kefu's log, as it is written. */
export function logLine(line: string): LogLine {
  const { level, msg, ...fields } = JSON.parse(line) as Record<string, unknown> & {
    readonly level: LogLine['level'];
    readonly msg: string;
  };
  return { level, fields, message: msg };
}

/** Starts Kefu as a process and waits until it takes calls. Settings may depend on where it will be reached. */
export async function spawnKefu(settings: Settings | ((url: string) => Settings) = {}): Promise<KefuProcess> {
  const dataDir = newDataDir();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const given = typeof settings === 'function' ? settings(url) : settings;
  let child: ChildProcess;
  let output = '';
  let exited: Promise<number | null>;

  async function start(): Promise<void> {
    child = spawn(process.execPath, ['--import', 'tsx', join(projectDir, 'src/main.ts')], {
      cwd: projectDir,
      env: environmentWith(given, dataDir, port),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    exited = once(child, 'exit').then(([code]) => code as number | null);
    for (let waitedMs = 0; waitedMs < startLimitMs; waitedMs += 50) {
      if (child.exitCode !== null) throw new Error(`Kefu ended while it was starting:\n${output}`);
      if (await answers(`${url}/readyz`)) return;
      await delay(50);
    }
    throw new Error(`Kefu was not ready within ${startLimitMs / 1000} s:\n${output}`);
  }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const close = async (): Promise<void> => {
    await kill();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    dataDir,
    get pid() {
      return child.pid ?? 0;
    },
    get output() {
      return output;
    },
    kill,
    restart: start,
    async stop() {
      child.kill('SIGTERM');
      const limit = new AbortController();
      const code = await Promise.race([
        exited,
        delay(stopLimitMs, 'too-long' as const, { signal: limit.signal, ref: false }),
      ]);
      limit.abort();
      if (code === 'too-long') throw new Error(`Kefu did not end within ${stopLimitMs / 1000} s:\n${output}`);
      return code;
    },
    close,
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}

/**
 * Waits until Kefu has rendered its fixed sentences: until then the voice has more to do than in a Kefu that has been up for a
 * minute.
 */
export async function untilPromptsAreRendered({ dataDir }: KefuUnderTest): Promise<void> {
  const count = () => readdirSync(join(dataDir, 'prompts')).filter((name) => name.endsWith('.wav')).length;
  let before = -1;
  for (let quietS = 0; quietS < 4;) {
    await delay(1_000);
    const now = count();
    quietS = now === before && now > 0 ? quietS + 1 : 0;
    before = now;
  }
}

/** What Kefu tells about a call over its API. */
export async function callRecord(
  kefu: KefuUnderTest,
  callId: string,
): Promise<{ readonly call: CallSummary; readonly events: CallEvent[] }> {
  const response = await fetch(`${kefu.url}/api/calls/${callId}`);
  if (!response.ok) throw new Error(`GET /api/calls/${callId}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { call: CallSummary; events: CallEvent[] };
}

export async function listCalls(kefu: KefuUnderTest): Promise<CallSummary[]> {
  const response = await fetch(`${kefu.url}/api/calls?limit=500`);
  return ((await response.json()) as { calls: CallSummary[] }).calls;
}

/** The call's record once it has ended. */
export async function endedCall(kefu: KefuUnderTest, callId: string, limitMs = 30_000) {
  return eventually(
    async () => {
      const record = await callRecord(kefu, callId);
      return record.events.at(-1)?.body.type === 'call-ended' ? record : undefined;
    },
    `the end of ${callId}`,
    limitMs,
  );
}

/** Asks again until there is an answer; fails naming what was waited for. The limit is for a busy machine, not a measurement. */
export async function eventually<Value>(
  look: () => Promise<Value | undefined> | Value | undefined,
  what: string,
  limitMs = 60_000,
): Promise<Value> {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > untilMs) throw new Error(`Waited ${limitMs / 1000} s in vain for ${what}.`);
    await delay(50);
  }
}

/** Log lines that an operator would have to look at. */
export function complaints(log: readonly LogLine[]): LogLine[] {
  return log.filter(({ level }) => level === 'error' || level === 'warn');
}
