import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { SentenceEncoder } from '../../../src/core/understanding.ts';
import { dot } from '../../../src/understand/vector-space.ts';
import { startTestEncoder } from '../../support/sentence-encoder.ts';

const referenceSchema = z.object({
  about: z.string(),
  sentences: z.array(z.object({ text: z.string(), vector: z.base64() })).min(10),
});

describe('the sentence encoder with its real model', () => {
  let encoder: SentenceEncoder;
  beforeAll(async () => {
    encoder = await startTestEncoder();
  });
  afterAll(() => encoder.close());

  async function similarity(a: string, b: string): Promise<number> {
    const [first, second] = await encoder.encode([a, b]);
    return first && second ? dot(first, second) : Number.NaN;
  }

  it('gives the vectors of the code that trained it, computed without rounding to few bits', async () => {
    const path = join(import.meta.dirname, 'reference-vectors.json');
    const { sentences } = referenceSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const vectors = await encoder.encode(sentences.map(({ text }) => text));
    for (const [index, { text, vector }] of sentences.entries()) {
      const reference = Float32Array.from(Int8Array.from(Buffer.from(vector, 'base64')));
      const ours = vectors[index] ?? new Float32Array();
      expect(dot(ours, reference) / Math.sqrt(dot(reference, reference)), text).toBeGreaterThan(0.999);
    }
  });

  it('puts sentences of one meaning together, across languages', async () => {
    const same = await similarity('where is my order', '我的订单到哪了');
    const different = await similarity('where is my order', '今天天气怎么样');
    expect(same).toBeGreaterThan(different + 0.05);
  });

  it('gives the same vector alone and in a batch', async () => {
    const text = 'one sentence among others of other lengths';
    const [alone] = await encoder.encode([`${text} `]);
    const batch = await encoder.encode([
      text,
      'hi',
      '一个句子',
      'a much longer sentence that pads all the others out',
    ]);
    expect(dot(alone ?? new Float32Array(), batch[0] ?? new Float32Array())).toBeGreaterThan(0.9999);
  });
});
