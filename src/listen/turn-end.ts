import type { Expecting, ExpectingKind } from '../core/dialog.ts';
import type { Completeness } from '../core/turn.ts';

/** Pauses that end a turn, by how much of the expected value has been said, in milliseconds. */
export interface EndPauses {
  readonly complete: number;
  readonly incomplete: number;
  /** There is a text, and it does not look like the expected value: the caller says something else. */
  readonly otherWords: number;
  /** There is no text yet. */
  readonly noText: number;
}

export type EndPauseTable = Readonly<Record<ExpectingKind, EndPauses>>;

/** Spelling and numbers are said in groups with pauses between them; a finished value needs none of that patience. */
const spelled: EndPauses = { complete: 350, incomplete: 1400, otherWords: 700, noText: 1200 };
const dictated: EndPauses = { complete: 450, incomplete: 1400, otherWords: 800, noText: 1000 };

export const defaultEndPauses: EndPauseTable = {
  anything: { complete: 400, incomplete: 900, otherWords: 500, noText: 500 },
  yes_no: { complete: 300, incomplete: 700, otherWords: 500, noText: 300 },
  choice: { complete: 350, incomplete: 800, otherWords: 500, noText: 500 },
  order_number: spelled,
  phone_number: spelled,
  digits: spelled,
  tax_number: spelled,
  postal_code: { ...spelled, incomplete: 1200, noText: 900 },
  number: { complete: 350, incomplete: 900, otherWords: 600, noText: 600 },
  // "Twelve" may go on with "fifty".
  amount: { complete: 450, incomplete: 1000, otherWords: 700, noText: 700 },
  date: { complete: 400, incomplete: 1000, otherWords: 600, noText: 700 },
  email: { ...dictated, incomplete: 1600 },
  person_name: { complete: 400, incomplete: 900, otherWords: 600, noText: 700 },
  address: dictated,
};

/** What is known when a caller pauses. Later signals (melody, unfinished sentences) join here. */
export interface PauseContext {
  readonly expecting: Expecting | null;
  /** Undefined while no text has come. `fresh` texts came after the pause began, so they cover all that was said. */
  readonly text: { readonly completeness: Completeness; readonly fresh: boolean } | undefined;
}

/** How long a pause ends the turn, in milliseconds; asked again whenever the context changes. */
export type EndOfTurn = (context: PauseContext) => number;

/** The pause by what is expected and how much of it has been said. Never longer than `maxPauseMs`. */
export function endOfTurnByExpectation(table: EndPauseTable, maxPauseMs: number): EndOfTurn {
  return ({ expecting, text }) => {
    const pauses = table[expecting?.kind ?? 'anything'];
    const pauseMs = pauses[stage(text)];
    const overrideMs = expecting?.endOfTurnMs;
    if (overrideMs === undefined) return Math.min(pauseMs, maxPauseMs);
    // The flow's own pause is for a caller who may go on; it never makes one wait who has said everything.
    return Math.min(stage(text) === 'complete' ? Math.min(pauseMs, overrideMs) : overrideMs, maxPauseMs);
  };
}

function stage(text: PauseContext['text']): keyof EndPauses {
  if (text === undefined) return 'noText';
  // A value that was complete before the caller said more may not be complete any longer.
  if (text.completeness === 'complete') return text.fresh ? 'complete' : 'noText';
  return text.completeness === 'incomplete' ? 'incomplete' : 'otherWords';
}
