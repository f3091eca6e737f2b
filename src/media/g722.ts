/**
 * G.722 (ITU-T Recommendation G.722, 2012) at 64 kbit/s: 16 kHz sound is split into two bands of 8 kHz, and each is coded by
 * adaptive differential PCM: 6 bits for a low sample, 2 for a high one, one byte for two samples of 16 kHz. Names in capitals in
 * the comments are those of the blocks in section 3.6; the arithmetic is the Recommendation's, in integers, so that the bits are
 * those of every other implementation.
 */

/** Adds that a fixed-point processor would let run over stop at the ends of 16 bits. */
const saturate = (value: number): number => (value > 32767 ? 32767 : value < -32768 ? -32768 : value);

/** Table 15/G.722: the halves of the filters that split and join the bands; the other half is the mirror image. */
const qmfTaps = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11] as const;
const qmfLength = 2 * qmfTaps.length;

/** One band's quantiser: what the adaptation of its step needs. */
interface Band {
  /** Reconstruction levels of the codes that drive the predictor, by code, on a scale of 1/32768 of the step (QM4, QM2). */
  readonly levels: readonly number[];
  /** What each code adds to the logarithm of the step (WL, WH). */
  readonly logSteps: readonly number[];
  readonly maxLogStep: number;
  readonly firstStep: number;
  /** Right shift of the antilogarithm at the smallest step (SCALEL, SCALEH). */
  readonly stepShift: number;
}

/** Magnitudes of QM4, from the outermost to the innermost code of one sign; so are the steps of WL that belong to them. */
const outerLevels = [20456, 12896, 8968, 6288, 4240, 2584, 1200];
const outerLogSteps = [3042, 1198, 538, 334, 172, 58, -30];
/** Codes of 4 bits: 0 and 15 innermost (0 is never sent), 1 to 7 negative and 8 to 14 positive, both from outermost inwards. */
const lowBand: Band = {
  levels: [0, ...outerLevels.map((level) => -level), ...outerLevels, 0],
  logSteps: [-60, ...outerLogSteps, ...outerLogSteps, -60],
  ...{ maxLogStep: 18432, firstStep: 32, stepShift: 8 },
};
const highBand: Band = {
  levels: [-7408, -1616, 7408, 1616],
  logSteps: [798, -214, 798, -214],
  ...{ maxLogStep: 22528, firstStep: 8, stepShift: 10 },
};

