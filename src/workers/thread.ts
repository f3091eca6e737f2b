import { Worker, type Transferable } from 'node:worker_threads';
import { systemClock, type Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';

/** How long to wait before a thread that ended unexpectedly is started again. */
export interface RestartPolicy {
  readonly initialDelayMs: number;
  /** The delay doubles with every failure in a row up to this limit. It never gives up: a hotline must come back by itself. */
  readonly maxDelayMs: number;
  /** A thread that ran this long counts as healthy: its next failure begins at `initialDelayMs` again. */
  readonly healthyAfterMs: number;
}

export const defaultRestartPolicy: RestartPolicy = {
  initialDelayMs: 200,
  maxDelayMs: 10_000,
  healthyAfterMs: 30_000,
};

export interface ThreadOptions<Reply> {
  /** For messages and the thread's name in tools, such as `recognizer-1`. */
  readonly name: string;
  /** The entry module, `.ts` or built `.js`: `new URL('./recognizer-thread.ts', import.meta.url)`. It calls `serveThread`. */
  readonly entry: URL;
  /** Given to the entry as a structured clone at every start. */
  readonly data?: unknown;
  readonly onMessage: (reply: Reply) => void;
  /**
   * The thread ended unexpectedly or could not start (`worker_failed`). Everything posted before this and not yet answered is
   * lost: fail it here. Not called after `close()`.
   */
  readonly onExit: (error: KefuError) => void;
  /** The thread can work: called after the first start and after every restart. */
  readonly onReady?: () => void;
  readonly restart?: Partial<RestartPolicy>;
  /** A start that takes longer has failed. Default 60 s: loading a model from a cold disk is slow. */
  readonly readyTimeoutMs?: number;
  /** How often to ask a running thread whether it lives; never by default, for a thread that dies says so by itself. */
  readonly pingIntervalMs?: number;
  /** A ping unanswered this long means that the thread hangs: another takes its place. Must exceed the longest job. Default 30 s. */
  readonly pingTimeoutMs?: number;
  /** How long `close()` waits for the thread to end by itself before it terminates it. Must exceed the longest job. Default 5 s. */
  readonly closeTimeoutMs?: number;
  readonly clock?: Clock;
}

/** A worker thread that is started again when it dies. */
export interface SupervisedThread<Request> {
  /**
   * Hands a request to the thread. Requests posted while it starts wait for it. False when there is no thread to take it (it died
   * and waits for its restart, or was closed): then nothing was sent.
   */
  post(request: Request, transfer?: readonly Transferable[]): boolean;
  /** Settles with the first start; rejects with `worker_failed` when that fails, and then there is no restart. */
  readonly ready: Promise<void>;
  /**
   * Ends the thread after the request it is at, or after it has started; requests behind that are not begun. Settles within
   * `closeTimeoutMs` (while it starts: `readyTimeoutMs`) plus 5 s. Idempotent; never rejects.
   */
  close(): Promise<void>;
}

/** Starts a supervised thread. `onMessage`, `onExit` and `onReady` must not throw. */
export function startThread<Request, Reply>(options: ThreadOptions<Reply>): SupervisedThread<Request> {
  return new Supervisor<Request, Reply>(options);
}

const defaultReadyTimeoutMs = 60_000;
/** A terminated thread that is inside a native call ends with that call; beyond this limit it is left behind. */
const terminateTimeoutMs = 5_000;

/**
 * One start of a thread. It is asked to end, never simply terminated: when sherpa-onnx has loaded a model into a thread that was
 * terminated meanwhile, its exception finds no JavaScript to go to and aborts the whole process (seen with 1.13.8, each time). So a
 * thread that hangs is replaced and left to end when its call returns, and force is only for the end of the process.
 */
interface Run {
  readonly worker: Worker;
  readonly closing: Int32Array;
  readonly exited: Promise<void>;
  /** It is past loading its model. */
  ready: boolean;
}

class Supervisor<Request, Reply> implements SupervisedThread<Request> {
  readonly ready: Promise<void>;
  readonly #options: ThreadOptions<Reply>;
  readonly #clock: Clock;
  readonly #policy: RestartPolicy;
  #resolveReady!: () => void;
  #rejectReady!: (error: KefuError) => void;
  #everReady = false;
  #run: Run | undefined;
  /** Replaced threads that have not ended yet. */
  readonly #abandoned = new Set<Run>();
  #failuresInARow = 0;
  #readyAtMs: number | undefined;
  #pings = 0;
  #closing: Promise<void> | undefined;
  readonly #timers = new Map<'ready' | 'ping' | 'pong' | 'restart', () => void>();

  constructor(options: ThreadOptions<Reply>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#policy = { ...defaultRestartPolicy, ...options.restart };
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    // The failure also reaches onExit, so an owner that does not wait for `ready` must not die of an unhandled rejection.
    this.ready.catch(() => undefined);
    this.#start();
  }

  post(request: Request, transfer: readonly Transferable[] = []): boolean {
    if (this.#run === undefined || this.#closing !== undefined) return false;
    send(this.#run, { type: 'request', request }, transfer);
    return true;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #start(): void {
    const { name, entry, data } = this.#options;
    const typeScript = entry.pathname.endsWith('.ts');
    const closing = new Int32Array(new SharedArrayBuffer(4));
    const start: ThreadStart = { data, closing };
    const worker = new Worker(typeScript ? new URL('./run-typescript.js', import.meta.url) : entry, {
      name,
      workerData: start,
      argv: typeScript ? [entry.href] : [],
      // Flags of the parent (loaders, test runners, inspectors) are not for a thread.
      execArgv: [],
    });
    // `exit` comes after `error` and exactly once, also when the entry cannot be loaded.
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const run: Run = { worker, closing, exited, ready: false };
    this.#run = run;
    let reason: string | undefined;
    worker.on('message', (message: FromThread<Reply>) => {
      if (message.type === 'failed') reason = message.message;
      else if (run === this.#run && this.#closing === undefined) this.#receive(run, message);
    });
    worker.on('messageerror', (error) => {
      this.#abandon(run, `a message of it could not be read: ${error.message}`);
    });
    worker.on('error', (thrown: unknown) => {
      reason ??= thrown instanceof Error ? thrown.message : String(thrown);
    });
    worker.once('exit', (code) => {
      this.#abandoned.delete(run);
      this.#ended(run, reason ?? `it ended with code ${code}`);
    });
    const { readyTimeoutMs = defaultReadyTimeoutMs } = this.#options;
    this.#setTimer('ready', readyTimeoutMs, () => {
      this.#abandon(run, `it was not ready within ${readyTimeoutMs} ms`);
    });
  }

  #receive(run: Run, message: Exclude<FromThread<Reply>, { type: 'failed' }>): void {
    switch (message.type) {
      case 'reply':
        this.#options.onMessage(message.reply);
        return;
      case 'pong':
        if (message.ping === this.#pings) {
          this.#clearTimer('pong');
          this.#schedulePing(run);
        }
        return;
      case 'ready':
        this.#clearTimer('ready');
        run.ready = true;
        this.#readyAtMs = this.#clock.nowMs();
        this.#everReady = true;
        this.#resolveReady();
        this.#options.onReady?.();
        this.#schedulePing(run);
    }
  }

  #schedulePing(run: Run): void {
    const { pingIntervalMs, pingTimeoutMs = 30_000 } = this.#options;
    if (pingIntervalMs === undefined) return;
    this.#setTimer('ping', pingIntervalMs, () => {
      this.#pings += 1;
      send(run, { type: 'ping', ping: this.#pings });
      this.#setTimer('pong', pingTimeoutMs, () => {
        this.#abandon(run, `it did not answer for ${pingTimeoutMs} ms`);
      });
    });
  }

  /** Goes on without a thread that cannot be relied on; it ends by itself as soon as it can. */
  #abandon(run: Run, reason: string): void {
    if (run !== this.#run) return;
    this.#abandoned.add(run);
    askToEnd(run);
    this.#ended(run, reason);
  }

  #ended(run: Run, reason: string): void {
    if (run !== this.#run) return;
    this.#run = undefined;
    for (const timer of ['ready', 'ping', 'pong'] as const) this.#clearTimer(timer);
    if (this.#closing !== undefined) return;
    const error = new KefuError('worker_failed', `The thread ${this.#options.name} failed: ${reason}`);
    if (!this.#everReady) {
      // What fails at the first start (a missing model, a broken package) fails again: tell the owner instead of trying.
      this.#rejectReady(error);
      this.#closing = this.#endAll();
      this.#options.onExit(error);
      return;
    }
    const { initialDelayMs, maxDelayMs, healthyAfterMs } = this.#policy;
    const ranMs = this.#readyAtMs === undefined ? 0 : this.#clock.nowMs() - this.#readyAtMs;
    this.#readyAtMs = undefined;
    this.#failuresInARow = ranMs >= healthyAfterMs ? 1 : this.#failuresInARow + 1;
    const delayMs = Math.min(maxDelayMs, initialDelayMs * 2 ** (this.#failuresInARow - 1));
    this.#setTimer('restart', delayMs, () => {
      this.#start();
    });
    this.#options.onExit(error);
  }

  async #close(): Promise<void> {
    for (const timer of [...this.#timers.keys()]) this.#clearTimer(timer);
    if (!this.#everReady) {
      this.#rejectReady(
        new KefuError('aborted', `The thread ${this.#options.name} was closed before it was ready.`),
      );
    }
    await this.#endAll();
  }

  async #endAll(): Promise<void> {
    const runs = [...(this.#run ? [this.#run] : []), ...this.#abandoned];
    await Promise.all(runs.map((run) => this.#end(run)));
  }

  async #end(run: Run): Promise<void> {
    askToEnd(run);
    const { closeTimeoutMs = 5_000, readyTimeoutMs = defaultReadyTimeoutMs } = this.#options;
    if (await this.#within(run.exited, run.ready ? closeTimeoutMs : readyTimeoutMs)) return;
    void run.worker.terminate();
    await this.#within(run.exited, terminateTimeoutMs);
  }

  /** True when `done` settled within the limit. */
  async #within(done: Promise<void>, limitMs: number): Promise<boolean> {
    let cancel: () => void = () => undefined;
    const limit = new Promise<boolean>((resolve) => {
      cancel = this.#clock.setTimer(() => resolve(false), limitMs);
    });
    const inTime = await Promise.race([done.then(() => true), limit]);
    cancel();
    return inTime;
  }

  #setTimer(name: 'ready' | 'ping' | 'pong' | 'restart', delayMs: number, callback: () => void): void {
    this.#clearTimer(name);
    this.#timers.set(
      name,
      this.#clock.setTimer(() => {
        this.#timers.delete(name);
        callback();
      }, delayMs),
    );
  }

  #clearTimer(name: 'ready' | 'ping' | 'pong' | 'restart'): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }
}

function send<Request>(run: Run, message: ToThread<Request>, transfer: readonly Transferable[] = []): void {
  run.worker.postMessage(message, transfer);
}

function askToEnd(run: Run): void {
  Atomics.store(run.closing, 0, 1);
  send(run, { type: 'close' });
}
