import type { Language } from '../../core/language.ts';

/**
 * Short pieces of a sentence, each as the number of a bucket: words, pairs of words and parts of words in English, one to three
 * characters in Mandarin. Sentence vectors blur what these keep: "ridiculous", "for the third time", 什么态度.
 *
 * @param normal - the sentence in its normal form.
 * @returns each bucket once, with a weight; the weights have the length 1.
 */
export function ngramBuckets(
  normal: string,
  language: Language,
  buckets: number,
): ReadonlyMap<number, number> {
  const found = new Set<number>();
  const add = (piece: string) => found.add(hashOf(piece) % buckets);
  if (language === 'zh') {
    const characters = Array.from(normal.replace(/\s+/g, ''));
    for (let length = 1; length <= 3; length += 1) {
      for (let at = 0; at + length <= characters.length; at += 1)
        add(`z${characters.slice(at, at + length).join('')}`);
    }
  } else {
    const words = normal.split(/\s+/).filter((word) => word !== '');
    for (const [index, word] of words.entries()) {
      add(`w${word}`);
      const next = words[index + 1];
      if (next !== undefined) add(`p${word} ${next}`);
      const framed = ` ${word} `;
      for (let length = 3; length <= 5; length += 1) {
        for (let at = 0; at + length <= framed.length; at += 1) add(`c${framed.slice(at, at + length)}`);
      }
    }
  }
  const weight = 1 / Math.sqrt(Math.max(1, found.size));
  return new Map([...found].map((bucket) => [bucket, weight]));
}

/** FNV-1a over UTF-16 units, mixed once more because the low bits decide. */
function hashOf(piece: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < piece.length; index += 1) {
    hash ^= piece.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
