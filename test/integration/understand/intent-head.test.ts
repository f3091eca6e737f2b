import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  headRecordSchema,
  heldOutLines,
  shippedIntents,
  trainingLines,
} from '../../../src/app/teaching/files.ts';
import { languages, type Language } from '../../../src/core/language.ts';
import type { SentenceEncoder } from '../../../src/core/understanding.ts';
import { judgeLines, scoreLines, type HeadScores } from '../../../src/understand/intents/evaluate-head.ts';
import type { IntentHead } from '../../../src/understand/intents/head.ts';
import { decodeHead } from '../../../src/understand/intents/head-file.ts';
import { readLabelledLines } from '../../../src/understand/intents/lines.ts';
import { normalForm } from '../../../src/understand/normalize/normal-form.ts';
import { startTestEncoder } from '../../support/sentence-encoder.ts';

/** A clear step back from what the shipped head reaches (models/intents/scores.json) fails. */
const floor: Readonly<Record<Language, number>> = { en: 0.8, zh: 0.8 };

describe('the shipped intent head', () => {
  let encoder: SentenceEncoder;
  let head: IntentHead;
  let scores: HeadScores;
  beforeAll(async () => {
    encoder = await startTestEncoder();
    head = decodeHead(await readFile(join(shippedIntents, 'head.bin')));
    scores = scoreLines(await judgeLines(head, encoder, await readLabelledLines(heldOutLines)));
  });
  afterAll(() => encoder.close());

  it.each(languages)('understands held-out sentences in %s', (language) => {
    const own = scores[language];
    expect(own.macroF1, JSON.stringify(own.byIntent)).toBeGreaterThanOrEqual(floor[language]);
    expect(own.outOfScopeRecall).toBeGreaterThanOrEqual(0.6);
    expect(own.falseRejects).toBeLessThanOrEqual(0.06);
    expect(own.calibrationError).toBeLessThanOrEqual(0.1);
  });

  it('has the scores that ship with it', async () => {
    const text = await readFile(join(shippedIntents, 'scores.json'), 'utf8');
    const record = headRecordSchema.parse(JSON.parse(text));
    for (const language of languages) {
      // Another processor rounds a few vectors otherwise.
      expect(scores[language].macroF1).toBeCloseTo(record.scores[language].macroF1 ?? 0, 1);
    }
  });

  it('knows the 24 intents and has sentences of each in both languages', async () => {
    const lines = await readLabelledLines(trainingLines);
    expect(head.parts.classes).toHaveLength(24);
    for (const intent of head.parts.classes) {
      for (const language of languages) {
        const own = lines.filter((line) => line.language === language && line.intents[0] === intent);
        const count = own.filter(({ intents }) => intents.length === 1).length;
        expect(count, `${intent} in ${language}`).toBeGreaterThanOrEqual(200);
      }
    }
  });

  it('was not trained on long sentences that it is measured with', async () => {
    const keyOf = ({ text, language }: { readonly text: string; readonly language: Language }) =>
      normalForm(text, language);
    const trained = new Set((await readLabelledLines(trainingLines)).map(keyOf));
    const shared = (await readLabelledLines(heldOutLines)).filter((line) => trained.has(keyOf(line)));
    // Short answers are the same whoever says them; the training leaves these out, too.
    for (const { text } of shared) expect(text.length, text).toBeLessThan(40);
  });
});
