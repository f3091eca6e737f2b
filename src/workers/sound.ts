/** Levels of 20 ms blocks: enough to tell sound from silence, cheap enough to do on every call's thread. */
const blockMs = 20;

/** Quieter blocks are silence on any line. */
const silenceDbfs = -58;
/** A block this much louder than the quiet tenth of a recording is sound; steady noise has no such blocks. */
const aboveQuietDb = 9;

/** Remembers how loud a recording is, block by block, as it grows. */
export class SoundMeter {
  readonly #blockSamples: number;
  readonly #levels: number[] = [];
  #sum = 0;
  #filled = 0;

  constructor(sampleRateHz: number) {
    this.#blockSamples = (sampleRateHz * blockMs) / 1000;
  }

  /** Number of finished blocks; a position in the recording for `soundMs`. */
  get blocks(): number {
    return this.#levels.length;
  }

  push(samples: Int16Array): void {
    for (const sample of samples) {
      this.#sum += sample * sample;
      this.#filled += 1;
      if (this.#filled < this.#blockSamples) continue;
      const power = this.#sum / this.#filled / 32768 ** 2;
      this.#levels.push(power === 0 ? -100 : Math.max(-100, 10 * Math.log10(power)));
      this.#sum = 0;
      this.#filled = 0;
    }
  }

  /** Milliseconds of sound from block `fromBlock` on, measured against the quiet parts of the whole recording. */
  soundMs(fromBlock = 0): number {
    const quiet = [...this.#levels].sort((a, b) => a - b)[Math.floor(this.#levels.length / 10)] ?? -100;
    const limit = Math.max(silenceDbfs, quiet + aboveQuietDb);
    let blocks = 0;
    for (let index = fromBlock; index < this.#levels.length; index += 1) {
      if ((this.#levels[index] ?? -100) >= limit) blocks += 1;
    }
    return blocks * blockMs;
  }

  /** The middle of the quietest 100 ms between two positions, in samples from the beginning of the recording. */
  quietestSample(fromSample: number, toSample: number): number {
    const width = 5;
    const first = Math.floor(fromSample / this.#blockSamples);
    const last = Math.min(this.#levels.length, Math.floor(toSample / this.#blockSamples)) - width;
    let best = first;
    let bestLevel = Infinity;
    for (let start = first; start <= last; start += 1) {
      let level = 0;
      for (let index = start; index < start + width; index += 1) level += this.#levels[index] ?? -100;
      if (level > bestLevel) continue;
      best = start;
      bestLevel = level;
    }
    return Math.round((best + width / 2) * this.#blockSamples);
  }
}
