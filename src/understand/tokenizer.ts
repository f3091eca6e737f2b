import { z } from 'zod';
import { KefuError } from '../core/errors.ts';

/** A unigram vocabulary as the model conversion writes it (`tokenizer.json`). */
export const tokenizerFileSchema = z.object({
  type: z.literal('unigram'),
  beginId: z.int().nonnegative(),
  endId: z.int().nonnegative(),
  padId: z.int().nonnegative(),
  unknownId: z.int().nonnegative(),
  /** Score of a character that no piece covers. */
  unknownScore: z.number(),
  /** Replacement of single characters before everything else: NFKC as SentencePiece compiled it for XLM-R. */
  normalization: z.record(z.string(), z.string()),
  /** A piece's place is its id; `▁` stands for the space before a word. */
  pieces: z.array(z.string()).min(4),
  /** Log probability of each piece. */
  scores: z.array(z.number()).min(4),
});
export type TokenizerFile = z.infer<typeof tokenizerFileSchema>;

const spaceMark = '\u2581';

/**
 * XLM-R's tokenizer: SentencePiece's unigram segmentation, that is, the pieces with the highest sum of log probabilities
 * (Kudo 2018, "Subword Regularization", section 3.2), found by Viterbi.
 */
export class UnigramTokenizer {
  readonly padId: number;
  readonly #file: TokenizerFile;
  readonly #idOf = new Map<string, number>();
  readonly #normalization: ReadonlyMap<string, string>;
  readonly #longestPiece: number;

  constructor(file: TokenizerFile) {
    if (file.pieces.length !== file.scores.length) {
      throw new KefuError(
        'encoder_failed',
        `The tokenizer has ${file.pieces.length} pieces, but ${file.scores.length} scores: fetch the model again`,
      );
    }
    this.#file = file;
    this.padId = file.padId;
    this.#normalization = new Map(Object.entries(file.normalization));
    const special = new Set([file.beginId, file.endId, file.padId, file.unknownId]);
    let longest = 1;
    for (const [id, piece] of file.pieces.entries()) {
      if (special.has(id)) continue;
      this.#idOf.set(piece, id);
      longest = Math.max(longest, piece.length);
    }
    this.#longestPiece = longest;
  }

  /** Reads `tokenizer.json`. @throws KefuError `encoder_failed` when it is none. */
  static fromJson(json: string): UnigramTokenizer {
    let file: TokenizerFile;
    try {
      file = tokenizerFileSchema.parse(JSON.parse(json));
    } catch (error) {
      throw new KefuError('encoder_failed', 'tokenizer.json is not what the sentence encoder reads', {
        cause: error,
      });
    }
    return new UnigramTokenizer(file);
  }

  /**
   * Token ids of `text` between the marks of begin and end.
   *
   * @param maxTokens - longer texts are cut at the end; the marks count.
   */
  encode(text: string, maxTokens = 512): number[] {
    const ids = this.#segment(this.normalize(text));
    return [this.#file.beginId, ...ids.slice(0, maxTokens - 2), this.#file.endId];
  }

  /** The pieces `text` is cut into, for people. */
  pieces(text: string): string[] {
    return this.encode(text)
      .slice(1, -1)
      .map((id) => this.#file.pieces[id] ?? '');
  }

  /** Replaces characters, makes one space of many, and marks the begin of each word. */
  normalize(text: string): string {
    let replaced = '';
    for (const character of text) replaced += this.#normalization.get(character) ?? character;
    const words = replaced.trim().replace(/ {2,}/g, ' ');
    return spaceMark + words.replaceAll(' ', spaceMark);
  }

  #segment(text: string): number[] {
    const { unknownId, unknownScore, scores } = this.#file;
    const length = text.length;
    const best = new Float64Array(length + 1).fill(-Infinity);
    const from = new Int32Array(length + 1);
    const piece = new Int32Array(length + 1);
    best[0] = 0;
    for (let start = 0; start < length; start += 1) {
      const base = best[start] ?? -Infinity;
      if (base === -Infinity) continue;
      const limit = Math.min(length, start + this.#longestPiece);
      for (let end = start + 1; end <= limit; end += 1) {
        const id = this.#idOf.get(text.slice(start, end));
        if (id === undefined) continue;
        const score = base + (scores[id] ?? 0);
        if (score > (best[end] ?? -Infinity)) {
          best[end] = score;
          from[end] = start;
          piece[end] = id;
        }
      }
      const next = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      if (base + unknownScore > (best[next] ?? -Infinity)) {
        best[next] = base + unknownScore;
        from[next] = start;
        piece[next] = unknownId;
      }
    }
    const ids: number[] = [];
    for (let end = length; end > 0; end = from[end] ?? 0) ids.push(piece[end] ?? unknownId);
    return ids.reverse();
  }
}
