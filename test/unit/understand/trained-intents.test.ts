import { beforeAll, describe, expect, it } from 'vitest';
import type { ExpectingKind } from '../../../src/core/dialog.ts';
import type { Language } from '../../../src/core/language.ts';
import type { ScoredIntent, UnderstandingContext } from '../../../src/core/understanding.ts';
import { createFlowIntents } from '../../../src/understand/intents/flow-intents.ts';
import { learnHead } from '../../../src/understand/intents/learn.ts';
import {
  createTrainedIntents,
  type TrainedIntents,
} from '../../../src/understand/intents/trained-intents.ts';
import { createWordEncoder } from '../../support/fake-encoders.ts';
import { toySentences, toyVocabulary } from '../../support/toy-intents.ts';

function context(kind?: ExpectingKind, language: Language = 'en'): UnderstandingContext {
  return { language, expecting: kind ? { slot: 'slot', kind } : null };
}

const names = (intents: readonly ScoredIntent[]): string[] => intents.map(({ intent }) => intent);

describe('createTrainedIntents', () => {
  const encoder = createWordEncoder(toyVocabulary);
  let trained: TrainedIntents;
  beforeAll(async () => {
    const lines = toySentences();
    const vectors = await encoder.encode(lines.map(({ text }) => text));
    const head = await learnHead(
      lines.map((line, index) => ({
        ...line,
        normal: line.text,
        vector: vectors[index] ?? new Float32Array(),
      })),
      { encoderId: encoder.id },
    );
    trained = createTrainedIntents({ encoder, head });
  });

  it('takes what the head is sure of', async () => {
    expect(names(await trained.classify('Where is my order?', context()))).toEqual(['order_status']);
  });

  it('turns down what is out of scope', async () => {
    expect(await trained.classify('tell me a joke about the weather', context())).toEqual([]);
  });

  it('tells several wishes in the order in which they were said, courtesies last', async () => {
    const said = 'Hello, yes, get me a human, and also where is my order';
    expect(names(await trained.classify(said, context()))).toEqual(['human_agent', 'order_status', 'affirm']);
    const turned = 'where is my order, and also get me a human';
    expect(names(await trained.classify(turned, context()))).toEqual(['order_status', 'human_agent']);
  });

  it('knows short answers without asking the encoder', async () => {
    const before = encoder.batches.length;
    expect(names(await trained.classify('Uh-huh.', context('yes_no')))).toEqual(['affirm']);
    expect(encoder.batches).toHaveLength(before);
  });

  it.each([
    ['two three seven', 'order_number'],
    [' ... ', undefined],
  ] as const)('reads no intent from %j', async (text, kind) => {
    expect(await trained.rank(text, context(kind))).toEqual({ best: undefined, taken: [] });
  });

  it('passes a failure of the encoder on', async () => {
    const broken = createTrainedIntents({
      encoder: { ...encoder, encode: () => Promise.reject(new Error('broken')) },
      head: trained.head,
    });
    await expect(broken.classify('where is it', context())).rejects.toThrow('broken');
  });

  describe('joined with the examples of flows', () => {
    const join = (own: readonly ScoredIntent[], intents: readonly string[]) =>
      createFlowIntents({ trained, nearest: { classify: () => Promise.resolve(own) }, intents });

    it('hears an intent that only the flows have', async () => {
      const flows = join([{ intent: 'opening_hours', score: 0.7 }], ['order_status', 'opening_hours']);
      expect(names(await flows.classify('a joke about the weather', context()))).toEqual(['opening_hours']);
    });

    it('keeps what the head is surer of', async () => {
      const flows = join([{ intent: 'opening_hours', score: 0.41 }], ['order_status', 'opening_hours']);
      expect(names(await flows.classify('where is my order', context()))).toEqual(['order_status']);
    });

    it('takes the nearest of the flows where they lack what the head hears', async () => {
      const flows = join([{ intent: 'order_status', score: 0.6 }], ['order_status', 'affirm']);
      expect(names(await flows.classify('get me a human', context()))).toEqual(['order_status']);
    });

    it('does not ask for examples when the head knows every intent of the flows', async () => {
      const flows = createFlowIntents({
        trained,
        nearest: { classify: () => Promise.reject(new Error('not needed')) },
        intents: ['order_status', 'affirm'],
      });
      expect(names(await flows.classify('where is my order', context()))).toEqual(['order_status']);
    });
  });
});
