import { pinyin } from 'pinyin-pro';
import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import { decodeHeader, encodeHeader } from '../../core/headed-bytes.ts';

/*
 * Which Mandarin character follows which in what callers say: a bigram model with Witten-Bell smoothing (Bell, Cleary, Witten: Text
 * Compression, 1990), over a unigram of in how many contexts a character stands (Kneser and Ney, 1995).
 *
 * As bytes: the letters KFHM and a header (`headed-bytes.ts`), then where each character's followers begin (uint32, one more than there are
 * characters), the followers (uint16), and how often (uint16).
 */

const magic = 'KFHM';
const headerSchema = z.object({
  version: z.literal(1),
  /** In the order of their numbers; number 0 is the edge of a sentence and has no character. */
  characters: z.string(),
  /** The syllables of the characters, without tones. */
  syllables: z.array(z.string()),
  bigrams: z.int().nonnegative(),
});

/** The edge of a sentence, before its first and after its last character. */
export const edge = 0;
/** A character that the model has not seen. */
export const unseen = -1;

export interface CharacterBigrams {
  readonly starts: Uint32Array;
  readonly followers: Uint16Array;
  readonly counts: Uint16Array;
}

/** A model of characters and their syllables. */
export class CharacterModel {
  readonly characters: readonly string[];
  readonly syllables: readonly string[];
  readonly bigrams: CharacterBigrams;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #unigram: Float64Array;
  readonly #totals: Float64Array;

  constructor(characters: readonly string[], syllables: readonly string[], bigrams: CharacterBigrams) {
    this.characters = characters;
    this.syllables = syllables;
    this.bigrams = bigrams;
    this.#numbers = new Map(characters.map((character, index) => [character, index + 1]));
    const { starts, followers, counts } = bigrams;
    const contexts = new Float64Array(characters.length + 1);
    for (const follower of followers) contexts[follower] = (contexts[follower] ?? 0) + 1;
    const all = followers.length + 0.5 * contexts.length;
    this.#unigram = contexts.map((count) => (count + 0.5) / all);
    this.#totals = Float64Array.from(contexts, (_, from) => {
      let total = 0;
      for (let at = starts[from] ?? 0; at < (starts[from + 1] ?? 0); at += 1) total += counts[at] ?? 0;
      return total;
    });
  }

  /** A character's number, or `unseen`. */
  numberOf(character: string): number {
    return this.#numbers.get(character) ?? unseen;
  }

  /** How surprising it is that `to` follows `from`: the negative logarithm of the probability. */
  surprise(from: number, to: number): number {
    const { starts, followers, counts } = this.bigrams;
    const alone = this.#unigram[to] ?? 0.5 / (followers.length + 1);
    const start = starts[from] ?? 0;
    const end = starts[from + 1] ?? 0;
    if (from === unseen || start === end) return -Math.log(alone);
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((followers[middle] ?? 0) < to) low = middle + 1;
      else high = middle;
    }
    const count = low < end && followers[low] === to ? (counts[low] ?? 0) : 0;
    const kinds = end - start;
    return -Math.log((count + kinds * alone) / ((this.#totals[from] ?? 0) + kinds));
  }
}

const isHan = (character: string): boolean => /\p{Script=Han}/u.test(character);

/** @param sentences - in normal form; what is not Mandarin in them divides them. */
export function learnCharacters(sentences: readonly string[]): CharacterModel {
  const runs = sentences.flatMap((sentence) => sentence.match(/\p{Script=Han}+/gu) ?? []);
  const characters = [...new Set(runs.flatMap((run) => Array.from(run)))].filter(isHan).sort();
  const numbers = new Map(characters.map((character, index) => [character, index + 1]));
  const counted = new Map<number, number>();
  const size = characters.length + 1;
  for (const run of runs) {
    const own = [edge, ...Array.from(run, (character) => numbers.get(character) ?? edge), edge];
    for (const [index, to] of own.entries()) {
      if (index === 0) continue;
      const key = (own[index - 1] ?? edge) * size + to;
      counted.set(key, (counted.get(key) ?? 0) + 1);
    }
  }
  const sorted = [...counted].sort(([a], [b]) => a - b);
  const starts = new Uint32Array(size + 1);
  for (const [key] of sorted) {
    const from = Math.floor(key / size);
    starts[from + 1] = (starts[from + 1] ?? 0) + 1;
  }
  for (let from = 0; from < size; from += 1) starts[from + 1] = (starts[from + 1] ?? 0) + (starts[from] ?? 0);
  return new CharacterModel(
    characters,
    characters.map((character) => pinyin(character, { toneType: 'none', type: 'array' })[0] ?? ''),
    {
      starts,
      followers: Uint16Array.from(sorted, ([key]) => key % size),
      counts: Uint16Array.from(sorted, ([, count]) => Math.min(count, 65_535)),
    },
  );
}

export function encodeCharacters({ characters, syllables, bigrams }: CharacterModel): Buffer {
  const header: z.infer<typeof headerSchema> = {
    version: 1,
    characters: characters.join(''),
    syllables: [...syllables],
    bigrams: bigrams.followers.length,
  };
  const arrays = [bigrams.starts, bigrams.followers, bigrams.counts].map((values) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([encodeHeader(magic, header), ...arrays]);
}

/** @throws KefuError `config_invalid` when the bytes are no such model, or end too early. */
export function decodeCharacters(bytes: Uint8Array): CharacterModel {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, at } = decodeHeader(buffer, magic, headerSchema, damaged);
  const characters = Array.from(header.characters);
  const startsBytes = 4 * (characters.length + 2);
  if (buffer.length !== at + startsBytes + 4 * header.bigrams) throw damaged();
  // Copied, since views need addresses that are multiples of their size.
  const numbers = Uint8Array.from(buffer.subarray(at)).buffer;
  return new CharacterModel(characters, header.syllables, {
    starts: new Uint32Array(numbers, 0, characters.length + 2),
    followers: new Uint16Array(numbers, startsBytes, header.bigrams),
    counts: new Uint16Array(numbers, startsBytes + 2 * header.bigrams, header.bigrams),
  });
}

const damaged = (cause?: unknown): KefuError =>
  new KefuError('config_invalid', 'The file of Mandarin characters (models/homophones/zh.bin) is damaged.', {
    cause,
  });
