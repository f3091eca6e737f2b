import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { languages, type Language } from '../../../src/core/language.ts';
import type {
  IntentClassifier,
  SentenceEncoder,
  UnderstandingContext,
} from '../../../src/core/understanding.ts';
import { shippedIntents } from '../../../src/app/teaching/files.ts';
import { createFlowIntents } from '../../../src/understand/intents/flow-intents.ts';
import { decodeHead } from '../../../src/understand/intents/head-file.ts';
import { createTrainedIntents } from '../../../src/understand/intents/trained-intents.ts';
import { createNearestExamples } from '../../../src/understand/nearest-examples.ts';
import { startTestEncoder } from '../../support/sentence-encoder.ts';

const sentencesSchema = z.record(z.string(), z.object({ en: z.array(z.string()), zh: z.array(z.string()) }));

/**
 * What this version reaches is 0.867 (English) and 0.888 (Mandarin), with eleven more intents to be taken for than the 0.92 and 0.95 of
 * the version before; a clear step back from it fails.
 */
const bar: Readonly<Record<Language, number>> = { en: 0.85, zh: 0.86 };
/** No intent may be lost for the sake of the average. */
const barPerIntent = 0.6;
/**
 * Of the out-of-scope sentences, how many must be turned down. The trained head turns few real wishes down, and pays for that here
 * (docs/benchmarks.md tells what is wanted). Examples alone stand in for a head that cannot be read.
 */
const outOfScopeBar = { alone: 0.7, 'with the trained head': 0.55 } as const;

async function readSentences(path: string): Promise<z.infer<typeof sentencesSchema>> {
  return sentencesSchema.parse(parse(await readFile(path, 'utf8')));
}

/** The head tells apart what these older sentences call one intent. */
const sameWish: Readonly<Record<string, string>> = {
  urge_delivery: 'order_status',
  delivery_problem: 'order_status',
};

describe.each(['alone', 'with the trained head'] as const)(
  'the shipped examples on sentences they do not hold, %s',
  (how) => {
    let encoder: SentenceEncoder;
    let classifier: IntentClassifier;
    let heldOut: z.infer<typeof sentencesSchema>;
    beforeAll(async () => {
      encoder = await startTestEncoder();
      const examples = await readSentences(resolve(import.meta.dirname, '../../../flows/intents.yaml'));
      const nearest = await createNearestExamples({
        encoder,
        examples: Object.entries(examples).map(([intent, own]) => ({ intent, examples: own })),
      });
      const head = decodeHead(await readFile(join(shippedIntents, 'head.bin')));
      const trained = createTrainedIntents({ encoder, head });
      classifier =
        how === 'alone' ? nearest : createFlowIntents({ trained, nearest, intents: Object.keys(examples) });
      heldOut = await readSentences(join(import.meta.dirname, 'held-out.yaml'));
    });
    afterAll(() => encoder.close());

    it.each(languages)('are understood in %s', async (language) => {
      const correct = new Map<string, number>();
      let right = 0;
      let total = 0;
      for (const [intent, sentences] of Object.entries(heldOut)) {
        const isAnswer = intent === 'affirm' || intent === 'deny';
        const context: UnderstandingContext = {
          language,
          expecting: isAnswer ? { slot: 'confirmed', kind: 'yes_no' } : null,
        };
        const found = await Promise.all(
          sentences[language].map((text) => classifier.classify(text, context)),
        );
        const nameOf = (name: string | undefined) => sameWish[name ?? ''] ?? name ?? 'out_of_scope';
        const own = found.filter(([best]) => nameOf(best?.intent) === intent).length;
        expect(found.length, `sentences for ${intent}`).toBeGreaterThanOrEqual(15);
        correct.set(intent, own / found.length);
        right += own;
        total += found.length;
      }
      expect(right / total, JSON.stringify([...correct])).toBeGreaterThanOrEqual(bar[language]);
      for (const [intent, share] of correct) {
        expect(share, intent).toBeGreaterThanOrEqual(
          intent === 'out_of_scope' ? outOfScopeBar[how] : barPerIntent,
        );
      }
    });
  },
);
