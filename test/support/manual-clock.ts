import type { Clock } from '../../src/core/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that a test moves by hand. Timers fire inside `advance`, each at its own time and in the order they are due;
 * two that are due at once fire in the order they were set.
 */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  readonly #epochStartMs: number;
  #nowMs = 0;
  #order = 0;

  /** @param epochStartMs - Wall-clock time at `nowMs() === 0`; by default 2026-01-01 00:00 UTC. */
  constructor(epochStartMs: number = Date.UTC(2026, 0, 1)) {
    this.#epochStartMs = epochStartMs;
  }

  /** Timers that are set and have not fired. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#epochStartMs + this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, callback };
    this.#order += 1;
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Moves time on by `ms` and fires what becomes due on the way, including timers set by those that fire. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#nextDue(endMs);
      if (!next) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    // A callback may have stalled the clock beyond the end.
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** Moves time on without firing anything, as when the process is held up; what is overdue fires at the next `advance`. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  /** As `advance`, but lets promises settle between steps of `stepMs`. */
  async advanceAsync(ms: number, stepMs = 10): Promise<void> {
    const endMs = this.#nowMs + ms;
    while (this.#nowMs < endMs) {
      this.advance(Math.min(stepMs, endMs - this.#nowMs));
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  #nextDue(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > endMs) continue;
      if (!next || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order))
        next = timer;
    }
    return next;
  }
}
