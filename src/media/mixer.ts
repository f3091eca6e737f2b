import type { Clock } from '../core/clock.ts';

/** A source from which nothing came for so long is silent: nobody waits for its sound. */
const silentAfterMs = 100;
/** Sound of a source that waits for the leading one, at most; more would only add delay. */
const mostWaitingMs = 60;

/** One voice of a mix. */
export interface MixerInput {
  /** Sound that is to be heard now. */
  write(samples: Int16Array): void;
  /** Takes the voice out of the mix. */
  remove(): void;
}

export interface Mixer {
  input(): MixerInput;
}

/**
 * Adds up live voices that come in blocks of their own, without a timer of its own and, for a single voice, without any delay.
 *
 *     the only voice that speaks ───────────────▶ onSamples, as it comes
 *     the leading one of several ─┬─▶ sum ──────▶ onSamples, in the leading one's blocks
 *     the others ─▶ at most 60 ms ┘
 *
 * The oldest input from which something came in the last 100 ms leads. Voices of other clocks drift against it: what is missing
 * is silence, what is too much is dropped.
 */
export function createMixer(options: {
  readonly rateHz: number;
  readonly clock: Clock;
  readonly onSamples: (samples: Int16Array) => void;
}): Mixer {
  const { clock, onSamples } = options;
  const mostWaiting = Math.round((options.rateHz * mostWaitingMs) / 1000);
  interface Voice {
    waiting: Int16Array;
    heardMs: number;
  }
  let voices: Voice[] = [];

  const isActive = (voice: Voice, nowMs: number) => nowMs - voice.heardMs < silentAfterMs;

  function mixed(samples: Int16Array, others: readonly Voice[], nowMs: number): Int16Array {
    // What waited for a voice that never came back would be heard out of its time.
    for (const other of others) if (!isActive(other, nowMs)) other.waiting = new Int16Array(0);
    if (others.every(({ waiting }) => waiting.length === 0)) return samples;
    const sum = Int32Array.from(samples);
    for (const other of others) {
      const count = Math.min(sum.length, other.waiting.length);
      for (let index = 0; index < count; index += 1)
        sum[index] = (sum[index] ?? 0) + (other.waiting[index] ?? 0);
      other.waiting = other.waiting.subarray(count);
    }
    return Int16Array.from(sum, (value) => Math.max(-32_768, Math.min(32_767, value)));
  }

  return {
    input() {
      const voice: Voice = { waiting: new Int16Array(0), heardMs: Number.NEGATIVE_INFINITY };
      voices.push(voice);
      return {
        write(samples) {
          if (!voices.includes(voice)) return;
          const nowMs = clock.nowMs();
          voice.heardMs = nowMs;
          const leading = voices.find((other) => isActive(other, nowMs));
          if (leading === voice) {
            // What waited for a voice that led before comes first, so that nothing is heard out of order.
            const own = joined(voice.waiting, samples);
            voice.waiting = new Int16Array(0);
            onSamples(
              mixed(
                own,
                voices.filter((other) => other !== voice),
                nowMs,
              ),
            );
            return;
          }
          voice.waiting = joined(voice.waiting, samples);
          if (voice.waiting.length > mostWaiting)
            voice.waiting = voice.waiting.subarray(voice.waiting.length - mostWaiting);
        },
        remove() {
          voices = voices.filter((other) => other !== voice);
        },
      };
    },
  };
}

function joined(first: Int16Array, second: Int16Array): Int16Array {
  if (first.length === 0) return second;
  const both = new Int16Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
