import { describe, expect, it } from 'vitest';
import type { MoodScores } from '../../../src/core/emotion.ts';
import { KefuError } from '../../../src/core/errors.ts';
import type { TokenEncoder } from '../../../src/core/understanding.ts';
import { createEmotionEstimator } from '../../../src/understand/emotion/estimator.ts';
import { packWeights } from '../../../src/understand/emotion/heads.ts';
import { createSentenceEncoder } from '../../../src/understand/encoder.ts';
import { learnHead } from '../../../src/understand/intents/learn.ts';
import { createTrainedIntents } from '../../../src/understand/intents/trained-intents.ts';
import type { UnigramTokenizer } from '../../../src/understand/tokenizer.ts';
import { createUnderstander } from '../../../src/understand/understander.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { toySentences } from '../../support/toy-intents.ts';

const context = { language: 'en', expecting: null } as const;
const calm: MoodScores = { angry: 0, upset: 0, neutral: 1, pleased: 0 };

/** A sentence encoder as calls have it, with a model that only counts what it computes. */
function countingEncoder() {
  const computed: number[] = [];
  const tokens: TokenEncoder = {
    dimensions: 4,
    encode(rows) {
      computed.push(rows.length);
      return Promise.resolve(rows.map(([first = 0]) => Float32Array.of(first % 3, first % 5, first % 7, 1)));
    },
    close: () => Promise.resolve(),
  };
  const tokenizer = {
    encode: (text: string) => [Array.from(text).reduce((sum, letter) => sum + letter.charCodeAt(0), 0)],
  } as unknown as UnigramTokenizer;
  return { computed, encoder: createSentenceEncoder({ id: 'counting', tokenizer, tokens }) };
}

describe('understanding a sentence', () => {
  it('computes its vector once, for intents and mood together', async () => {
    const { computed, encoder } = countingEncoder();
    const lines = toySentences();
    const vectors = await encoder.encode(lines.map(({ text }) => text));
    const head = await learnHead(
      lines.map((line, index) => ({
        ...line,
        normal: line.text,
        vector: vectors[index] ?? new Float32Array(4),
      })),
      { encoderId: encoder.id },
    );
    const none = () => Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    const emotion = createEmotionEstimator({
      encoder,
      wordsHead: {
        version: 1,
        training: {},
        dimensions: 4,
        buckets: 8,
        mean: [0, 0, 0, 0],
        vectorScale: 1,
        ngramScale: 1,
        bias: [0, 0, 0, 0],
        vectorWeights: none(),
        ngramWeights: packWeights(Array.from({ length: 4 }, () => new Float64Array(8))),
        temperature: 1,
      },
      voiceHead: {
        version: 1,
        training: {},
        features: [],
        absolute: { mean: [], spread: [], networks: [], offset: [0, 0], scale: [1, 1] },
        relative: { mean: [], spread: [], networks: [], offset: [0, 0], scale: [1, 1] },
      },
    });
    const understander = createUnderstander({
      classifier: createTrainedIntents({ encoder, head }),
      emotion,
    });
    computed.length = 0;
    const { emotion: read } = await understander.understand('why is it taking this long', context);
    expect(read?.words?.angry).toBeCloseTo(0.25);
    expect(computed).toEqual([1]);
    await understander.understand('why is it taking this long', context);
    expect(computed).toEqual([1]);
  });

  it('reads no mood from a number, a yes or a no, which tell none', async () => {
    const asked: string[] = [];
    const understander = createUnderstander({
      classifier: { classify: () => Promise.resolve([]) },
      emotion: {
        words(text) {
          asked.push(text);
          return Promise.resolve(calm);
        },
      },
    });
    for (const text of ['W2378156', 'two three seven eight', 'Yes.', 'no thank you', '   ']) {
      expect((await understander.understand(text, context)).emotion).toBeUndefined();
    }
    expect((await understander.understand('不是', { ...context, language: 'zh' })).emotion).toBeUndefined();
    expect(asked).toEqual([]);
    expect((await understander.understand('no, that is a disgrace', context)).emotion).toEqual({
      words: calm,
    });
  });

  it('goes on without the mood when it cannot be read, and says so in the log', async () => {
    const log = createCapturedLog();
    const understander = createUnderstander({
      classifier: { classify: () => Promise.resolve([{ intent: 'order_status', score: 0.9 }]) },
      emotion: { words: () => Promise.reject(new KefuError('encoder_failed', 'The encoder is gone.')) },
      log,
    });
    const understanding = await understander.understand('where is my order', context);
    expect(understanding.intents).toEqual([{ intent: 'order_status', score: 0.9 }]);
    expect(understanding.emotion).toBeUndefined();
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        message: 'the mood of a sentence could not be read',
        fields: { code: 'encoder_failed' },
      },
    ]);
  });

  it('is broken off by its signal, without a complaint', async () => {
    const log = createCapturedLog();
    const abort = new AbortController();
    const understander = createUnderstander({
      classifier: { classify: () => Promise.resolve([]) },
      emotion: {
        words() {
          abort.abort();
          return Promise.reject(new KefuError('aborted', 'Broken off.'));
        },
      },
      log,
    });
    await expect(understander.understand('where is it', context, abort.signal)).rejects.toThrow(
      'Broken off.',
    );
    expect(log.lines).toEqual([]);
  });
});
