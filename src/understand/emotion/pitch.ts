/** Pitch by normalised autocorrelation of the sound at 4 kHz, as a rough and fast estimate that a telephone line allows. */

const rateHz = 4000;
/** Shortest and longest period that a voice has: 500 and 60 Hz. */
const minLag = 8;
const maxLag = 66;
/** Samples compared with themselves one period later: 40 ms hold at least two periods. */
const compared = 160;
/** A shorter period is taken when its likeness is this near to the best: a multiple of the period fits as well. */
const octaveCaution = 0.88;

export interface PitchEstimate {
  /** 0 where nothing repeats itself. */
  readonly hz: number;
  /** How alike neighbouring periods are, 0 to 1. */
  readonly voicing: number;
}

/** Silence before and after the sound, so that no look beyond its ends is needed: those are slow. */
const margin = (compared + maxLag) * 2;

/** Every other sample of 8 kHz sound, after a low pass that leaves what pitch lives on, with silence around it. */
export function halveRate(samples: Float32Array): Float32Array {
  const count = Math.max(0, (samples.length >> 1) - 3);
  const halved = new Float32Array(count + 2 * margin);
  for (let index = 2; index < count; index += 1) {
    const at = index * 2;
    halved[margin + index] =
      0.06 * ((samples[at - 3] ?? 0) + (samples[at + 3] ?? 0)) +
      0.12 * ((samples[at - 2] ?? 0) + (samples[at + 2] ?? 0)) +
      0.2 * ((samples[at - 1] ?? 0) + (samples[at + 1] ?? 0)) +
      0.24 * (samples[at] ?? 0);
  }
  return halved;
}

/** Finds the pitch at places of a sound that `halveRate` made; `centre` counts samples at 4 kHz. */
export class PitchFinder {
  readonly #likeness = new Float64Array(maxLag + 2);

  at(samples: Float32Array, centre: number): PitchEstimate {
    const start = margin + centre - ((compared + maxLag) >> 1);
    let energy = 0;
    for (let n = 0; n < compared; n += 1) energy += (samples[start + n] ?? 0) ** 2;
    if (energy === 0) return { hz: 0, voicing: 0 };
    let shifted = 0;
    for (let n = 0; n < compared; n += 1) shifted += (samples[start + minLag - 1 + n] ?? 0) ** 2;
    const likeness = this.#likeness;
    let best = 0;
    for (let lag = minLag - 1; lag <= maxLag + 1; lag += 1) {
      let product = 0;
      for (let n = 0; n < compared; n += 1)
        product += (samples[start + n] ?? 0) * (samples[start + lag + n] ?? 0);
      const value = shifted > 0 ? product / Math.sqrt(energy * shifted) : 0;
      likeness[lag] = value;
      if (lag >= minLag && lag <= maxLag && value > best) best = value;
      shifted += (samples[start + lag + compared] ?? 0) ** 2 - (samples[start + lag] ?? 0) ** 2;
    }
    if (best <= 0) return { hz: 0, voicing: 0 };
    for (let lag = minLag; lag <= maxLag; lag += 1) {
      const here = likeness[lag] ?? 0;
      const before = likeness[lag - 1] ?? 0;
      const after = likeness[lag + 1] ?? 0;
      if (here < octaveCaution * best || here < before || here < after) continue;
      const curve = before - 2 * here + after;
      const offset = curve < 0 ? (0.5 * (before - after)) / curve : 0;
      return { hz: rateHz / (lag + offset), voicing: Math.min(1, here) };
    }
    return { hz: 0, voicing: Math.min(1, best) };
  }
}
