import type { AudioFrame, SampleRateHz } from './audio.ts';
import type { Language } from './language.ts';

/** Kinds of value that are pronounced with care on the telephone. */
export const spokenKinds = [
  'order_number',
  'tracking_number',
  'digits',
  'money',
  'date',
  'time',
  'number',
  'phone',
  'email',
  'postal_code',
  'name',
] as const;
export type SpokenKind = (typeof spokenKinds)[number];

/** A piece of what Kefu says: plain words, or a value whose pronunciation depends on its kind. */
export type SpeechPart =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'value';
      readonly kind: SpokenKind;
      /** As it is written in transcripts and text channels, such as `$12.50`. */
      readonly text: string;
      /** The raw value: `W2378156`, `12.50 USD`, an RFC 3339 date. */
      readonly value: string;
    };

/** One thing to say. Its written form is the parts' texts joined. */
export interface Utterance {
  readonly parts: readonly SpeechPart[];
  readonly language: Language;
  /** False: the caller's speech does not stop it (a legal notice). Keys always do. */
  readonly interruptible: boolean;
  /** Name of the prompt in the flow, for records; the same name may have several wordings. */
  readonly promptId: string;
  /** How fast it is spoken: 1 (the default) is the voice's own pace, 0.8 is slower. */
  readonly pace?: number;
}

/** The written form of an utterance. */
export function writtenText(utterance: Pick<Utterance, 'parts'>): string {
  return utterance.parts.map((part) => part.text).join('');
}

/** A chunk of synthesised speech. */
export interface SpeechChunk {
  readonly frame: AudioFrame;
  /** The written text that this chunk is the sound of; the first chunk of a sentence carries it, later ones ''. */
  readonly text: string;
  /** True for the last chunk of a sentence. */
  readonly endOfSentence: boolean;
}

export interface SpeechSynthesizer {
  readonly id: string;
  readonly languages: readonly Language[];
  /**
   * Yields speech sentence by sentence; ends early when aborted. Rejects with `tts_failed`.
   *
   * @param timing - `neededAtMs`: clock time at which the caller has heard everything said before; callers who hear nothing
   *   are then served first. Default: now, because the caller waits.
   */
  synthesize(
    utterance: Utterance,
    signal: AbortSignal,
    timing?: { readonly neededAtMs: number },
  ): AsyncIterable<SpeechChunk>;
  /**
   * Renders ahead into the cache, at lower priority than anything a caller waits for. `soon`: it will probably be spoken in a
   * moment, so it goes before what is rendered for later calls, and its first sound comes early. Never throws.
   */
  prepare(utterance: Utterance, signal?: AbortSignal, soon?: boolean): Promise<void>;
  close(): Promise<void>;
}

/** A voice model behind a worker thread. Renders one short text at a time: the caller cuts and orders what it wants rendered. */
export interface SpeechEngine {
  /** Changes with everything that shapes the sound: voice, model file, speed, post-processing. Part of cache keys. */
  readonly fingerprint: string;
  readonly sampleRateHz: SampleRateHz;
  /** How many texts it renders at once. */
  readonly concurrency: number;
  /**
   * Renders words as they are to be spoken, at `pace` times the voice's own pace (default 1). The sound begins within 20 ms, ends without a pause, and has an even level.
   * Rejects with `tts_failed` when the model cannot render it, also after a second try on a restarted worker.
   */
  render(spoken: string, pace?: number): Promise<Int16Array>;
  /** Idempotent. What is being rendered rejects with `tts_failed`. */
  close(): Promise<void>;
}
