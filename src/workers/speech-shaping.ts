/** How rendered speech is made ready for the telephone. */
export interface ShapingOptions {
  readonly sampleRateHz: number;
  /** Level of the active speech in dB relative to full scale (root mean square). */
  readonly levelDbfs: number;
}

/** Changes with everything here that shapes the sound: cached audio of another version is not used. */
export const shapingVersion = 1;

const windowMs = 5;
/** Speech begins where it rises above this level, relative to the active speech. */
const beginsAboveDb = -35;
/** Speech ends where it falls below this level: the t of "eight" and breaths at the end are soft. */
const endsBelowDb = -45;
const leadInMs = 8;
const tailMs = 25;
const fadeInMs = 3;
const fadeOutMs = 12;
/** Gain is limited, so that noise never becomes speech. */
const maxGainDb = 15;
/** Samples never exceed -1 dB of full scale: mu-law and resampling overshoot a little. */
const peakLimit = 10 ** (-1 / 20);

/**
 * Makes 16-bit speech from a model's samples (-1 to 1): cuts the silence at both ends (models emit up to 100 ms before the
 * first sound, which callers would hear as a slow answer), brings the active level to `levelDbfs`, and keeps peaks below
 * full scale. The ends fade, so that pieces join without a click. All silence gives no samples.
 */
export function shapeSpeech(samples: Float32Array, options: ShapingOptions): Int16Array {
  const { sampleRateHz } = options;
  const windowLength = Math.round((windowMs / 1000) * sampleRateHz);
  const levels = windowPowers(samples, windowLength);
  const active = activePower(levels);
  if (active === 0) return new Int16Array(0);
  const first = levels.findIndex((power) => power > active * 10 ** (beginsAboveDb / 10));
  const last = levels.findLastIndex((power) => power > active * 10 ** (endsBelowDb / 10));
  const inSamples = (ms: number): number => Math.round((ms / 1000) * sampleRateHz);
  const from = Math.max(0, first * windowLength - inSamples(leadInMs));
  const to = Math.min(samples.length, (last + 1) * windowLength + inSamples(tailMs));
  const kept = samples.subarray(from, to);
  return toInt16(kept, gainFor(kept, active, options.levelDbfs), inSamples(fadeInMs), inSamples(fadeOutMs));
}

function windowPowers(samples: Float32Array, windowLength: number): Float64Array {
  const powers = new Float64Array(Math.ceil(samples.length / windowLength));
  for (let window = 0; window < powers.length; window += 1) {
    const part = samples.subarray(window * windowLength, (window + 1) * windowLength);
    let sum = 0;
    for (const sample of part) sum += sample * sample;
    powers[window] = sum / part.length;
  }
  return powers;
}

/** Mean power of the windows within 20 dB of the loudest: pauses and soft ends do not count. */
function activePower(powers: Float64Array): number {
  let loudest = 0;
  for (const power of powers) loudest = Math.max(loudest, power);
  // -70 dB of full scale: a model that says nothing.
  if (loudest < 1e-7) return 0;
  let sum = 0;
  let count = 0;
  for (const power of powers) {
    if (power < loudest / 100) continue;
    sum += power;
    count += 1;
  }
  return sum / count;
}

function gainFor(samples: Float32Array, activePower: number, levelDbfs: number): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  const wanted = 10 ** (levelDbfs / 20) / Math.sqrt(activePower);
  return Math.min(wanted, 10 ** (maxGainDb / 20), peakLimit / peak);
}

function toInt16(samples: Float32Array, gain: number, fadeIn: number, fadeOut: number): Int16Array {
  const out = new Int16Array(samples.length);
  for (let index = 0; index < samples.length; index += 1) {
    const fromEnd = samples.length - 1 - index;
    const fade = Math.min(1, index / fadeIn, fromEnd / fadeOut);
    out[index] = Math.round((samples[index] ?? 0) * gain * fade * 32767);
  }
  return out;
}
