import { describe, expect, it } from 'vitest';
import { alikeWords, chineseNumber, numbersAsDigits } from '../../../../src/dialog/capture/words.ts';

describe('number words', () => {
  it.each([
    ['five hundred millilitres', '500 millilitres'],
    ['twenty-four inches', '24 inches'],
    ['one thousand two hundred and fifty', '1250'],
    ['a hundred feet', '100 feet'],
    ['size ten, please', 'size 10, please'],
    ['one, two', '1, 2'],
    ['no numbers', 'no numbers'],
  ])('"%s" becomes "%s"', (text, expected) => {
    expect(numbersAsDigits(text, 'en')).toBe(expected);
  });

  it.each([
    ['二十四', 24],
    ['一百零五', 105],
    ['两万', 20000],
    ['二零五', 205],
    ['十', 10],
    ['一千二百五十', 1250],
  ])('%s is %d', (text, expected) => {
    expect(chineseNumber(text)).toBe(expected);
  });
});

describe('words', () => {
  it.each([
    ['500ml', 'five hundred milliliters'],
    ['27"', 'twenty seven inches'],
    ['Gray', 'grey'],
    ['XL', 'extra large'],
    ['M', 'medium'],
    ['80%', 'eighty percent'],
    ['6 ft', 'six feet'],
    ['256GB', '256 gigabytes'],
  ])('"%s" are like "%s"', (left, right) => {
    expect(alikeWords(left, 'en')).toEqual(alikeWords(right, 'en'));
  });

  it('do not take "it\'s" for a size', () => {
    expect(alikeWords("it's medium", 'en')).toEqual(['it', 'medium']);
  });
});
