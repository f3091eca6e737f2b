import { KefuError } from '../core/errors.ts';

/**
 * Converts a stream of samples from one rate to another.
 *
 * Output sample k is the sound at input time k / toHz: nothing is shifted, so media times stay exact. For that the
 * converter looks `delayMs` ahead; `process` gives what is determined by the input so far, `flush` the rest. In all
 * there are ceil(n * toHz / fromHz) samples out for n in, and they do not depend on how the input was cut into chunks.
 */
export interface Resampler {
  /** How far the output lags behind the input, in milliseconds; 0 between equal rates. */
  readonly delayMs: number;
  /** Takes the next samples of the stream. The result may be empty; between equal rates it is the input itself. */
  process(samples: Int16Array): Int16Array;
  /** How many samples the next so many would give, with those of a `flush` behind them if wanted. */
  outputsFor(samples: number, flushed?: boolean): number;
  /** Ends the stream as if silence followed, and gives its last samples. The converter then begins anew. */
  flush(): Int16Array;
}

/** Stop-band rejection the window is designed for, in dB. */
const stopBandDb = 66;
/** The pass-band ends here and the stop-band begins at 1, as shares of the lower rate's Nyquist frequency. */
const passBandEdge = 0.9;
/** Odd pairs of rates need a table of this many phases or more; they do not occur in audio files. */
const maxPhases = 4096;

/** A polyphase filter: `phases` rows of `taps` coefficients. Shared by all streams of a pair of rates. */
interface Kernel {
  readonly fromHz: number;
  readonly toHz: number;
  /** toHz / fromHz in lowest terms: between two input samples lie `phases` positions, an output every `step` of them. */
  readonly phases: number;
  readonly step: number;
  readonly taps: number;
  readonly coefficients: Float32Array;
}

const kernels = new Map<string, Kernel>();

/** Converts a whole clip. @throws KefuError `audio_invalid` as `createResampler` does. */
export function resampleClip(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  const resampler = createResampler(fromHz, toHz);
  const [first, rest] = [resampler.process(samples), resampler.flush()];
  const whole = new Int16Array(first.length + rest.length);
  whole.set(first);
  whole.set(rest, first.length);
  return whole;
}

/**
 * A converter with its own state, by a windowed-sinc filter: 60 dB or better from the lower Nyquist frequency on, less
 * than 0.5 dB of ripple up to 90 % of it, 5 ms of delay at 8 kHz.
 *
 * @throws KefuError `audio_invalid` when a rate is not a positive integer, or their ratio is too odd to tabulate.
 */
export function createResampler(fromHz: number, toHz: number): Resampler {
  if (!isRate(fromHz) || !isRate(toHz))
    throw new KefuError('audio_invalid', `cannot convert from ${fromHz} Hz to ${toHz} Hz`);
  return fromHz === toHz ? passThrough : createPolyphaseResampler(kernelFor(fromHz, toHz));
}

const isRate = (rateHz: number): boolean => Number.isSafeInteger(rateHz) && rateHz > 0;

const passThrough: Resampler = {
  delayMs: 0,
  process: (samples) => samples,
  outputsFor: (samples) => samples,
  flush: () => new Int16Array(0),
};

