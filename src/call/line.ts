import type { Briefing } from '../core/handoff.ts';
import type { Expecting } from '../core/dialog.ts';
import type { VoiceSound } from '../core/emotion.ts';
import type { Language } from '../core/language.ts';
import type { SpelledReading, SpellingQuestion } from '../core/recognition.ts';
import type { Utterance } from '../core/speech.ts';
import type { EndReason } from '../core/telephony.ts';
import type { LineSound } from './line-sound.ts';

/** One turn of the caller as text, spoken or typed. */
export interface CallerTurn {
  readonly turn: number;
  readonly text: string;
  readonly confidence: number | undefined;
  readonly alternatives: readonly string[];
  /** Undefined unless a spelled string was expected and spoken. */
  readonly spelled: SpelledReading | undefined;
  /** Media times of the speech; equal for typed text. */
  readonly startMs: number;
  readonly endMs: number;
  /** From the end of the speech to the decision that the turn is over, and from there to the text. */
  readonly endpointingMs: number;
  readonly recognitionMs: number;
  /** What it sounded like, where that can be told. */
  readonly sound?: VoiceSound | undefined;
}

/** What a line tells the conductor, in order. `ended` comes exactly once and last. */
export type LineEvent =
  | { readonly type: 'turn'; readonly turn: CallerTurn; readonly interrupted: boolean }
  | { readonly type: 'digits'; readonly digits: string }
  | { readonly type: 'no-input' }
  | { readonly type: 'unintelligible' }
  | { readonly type: 'asr-failed'; readonly message: string }
  | { readonly type: 'tts-failed'; readonly message: string }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly detail: string | undefined };

/**
 * One side of a call as the conductor sees it: turns of the caller come out, words of Kefu go in. A voice line has ears and a
 * mouth; a text line has neither, and nothing else differs.
 */
export interface Line {
  readonly channel: 'voice' | 'text';
  readonly events: AsyncIterable<LineEvent>;
  /** What the caller and people say to each other; undefined where they write. */
  readonly sound: LineSound | undefined;
  /** Speaks after what is already queued. */
  say(utterance: Utterance): void;
  /** What the caller is expected to answer once the queued words have been heard. */
  listen(expecting: Expecting, spelling?: SpellingQuestion): void;
  /** Drops everything queued or being said. */
  stop(): void;
  /** Lets words go on that were held back because the caller began to speak. */
  release(): void;
  setLanguage(language: Language): void;
  /** Shows the caller of a text channel what a person writes; a voice line ignores it. */
  write(name: string, text: string, language: Language): void;
  /** Hands the call over after the queued words. Rejects with `transfer_failed` or `transfer_unsupported`. */
  transfer(skill: string, target: string, briefing: Briefing): Promise<void>;
  /** Ends the call after the queued words; `ended` follows. */
  hangup(outcome: string): Promise<void>;
  /** Frees everything at once. Idempotent. */
  close(): void;
}
