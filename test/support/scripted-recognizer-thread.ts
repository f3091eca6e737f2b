import { KefuError } from '../../src/core/errors.ts';
import type { RecognizerReply, RecognizerRequest } from '../../src/workers/recognizer-messages.ts';
import type { StartThread } from '../../src/workers/recognizer-slot.ts';
import type { ThreadOptions } from '../../src/workers/thread.ts';

/** One fake recogniser thread: keeps what it is asked; answers, dies and comes back when the test says so. */
export class ScriptedThread {
  readonly requests: RecognizerRequest[] = [];
  readonly #options: ThreadOptions<RecognizerReply>;
  up = false;
  closed = false;

  constructor(options: ThreadOptions<RecognizerReply>) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** The request that has not been answered yet, if any. */
  get waiting(): Exclude<RecognizerRequest, { type: 'forget' }> | undefined {
    return this.requests.findLast(
      (request) => request.type !== 'forget' && !this.#answered.has(request.job),
    ) as Exclude<RecognizerRequest, { type: 'forget' }> | undefined;
  }
  readonly #answered = new Set<number>();

  start(): void {
    this.up = true;
    this.#options.onReady?.();
  }

  /** Answers the waiting request. */
  answer(text: string, decodeMs = 50): void {
    const job = this.#take();
    this.#options.onMessage({ job, ok: true, reading: { text, confidence: undefined }, decodeMs });
  }

  fail(message: string): void {
    this.#options.onMessage({ job: this.#take(), ok: false, message });
  }

  die(): void {
    this.up = false;
    const waiting = this.waiting;
    if (waiting) this.#answered.add(waiting.job);
    this.#options.onExit(new KefuError('worker_failed', `The thread ${this.name} failed: test`));
  }

  #take(): number {
    const waiting = this.waiting;
    if (!waiting) throw new Error(`${this.name} has nothing to answer`);
    this.#answered.add(waiting.job);
    return waiting.job;
  }
}

/** Starts scripted threads and keeps them for the test. */
export function scriptedThreads(): { readonly threads: ScriptedThread[]; readonly start: StartThread } {
  const threads: ScriptedThread[] = [];
  return {
    threads,
    start: (options) => {
      const thread = new ScriptedThread(options);
      threads.push(thread);
      return {
        ready: Promise.resolve(),
        post: (request) => {
          if (!thread.up) return false;
          thread.requests.push(request);
          return true;
        },
        close: () => {
          thread.up = false;
          thread.closed = true;
          return Promise.resolve();
        },
      };
    },
  };
}
