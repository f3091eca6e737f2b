import type { AudioFrame } from './audio.ts';
import type { Language } from './language.ts';

/** A shared recognition model. One `RecognitionStream` per call; a stream stays on one worker. */
export interface SpeechRecognizer {
  readonly id: string;
  readonly languages: readonly Language[];
  open(options: RecognitionOptions): RecognitionStream;
  close(): Promise<void>;
}

export interface RecognitionOptions {
  readonly language: Language;
  readonly onEvent: (event: RecognitionEvent) => void;
}

/** A turn is one stretch of the caller's speech. Turn numbers are chosen by the conductor and only grow. */
export interface RecognitionStream {
  /** Adds speech of turn `turn` (16 kHz). Give it only what the turn detector calls speech, with some lead-in. */
  write(turn: number, frame: AudioFrame): void;
  /**
   * Asks for the text of all audio written to `turn` so far. May be asked again after more audio (a caller who paused and went
   * on); each answer is a `final` with the same `request` number.
   */
  finish(turn: number, request: number): void;
  /** Forgets a turn (noise, backchannel): no more events of it. */
  drop(turn: number): void;
  /** What the dialog expects next, for recognisers that can be biased; null for anything. */
  expect?(hint: RecognitionHint | null): void;
  close(): void;
}

export interface RecognitionHint {
  /** `Expecting.kind` of the question asked. */
  readonly kind: string;
  /** Words or phrases likely to be said. */
  readonly phrases: readonly string[];
}

export type RecognitionEvent =
  | { readonly type: 'partial'; readonly turn: number; readonly text: string }
  | {
      readonly type: 'final';
      readonly turn: number;
      readonly request: number;
      /** Empty when nothing was said that the model could make out. */
      readonly text: string;
      /** 0 to 1; undefined when the model gives none. */
      readonly confidence: number | undefined;
      /** Other readings, best first, without `text` itself. */
      readonly alternatives: readonly string[];
      /** Time the worker spent decoding, and time the request waited for the worker, in milliseconds. */
      readonly decodeMs: number;
      readonly waitMs: number;
    }
  | {
      readonly type: 'failed';
      readonly turn: number;
      readonly request: number | undefined;
      readonly message: string;
    };

/** Reads letters, digits and what they are spelled with; far surer on such strings than general recognition. */
export interface SpellingRecognizer {
  readonly languages: readonly Language[];
  /**
   * @param samples - one stretch of speech, mono, at `sampleRateHz`.
   * @throws KefuError `asr_failed`, or `aborted` when `signal` is aborted.
   */
  read(
    samples: Int16Array,
    sampleRateHz: number,
    question: SpellingQuestion,
    signal?: AbortSignal,
  ): Promise<SpelledReading>;
  close(): Promise<void>;
}

/** What kind of string a question asks for. */
export interface SpellingQuestion {
  readonly language: Language;
  /** The characters allowed at each place of a whole string, such as `W` and `0123456789`; empty when it has no form. */
  readonly places: readonly string[];
  /** The beginning that was given in earlier turns. */
  readonly collected: string;
  /** Whole strings that are likely, in capitals without punctuation: the caller's own orders. */
  readonly plausible: readonly string[];
  /** True when words that spell nothing, such as months and "enter", may be said as well. Default false. */
  readonly words?: boolean;
}

/** What a stretch of speech spells. */
export interface SpelledReading {
  /** Letters, digits and spelling words as heard, whatever form was expected: "W 2 double 3". */
  readonly text: string;
  /** Other readings of `text`, each with one or two words of it replaced, best first. */
  readonly otherTexts: readonly string[];
  /** The best string of the expected form, or a beginning or middle part of one; undefined when there is no form. */
  readonly best: RatedString | undefined;
  /** Every plausible value, best first. */
  readonly plausible: readonly { readonly value: string; readonly score: number }[];
}

export interface RatedString {
  readonly characters: string;
  /** Place of its first character in a whole string. */
  readonly begin: number;
  /** Natural logarithm of its probability against that of the likeliest symbols: 0 or less. */
  readonly score: number;
  /** For each character what else it may be, and by how much the score falls then. */
  readonly rivals: readonly (readonly { readonly character: string; readonly loss: number }[])[];
}
