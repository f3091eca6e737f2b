import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparableWords, isSpelled, wordErrors } from '../../../tools/bench/lib/words.ts';

const same = (...texts: string[]) => {
  const [first = [], ...others] = texts.map(comparableWords);
  for (const other of others) expect(other).toEqual(first);
  return first;
};

describe('comparable words', () => {
  it('ignore case, punctuation and hyphens, and keep apostrophes inside words', () => {
    expect(comparableWords("Hello -- Don't Stop, 'please'!")).toEqual(['hello', "don't", 'stop', 'please']);
    same('good-bye', 'Good bye.', 'GOOD BYE');
    same('it’s', "it's");
  });

  it('are the same for a number however it is written or grouped', () => {
    expect(same('624', 'six two four', 'SIX TWENTY FOUR', 'six hundred and twenty-four', '6 24')).toEqual([
      '6',
      '2',
      '4',
    ]);
    expect(same('1,205', '1205', 'twelve oh five', 'one thousand two hundred five')).toEqual([
      '1',
      '2',
      '0',
      '5',
    ]);
    expect(same('nineteen seventy two', '1972')).toEqual(['1', '9', '7', '2']);
    expect(same('500', 'five hundred', 'five zero zero')).toEqual(['5', '0', '0']);
    expect(same('three thousand', '3000', '3,000.')).toEqual(['3', '0', '0', '0']);
    expect(same('seven hundred thousand', '700000')).toEqual(['7', '0', '0', '0', '0', '0']);
  });

  it('know ordinals', () => {
    expect(same('MAY TWENTY FIRST', 'May 21st', 'may 21')).toEqual(['may', '2', '1']);
    same('the twelfth of June', 'the 12th of June');
    same('thirtieth', '30th');
  });

  it('take "oh" and "o" for zero beside a digit only', () => {
    expect(same('SEVEN OH THREE EIGHT', 'seven o three eight', '7038', 'seven zero 3 8')).toEqual([
      '7',
      '0',
      '3',
      '8',
    ]);
    expect(comparableWords('C O N N O R')).toEqual(['c', 'o', 'n', 'n', 'o', 'r']);
    expect(comparableWords('oh no')).toEqual(['oh', 'no']);
  });

  it('part what is spelled', () => {
    expect(same('W6020188', 'W-602-0188', 'w 6 oh 2 oh 1 8 8', 'W602 0188')).toHaveLength(8);
    expect(same('Enter UMNY', 'ENTER U M N Y', 'enter u. m. n. y.')).toEqual(['enter', 'u', 'm', 'n', 'y']);
    // A text that is all capitals says nothing about spelling.
    expect(comparableWords('RUBOUT GO')).toEqual(['rubout', 'go']);
  });

  it('keep words apart that only sound alike', () => {
    expect(comparableWords('for')).not.toEqual(comparableWords('four'));
  });

  it('are characters in Chinese', () => {
    expect(comparableWords('你好，W2的订单')).toEqual(['你', '好', 'w', '2', '的', '订', '单']);
  });

  it('are never empty and hold no blanks, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const words = comparableWords(text);
        expect(words.every((word) => word !== '' && !/\s/.test(word))).toBe(true);
      }),
    );
  });
});

describe('word errors', () => {
  const errors = (reference: string, heard: string) =>
    wordErrors(reference.split(' ').filter(Boolean), heard.split(' ').filter(Boolean));

  it('counts what is wrong, missing and added', () => {
    expect(errors('a b c', 'a b c')).toEqual({ words: 3, substitutions: 0, deletions: 0, insertions: 0 });
    expect(errors('a b c', 'a x c')).toMatchObject({ substitutions: 1, deletions: 0, insertions: 0 });
    expect(errors('a b c', 'a c')).toMatchObject({ substitutions: 0, deletions: 1, insertions: 0 });
    expect(errors('a b c', 'a b b c')).toMatchObject({ substitutions: 0, deletions: 0, insertions: 1 });
    expect(errors('a b', '')).toEqual({ words: 2, substitutions: 0, deletions: 2, insertions: 0 });
    expect(errors('', 'a b')).toEqual({ words: 0, substitutions: 0, deletions: 0, insertions: 2 });
    expect(errors('six six four seven two nine three', 'six six four 17 nine three')).toMatchObject({
      substitutions: 1,
      deletions: 1,
    });
  });

  it('keeps its books: what was said plus what was added is what was heard plus what is missing', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    fc.assert(
      fc.property(words, words, (reference, heard) => {
        const { substitutions, deletions, insertions } = wordErrors(reference, heard);
        expect(reference.length + insertions).toBe(heard.length + deletions);
        expect(substitutions + deletions + insertions).toBeLessThanOrEqual(
          Math.max(reference.length, heard.length),
        );
        const back = wordErrors(heard, reference);
        expect(back.substitutions + back.deletions + back.insertions).toBe(
          substitutions + deletions + insertions,
        );
      }),
    );
  });
});

it('a spelled string is letters and digits one by one, two at least', () => {
  expect(isSpelled(comparableWords('U M N Y H SIX'))).toBe(true);
  expect(isSpelled(comparableWords('twenty four'))).toBe(true);
  expect(isSpelled(comparableWords('ENTER SIX TWO'))).toBe(false);
  expect(isSpelled(comparableWords('A'))).toBe(false);
  expect(isSpelled([])).toBe(false);
});
