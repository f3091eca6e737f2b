import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../core/clock.ts';

/** What is too busy for one call more. */
export type Strain = 'event-loop' | 'recognizer';

/** Packets leave every 20 ms; a far side's jitter buffer hides about twice that, and not more. */
const lateMs = 40;
/** One busy second happens, at a garbage collection for example; two in a row do not pass by themselves. */
const lateSeconds = 2;
/** A caller notices an answer that comes this much later (docs/benchmarks.md: 450 ms at the median, 1,300 ms at most at p95). */
const waitedMs = 300;
/** Waits are looked at over this time, when there are as many as this. */
const waitWindowMs = 10_000;
const fewestWaits = 3;
/** After the last sign of strain no call is taken for this time: a call that has ended gives room only little by little. */
const holdMs = 5_000;

/** Judges from what is measured whether the machine is too busy for one call more, before the calls that go on would stutter. */
export class StrainGauge {
  readonly #clock: Clock;
  #lateSeconds = 0;
  #waits: { readonly atMs: number; readonly waitMs: number }[] = [];
  #last: { readonly strain: Strain; readonly atMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How late timers of the main thread were within the last second, in milliseconds, at the 95th percentile. */
  noteLateness(latenessMs: number): void {
    this.#lateSeconds = latenessMs > lateMs ? this.#lateSeconds + 1 : 0;
    if (this.#lateSeconds >= lateSeconds) this.#strained('event-loop');
  }

  /** How long a caller's turn has waited for a recogniser. */
  noteWait(waitMs: number): void {
    const nowMs = this.#clock.nowMs();
    this.#waits = [...this.#waits.filter(({ atMs }) => nowMs - atMs < waitWindowMs), { atMs: nowMs, waitMs }];
    const mean = this.#waits.reduce((sum, entry) => sum + entry.waitMs, 0) / this.#waits.length;
    if (this.#waits.length >= fewestWaits && mean > waitedMs) this.#strained('recognizer');
  }

  /** What is too busy now; undefined when a call more would be well. */
  get strain(): Strain | undefined {
    const last = this.#last;
    return last && this.#clock.nowMs() - last.atMs < holdMs ? last.strain : undefined;
  }

  #strained(strain: Strain): void {
    this.#last = { strain, atMs: this.#clock.nowMs() };
  }
}

/** Timers of the main thread are looked at this often. */
const resolutionMs = 10;

/** Tells the gauge every second how late timers are. @returns the function that ends it. */
export function watchEventLoop(gauge: Pick<StrainGauge, 'noteLateness'>, clock: Clock): () => void {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let cancel = clock.setTimer(look, 1000);
  function look(): void {
    // The histogram holds the time between two looks, the 10 ms included.
    if (delays.count > 0) gauge.noteLateness(delays.percentile(95) / 1e6 - resolutionMs);
    delays.reset();
    cancel = clock.setTimer(look, 1000);
  }
  return () => {
    cancel();
    delays.disable();
  };
}
