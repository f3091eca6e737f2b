import type { QueueEntry } from '../core/handoff.ts';
import { headStartMs } from './priority.ts';
import type { RoutingRules } from './rules.ts';

/** How fast a queue has moved of late: what estimates need besides the work of the agents. */
export interface Pace {
  /** Part of those who wait that give up, per millisecond. */
  givingUpPerMs(): number;
  /**
   * How many are expected to come within `withinMs` and go before somebody who already counts as having waited `countsMs`: as many as
   * came of late. `weight` says how far an entry competes.
   */
  overtaking(countsMs: number, withinMs: number, weight: (entry: QueueEntry) => number): number;
}

export interface PaceMeter extends Pace {
  /** A look at the entries; call it at every change, at least every few seconds. */
  look(entries: Iterable<QueueEntry>): void;
  /** An entry came in. */
  arrived(entry: QueueEntry): void;
  /** An entry that waited left without being served. */
  gaveUp(): void;
}

/** Older looks fade by half in this time: long enough to have seen some callers give up, short enough for a lunch break. */
const halfLifeMs = 10 * 60_000;
/** Arrivals are remembered for as long, and not more of them. */
const arrivalsMs = 10 * 60_000;
const mostArrivals = 2_000;

export function createPaceMeter(rules: () => RoutingRules, epochMs: () => number): PaceMeter {
  const startedAtEpochMs = epochMs();
  let lookedAtEpochMs = startedAtEpochMs;
  let waitingNow = 0;
  /** Time waited by all together, and how many gave up in it, both fading. */
  let waitedMs = 0;
  let givenUp = 0;
  let arrivals: { readonly entry: QueueEntry; readonly atEpochMs: number }[] = [];

  const pass = (): void => {
    const passedMs = Math.max(0, epochMs() - lookedAtEpochMs);
    lookedAtEpochMs += passedMs;
    const fading = 0.5 ** (passedMs / halfLifeMs);
    waitedMs = waitedMs * fading + waitingNow * passedMs;
    givenUp *= fading;
  };

  return {
    look(entries) {
      pass();
      waitingNow = 0;
      for (const { progress, channel } of entries)
        if (progress.state === 'waiting' && channel !== 'callback') waitingNow += 1;
    },
    arrived(entry) {
      const nowEpochMs = epochMs();
      arrivals.push({ entry, atEpochMs: nowEpochMs });
      if (
        arrivals.length > mostArrivals ||
        (arrivals[0]?.atEpochMs ?? nowEpochMs) < nowEpochMs - 2 * arrivalsMs
      )
        arrivals = arrivals
          .filter(({ atEpochMs }) => atEpochMs >= nowEpochMs - arrivalsMs)
          .slice(-mostArrivals / 2);
    },
    gaveUp() {
      pass();
      givenUp += 1;
    },
    givingUpPerMs: () => (waitedMs === 0 ? 0 : givenUp / waitedMs),
    overtaking(countsMs, withinMs, weight) {
      const nowEpochMs = epochMs();
      const seenMs = Math.min(arrivalsMs, nowEpochMs - startedAtEpochMs);
      if (seenMs <= 0) return 0;
      let expected = 0;
      for (const { entry, atEpochMs } of arrivals) {
        if (nowEpochMs - atEpochMs > seenMs) continue;
        // As this one came, others may come at any moment within the time in which their head start still gets them past.
        const pastMs = Math.min(withinMs, headStartMs(entry, rules()) - countsMs);
        if (pastMs > 0) expected += (pastMs / seenMs) * weight(entry);
      }
      return expected;
    },
  };
}
