import type { SentenceEncoder, TokenEncoder } from '../../src/core/understanding.ts';

/** A sentence encoder whose vectors say which words of `vocabulary` a text has: sentences that share words lie close. */
export interface WordEncoder extends SentenceEncoder {
  /** Every batch it was asked for. */
  readonly batches: (readonly string[])[];
  isClosed: boolean;
}

export function createWordEncoder(vocabulary: readonly string[], id = 'words'): WordEncoder {
  const encoder: WordEncoder = {
    id,
    dimensions: vocabulary.length + 1,
    batches: [],
    isClosed: false,
    encode(texts) {
      encoder.batches.push([...texts]);
      return Promise.resolve(
        texts.map((text) => {
          // The last number is common to all, as all vectors of a real encoder share a large part.
          const counts = [...vocabulary.map((word) => (text.includes(word) ? 1 : 0)), 2];
          const length = Math.hypot(...counts);
          return Float32Array.from(counts, (count) => count / length);
        }),
      );
    },
    close() {
      encoder.isClosed = true;
      return Promise.resolve();
    },
  };
  return encoder;
}

/** A token encoder that gives back each row's length and first id. */
export interface RowEncoder extends TokenEncoder {
  readonly batches: (readonly (readonly number[])[])[];
  closedTimes: number;
}

export function createRowEncoder(): RowEncoder {
  const encoder: RowEncoder = {
    dimensions: 2,
    batches: [],
    closedTimes: 0,
    encode(rows) {
      encoder.batches.push(rows);
      return Promise.resolve(rows.map((row) => Float32Array.of(row.length, row[1] ?? 0)));
    },
    close() {
      encoder.closedTimes += 1;
      return Promise.resolve();
    },
  };
  return encoder;
}
