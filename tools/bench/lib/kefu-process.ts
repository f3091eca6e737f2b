import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectDir } from '../../../src/app/config.ts';
import { KefuError } from '../../../src/core/errors.ts';
import { usageOf } from './process-usage.ts';

export interface KefuProcessOptions {
  /** Kept at the end when given; otherwise a new folder for this process alone. */
  readonly dataDir?: string | undefined;
  /** How the process is started. `npm start` is what people type; `node` saves its two parent processes. */
  readonly by?: 'node' | 'npm start';
  /** Lets `inspect` look inside. */
  readonly probe?: boolean;
  /** Further settings by the names of `.env.example`, such as another shop. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What is left in the process after it has freed what it can. */
export interface Inspection {
  readonly heapMb: number;
  readonly externalMb: number;
  readonly arrayBuffersMb: number;
  /** What keeps its event loop alive, by kind: sockets, timers, files. */
  readonly resources: Readonly<Record<string, number>>;
}

/** A Kefu of our own, measured and stopped by us. */
export interface KefuProcess {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** From its start until it said that it can take calls, in milliseconds. */
  readonly readyMs: number;
  /** Lines of its log that are warnings or worse. */
  readonly complaints: readonly string[];
  /** Waits until the prompts are rendered and the process has come to rest. */
  settle(signal: AbortSignal): Promise<void>;
  /** Needs `probe`. */
  inspect(): Promise<Inspection>;
  /** Stops it and removes its folder. Idempotent. */
  close(): Promise<void>;
}

const readyLimitMs = 180_000;
const stopLimitMs = 15_000;
const settleLimitMs = 300_000;
const maxComplaints = 200;

/** Settings that would make a measurement one of something else; an empty variable counts as unset and beats a `.env` file. */
const unset = [
  'KEFU_PUBLIC_URL', 'KEFU_DATABASE_URL', 'KEFU_REDIS_URL', 'KEFU_SHOP_URL', 'KEFU_SHOP_TOKEN', 'KEFU_FLOWS_DIR',
  'KEFU_TWILIO_AUTH_TOKEN', 'KEFU_API_TOKEN', 'KEFU_TRANSFER_TARGET', 'KEFU_DEMO_SEED', 'KEFU_LANGUAGE', 'KEFU_TRUNKS_FILE',
]; // prettier-ignore

/**
 * Starts a Kefu with the embedded demo shop on a free port and waits until it takes calls.
 * @throws KefuError `server_unreachable` with the end of its output when it does not come up; whatever aborts `signal`.
 */
export async function startKefu(options: KefuProcessOptions): Promise<KefuProcess> {
  const { signal, by = 'node', probe = false } = options;
  signal.throwIfAborted();
  const port = await freePort();
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'kefu-bench-')));
  const probeArgs = probe ? ['--expose-gc', '--import', join(import.meta.dirname, 'probe.js')] : [];
  const command =
    by === 'npm start'
      ? { file: 'npm', args: ['start', '--silent'] }
      : { file: process.execPath, args: [...probeArgs, '--import', 'tsx', join(projectDir, 'src/main.ts')] };
  const startedMs = performance.now();
  const child = spawn(command.file, command.args, {
    cwd: projectDir,
    // A group of its own: Ctrl-C reaches us first, and `npm` is stopped together with what it started.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(probe ? (['ipc'] as const) : [])],
    env: {
      ...process.env,
      ...Object.fromEntries(unset.map((name) => [name, ''])),
      KEFU_HOST: '127.0.0.1',
      KEFU_PORT: String(port),
      KEFU_DATA_DIR: dataDir,
      KEFU_LOG_LEVEL: 'warn',
      KEFU_MAX_CALLS: '1000',
      ...options.settings,
    },
  });
  const running = new RunningKefu(child, {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    keep: options.dataDir !== undefined,
  });
  try {
    await running.untilReady(startedMs, signal);
    return running;
  } catch (error) {
    await running.close();
    throw error;
  }
}

class RunningKefu implements KefuProcess {
  readonly url: string;
  readonly dataDir: string;
  readonly complaints: string[] = [];
  readyMs = 0;
  readonly #child: ChildProcess;
  readonly #keep: boolean;
  readonly #exited: Promise<unknown>;
  #over = false;
  #output = '';
  #inspections = 0;
  #closing: Promise<void> | undefined;
  readonly #kill = (): void => void this.#signal('SIGKILL');

  constructor(
    child: ChildProcess,
    place: { readonly url: string; readonly dataDir: string; readonly keep: boolean },
  ) {
    this.#child = child;
    this.url = place.url;
    this.dataDir = place.dataDir;
    this.#keep = place.keep;
    this.#exited = new Promise<void>((resolve) => {
      const over = (): void => {
        this.#over = true;
        process.off('exit', this.#kill);
        resolve();
      };
      child.once('exit', over);
      child.once('error', (error) => {
        this.#output += error.message;
        if (child.pid === undefined) over();
      });
    });
    // Whatever ends this process must not leave the other one behind.
    process.on('exit', this.#kill);
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', this.#onOutput);
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new KefuError('server_unreachable', 'Kefu could not be started.');
    return pid;
  }

  readonly #onOutput = (text: string): void => {
    this.#output = (this.#output + text).slice(-4000);
    for (const line of text.split('\n')) {
      if (/"level":"(?:warn|error|fatal)"/.test(line) && this.complaints.length < maxComplaints) {
        this.complaints.push(line);
      }
    }
  };

  async untilReady(startedMs: number, signal: AbortSignal): Promise<void> {
    while (performance.now() - startedMs < readyLimitMs) {
      signal.throwIfAborted();
      if (this.#over)
        throw new KefuError('server_unreachable', `Kefu ended while it started:\n${this.#output}`);
      const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
        () => undefined,
      );
      await answer?.body?.cancel();
      if (answer?.ok === true) {
        this.readyMs = performance.now() - startedMs;
        return;
      }
      await sleep(20);
    }
    throw new KefuError(
      'server_unreachable',
      `Kefu did not take calls within ${readyLimitMs / 1000} s of its start:\n${this.#output}`,
    );
  }

  async settle(signal: AbortSignal): Promise<void> {
    const limitMs = performance.now() + settleLimitMs;
    const look = async () => ({
      cpuS: (await usageOf(this.pid)).cpuS,
      prompts: (await readdir(join(this.dataDir, 'prompts')).catch(() => [])).length,
    });
    let before = await look();
    for (let restingS = 0; restingS < 3 && performance.now() < limitMs;) {
      await sleep(1000, undefined, { signal });
      const now = await look();
      restingS = now.cpuS - before.cpuS < 0.08 && now.prompts === before.prompts ? restingS + 1 : 0;
      before = now;
    }
  }

  async inspect(): Promise<Inspection> {
    const request = (this.#inspections += 1);
    const limit = AbortSignal.timeout(10_000);
    this.#child.send({ type: 'inspect', request });
    for (;;) {
      const [message] = (await once(this.#child, 'message', { signal: limit })) as [
        Inspection & { readonly request: number },
      ];
      if (message.request === request) return message;
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#signal('SIGTERM');
    // Of `npm start` the first process may be gone before the last.
    for (let waitedMs = 0; this.#signal(0) && waitedMs < stopLimitMs; waitedMs += 50) await sleep(50);
    this.#signal('SIGKILL');
    await this.#exited;
    if (!this.#keep) await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Signals every process of the group; 0 only asks. False when none is left. */
  #signal(name: NodeJS.Signals | 0): boolean {
    const { pid } = this.#child;
    if (pid === undefined) return false;
    try {
      return process.kill(-pid, name);
    } catch {
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}
