import { z } from 'zod';
import { languageSchema } from '../../../src/core/language.ts';
import { outOfScopeName } from '../../../src/understand/intents/evaluation.ts';
import type { LabelledLine } from '../../../src/understand/intents/lines.ts';
import { detectLanguage } from '../../../src/understand/normalize/language.ts';
import { readJsonLines } from '../../lib/json-lines.ts';

const schema = z.looseObject({ text: z.string(), label: z.string(), lang: languageSchema.optional() });

/** Lines of `text` and `label` (and, if you like, `lang`) from anywhere; `oos` stands for out of scope. */
export async function readLabelled(path: string): Promise<LabelledLine[]> {
  const lines: LabelledLine[] = [];
  for await (const { text, label, lang } of readJsonLines(path, schema)) {
    const intent = label === 'oos' ? outOfScopeName : label;
    lines.push({ text, language: lang ?? detectLanguage(text, 'en'), intents: [intent] });
  }
  return lines;
}
