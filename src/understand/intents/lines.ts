import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import { languageSchema, type Language } from '../../core/language.ts';
import { normalForm } from '../normalize/normal-form.ts';

/** A sentence with what it means, as people write it down. */
export interface LabelledLine {
  readonly text: string;
  readonly language: Language;
  /** In the order in which they are said. */
  readonly intents: readonly string[];
  /** What was said, where `text` is what a recogniser heard. */
  readonly said?: string | undefined;
}

const jsonLineSchema = z.strictObject({
  text: z.string().trim().min(1),
  intents: z.array(z.string()).min(1),
  /** What was said, where `text` is what a recogniser heard. */
  said: z.string().optional(),
});

/**
 * The labelled sentences of a folder: `INTENT.LANGUAGE.txt` has one sentence of that intent on each line, `NAME.LANGUAGE.jsonl`
 * lines of `text` and `intents`. Lines about moods (`emotion.LANGUAGE.jsonl`) may lie beside them and are left out.
 *
 * @throws KefuError `config_invalid` naming file and line.
 */
export async function readLabelledLines(directory: string): Promise<LabelledLine[]> {
  const names = (await readdir(directory))
    .filter((name) => /^(?!emotion\.).*\.(?:txt|jsonl)$/.test(name))
    .sort();
  const files = await Promise.all(names.map((name) => readLabelledFile(join(directory, name))));
  return files.flat();
}

export async function readLabelledFile(path: string): Promise<LabelledLine[]> {
  const match = /^(?<name>[a-z_-]+)\.(?<tag>[a-z]+)\.(?<form>txt|jsonl)$/.exec(basename(path));
  const language = languageSchema.safeParse(match?.groups?.tag);
  const { name = '', form } = match?.groups ?? {};
  if (!language.success) {
    throw new KefuError('config_invalid', `${path} must be called NAME.en.txt, NAME.zh.jsonl or the like.`);
  }
  const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim());
  return lines.flatMap((line, index): LabelledLine[] => {
    if (line === '') return [];
    if (form === 'txt') return [{ text: line, language: language.data, intents: [name] }];
    const parsed = jsonLineSchema.safeParse(parseJson(line));
    if (!parsed.success) {
      throw new KefuError('config_invalid', `${path}, line ${index + 1}: ${z.prettifyError(parsed.error)}`);
    }
    return [{ ...parsed.data, language: language.data }];
  });
}

/**
 * The sentences that may be trained on: those of which neither the text nor what was said of it is held out. Short answers are the same
 * whoever writes them down ("yes"); trained on and measured with, they would say nothing.
 */
export function trainableLines<Line extends Pick<LabelledLine, 'text' | 'said' | 'language'>>(
  lines: readonly Line[],
  heldOut: readonly LabelledLine[],
): Line[] {
  const keyOf = (text: string, language: Language): string => `${language} ${normalForm(text, language)}`;
  const frozen = new Set(heldOut.map(({ text, language }) => keyOf(text, language)));
  return lines.filter(
    ({ text, said, language }) =>
      !frozen.has(keyOf(text, language)) && (said === undefined || !frozen.has(keyOf(said, language))),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
