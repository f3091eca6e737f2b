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
 */
export function wordFeatures(normal: string, language: Language): WordFeatures {
  const places = new Set<number>();
  for (const feature of language === 'zh' ? mandarinFeatures(normal) : englishFeatures(normal)) {
    places.add(hash(feature) % featurePlaces);
  }
  const value = places.size === 0 ? 0 : 1 / Math.sqrt(places.size);
  return { places: Int32Array.from(places), values: new Float32Array(places.size).fill(value) };
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
