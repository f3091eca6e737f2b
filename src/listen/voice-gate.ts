import type { VoiceWindow } from '../core/turn.ts';

export interface VoiceGateOptions {
  /** A window this probable or more begins voice. */
  readonly activation: number;
  /** Voice goes on until a window is less probable than this. */
  readonly deactivation: number;
  /** Windows more silent than this are never voice, whatever the model thinks. */
  readonly minLevelDbfs: number;
}

/** Share of a new window in the running level of the line; 0.05 of 32 ms windows settles in about 0.6 s. */
const floorSmoothing = 0.05;
/** Share of a new window in the running level of the caller's voice; settles in about 1.6 s of speech. */
const voiceSmoothing = 0.02;

/** Tells voice from no voice with hysteresis, and knows how loud the line and the caller are. */
export class VoiceGate {
  readonly #options: VoiceGateOptions;
  #voiced = false;
  #floorDbfs = -60;
  #callerDbfs: number | undefined;

  constructor(options: VoiceGateOptions) {
    this.#options = options;
  }

  /** Level of the line without voice, between -75 and -30. */
  get floorDbfs(): number {
    return this.#floorDbfs;
  }

  /** Level of the caller's voice as heard in turns so far; undefined before the first. */
  get callerDbfs(): number | undefined {
    return this.#callerDbfs;
  }

  /** True when the window is voice. */
  push({ speechProbability, levelDbfs }: VoiceWindow): boolean {
    const { activation, deactivation, minLevelDbfs } = this.#options;
    const limit = this.#voiced ? deactivation : activation;
    this.#voiced = levelDbfs >= minLevelDbfs && speechProbability >= limit;
    if (speechProbability < deactivation) {
      const mixed = this.#floorDbfs + floorSmoothing * (levelDbfs - this.#floorDbfs);
      this.#floorDbfs = Math.min(-30, Math.max(-75, mixed));
    }
    return this.#voiced;
  }

  /** A voiced window of a turn: the caller is this loud. */
  learnCaller({ levelDbfs }: VoiceWindow): void {
    this.#callerDbfs =
      this.#callerDbfs === undefined
        ? levelDbfs
        : this.#callerDbfs + voiceSmoothing * (levelDbfs - this.#callerDbfs);
  }
}
