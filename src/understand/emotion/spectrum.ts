/** Power spectra of short windows of sound, all of one length. Keeps its tables and its work space: one for each thread. */
export class PowerSpectrum {
  readonly size: number;
  readonly #window: Float64Array;
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  readonly #reversed: Uint16Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  /** Power at each multiple of rate / size, from 0 to half the rate. Overwritten by the next window. */
  readonly power: Float64Array;

  /** @param size - samples in a window, a power of two. */
  constructor(size: number) {
    this.size = size;
    const bits = Math.log2(size);
    this.#window = Float64Array.from(
      { length: size },
      (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size),
    );
    this.#cosine = Float64Array.from({ length: size / 2 }, (_, n) => Math.cos((2 * Math.PI * n) / size));
    this.#sine = Float64Array.from({ length: size / 2 }, (_, n) => -Math.sin((2 * Math.PI * n) / size));
    this.#reversed = Uint16Array.from({ length: size }, (_, n) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit += 1) reversed |= ((n >> bit) & 1) << (bits - 1 - bit);
      return reversed;
    });
    this.#real = new Float64Array(size);
    this.#imaginary = new Float64Array(size);
    this.power = new Float64Array(size / 2 + 1);
  }

  /** The power spectrum of the window that begins at `start`; samples beyond the end count as silence. */
  of(samples: Float32Array, start: number): Float64Array {
    const { size } = this;
    const real = this.#real;
    const imaginary = this.#imaginary;
    for (let n = 0; n < size; n += 1) {
      real[this.#reversed[n] ?? 0] = (samples[start + n] ?? 0) * (this.#window[n] ?? 0);
      imaginary[n] = 0;
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let block = 0; block < size; block += 2 * half) {
        for (let k = 0; k < half; k += 1) {
          const cosine = this.#cosine[k * stride] ?? 0;
          const sine = this.#sine[k * stride] ?? 0;
          const low = block + k;
          const high = low + half;
          const re = (real[high] ?? 0) * cosine - (imaginary[high] ?? 0) * sine;
          const im = (real[high] ?? 0) * sine + (imaginary[high] ?? 0) * cosine;
          real[high] = (real[low] ?? 0) - re;
          imaginary[high] = (imaginary[low] ?? 0) - im;
          real[low] = (real[low] ?? 0) + re;
          imaginary[low] = (imaginary[low] ?? 0) + im;
        }
      }
    }
    for (let k = 0; k <= size / 2; k += 1) {
      this.power[k] = (real[k] ?? 0) ** 2 + (imaginary[k] ?? 0) ** 2;
    }
    return this.power;
  }
}
