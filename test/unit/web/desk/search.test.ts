import { describe, expect, it } from 'vitest';
import { linesWith, piecesOf } from '../../../../src/web/desk/search.ts';
import { transcriptLine } from '../../../support/desk-cards.ts';

const lines = [
  transcriptLine(1, 'kefu', 'What is your order number?'),
  transcriptLine(2, 'caller', 'Ｗ2378156, my ORDER is late'),
  transcriptLine(3, 'caller', '我要退货，订单还没到'),
];

describe('the search in a transcript', () => {
  it('finds words whatever their capitals and width', () => {
    expect(linesWith(lines, 'order').map(({ id }) => id)).toEqual([1, 2]);
    expect(linesWith(lines, 'w2378156').map(({ id }) => id)).toEqual([2]);
    expect(linesWith(lines, '退货').map(({ id }) => id)).toEqual([3]);
    expect(linesWith(lines, 'refund')).toEqual([]);
  });

  it('shows all when nothing is searched for', () => {
    expect(linesWith(lines, '  ')).toBe(lines);
  });

  it('marks every place, in the letters as they were written', () => {
    expect(piecesOf('No, NO and no', 'no')).toEqual([
      { text: 'No', hit: true },
      { text: ', ', hit: false },
      { text: 'NO', hit: true },
      { text: ' and ', hit: false },
      { text: 'no', hit: true },
    ]);
    expect(piecesOf('我要退货', '退货')).toEqual([
      { text: '我要', hit: false },
      { text: '退货', hit: true },
    ]);
    // A letter whose small form is longer must not shift the rest.
    expect(piecesOf('İstanbul 12', '12')).toEqual([
      { text: 'İstanbul ', hit: false },
      { text: '12', hit: true },
    ]);
    expect(piecesOf('', 'x')).toEqual([{ text: '', hit: false }]);
  });

  it('takes signs of searches for what they are', () => {
    expect(piecesOf('5.90 or 5x90', '5.9').map(({ hit }) => hit)).toEqual([true, false]);
  });
});
