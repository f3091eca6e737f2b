import { describe, expect, it } from 'vitest';
import { createSentenceEncoder } from '../../../src/understand/encoder.ts';
import { LruCache } from '../../../src/understand/lru-cache.ts';
import { UnigramTokenizer } from '../../../src/understand/tokenizer.ts';
import { createRowEncoder } from '../../support/fake-encoders.ts';

const tokenizer = new UnigramTokenizer({
  type: 'unigram',
  beginId: 0,
  padId: 1,
  endId: 2,
  unknownId: 3,
  unknownScore: -20,
  normalization: {},
  pieces: ['<s>', '<pad>', '</s>', '<unk>', '\u2581', 'q', 'a', 'b'],
  scores: [0, 0, 0, 0, -1, -1, -1, -1],
});

describe('createSentenceEncoder', () => {
  it('gives a vector for each text, in order, and computes a text only once', async () => {
    const tokens = createRowEncoder();
    const encoder = createSentenceEncoder({ id: 'x', tokenizer, tokens, prefix: '' });
    const vectors = await encoder.encode(['aaa', 'b', 'aaa']);
    expect(vectors.map((vector) => vector[0])).toEqual([6, 4, 6]);
    await encoder.encode(['b', 'aaa']);
    expect(tokens.batches.flat()).toHaveLength(2);
  });

  it('puts the prefix before every text', async () => {
    const tokens = createRowEncoder();
    await createSentenceEncoder({ id: 'x', tokenizer, tokens, prefix: 'q' }).encode(['a']);
    expect(tokens.batches).toEqual([[[0, 4, 5, 6, 2]]]);
  });

  it('cuts a long list into batches of texts of like length', async () => {
    const tokens = createRowEncoder();
    const encoder = createSentenceEncoder({ id: 'x', tokenizer, tokens, prefix: '', batchSize: 2 });
    await encoder.encode(['aaaaaa', 'a', 'bbbbb', 'b']);
    expect(tokens.batches.map((rows) => rows.map((row) => row.length))).toEqual([
      [4, 4],
      [8, 9],
    ]);
  });

  it('forgets what was not used for longest', async () => {
    const tokens = createRowEncoder();
    const encoder = createSentenceEncoder({ id: 'x', tokenizer, tokens, prefix: '', cacheSize: 2 });
    await encoder.encode(['a']);
    await encoder.encode(['b']);
    await encoder.encode(['a']);
    await encoder.encode(['ab']);
    expect(tokens.batches).toHaveLength(3);
    await encoder.encode(['a']);
    expect(tokens.batches).toHaveLength(3);
    await encoder.encode(['b']);
    expect(tokens.batches).toHaveLength(4);
  });

  it('limits the length of a text', async () => {
    const tokens = createRowEncoder();
    const encoder = createSentenceEncoder({ id: 'x', tokenizer, tokens, prefix: '', maxTokens: 8 });
    await encoder.encode(['a'.repeat(500)]);
    expect(tokens.batches[0]?.[0]).toHaveLength(8);
  });

  it('fails with encoder_failed when the model gives too few vectors', async () => {
    const tokens = { ...createRowEncoder(), encode: () => Promise.resolve([]) };
    const encoder = createSentenceEncoder({ id: 'x', tokenizer, tokens });
    await expect(encoder.encode(['a'])).rejects.toMatchObject({ code: 'encoder_failed' });
  });

  it('closes the model', async () => {
    const tokens = createRowEncoder();
    await createSentenceEncoder({ id: 'x', tokenizer, tokens }).close();
    expect(tokens.closedTimes).toBe(1);
  });
});

describe('LruCache', () => {
  it('keeps no more than its capacity', () => {
    const cache = new LruCache<number, number>(3);
    for (let key = 0; key < 10; key += 1) cache.set(key, key);
    expect(cache.size).toBe(3);
    expect(cache.get(9)).toBe(9);
    expect(cache.get(6)).toBeUndefined();
  });
});
