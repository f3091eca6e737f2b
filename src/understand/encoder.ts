import { KefuError } from '../core/errors.ts';
import type { SentenceEncoder, TokenEncoder } from '../core/understanding.ts';
import { LruCache } from './lru-cache.ts';
import type { UnigramTokenizer } from './tokenizer.ts';

export interface SentenceEncoderOptions {
  /** Names model and version; vectors of different ids are never compared. */
  readonly id: string;
  readonly tokenizer: UnigramTokenizer;
  readonly tokens: TokenEncoder;
  /** Put before every text. The e5 models were trained with `query: ` for texts that are compared with each other. */
  readonly prefix?: string;
  /** How many vectors are kept for texts that come again. Default 2,000 (3 MB at 384 dimensions). */
  readonly cacheSize?: number;
  /** Sentences computed at once. Default 8: a live sentence waits behind at most so many of a long batch. */
  readonly batchSize?: number;
  /** Longer texts are cut at the end. Default 128 tokens, about a minute of speech: time grows with the length. */
  readonly maxTokens?: number;
}

/** A sentence encoder of a tokenizer and a model. Closing it closes the model. */
export function createSentenceEncoder(options: SentenceEncoderOptions): SentenceEncoder {
  const {
    id,
    tokenizer,
    tokens,
    prefix = 'query: ',
    cacheSize = 2_000,
    batchSize = 8,
    maxTokens = 128,
  } = options;
  const cache = new LruCache<string, Float32Array>(cacheSize);

  async function encode(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    const vectors = new Map<string, Float32Array>();
    const missing: { readonly text: string; readonly ids: readonly number[] }[] = [];
    for (const text of new Set(texts)) {
      const known = cache.get(text);
      if (known) vectors.set(text, known);
      else missing.push({ text, ids: tokenizer.encode(prefix + text, maxTokens) });
    }
    // Sentences of like length share a batch, so that little is spent on padding.
    missing.sort((a, b) => a.ids.length - b.ids.length);
    for (let start = 0; start < missing.length; start += batchSize) {
      const batch = missing.slice(start, start + batchSize);
      const found = await tokens.encode(
        batch.map(({ ids }) => ids),
        signal,
      );
      for (const [index, { text }] of batch.entries()) {
        const vector = found[index];
        if (!vector) throw new KefuError('encoder_failed', 'The sentence encoder gave too few vectors');
        vectors.set(text, vector);
        cache.set(text, vector);
      }
    }
    return texts.map((text) => {
      const vector = vectors.get(text);
      if (!vector) throw new KefuError('encoder_failed', 'The sentence encoder gave too few vectors');
      return vector;
    });
  }

  return { id, dimensions: tokens.dimensions, encode, close: () => tokens.close() };
}
