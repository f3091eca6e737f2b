import { systemClock, type Clock } from '../core/clock.ts';
import {
  shopOperations,
  type CommerceBackend,
  type ShopCallOptions,
  type ShopInput,
  type ShopOperation,
  type ShopOutput,
} from '../core/commerce.ts';
import { canonicalJson } from './json.ts';
import { stopped } from './prepared-call.ts';

export interface MemoizeReadsOptions {
  /** How long an answer is reused, from its arrival. */
  readonly ttlMs?: number;
  readonly clock?: Clock;
}

/** A read under way or done. It is stopped only when everybody who waits for it has gone. */
interface SharedRead {
  readonly answer: Promise<unknown>;
  readonly controller: AbortController;
  waiting: number;
  /** Clock time after which the answer is stale; undefined while the read is under way. */
  staleAtMs: number | undefined;
}

/**
 * A view of a backend for one call, in which equal reads within `ttlMs` (default 2,000) cost one request: a read made
 * ahead of the caller's last word and the one the flow makes then share their answer. Every write forgets all answers, when it
 * starts and again when it ends. Errors are not kept. Each reader gets its own copy of an answer.
 *
 * `close()` stops the reads of this view and leaves the backend, which other calls share, open.
 */
export function memoizeReads(backend: CommerceBackend, options: MemoizeReadsOptions = {}): CommerceBackend {
  return new MemoizedReads(backend, options.ttlMs ?? 2_000, options.clock ?? systemClock);
}

class MemoizedReads implements CommerceBackend {
  readonly #backend: CommerceBackend;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #reads = new Map<string, SharedRead>();
  readonly #closing = new AbortController();

  constructor(backend: CommerceBackend, ttlMs: number, clock: Clock) {
    this.#backend = backend;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
  }

  async call<Name extends ShopOperation>(
    name: Name,
    input: ShopInput<Name>,
    options: ShopCallOptions,
  ): Promise<ShopOutput<Name>> {
    if (this.#closing.signal.aborted) throw stopped(name, this.#closing.signal.reason);
    if (options.signal.aborted) throw stopped(name, options.signal.reason);
    if (!shopOperations[name].write) {
      return structuredClone(await this.#read(name, input, options.signal)) as ShopOutput<Name>;
    }
    this.#reads.clear();
    try {
      return await this.#backend.call(name, input, options);
    } finally {
      this.#reads.clear();
    }
  }

  close(): Promise<void> {
    this.#closing.abort(new Error('the call has ended'));
    for (const read of this.#reads.values()) read.controller.abort(this.#closing.signal.reason);
    this.#reads.clear();
    return Promise.resolve();
  }

  #read<Name extends ShopOperation>(
    name: Name,
    input: ShopInput<Name>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const key = `${name} ${canonicalJson(input)}`;
    const kept = this.#reads.get(key);
    const fresh = kept && (kept.staleAtMs === undefined || this.#clock.nowMs() < kept.staleAtMs);
    const read = fresh ? kept : this.#start(key, name, input);
    return this.#waitFor(name, key, read, signal);
  }

  #start<Name extends ShopOperation>(key: string, name: Name, input: ShopInput<Name>): SharedRead {
    const controller = new AbortController();
    const answer = this.#backend.call(name, input, { signal: controller.signal });
    const read: SharedRead = { answer, controller, waiting: 0, staleAtMs: undefined };
    this.#reads.set(key, read);
    answer.then(
      () => (read.staleAtMs = this.#clock.nowMs() + this.#ttlMs),
      // The error reaches everybody who waits; here it only means that the next read asks again.
      () => this.#forget(key, read),
    );
    return read;
  }

  async #waitFor(name: ShopOperation, key: string, read: SharedRead, signal: AbortSignal): Promise<unknown> {
    let stop: () => void = () => undefined;
    const gone = new Promise<never>((_resolve, reject) => {
      stop = () => reject(stopped(name, signal.reason));
      signal.addEventListener('abort', stop, { once: true });
    });
    read.waiting += 1;
    try {
      return await Promise.race([read.answer, gone]);
    } finally {
      read.waiting -= 1;
      signal.removeEventListener('abort', stop);
      if (read.waiting === 0 && signal.aborted && read.staleAtMs === undefined) {
        this.#forget(key, read);
        read.controller.abort(signal.reason);
      }
    }
  }

  #forget(key: string, read: SharedRead): void {
    if (this.#reads.get(key) === read) this.#reads.delete(key);
  }
}
