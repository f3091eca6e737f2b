import { describe, expect, it } from 'vitest';
import type { Language } from '../../../src/core/language.ts';
import { recallBelow, scoreIntents, thresholdAt } from '../../../src/understand/intents/evaluation.ts';
import { learnWordWeights, weighWords, wordPlaces } from '../../../src/understand/intents/features.ts';
import { decodeHead, encodeHead } from '../../../src/understand/intents/head-file.ts';
import type { IntentHead } from '../../../src/understand/intents/head.ts';
import { isForCalibration, learnHead, type LabelledSentence } from '../../../src/understand/intents/learn.ts';
import { sentencePieces } from '../../../src/understand/intents/pieces.ts';
import { trainLinearModel } from '../../../src/understand/intents/train.ts';
import { createWordEncoder } from '../../support/fake-encoders.ts';
import { toySentences, toyVocabulary } from '../../support/toy-intents.ts';

const encoder = createWordEncoder(toyVocabulary);

async function withVectors(
  lines: readonly {
    readonly text: string;
    readonly language: Language;
    readonly intents: readonly string[];
  }[],
): Promise<LabelledSentence[]> {
  const vectors = await encoder.encode(lines.map(({ text }) => text));
  return lines.map((line, index) => ({
    ...line,
    normal: line.text,
    vector: vectors[index] ?? new Float32Array(),
  }));
}

async function toyHead(options: { readonly refit?: boolean } = {}): Promise<IntentHead> {
  return learnHead(await withVectors(toySentences()), { encoderId: encoder.id, ...options });
}

async function judge(head: IntentHead, text: string, language: Language = 'en') {
  const [vector = new Float32Array()] = await encoder.encode([text]);
  return head.judge(head.sample(vector, text, language));
}

describe('word features', () => {
  const weigh = (text: string, documents: readonly string[]) =>
    weighWords(wordPlaces(text, 'en'), learnWordWeights(documents.map((other) => wordPlaces(other, 'en'))));

  it('have length 1 together', () => {
    const { values } = weigh('where is my order', ['where is it', 'my order']);
    expect(values.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1);
  });

  it('say more the rarer they are', () => {
    const documents = ['my order', 'my parcel', 'my refund'];
    const weights = learnWordWeights(documents.map((text) => wordPlaces(text, 'en')));
    const [rare] = wordPlaces('refund', 'en');
    const [common] = wordPlaces('my', 'en');
    expect(weights[rare ?? 0]).toBeGreaterThan(weights[common ?? 0] ?? 0);
  });

  it('are next to nothing for nothing', () => {
    expect(wordPlaces('', 'en').length).toBeLessThan(3);
    expect(wordPlaces('', 'zh').length).toBeLessThan(6);
  });

  it('are shared by words that sound alike', () => {
    const shared = (a: string, b: string): number => {
      const places = new Set(wordPlaces(a, 'zh'));
      return wordPlaces(b, 'zh').filter((place) => places.has(place)).length;
    };
    expect(shared('我要退款', '我要推款')).toBeGreaterThan(shared('我要退款', '我要吃饭'));
  });
});

describe('trainLinearModel', () => {
  it('learns to tell what can be told', async () => {
    const samples = [0, 1, 2].flatMap((own) =>
      Array.from({ length: 20 }, () => ({
        vector: Float32Array.from([own === 0 ? 1 : 0, own === 1 ? 1 : 0, own === 2 ? 1 : 0]),
        words: { places: new Int32Array(), values: new Float32Array() },
        classes: [own],
      })),
    );
    const model = await trainLinearModel(samples, { classes: 3, dimensions: 3, places: 0 });
    for (const sample of samples) {
      const logits = [...model.logits(sample)];
      expect(logits.indexOf(Math.max(...logits))).toBe(sample.classes[0]);
    }
  });

  it('gives the same model for the same sentences', async () => {
    const first = encodeHead(await toyHead());
    expect(encodeHead(await toyHead()).equals(first)).toBe(true);
  });

  it('can be stopped between two rounds', async () => {
    const stop = new AbortController();
    const sentences = await withVectors(toySentences());
    const learning = learnHead(sentences, {
      encoderId: encoder.id,
      signal: stop.signal,
      training: { onEpoch: () => stop.abort() },
    });
    await expect(learning).rejects.toThrow(/abort/i);
  });
});

