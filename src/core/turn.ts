import type { AudioFrame } from './audio.ts';
import type { Expecting } from './dialog.ts';

/** Voice activity of one call. Synchronous: it must not queue behind a decode. */
export interface VoiceActivityDetector {
  /** Samples per window at 16 kHz (512 for Silero: 32 ms). */
  readonly windowSamples: number;
  /** Takes a 16 kHz frame of any length; returns one result for each window completed by it. */
  write(frame: AudioFrame): readonly VoiceWindow[];
  reset(): void;
}

export interface VoiceWindow {
  /** Media time of the window's first sample. */
  readonly startMs: number;
  readonly durationMs: number;
  /** 0 to 1. */
  readonly speechProbability: number;
  /** Root mean square level in dB relative to full scale; -100 for digital silence. */
  readonly levelDbfs: number;
}

/** How much of an expected value a partial text holds; decides how long a pause may be. */
export type Completeness = 'complete' | 'incomplete' | 'unknown';

export type TurnInput =
  | { readonly type: 'window'; readonly window: VoiceWindow }
  | { readonly type: 'partial'; readonly text: string; readonly completeness: Completeness }
  /** `speaking` false: Kefu's words have really been played to their end, or were cut. */
  | {
      readonly type: 'playback';
      readonly speaking: boolean;
      readonly interruptible: boolean;
      readonly atMs: number;
    }
  /** Kefu now waits for an answer (null: it waits for nothing, so no no-input event comes). */
  | {
      readonly type: 'listening';
      readonly expecting: Expecting | null;
      readonly atMs: number;
    }
  | { readonly type: 'digit'; readonly atMs: number };

export type TurnEvent =
  /** `onsetMs` lies before the decision; the recogniser should get the audio from `onsetMs` minus lead-in. */
  | { readonly type: 'speech-started'; readonly onsetMs: number }
  /** The caller has paused: a good moment to ask for a text early; the turn may go on. */
  | { readonly type: 'speech-paused'; readonly endMs: number }
  | { readonly type: 'speech-resumed'; readonly atMs: number }
  /** The caller means to interrupt: cut the playback now. */
  | { readonly type: 'barge-in'; readonly onsetMs: number; readonly atMs: number }
  /** What cut the playback was no interruption: go on speaking. */
  | { readonly type: 'false-barge-in'; readonly atMs: number }
  | { readonly type: 'turn-ended'; readonly onsetMs: number; readonly endMs: number; readonly atMs: number }
  /** Too short or too weak to be speech; forget it. */
  | { readonly type: 'speech-dropped'; readonly atMs: number }
  /** A turn longer than the recogniser takes at once: split at this pause (or here, where there was none); the turn goes on. */
  | { readonly type: 'turn-split'; readonly atMs: number }
  | { readonly type: 'no-input'; readonly atMs: number };

/** Pure in media time: the same inputs give the same events, without a timer. */
export interface TurnDetector {
  advance(input: TurnInput): readonly TurnEvent[];
}

/** Collects keys into one answer. Pure in media time; duplicates that a carrier delivers twice are dropped. */
export interface DigitCollector {
  /** What the next keys answer; null keeps collecting with the defaults. */
  expect(expecting: Expecting | null): void;
  /** A key: `0`-`9`, `*` (deletes what was keyed), `#` (ends). Returns the answer when it is complete. */
  push(digit: string, atMs: number): string | undefined;
  /** Time goes on; returns the answer when the wait between keys has run out. */
  tick(atMs: number): string | undefined;
}
