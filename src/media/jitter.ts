/** Follows how unevenly the packets of a line come. */
export interface JitterEstimator {
  /** A packet came at `arrivalMs` of the clock whose first sample belongs to `mediaMs` of the far side's reckoning. */
  note(arrivalMs: number, mediaMs: number): void;
  /** The far side's reckoning begins anew: what was measured says nothing of it. */
  restart(): void;
  /** How long after the quickest packets nearly all others have come, in milliseconds; undefined while too few are known. */
  spreadMs(): number | undefined;
}

/** Packets that are looked at: 5 s of them, so that a network that calms down is trusted again soon. */
const windowPackets = 250;
const leastPackets = 25;
/** One packet in a hundred may be later: it is made up as a lost one is. */
const quantile = 0.99;

/**
 * Keeps the transit times (arrival less media time) of the last packets. Their own zero is unknown, so they count from the least among
 * them; a far side whose clock runs fast or slow by a thousandth moves that by 5 ms within the window, no more.
 */
export function createJitterEstimator(): JitterEstimator {
  const transits = new Float64Array(windowPackets);
  let known = 0;
  let next = 0;

  return {
    note(arrivalMs, mediaMs) {
      transits[next] = arrivalMs - mediaMs;
      next = (next + 1) % windowPackets;
      known = Math.min(windowPackets, known + 1);
    },
    restart() {
      known = 0;
      next = 0;
    },
    spreadMs() {
      if (known < leastPackets) return undefined;
      const sorted = transits.slice(0, known).sort();
      return (sorted[Math.ceil(quantile * known) - 1] ?? 0) - (sorted[0] ?? 0);
    },
  };
}
