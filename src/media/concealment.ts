/** Makes sound for a place where a packet is missing, so that a short loss is no hard cut for a recogniser. */
export interface Concealer {
  /** Takes the real samples as they pass. */
  remember(samples: Int16Array): void;
  /** The next `count` samples of a loss. */
  conceal(count: number): Int16Array;
}

/** After this much of a loss there is silence: a longer repeat sounds like a voice that is not there. */
const fadeMs = 60;
/** How much of the last real sound is repeated; a few periods of a low voice. */
const memoryMs = 20;

/**
 * Repeats the last 20 ms, first backwards and then forwards and so on, fading to silence within 60 ms. Turning round
 * at each end keeps the wave unbroken, so that the repeat does not click.
 */
export function createConcealer(sampleRateHz: number): Concealer {
  const fadeSamples = (fadeMs / 1000) * sampleRateHz;
  const memory = new Int16Array(Math.round((memoryMs / 1000) * sampleRateHz));
  /** Valid samples at the end of `memory`. */
  let known = 0;
  let concealed = 0;

  /** Index from the end of the memory for the n-th concealed sample: 1, 2, ... known - 1, known - 2, ... 0, 1 ... */
  const distanceFromEnd = (n: number): number => {
    const period = 2 * (known - 1);
    const position = (n + 1) % period;
    return position < known ? position : period - position;
  };

  return {
    remember(samples) {
      concealed = 0;
      if (samples.length >= memory.length) {
        memory.set(samples.subarray(samples.length - memory.length));
        known = memory.length;
      } else {
        memory.copyWithin(0, samples.length);
        memory.set(samples, memory.length - samples.length);
        known = Math.min(memory.length, known + samples.length);
      }
    },
    conceal(count) {
      const output = new Int16Array(count);
      for (let index = 0; index < count && concealed < fadeSamples && known > 1; index += 1) {
        const sample = memory[memory.length - 1 - distanceFromEnd(concealed)] ?? 0;
        output[index] = Math.round(sample * (1 - concealed / fadeSamples));
        concealed += 1;
      }
      return output;
    },
  };
}
