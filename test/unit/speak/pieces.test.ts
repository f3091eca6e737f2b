import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aheadPieces, cutIntoPieces, livePieces } from '../../../src/speak/pieces.ts';

const texts = (spoken: string, language: 'en' | 'zh' = 'en', limits = livePieces[language]): string[] =>
  cutIntoPieces(spoken, language, limits).map((piece) => piece.text);

describe('cutIntoPieces', () => {
  it('makes every group of a number a piece, with a pause long enough to write it down', () => {
    const pieces = cutIntoPieces(
      'Your order W two three, seven eight, one five six is on its way and should arrive on Thursday.',
      'en',
      livePieces.en,
    );
    expect(pieces.map((piece) => piece.text)).toEqual([
      'Your order W two three.',
      'seven eight.',
      'one five six is on its way and should arrive on Thursday.',
    ]);
    expect(pieces.map((piece) => piece.pauseMs >= 200)).toEqual([true, true, false]);
  });

  it('does so for prompts rendered ahead and in Chinese as well', () => {
    expect(texts('Call one two three, four five six now.', 'en', aheadPieces.en)).toHaveLength(2);
    expect(texts('您的订单W 二三，七八，幺五六已发货，预计明天送达。', 'zh')).toEqual([
      '您的订单W 二三，',
      '七八，',
      '幺五六已发货，预计明天送达。',
    ]);
  });

  it('ends the first piece at the first pause, and joins later clauses', () => {
    expect(
      texts('Thank you for waiting, I found it, and it looks good, so please stay on the line.'),
    ).toEqual(['Thank you for waiting,', 'I found it, and it looks good, so please stay on the line.']);
  });

  it('keeps a first clause too short to stand alone with the next one', () => {
    expect(texts('Okay, one moment, please wait.')).toEqual(['Okay, one moment,', 'please wait.']);
  });

  it('cuts a long sentence without a pause before a conjunction', () => {
    expect(
      texts('Your parcel was delivered to the front door today and it was signed for by a neighbour.'),
    ).toEqual([
      'Your parcel was delivered to the front door today,',
      'and it was signed for by a neighbour.',
    ]);
  });

  it('leaves a sentence whole when it offers no place to breathe', () => {
    expect(
      texts('Your parcel was delivered to the front door of the house beside yours today.'),
    ).toHaveLength(1);
  });

  it('ends with a piece that has no pause after it and loses no word', () => {
    const word = fc.constantFrom(
      'one',
      'two',
      'W',
      'order',
      'and',
      'the',
      'parcel',
      'which',
      'is',
      '，',
      ',',
      ';',
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        const spoken = words.join(' ').replace(/ ([,;])/g, '$1');
        const pieces = cutIntoPieces(spoken, 'en', livePieces.en);
        const letters = (text: string): string => text.replace(/[^A-Za-z]/g, '');
        expect(letters(pieces.map((piece) => piece.text).join(''))).toBe(letters(spoken));
        expect(pieces.at(-1)?.pauseMs ?? 0).toBe(0);
      }),
    );
  });
});
