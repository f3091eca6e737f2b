/**
 * How long the parts of a text take to say, relative to one letter. A Chinese character is a syllable, and so, or
 * longer, is a digit; punctuation is a short pause. Only the proportions within one sentence matter.
 */
const weights = { han: 4, digit: 4, letter: 1, punctuation: 1, space: 0 } as const;

/** A Chinese character alone, or a run of anything else up to the next space. */
const unitPattern = /\p{Script=Han}|[^\s\p{Script=Han}]+|\s+/gu;
/** At the end or beginning of these no space is put between two texts. */
const touching = /[\s\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u;

/**
 * What a listener has made out of a sentence of which the given share (0 to 1, by time) was played: whole words of a
 * text with spaces, single characters of a Chinese one. Always a beginning of `text`, without a space at its end.
 */
export function heardPrefix(text: string, share: number): string {
  if (share >= 1) return text.trimEnd();
  if (!(share > 0)) return '';
  const units = text.match(unitPattern) ?? [];
  const total = units.reduce((sum, unit) => sum + weightOf(unit), 0);
  let said = 0;
  let length = 0;
  for (const unit of units) {
    said += weightOf(unit);
    if (said > share * total + 1e-9) break;
    length += unit.length;
  }
  return text.slice(0, length).trimEnd();
}

/** The texts of sentences said one after the other, with a space between them where the writing needs one. */
export function joinSentences(texts: readonly string[]): string {
  let joined = '';
  for (const text of texts) {
    if (text === '') continue;
    const touches = joined === '' || touching.test(joined.slice(-1)) || touching.test(text.slice(0, 1));
    joined += touches ? text : ` ${text}`;
  }
  return joined.trim();
}

/** How long it takes to say a text, in letters' worth of time. */
export function spokenWeight(text: string): number {
  return (text.match(unitPattern) ?? []).reduce((sum, unit) => sum + weightOf(unit), 0);
}

function weightOf(unit: string): number {
  let weight = 0;
  for (const character of unit) {
    if (/\s/u.test(character)) weight += weights.space;
    else if (/\p{Script=Han}/u.test(character)) weight += weights.han;
    else if (/\p{Nd}/u.test(character)) weight += weights.digit;
    else if (/\p{L}/u.test(character)) weight += weights.letter;
    else weight += weights.punctuation;
  }
  return weight;
}
