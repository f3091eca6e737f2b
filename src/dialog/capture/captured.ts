import type { Language } from '../../core/language.ts';
import type { SpelledReading } from '../../core/recognition.ts';
import type { Today } from './dates.ts';

/** What an answer was read as. */
export type Captured =
  /** A whole value; `others` are further readings, best first. Not certain: read it back before believing it. */
  | {
      readonly type: 'value';
      readonly value: string;
      readonly others: readonly string[];
      readonly certain: boolean;
      /** Another value that comes as near, and differs in one place only: asking for that place settles it. */
      readonly rival?: string | undefined;
    }
  /** A beginning: the rest may follow in the next turn. */
  | { readonly type: 'partial'; readonly value: string }
  | { readonly type: 'none' };

export const nothing: Captured = { type: 'none' };

/** The words to read and what is known about the value. */
export interface CaptureInput {
  readonly text: string;
  /** Other readings of the recogniser, best first. */
  readonly alternatives: readonly string[];
  /** What the spelling recogniser heard, where this value was asked for. */
  readonly spelled?: SpelledReading | undefined;
  readonly language: Language;
  /** The beginning of the value, given in earlier turns. */
  readonly partial: string;
  /** Values that are likely, such as the caller's own orders. */
  readonly plausible: readonly string[];
  /** Values already turned down by the caller or the shop. */
  readonly rejected: readonly string[];
  /** What was asked for, when the text is searched for something else besides. */
  readonly asked?: string | undefined;
  /** For names: a first or a last name alone was asked for, mostly letter by letter. */
  readonly oneName?: boolean;
  /** For dates: the day of the call, and which way dates lie. */
  readonly today?: Today;
}

/** A value with its further readings, without repetitions and without what was turned down; nothing when none is left. */
export function valueOf(
  readings: readonly string[],
  rejected: readonly string[],
  certain: boolean,
): Captured {
  const [value, ...others] = [...new Set(readings)].filter((reading) => !rejected.includes(reading));
  if (value === undefined) return nothing;
  return { type: 'value', value, others, certain: certain && value === readings[0] };
}
