import { languages } from '../../core/language.ts';
import type { HeadRecord } from './files.ts';

/** How much worse a head may be than the one it replaces, in shares of 1. */
export interface Margins {
  /** Of the figures of a language. */
  readonly overall: number;
  /** Of one intent's F1: with some thirty sentences of each, one more mistake is 0.02. */
  readonly intent: number;
}

export const defaultMargins: Margins = { overall: 0.005, intent: 0.05 };

/** Figures of which more is better. */
const figures = [
  ['accuracy', 'accuracy'],
  ['macroF1', 'macro-F1'],
  ['inScopeAccuracy', 'in-scope accuracy'],
  ['outOfScopeRecall', 'out-of-scope recall'],
] as const;

/**
 * What speaks against putting one head in another's place, in sentences; nothing when it may. A head that was measured on other
 * sentences cannot be compared.
 */
export function objectionsTo(
  candidate: HeadRecord,
  current: HeadRecord,
  margins: Margins = defaultMargins,
): string[] {
  if (candidate.frozenSet !== current.frozenSet) {
    return ['It was measured on other sentences than the present head: evaluate both on the same set first.'];
  }
  return languages.flatMap((language) => {
    const before = current.scores[language];
    const after = candidate.scores[language];
    const overall = figures.flatMap(([key, name]) =>
      worse(
        `${name} (${language})`,
        before[key],
        after[key],
        key === 'outOfScopeRecall' ? margins.intent : margins.overall,
      ),
    );
    const byIntent = Object.entries(before.byIntent).flatMap(([intent, value]) =>
      worse(`F1 of ${intent} (${language})`, value, after.byIntent[intent] ?? 0, margins.intent),
    );
    return [...overall, ...byIntent];
  });
}

function worse(
  name: string,
  before: number | undefined,
  after: number | undefined,
  margin: number,
): string[] {
  if (before === undefined) return [];
  const fall = before - (after ?? 0);
  if (fall <= margin + 1e-9) return [];
  return [
    `${name} falls from ${percent(before)} to ${percent(after ?? 0)}; the margin is ${percent(margin)}.`,
  ];
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
