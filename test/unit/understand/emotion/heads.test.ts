import { describe, expect, it } from 'vitest';
import { withTurn } from '../../../../src/core/emotion.ts';
import { createEmotionEstimator } from '../../../../src/understand/emotion/estimator.ts';
import {
  packWeights,
  parseHead,
  toScores,
  voiceEvidence,
  voiceHeadSchema,
  WordsHead,
  type VoiceHeadFile,
  type VoicesFile,
  type WordsHeadFile,
} from '../../../../src/understand/emotion/heads.ts';
import { ngramBuckets } from '../../../../src/understand/emotion/ngrams.ts';

const buckets = 4096;

/** A head that knows one word for anger, and otherwise goes by the vector's first number. */
function wordsHead(word: string): WordsHeadFile {
  const angry = new Float64Array(buckets);
  for (const bucket of ngramBuckets(word, 'en', buckets).keys()) angry[bucket] = 4;
  return {
    version: 1,
    training: {},
    dimensions: 2,
    buckets,
    mean: [0, 0],
    vectorScale: 1,
    ngramScale: 1,
    bias: [0, 0, 1, 0],
    vectorWeights: [
      [3, 0],
      [0, 0],
      [0, 0],
      [-3, 0],
    ],
    ngramWeights: packWeights([angry, ...Array.from({ length: 3 }, () => new Float64Array(buckets))]),
    temperature: 1,
  };
}

const voices: VoicesFile = {
  mean: [10, 0],
  spread: [2, 1],
  networks: [
    {
      hidden: { weights: [[1, 0]], bias: [0] },
      output: { weights: [[2], [1]], bias: [0, 0] },
    },
  ],
  offset: [-1, 0],
  scale: [1, 1],
};
const voiceHead: VoiceHeadFile = {
  version: 1,
  training: {},
  features: ['one', 'two'],
  absolute: voices,
  relative: { ...voices, mean: [0, 0] },
};

const encoder = {
  id: 'fake',
  dimensions: 2,
  encode: (texts: readonly string[]) => Promise.resolve(texts.map(() => Float32Array.from([0, 1]))),
  close: () => Promise.resolve(),
};
const estimator = createEmotionEstimator({ encoder, wordsHead: wordsHead('ridiculous'), voiceHead });

describe('pieces of a sentence', () => {
  it('have weights of length 1, each bucket once', () => {
    const weights = [...ngramBuckets('where is my order', 'en', 1024).values()];
    expect(weights.reduce((sum, weight) => sum + weight ** 2, 0)).toBeCloseTo(1);
  });

  it('are up to three characters long in Mandarin', () => {
    expect(ngramBuckets('退款', 'zh', 65_536).size).toBe(3);
    expect(ngramBuckets('', 'zh', 65_536).size).toBe(0);
  });
});

describe('the head for words', () => {
  it('joins vector and pieces into probabilities', () => {
    const head = new WordsHead(wordsHead('ridiculous'));
    const calm = head.scores(Float32Array.from([0, 0]), 'hello there', 'en');
    const angry = head.scores(Float32Array.from([0, 0]), 'ridiculous', 'en');
    expect(calm.angry + calm.upset + calm.neutral + calm.pleased).toBeCloseTo(1);
    expect(angry.angry).toBeGreaterThan(calm.angry + 0.3);
    expect(head.scores(Float32Array.from([2, 0]), 'hello there', 'en').angry).toBeGreaterThan(0.8);
  });

  it('is refused when it was trained on other vectors', () => {
    const file = { ...wordsHead('x'), dimensions: 3 };
    expect(() => createEmotionEstimator({ encoder, wordsHead: file, voiceHead })).toThrow(/train it again/);
  });

  it('counts a sentence of nothing as neutral', async () => {
    expect(await estimator.words('...', 'en')).toEqual(toScores([-Infinity, -Infinity, 0, -Infinity]));
  });
});

describe('the head for voices', () => {
  it('counts what lies far outside as the edge of what it knows', () => {
    expect(voiceEvidence(voices, [1000, 0])).toEqual(voiceEvidence(voices, [18, 0]));
  });

  it('compares a voice with the first turns of its own caller', () => {
    const sound = { features: [12, 0], loudness: 70 };
    const alone = estimator.voice(sound, undefined);
    const high = estimator.voice(sound, { features: [12, 0], loudness: 70, turns: 3 });
    const low = estimator.voice(sound, { features: [8, 0], loudness: 70, turns: 3 });
    expect(alone).toMatchObject({ relative: false });
    expect(low.relative && high.relative).toBe(true);
    expect(low.anger).toBeGreaterThan(high.anger);
  });

  it('takes a voice that became louder for more excited', () => {
    const baseline = { features: [10, 0], loudness: 60, turns: 2 };
    const soft = estimator.voice({ features: [10, 0], loudness: 60 }, baseline);
    const loud = estimator.voice({ features: [10, 0], loudness: 68 }, baseline);
    expect(loud.anger).toBeGreaterThan(soft.anger);
    expect(loud.louderDb).toBe(8);
  });

  it('names a file that is none', () => {
    expect(() => parseHead(voiceHeadSchema, '{}', 'voice.json')).toThrow(/voice\.json is no trained head/);
  });
});

describe('the baseline of a caller', () => {
  it('is the mean of the first three turns', () => {
    let baseline = withTurn(undefined, { features: [1], loudness: 10 });
    for (const value of [2, 6, 100]) baseline = withTurn(baseline, { features: [value], loudness: value });
    expect(baseline.turns).toBe(3);
    expect(baseline.features[0]).toBeCloseTo(3);
    expect(baseline.loudness).toBeCloseTo(6);
  });
});
