import { doubleMetaphone } from 'double-metaphone';
import { pinyin } from 'pinyin-pro';

/** Names whose letters differ by at most this share of the longer one sound alike even where the codes differ. */
const spellingShare = 0.34;

/**
 * True when two names of people may be the same one heard differently: "Brooke" and "Brook", 张 and 章. English names are compared by
 * Double Metaphone (Philips 2000) and by their letters, word by word; Chinese ones by pinyin without tones.
 */
export function namesSoundAlike(left: string, right: string): boolean {
  const han = /\p{Script=Han}/u;
  if (han.test(left) && han.test(right)) return syllables(left) === syllables(right);
  const [a, b] = [wordsOf(left), wordsOf(right)];
  return (
    a.length > 0 && a.length === b.length && a.every((word, index) => wordsSoundAlike(word, b[index] ?? ''))
  );
}

/** True when some words of a sentence sound like a name: "this is Brook Kelley" for "Brooke Kelly". */
export function soundsLikeNameIn(sentence: string, name: string): boolean {
  if (/\p{Script=Han}/u.test(name)) {
    const wanted = syllables(name);
    return wanted !== '' && ` ${syllables(sentence)} `.includes(` ${wanted} `);
  }
  const said = wordsOf(sentence);
  const { length } = wordsOf(name);
  return said.some((_, at) => namesSoundAlike(said.slice(at, at + length).join(' '), name));
}

function wordsSoundAlike(left: string, right: string): boolean {
  const codes = new Set(doubleMetaphone(left));
  if (doubleMetaphone(right).some((code) => codes.has(code))) return true;
  return lettersApart(left, right) <= spellingShare * Math.max(left.length, right.length);
}

const wordsOf = (name: string): string[] =>
  name
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^\p{L}\s]/gu, '')
    .split(/\s+/)
    .filter((word) => word !== '');

const syllables = (name: string): string =>
  pinyin(name.replace(/\P{Script=Han}/gu, ''), { toneType: 'none', type: 'array' }).join(' ');

/** Edit distance (Levenshtein 1966). */
export function lettersApart(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(left).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(right).entries()) {
      next.push(
        Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)),
      );
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
