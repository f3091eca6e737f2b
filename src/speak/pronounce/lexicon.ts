import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import { languageSchema } from '../../core/language.ts';
import type { PronounceContext } from './pronouncer.ts';

/**
 * A pronunciation lexicon: brand names, jargon and abbreviations, and how to respell them for the voice. A key in lower
 * case matches in any case ("fedex", "FedEx"); a key with a capital letter matches only as it is written ("UPS", not "ups").
 */
export const lexiconSchema = z.strictObject({
  language: languageSchema,
  words: z.record(z.string().trim().min(1), z.string().trim().min(1)),
});
export type Lexicon = z.infer<typeof lexiconSchema>;

/** Reads and checks a lexicon file. Rejects with `config_invalid`, naming the file and what is wrong in it. */
export async function loadLexicon(path: string): Promise<Lexicon> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new KefuError('config_invalid', `The lexicon ${path} cannot be read: ${reason}`, { cause: thrown });
  }
  const parsed = lexiconSchema.safeParse(json);
  if (!parsed.success) {
    throw new KefuError(
      'config_invalid',
      `The lexicon ${path} is not valid: ${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data;
}

const wordCharacter = /[\p{L}\p{N}]/u;

/**
 * Finds lexicon words. Words of letters are matched whole, between characters that are neither letter nor digit; Chinese
 * words, which are written without spaces, are matched anywhere. The longest word at a position wins.
 */
export function compileLexicon(lexicon: Lexicon | undefined): PronounceContext['replaceWord'] {
  const entries = Object.entries(lexicon?.words ?? {}).sort(([left], [right]) => right.length - left.length);
  const byFirst = groupByFirst(entries);
  return (text, at) => {
    for (const [word, spoken] of byFirst.get(text.charAt(at).toLowerCase()) ?? []) {
      const found = text.slice(at, at + word.length);
      const matches = word === word.toLowerCase() ? found.toLowerCase() === word : found === word;
      if (matches && isWhole(text, at, word)) return { length: word.length, spoken };
    }
    return undefined;
  };
}

function groupByFirst(entries: [string, string][]): Map<string, [string, string][]> {
  const groups = new Map<string, [string, string][]>();
  for (const entry of entries) {
    const first = entry[0].charAt(0).toLowerCase();
    groups.set(first, [...(groups.get(first) ?? []), entry]);
  }
  return groups;
}

function isWhole(text: string, at: number, word: string): boolean {
  const isHan = (character: string): boolean => /\p{Script=Han}/u.test(character);
  const joins = (inside: string, outside: string): boolean =>
    wordCharacter.test(inside) && wordCharacter.test(outside) && !isHan(inside) && !isHan(outside);
  return (
    !joins(word.charAt(0), text.charAt(at - 1)) &&
    !joins(word.charAt(word.length - 1), text.charAt(at + word.length))
  );
}