function createPolyphaseResampler(kernel: Kernel): Resampler {
  const { phases, step, taps, coefficients } = kernel;
  const half = taps / 2;
  /** Input not yet done with; starts with the silence before the stream, so that output 0 has a past. */
  let buffer = new Float32Array(taps * 4);
  /** Samples in `buffer`. */
  let filled = half - 1;
  /** Index in `buffer` of the first tap of the next output, and its phase. */
  let first = 0;
  let phase = 0;
  let inputCount = 0;
  let outputCount = 0;

  const restart = (): void => {
    buffer.fill(0);
    filled = half - 1;
    first = 0;
    phase = 0;
    inputCount = 0;
    outputCount = 0;
  };

  const append = (samples: Int16Array): void => {
    if (filled + samples.length > buffer.length) {
      const grown = new Float32Array((filled - first + samples.length) * 2 + taps);
      grown.set(buffer.subarray(first, filled));
      buffer = grown;
      filled -= first;
      first = 0;
    }
    buffer.set(samples, filled);
    filled += samples.length;
  };

  /** Outputs whose taps are all filled once so many samples more are there. */
  const countFor = (samples: number): number => {
    const available = filled + samples - taps - first;
    return available < 0 ? 0 : Math.floor((available * phases + phases - 1 - phase) / step) + 1;
  };

  const drain = (): Int16Array => {
    const count = countFor(0);
    const output = new Int16Array(count);
    for (let index = 0; index < count; index += 1) {
      output[index] = toInt16(convolve(buffer, first, coefficients, phase * taps, taps));
      phase += step;
      first += Math.floor(phase / phases);
      phase %= phases;
    }
    // Moved down only now and then, so that short chunks do not copy the history each time.
    if (first > buffer.length / 2) {
      const kept = Math.min(first, filled);
      buffer.copyWithin(0, kept, filled);
      filled -= kept;
      first -= kept;
    }
    return output;
  };

  return {
    delayMs: (half / kernel.fromHz) * 1000,
    process(samples) {
      inputCount += samples.length;
      append(samples);
      const output = drain();
      outputCount += output.length;
      return output;
    },
    outputsFor(samples, flushed = false) {
      return flushed ? Math.ceil(((inputCount + samples) * phases) / step) - outputCount : countFor(samples);
    },
    flush() {
      append(new Int16Array(half + 1));
      const missing = Math.ceil((inputCount * phases) / step) - outputCount;
      const output = drain().slice(0, missing);
      restart();
      return output;
    },
  };
}

/** Four sums at once: it is what keeps the processor's multipliers busy. `taps` is a multiple of 4. */
function convolve(
  samples: Float32Array,
  samplesFrom: number,
  coefficients: Float32Array,
  coefficientsFrom: number,
  taps: number,
): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let tap = 0; tap < taps; tap += 4) {
    const at = samplesFrom + tap;
    const by = coefficientsFrom + tap;
    a += (samples[at] ?? 0) * (coefficients[by] ?? 0);
    b += (samples[at + 1] ?? 0) * (coefficients[by + 1] ?? 0);
    c += (samples[at + 2] ?? 0) * (coefficients[by + 2] ?? 0);
    d += (samples[at + 3] ?? 0) * (coefficients[by + 3] ?? 0);
  }
  return a + b + (c + d);
}

function toInt16(value: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(value)));
}

function kernelFor(fromHz: number, toHz: number): Kernel {
  const key = `${fromHz}:${toHz}`;
  const kernel = kernels.get(key) ?? designKernel(fromHz, toHz);
  kernels.set(key, kernel);
  return kernel;
}

function designKernel(fromHz: number, toHz: number): Kernel {
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const phases = toHz / divisor;
  const step = fromHz / divisor;
  if (phases > maxPhases)
    throw new KefuError(
      'audio_invalid',
      `cannot convert from ${fromHz} Hz to ${toHz} Hz: the ratio is too odd`,
    );

  // Kaiser's estimate of the length of a windowed-sinc filter and of its window's shape (Kaiser 1974; Oppenheim and
  // Schafer, Discrete-Time Signal Processing, 7.6): the width is counted in samples of the lower rate.
  const transition = Math.PI * (1 - passBandEdge);
  const lowRateTaps = (stopBandDb - 8) / (2.285 * transition);
  const beta = 0.1102 * (stopBandDb - 8.7);
  const cutoff = (Math.min(fromHz, toHz) / fromHz) * ((1 + passBandEdge) / 2);
  const taps = Math.ceil((lowRateTaps * fromHz) / Math.min(fromHz, toHz) / 4) * 4;
  const half = taps / 2;

  const coefficients = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    const row = Array.from({ length: taps }, (_, tap) => {
      const distance = tap - (half - 1) - phase / phases;
      return sinc(cutoff * distance) * kaiser(distance / half, beta);
    });
    // Each row sums to one: a constant stays constant whatever the phase.
    const sum = row.reduce((total, value) => total + value, 0);
    coefficients.set(
      row.map((value) => value / sum),
      phase * taps,
    );
  }
  return { fromHz, toHz, phases, step, taps, coefficients };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser window; `position` runs from -1 to 1. */
function kaiser(position: number, beta: number): number {
  return besselI0(beta * Math.sqrt(Math.max(0, 1 - position * position))) / besselI0(beta);
}

/** Modified Bessel function of the first kind and order zero, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
