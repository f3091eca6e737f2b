import type { Clock } from '../core/clock.ts';

/** What somebody hears while another one is called for them: one period of each tone with its pause, at 16 kHz, to be repeated. */
export interface ProgressTones {
  readonly ringing: Int16Array;
  readonly busy: Int16Array;
}

const packetMs = 20;
const packetSamples = 320;
/** A process that was held up for longer goes on from now: old tones are of no use, and a burst would be heard late. */
const mostLateMs = 100;

/**
 * Plays a tone over and over, packet by packet, as long as `isWanted`; resolves when it is not any more, at most a packet later.
 * Nothing is played while it never was.
 */
export function repeatTone(
  tone: Int16Array,
  parts: {
    readonly hear: (samples: Int16Array) => void;
    readonly isWanted: () => boolean;
    readonly clock: Clock;
  },
): Promise<void> {
  const { hear, isWanted, clock } = parts;
  let at = 0;
  let dueMs = clock.nowMs();
  return new Promise((resolve) => {
    const step = () => {
      if (!isWanted()) {
        resolve();
        return;
      }
      const nowMs = clock.nowMs();
      if (nowMs - dueMs > mostLateMs) dueMs = nowMs;
      for (; dueMs <= nowMs; dueMs += packetMs) {
        hear(tone.subarray(at, at + packetSamples));
        at = at + packetSamples >= tone.length ? 0 : at + packetSamples;
      }
      clock.setTimer(step, dueMs - nowMs);
    };
    step();
  });
}