describe('a trained head', () => {
  it('recognises sentences it has not seen', async () => {
    const head = await toyHead();
    expect((await judge(head, 'so where did my package go')).ranked[0]?.intent).toBe('order_status');
    expect((await judge(head, 'a human please')).ranked[0]?.intent).toBe('human_agent');
    expect((await judge(head, '我的订单呢', 'zh')).ranked[0]?.intent).toBe('order_status');
  });

  it('puts what is in scope above what is not', async () => {
    const head = await toyHead();
    const inside = await judge(head, 'where is my order');
    const outside = await judge(head, 'tell me a joke about the weather');
    expect(outside.outOfScope).toBeGreaterThan(inside.outOfScope);
    expect(head.isTaken(inside)).toBe(true);
    expect(head.isTaken(outside)).toBe(false);
    expect(outside.ranked[0]?.score).toBeLessThan(inside.ranked[0]?.score ?? 0);
  });

  it('gives scores from 0 to 1, best first', async () => {
    const { ranked } = await judge(await toyHead(), 'where is the human with my order');
    for (const [index, { score }] of ranked.entries()) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(ranked[index - 1]?.score ?? 1);
    }
  });

  it('leans towards what the dialog makes likelier', async () => {
    const head = await toyHead();
    const [vector = new Float32Array()] = await encoder.encode(['well so']);
    const sample = head.sample(vector, 'well so', 'en');
    const scoreOf = (favour: Readonly<Record<string, number>>) =>
      head.judge(sample, favour).ranked.find(({ intent }) => intent === 'affirm')?.score ?? 0;
    expect(scoreOf({ affirm: 10 })).toBeGreaterThan(scoreOf({}));
  });

  it('knows a threshold for every intent', async () => {
    const head = await toyHead();
    for (const intent of head.intents) {
      expect(head.rejectBelow(intent)).toBeGreaterThanOrEqual(0);
      expect(head.rejectBelow(intent)).toBeLessThanOrEqual(0.6);
    }
  });

  it('is not trained on sentences that calibrate it unless it is fitted again', async () => {
    const lines = toySentences();
    expect(lines.filter((line) => isForCalibration(line)).length).toBeGreaterThan(3);
    const without = encodeHead(await toyHead({ refit: false }));
    expect(encodeHead(await toyHead()).equals(without)).toBe(false);
  });

  it('goes on from an earlier head: takes in what is new and keeps the calibration', async () => {
    const earlier = await toyHead();
    const odd = await withVectors(
      Array.from({ length: 8 }, () => ({ text: 'zork the gizmo', language: 'en', intents: ['affirm'] })),
    );
    const head = await learnHead([...(await withVectors(toySentences())), ...odd], {
      encoderId: encoder.id,
      goOnFrom: earlier,
    });
    const scoreIn = async (judged: typeof head) =>
      (await judge(judged, 'zork the gizmo')).ranked.find(({ intent }) => intent === 'affirm')?.score ?? 0;
    expect(await scoreIn(head)).toBeGreaterThan((await scoreIn(earlier)) + 0.05);
    expect((await judge(head, 'where is my order')).ranked[0]?.intent).toBe('order_status');
    expect(head.parts.temperature).toBe(earlier.parts.temperature);
    expect(head.parts.rejectBelow).toEqual(earlier.parts.rejectBelow);
    expect(head.parts.wordWeights).toEqual(earlier.parts.wordWeights);
  });

  it('begins anew when the sentences have an intent that the earlier head does not know', async () => {
    const sentences = await withVectors([
      ...toySentences(),
      ...['gift wrap it', 'wrap it as a gift', 'can you gift wrap'].map((text) => ({
        text,
        language: 'en' as const,
        intents: ['gift_wrap'],
      })),
    ]);
    const head = await learnHead(sentences, { encoderId: encoder.id, goOnFrom: await toyHead() });
    expect(head.intents).toContain('gift_wrap');
  });

  it('refuses to learn a single intent', async () => {
    const only = await withVectors(toySentences().filter(({ intents: [name] }) => name === 'affirm'));
    await expect(learnHead(only, { encoderId: encoder.id })).rejects.toMatchObject({
      code: 'config_invalid',
    });
  });

  it('comes back from its file with the same judgement', async () => {
    const head = await toyHead();
    const again = decodeHead(encodeHead(head));
    expect(again.parts.encoderId).toBe(encoder.id);
    const before = await judge(head, 'where is my package');
    const after = await judge(again, 'where is my package');
    expect(after.ranked[0]?.intent).toBe(before.ranked[0]?.intent);
    expect(after.ranked[0]?.score).toBeCloseTo(before.ranked[0]?.score ?? 0, 1);
  });

  it.each([0, 3, 20, 2000])('refuses a file that was cut at %i bytes', async (length) => {
    const bytes = encodeHead(await toyHead()).subarray(0, length);
    expect(() => decodeHead(bytes)).toThrow(/intent head/);
  });
});