/** Decision levels of the low band, on a scale of 1/4096 of the step (Q6): a magnitude below the n-th is interval n. */
const lowDecisions = [
  ...[35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023],
  ...[1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
] as const;
/** The one decision level of the high band, on the same scale (Q2). */
const highDecision = 564;
/** Magnitudes that a decoder puts in place of the 30 intervals of the low band (QM6). */
const lowMagnitudes = [
  ...[
    136, 432, 728, 1040, 1360, 1688, 2032, 2400, 2776, 3168, 3576, 4008, 4464, 4944, 5456, 6000, 6576, 7192,
  ],
  ...[7856, 8576, 9360, 10232, 11192, 12280, 13512, 14984, 16704, 19008, 21904, 24808],
] as const;

/** The code of interval `n` (from 0) of the low band: positive ones count down from 61, negative ones 63, 62 and then down from 31. */
const positiveCode = (n: number): number => 61 - n;
const negativeCode = (n: number): number => (n < 2 ? 63 - n : 33 - n);
/** QM6 by code. The codes 0 to 3 are never sent; a decoder takes them for the innermost negative interval. */
const lowLevels = new Int16Array(64).fill(-136);
lowMagnitudes.forEach((magnitude, n) => {
  lowLevels[positiveCode(n)] = magnitude;
  lowLevels[negativeCode(n)] = -magnitude;
});

/** Antilogarithm of 1/32 of an octave each (ILB). */
const octave = Array.from({ length: 32 }, (_, index) => Math.round(2048 * 2 ** (index / 32)));

/** The adaptive predictor and step of one band; the same in coder and decoder (BLOCK4, LOGSCL, SCALEL and their likes). */
class BandState {
  /** What the next sample is expected to be (S), and the quantiser's step (DET). */
  predicted = 0;
  step: number;
  readonly #band: Band;
  #logStep = 0;
  /** Part of the prediction that comes from the last six differences (SZ). */
  #fromZeros = 0;
  /** The poles (AL) and zeros (BL) of the predictor; what they are applied to (RLT, DLT); the partial sums (PLT). */
  #pole1 = 0;
  #pole2 = 0;
  readonly #zeros = new Int32Array(6);
  readonly #differences = new Int32Array(6);
  #reconstructed1 = 0;
  #partial1 = 0;
  #partial2 = 0;

  constructor(band: Band) {
    this.#band = band;
    this.step = band.firstStep;
  }

  /** Takes the code of a sample and adapts to it. */
  adapt(code: number): void {
    const { levels, logSteps, maxLogStep, stepShift } = this.#band;
    const difference = (this.step * (levels[code] ?? 0)) >> 15;
    const logStep = ((this.#logStep * 127) >> 7) + (logSteps[code] ?? 0);
    this.#logStep = Math.max(0, Math.min(maxLogStep, logStep));
    const shift = stepShift - (this.#logStep >> 11);
    const mantissa = octave[(this.#logStep >> 6) & 31] ?? 0;
    this.step = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
    this.#predict(difference);
  }

  #predict(difference: number): void {
    const reconstructed = saturate(this.predicted + difference);
    const partial = saturate(this.#fromZeros + difference);
    this.#adaptPoles(partial);
    this.#adaptZeros(difference);
    const zeros = this.#zeros;
    const differences = this.#differences;
    differences.copyWithin(1, 0, 5);
    differences[0] = difference;
    const fromPoles = saturate(
      ((saturate(2 * reconstructed) * this.#pole1) >> 15) +
        ((saturate(2 * this.#reconstructed1) * this.#pole2) >> 15),
    );
    let fromZeros = 0;
    for (let index = 0; index < 6; index += 1)
      fromZeros += (saturate(2 * (differences[index] ?? 0)) * (zeros[index] ?? 0)) >> 15;
    this.#fromZeros = saturate(fromZeros);
    this.predicted = saturate(fromPoles + this.#fromZeros);
    this.#reconstructed1 = reconstructed;
    this.#partial2 = this.#partial1;
    this.#partial1 = partial;
  }

  /** UPPOL2 and UPPOL1: towards where the partial sums keep their sign, never out of what is stable. */
  #adaptPoles(partial: number): void {
    const same1 = partial < 0 === this.#partial1 < 0;
    const same2 = partial < 0 === this.#partial2 < 0;
    const slope = saturate(4 * this.#pole1);
    const step2 = Math.min(32767, same1 ? -slope : slope) >> 7;
    const pole2 = step2 + (same2 ? 128 : -128) + ((this.#pole2 * 32512) >> 15);
    this.#pole2 = Math.max(-12288, Math.min(12288, pole2));
    const pole1 = saturate((same1 ? 192 : -192) + ((this.#pole1 * 32640) >> 15));
    const limit = saturate(15360 - this.#pole2);
    this.#pole1 = Math.max(-limit, Math.min(limit, pole1));
  }

  /** UPZERO. */
  #adaptZeros(difference: number): void {
    const step = difference === 0 ? 0 : 128;
    for (let index = 0; index < 6; index += 1) {
      const same = difference < 0 === (this.#differences[index] ?? 0) < 0;
      const zero = ((this.#zeros[index] ?? 0) * 32640) >> 15;
      this.#zeros[index] = saturate((same ? step : -step) + zero);
    }
  }
}

/** The last samples of a filter bank, kept twice so that the newest 24 always lie in a row. */
class QmfMemory {
  readonly #samples = new Int32Array(2 * qmfLength);
  #at = 0;

  /** Takes two samples, older first, and gives the sums of the even and the odd taps. */
  filter(older: number, newer: number): { readonly even: number; readonly odd: number } {
    const samples = this.#samples;
    samples[this.#at] = samples[this.#at + qmfLength] = older;
    samples[this.#at + 1] = samples[this.#at + 1 + qmfLength] = newer;
    this.#at = (this.#at + 2) % qmfLength;
    let even = 0;
    let odd = 0;
    for (let tap = 0; tap < qmfTaps.length; tap += 1) {
      odd += (samples[this.#at + 2 * tap] ?? 0) * (qmfTaps[tap] ?? 0);
      even += (samples[this.#at + 2 * tap + 1] ?? 0) * (qmfTaps[qmfTaps.length - 1 - tap] ?? 0);
    }
    return { even, odd };
  }
}

/** QUANTL. */
function lowCode(low: BandState, sample: number): number {
  const error = saturate(sample - low.predicted);
  const magnitude = error < 0 ? ~error : error;
  let interval = 0;
  while (interval < lowDecisions.length && magnitude >= ((lowDecisions[interval] ?? 0) * low.step) >> 12)
    interval += 1;
  return error < 0 ? negativeCode(interval) : positiveCode(interval);
}

/** QUANTH. */
function highCode(high: BandState, sample: number): number {
  const error = saturate(sample - high.predicted);
  const outer = (error < 0 ? ~error : error) >= (highDecision * high.step) >> 12;
  return (error < 0 ? 0 : 2) + (outer ? 0 : 1);
}

/** The byte for what the splitting filter gives; the bands are as they were before it. */
function codePair(low: BandState, high: BandState, even: number, odd: number): number {
  return (highCode(high, (even - odd) >> 14) << 6) | lowCode(low, (even + odd) >> 14);
}

/** Lets both bands adapt to a byte, as coder and decoder do alike. */
function adaptPair(low: BandState, high: BandState, code: number): void {
  low.adapt((code & 0x3f) >> 2);
  high.adapt(code >> 6);
}

/** One direction of a stream out: 16 kHz samples to G.722. */
export interface G722Encoder {
  /** An even number of samples; half as many bytes. A last odd sample waits for the next call. */
  encode(samples: Int16Array): Uint8Array;
}

export function createG722Encoder(): G722Encoder {
  const memory = new QmfMemory();
  const low = new BandState(lowBand);
  const high = new BandState(highBand);
  let waiting: number | undefined;

  const encodePair = (older: number, newer: number): number => {
    const { even, odd } = memory.filter(older, newer);
    const code = codePair(low, high, even, odd);
    adaptPair(low, high, code);
    return code;
  };

  return {
    encode(samples) {
      const all = waiting === undefined ? samples : Int16Array.of(waiting, ...samples);
      const payload = new Uint8Array(all.length >> 1);
      for (let index = 0; index < payload.length; index += 1)
        payload[index] = encodePair(all[2 * index] ?? 0, all[2 * index + 1] ?? 0);
      waiting = all.length % 2 === 0 ? undefined : all[all.length - 1];
      return payload;
    },
  };
}

/** One direction of a stream in: G.722 to 16 kHz samples. */
export interface G722Decoder {
  decode(payload: Uint8Array): Int16Array;
  /**
   * Takes what was put in place of a loss. The encoder has gone on meanwhile; a decoder that stands still finds its steps and predictors
   * wrong for some 50 ms. So they follow the substitute as if it had been sent.
   */
  follow(samples: Int16Array): void;
}

/** A decoder may begin anywhere in a stream. */
export function createG722Decoder(): G722Decoder {
  const memory = new QmfMemory();
  const low = new BandState(lowBand);
  const high = new BandState(highBand);
  const limit = (value: number): number => Math.max(-16384, Math.min(16383, value));
  /** The last output, so that the splitting filter begins a substitute in the middle of the sound. */
  let recent = new Int16Array(qmfLength);

  const decodePair = (code: number): { readonly even: number; readonly odd: number } => {
    const lowSample = limit(low.predicted + ((low.step * (lowLevels[code & 0x3f] ?? 0)) >> 15));
    const highSample = limit(high.predicted + ((high.step * (highBand.levels[code >> 6] ?? 0)) >> 15));
    adaptPair(low, high, code);
    return memory.filter(lowSample + highSample, lowSample - highSample);
  };

  const remember = (samples: Int16Array): void => {
    if (samples.length >= qmfLength) recent = samples.slice(-qmfLength);
  };

  return {
    decode(payload) {
      const samples = new Int16Array(2 * payload.length);
      for (let index = 0; index < payload.length; index += 1) {
        const { even, odd } = decodePair(payload[index] ?? 0);
        samples[2 * index] = saturate(even >> 11);
        samples[2 * index + 1] = saturate(odd >> 11);
      }
      remember(samples);
      return samples;
    },
    follow(samples) {
      const splitting = new QmfMemory();
      for (let index = 0; index < recent.length; index += 2)
        splitting.filter(recent[index] ?? 0, recent[index + 1] ?? 0);
      for (let index = 0; index + 1 < samples.length; index += 2) {
        const { even, odd } = splitting.filter(samples[index] ?? 0, samples[index + 1] ?? 0);
        decodePair(codePair(low, high, even, odd));
      }
      remember(samples);
    },
  };
}
