import { pinyin } from 'pinyin-pro';
import type { Language } from '../../core/language.ts';

/** How many places hashed features share. Few of the features of a few ten thousand sentences meet in one place. */
export const featurePlaces = 65_536;

/** A sentence's word features: places in order of first appearance, without repetition, and values of length 1 together. */
export interface WordFeatures {
  readonly places: Int32Array;
  readonly values: Float32Array;
}

/**
 * What a sentence is worded with, beside what it means: English words, pairs of words and pieces of words; Mandarin characters, and
 * the same by their sound (pinyin without tones), because a telephone recogniser writes 推款 for 退款 and 占人工 for 转人工.
 *
 * @param normal - the sentence in its normal form.
 * @returns places in order of first appearance, without repetition.
 */
export function wordPlaces(normal: string, language: Language): Int32Array {
  const places = new Set<number>();
  for (const feature of language === 'zh' ? mandarinFeatures(normal) : englishFeatures(normal)) {
    places.add(hash(feature) % featurePlaces);
  }
  return Int32Array.from(places);
}

/** Steps of a word weight: weights are kept as bytes, of which one is this much. */
export const wordWeightStep = 1 / 16;

/**
 * How much a place says: the rarer it is among the sentences, the more (inverse document frequency, smoothed: ln((1 + N) / (1 + n)) + 1).
 *
 * @param documents - places of each sentence.
 * @returns one byte a place, in steps of `wordWeightStep`.
 */
export function learnWordWeights(documents: readonly Int32Array[]): Uint8Array {
  const counts = new Uint32Array(featurePlaces);
  for (const places of documents) for (const place of places) counts[place] = (counts[place] ?? 0) + 1;
  return Uint8Array.from(counts, (count) =>
    Math.round((Math.log((1 + documents.length) / (1 + count)) + 1) / wordWeightStep),
  );
}

/** Values for a sentence's places by their weights, of length 1 together. */
export function weighWords(places: Int32Array, weights: Uint8Array): WordFeatures {
  const values = Float32Array.from(places, (place) => weights[place] ?? 0);
  const length = Math.hypot(...values) || 1;
  return { places, values: values.map((value) => value / length) };
}

function* englishFeatures(normal: string): Generator<string> {
  const words = normal.split(' ').filter((word) => word !== '');
  for (const [index, word] of words.entries()) {
    yield `w ${word}`;
    yield `p ${words[index - 1] ?? '<'} ${word}`;
    const framed = `<${word}>`;
    for (const length of [3, 4]) {
      for (let at = 0; at + length <= framed.length; at += 1) yield `c ${framed.slice(at, at + length)}`;
    }
  }
  yield `p ${words.at(-1) ?? '<'} >`;
}

function* mandarinFeatures(normal: string): Generator<string> {
  const characters = Array.from(normal.replaceAll(' ', ''));
  const sounds = pinyin(characters.join(''), { toneType: 'none', type: 'array', nonZh: 'spaced' });
  yield* grams('z', characters, [1, 2, 3]);
  yield* grams('s', sounds, [2, 3]);
}

function* grams(kind: string, units: readonly string[], lengths: readonly number[]): Generator<string> {
  const framed = ['<', ...units, '>'];
  for (const length of lengths) {
    for (let at = 0; at + length <= framed.length; at += 1) {
      yield `${kind} ${framed.slice(at, at + length).join(' ')}`;
    }
  }
}

/** FNV-1a over UTF-16 units, 32 bits: the same on every machine, since the places are part of a trained head. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  // The low bits of FNV-1a mix least: the high half is folded into them.
  return (value ^ (value >>> 15)) >>> 0;
}
