import { describe, expect, it } from 'vitest';
import { homophonesAsDigits } from '../../../../src/dialog/capture/digit-homophones.ts';

describe('Chinese digits heard as other words', () => {
  it.each([
    ['七五久零', '七五九零'],
    ['一三八武五二零', '一三八五五二零'],
    ['我的订单号是W四四一零二七散', '我的订单号是W四四一零二七三'],
    ['1380久12', '1380九12'],
    ['幺三把零', '幺三把零'],
    ['邮编一零零零二舞', '邮编一零零零二五'],
    ['武六，八六，五三', '五六，八六，五三'],
    ['七四，四三，幺零，久', '七四，四三，幺零，九'],
  ])('%s is %s', (heard, meant) => {
    expect(homophonesAsDigits(heard, 'zh')).toBe(meant);
  });

  it.each([
    '我姓刘，七五五零',
    '要七五五零',
    '七五五零吧',
    '就七五五零',
    '一起退',
    '三千五百块',
    '好久没收到了',
    '',
  ])('%s stays as it is', (text) => {
    expect(homophonesAsDigits(text, 'zh')).toBe(text);
  });
});

describe('English digits heard as other words', () => {
  it.each([
    ['one to six five nine', 'one two six five nine'],
    ['Um, won oh to seven ate.', 'Um, one oh two seven eight.'],
    ['Chicago, six, zero, six, one for', 'Chicago, six, zero, six, one four'],
    ['9 9 1 to 1', '9 9 1 two 1'],
  ])('%s is %s', (heard, meant) => {
    expect(homophonesAsDigits(heard, 'en')).toBe(meant);
  });

  it.each(['I want to return it', 'change it to 12 Elm Street', 'two for me', 'W4410273 to 12 Elm', ''])(
    '%s stays as it is',
    (text) => {
      expect(homophonesAsDigits(text, 'en')).toBe(text);
    },
  );
});
