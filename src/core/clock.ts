/** A source of time and timers. Everything that waits takes one, so that tests can move time by hand. */
export interface Clock {
  /** Monotonic time in milliseconds since an arbitrary start; never jumps backwards. */
  nowMs(): number;
  /** Wall-clock time in milliseconds since 1970-01-01 UTC, for records that people read. */
  epochMs(): number;
  /** Calls `callback` once after `delayMs` milliseconds; the returned function cancels it and may be called twice. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
