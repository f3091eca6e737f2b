import type { Reading } from './recognizer-messages.ts';
import { recognitionRateHz } from './recognizer-model.ts';
import { SoundMeter } from './sound.ts';

/** Sound shorter than this is a click: nothing to read. */
const minSoundMs = 60;
/** Blocks of the sound meter (20 ms each) without sound that may be a pause. */
const pauseBlocks = 3;
const initialSamples = 4 * recognitionRateHz;

/**
 * The audio of one turn, kept until the turn is dropped, so that a turn can be read again whole: for models that do not stream,
 * and on another worker when the first one died.
 */
export class TurnAudio {
  readonly turn: number;
  /** Samples a streaming worker has got; starts over on another worker. */
  fedSamples = 0;
  /** Where the newest partial or final text ends, in samples and in blocks of the sound meter. */
  readSamples = 0;
  readBlocks = 0;
  partialText = '';
  /** How long the last partial took to decode. */
  partialDecodeMs = 0;
  #samples = new Int16Array(initialSamples);
  #length = 0;
  readonly #meter = new SoundMeter(recognitionRateHz);
  #final: { readonly reading: Reading; readonly blocks: number } | undefined;

  constructor(turn: number) {
    this.turn = turn;
  }

  get length(): number {
    return this.#length;
  }

  /** Number of finished blocks of the sound meter. */
  get blocks(): number {
    return this.#meter.blocks;
  }

  push(samples: Int16Array): void {
    const length = this.#length + samples.length;
    if (length > this.#samples.length) {
      const larger = new Int16Array(Math.max(length, this.#samples.length * 2));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#length);
    this.#length = length;
    this.#meter.push(samples);
  }

  /** A copy of the samples from `fromSample` on, to be handed to a worker. */
  copy(fromSample = 0): Int16Array<ArrayBuffer> {
    return this.#samples.slice(fromSample, this.#length);
  }

  /** True when there is anything in it that could be speech. */
  hasSound(): boolean {
    return this.#meter.soundMs() >= minSoundMs;
  }

  /** Sound since the newest text. */
  newSoundMs(): number {
    return this.#meter.soundMs(this.readBlocks);
  }

  /** False when the newest audio is quiet: the caller may be pausing. */
  endsInSound(): boolean {
    return this.#meter.soundMs(this.#meter.blocks - pauseBlocks) > 0;
  }

  /** Remembers the final text of everything up to the given positions. */
  settle(reading: Reading, samples: number, blocks: number): void {
    this.readSamples = samples;
    this.readBlocks = blocks;
    this.#final = { reading, blocks };
  }

  /** The text of the turn when it is known without reading: nothing could be heard at all, or nothing since it was read last. */
  known(): Reading | undefined {
    if (this.#final) {
      return this.#meter.soundMs(this.#final.blocks) < minSoundMs ? this.#final.reading : undefined;
    }
    return this.hasSound() ? undefined : { text: '', confidence: undefined };
  }
}