describe('sentencePieces', () => {
  it.each([
    ['cancel it, or if it is shipped send it back', 'en', ['cancel it', 'if it is shipped send it back']],
    [
      "where's my order and also I need an invoice for it",
      'en',
      ['where is my order', 'i need an invoice for it'],
    ],
    ['hello, where is my order', 'en', ['hello', 'where is my order']],
    ['取消订单，要是已经发了就退货', 'zh', ['取消订单', '要是已经发了就退货']],
    ['快递到哪了顺便给我开张发票', 'zh', ['快递到哪了', '给我开张发票']],
  ] as const)('cuts %j', (text, language, pieces) => {
    expect(sentencePieces(text, language).map(({ normal }) => normal)).toEqual(pieces);
  });

  it.each([
    ['where is my order', 'en'],
    ['我的订单到哪了', 'zh'],
    ['', 'en'],
    ['and', 'en'],
  ] as const)('leaves %j whole', (text, language) => {
    expect(sentencePieces(text, language)).toEqual([]);
  });
});

describe('scoreIntents', () => {
  const one = (expected: string | undefined, found: string | undefined, score = 0.9) => ({
    expected,
    found,
    score,
    isBestRight: expected !== undefined && expected === found,
  });

  it('counts out of scope as an intent of its own', () => {
    const scores = scoreIntents([
      one('a', 'a'),
      one('b', 'a'),
      one(undefined, undefined, 0.1),
      one(undefined, 'a'),
    ]);
    expect(scores.accuracy).toBe(0.5);
    expect(scores.outOfScopeRecall).toBe(0.5);
    expect(scores.falseAccepts).toBe(0.5);
    expect(scores.falseRejects).toBe(0);
    expect(scores.byIntent).toEqual({ a: 0.5, b: 0, out_of_scope: 2 / 3 });
  });

  it('measures how far scores are from what they promise', () => {
    expect(scoreIntents([one('a', 'a', 1), one('b', 'b', 1)]).calibrationError).toBe(0);
    expect(scoreIntents([one('a', 'b', 1), one('b', 'a', 1)]).calibrationError).toBe(1);
  });

  it('leaves undefined what nothing was measured for', () => {
    expect(scoreIntents([])).toMatchObject({ accuracy: undefined, macroF1: undefined });
  });

  it('finds the threshold that turns down so many', () => {
    const scores = Array.from({ length: 100 }, (_, index) => ({ inScope: true, score: index / 100 }));
    const threshold = thresholdAt(scores, 0.05);
    expect(scores.filter(({ score }) => score < threshold)).toHaveLength(5);
    expect(recallBelow([...scores, { inScope: false, score: 0.01 }], threshold)).toBe(1);
    expect(recallBelow(scores, threshold)).toBeUndefined();
  });
});
