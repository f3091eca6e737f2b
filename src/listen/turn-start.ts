import type { VoiceWindow } from '../core/turn.ts';

export interface TurnStartOptions {
  /** Voice needed before a turn starts. */
  readonly voicedMs: number;
  /** A pause longer than this forgets voice that did not make a start. */
  readonly gapMs: number;
}

/** What has been heard when a turn starts. */
export interface Onset {
  readonly onsetMs: number;
  readonly voicedMs: number;
  readonly peakDbfs: number;
}

/** Decides that a caller has begun to speak: enough voice, close together. */
export class TurnStart {
  readonly #options: TurnStartOptions;
  #candidate: { onsetMs: number; voicedMs: number; peakDbfs: number; lastVoicedMs: number } | undefined;

  constructor(options: TurnStartOptions) {
    this.#options = options;
  }

  /** Takes a window outside of a turn; returns the onset when a turn starts with it. */
  push(window: VoiceWindow, voiced: boolean): Onset | undefined {
    const endMs = window.startMs + window.durationMs;
    if (!voiced) {
      if (this.#candidate && endMs - this.#candidate.lastVoicedMs > this.#options.gapMs) this.reset();
      return undefined;
    }
    const candidate = (this.#candidate ??= {
      onsetMs: window.startMs,
      voicedMs: 0,
      peakDbfs: -100,
      lastVoicedMs: 0,
    });
    candidate.voicedMs += window.durationMs;
    candidate.peakDbfs = Math.max(candidate.peakDbfs, window.levelDbfs);
    candidate.lastVoicedMs = endMs;
    if (candidate.voicedMs < this.#options.voicedMs) return undefined;
    this.reset();
    return candidate;
  }

  reset(): void {
    this.#candidate = undefined;
  }
}
