import type { Clock } from '../../core/clock.ts';

/**
 * Reckons when the far side has played what was sent, for vendors that do not tell: packets play one after the other in real time,
 * each at once when nothing is waiting.
 */
export class PlayingTime {
  readonly #clock: Clock;
  readonly #timers = new Set<() => void>();
  #untilMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** So many milliseconds of audio were sent. */
  sent(durationMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, this.#clock.nowMs()) + durationMs;
  }

  /** Calls back once everything sent so far has been played. */
  whenPlayed(callback: () => void): void {
    const cancel = this.#clock.setTimer(
      () => {
        this.#timers.delete(cancel);
        callback();
      },
      Math.max(0, this.#untilMs - this.#clock.nowMs()),
    );
    this.#timers.add(cancel);
  }

  /** Nothing that was sent will be played any more, and nobody is called back. */
  reset(): void {
    this.#untilMs = 0;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
