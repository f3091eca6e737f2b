import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnigramTokenizer, type TokenizerFile } from '../../../src/understand/tokenizer.ts';

const scored: readonly (readonly [piece: string, score: number])[] = [
  ['<s>', 0],
  ['<pad>', 0],
  ['</s>', 0],
  ['<unk>', 0],
  ['\u2581', -3],
  ['\u2581where', -5],
  ['\u2581is', -4],
  ['\u2581my', -4.5],
  ['\u2581order', -6],
  ['\u2581or', -5],
  ['der', -5],
  ['s', -4],
  ['W', -6],
  ['2', -5],
  ['订单', -7],
  ['订', -6],
  ['单', -6],
  ['?', -5],
];
const file: TokenizerFile = {
  type: 'unigram',
  beginId: 0,
  padId: 1,
  endId: 2,
  unknownId: 3,
  unknownScore: -20,
  normalization: { '\t': ' ', Ｗ: 'W', '\u200b': '', '…': '...' },
  pieces: scored.map(([piece]) => piece),
  scores: scored.map(([, score]) => score),
};
const tokenizer = new UnigramTokenizer(file);

describe('UnigramTokenizer', () => {
  it('marks the begin of words and puts the text between the marks of begin and end', () => {
    expect(tokenizer.pieces('where is my order')).toEqual([
      '\u2581where',
      '\u2581is',
      '\u2581my',
      '\u2581order',
    ]);
    expect(tokenizer.encode('is')).toEqual([0, 6, 2]);
  });

  it('takes the likeliest cut, not the longest piece', () => {
    // One piece of -6 is likelier than two that sum up to -10.
    expect(tokenizer.pieces('order')).toEqual(['\u2581order']);
    const greedyLoses = new UnigramTokenizer({
      ...file,
      pieces: [...file.pieces, '\u2581o', 'rder'],
      scores: [...file.scores, -1, -1],
    });
    expect(greedyLoses.pieces('order')).toEqual(['\u2581o', 'rder']);
  });

  it('cuts Chinese without spaces', () => {
    expect(tokenizer.pieces('订单')).toEqual(['\u2581', '订单']);
  });

  it('normalises single characters and runs of spaces', () => {
    expect(tokenizer.normalize('  is\t \u200b my  ')).toBe('\u2581is\u2581my');
    expect(tokenizer.pieces('Ｗ2')).toEqual(['\u2581', 'W', '2']);
  });

  it('gives one unknown for each character that no piece covers, also outside the basic plane', () => {
    expect(tokenizer.encode('is 😀é')).toEqual([0, 6, 4, 3, 3, 2]);
  });

  it('cuts long texts and keeps the end mark', () => {
    const ids = tokenizer.encode('is '.repeat(50), 10);
    expect(ids).toHaveLength(10);
    expect(ids.at(-1)).toBe(2);
  });

  it('takes an empty text', () => {
    expect(tokenizer.encode('')).toEqual([0, 4, 2]);
  });

  it('finds the best of all cuts', () => {
    const pieces = new Map(scored.slice(4).map(([piece, score]) => [piece, score]));
    const best = (text: string): number => {
      if (text === '') return 0;
      let score = file.unknownScore + best(text.slice(1));
      for (let end = 1; end <= text.length; end += 1) {
        const own = pieces.get(text.slice(0, end));
        if (own !== undefined) score = Math.max(score, own + best(text.slice(end)));
      }
      return score;
    };
    fc.assert(
      fc.property(fc.stringMatching(/^[isorde 订单W2]{1,9}$/), (text) => {
        const total = tokenizer
          .encode(text)
          .slice(1, -1)
          .reduce((sum, id) => sum + (id === 3 ? file.unknownScore : (file.scores[id] ?? 0)), 0);
        expect(total).toBeCloseTo(best(tokenizer.normalize(text)), 6);
      }),
    );
  });

  it('refuses a file that is no tokenizer', () => {
    expect(() => UnigramTokenizer.fromJson('{}')).toThrow(
      expect.objectContaining({ code: 'encoder_failed' }),
    );
    expect(() => UnigramTokenizer.fromJson('not json')).toThrow(/tokenizer\.json/);
    expect(() => new UnigramTokenizer({ ...file, scores: [0, 0, 0, 0] })).toThrow(/18 pieces, but 4 scores/);
  });
});
