import type { ExpectingKind } from '../core/dialog.ts';
import { spelledToCharacters } from '../core/spelling.ts';
import type { UnderstandingContext } from '../core/understanding.ts';
import { normalForm } from './normalize/normal-form.ts';

/** Score of a short answer from the lexicon, which has no similarities. */
export const lexiconScore = 0.98;

/** What is answered with a value: a name or an address may look like anything, so only a clear intent counts. */
export const valueKinds: ReadonlySet<ExpectingKind> = new Set([
  'choice',
  'order_number',
  'email',
  'person_name',
  'postal_code',
  'phone_number',
  'digits',
  'number',
  'date',
  'address',
]);

/** Scores below are left out while a value is expected. */
export const valueRejectBelow = 0.85;

/**
 * Whether a text is nothing but spelled characters ("two three seven", "it's W 2 3"), and so a value and no intent. A lone
 * character counts only where a value is expected.
 */
export function isOnlySpelled(text: string, context: UnderstandingContext): boolean {
  const { tokens, text: characters } = spelledToCharacters(text, context.language);
  const kind = context.expecting?.kind;
  const expectsValue = kind !== undefined && valueKinds.has(kind);
  if (characters.length < (expectsValue ? 1 : 3)) return false;
  let rest = '';
  let at = 0;
  for (const token of tokens) {
    rest += `${text.slice(at, token.start)} `;
    at = token.end;
  }
  rest += text.slice(at);
  return leadIns[context.language].test(normalForm(rest, context.language));
}

const leadIns = {
  en: /^(?:it|that|this|is|was|the|my|number|order|code|and|then|um|uh|yes|yeah|so|okay|please|would|be|dash|hash)?(?: (?:it|that|this|is|was|the|my|number|order|code|and|then|um|uh|yes|yeah|so|okay|please|would|be|dash|hash))*$/,
  zh: /^(?:是|我的|号码|订单号?|单号|嗯|呃|那个|然后|的|啊|好的?|号|[\s])*$/u,
} as const;
