import { describe, expect, it } from 'vitest';
import { amountsIn, captureAmount } from '../../../../src/dialog/capture/amounts.ts';
import { captureChoice } from '../../../../src/dialog/capture/choice.ts';

function amount(text: string, language: 'en' | 'zh' = 'en') {
  return captureAmount({ text, alternatives: [], language, partial: '', plausible: [], rejected: [] });
}

describe('an amount of money', () => {
  it.each([
    ['$12.50', '12.50'],
    ['12.5 dollars', '12.50'],
    ['twelve fifty', '12.50'],
    ['Um, twelve dollars and fifty cents, please.', '12.50'],
    ['twelve dollars and a half', '12.50'],
    ['twelve point five', '12.50'],
    ['twelve point five zero', '12.50'],
    ['twelve oh five', '12.05'],
    ['twelve dollars and five cents', '12.05'],
    ['twenty-nine ninety-nine', '29.99'],
    ['one twenty-nine ninety-nine', '129.99'],
    ['a hundred and twenty nine ninety nine', '129.99'],
    ['about forty bucks', '40.00'],
    ['a thousand two hundred dollars', '1200.00'],
    ['$1,250', '1250.00'],
    ['fifty cents', '0.50'],
    ['It was forty.', '40.00'],
  ])('%s is %s', (text, expected) => {
    expect(amount(text)).toMatchObject({ type: 'value', value: expected });
  });

  it.each([
    ['十二块五', '12.50'],
    ['十二块五毛', '12.50'],
    ['三十九块九毛五分', '39.95'],
    ['三十九块零五分', '39.05'],
    ['三十九块零五', '39.05'],
    ['八十六元四角', '86.40'],
    ['两块半', '2.50'],
    ['一百零五元', '105.00'],
    ['一百二', '120.00'],
    ['三千五百块钱', '3500.00'],
    ['两千三', '2300.00'],
    ['十二点五', '12.50'],
    ['12.50元', '12.50'],
    ['五毛', '0.50'],
    ['嗯，大概三十块吧。', '30.00'],
    ['￥88', '88.00'],
  ])('%s is %s', (text, expected) => {
    expect(amount(text, 'zh')).toMatchObject({ type: 'value', value: expected });
  });

  it('may be meant in two ways, and both are known', () => {
    expect(amount('five fifty')).toMatchObject({ value: '5.50', others: ['550.00'], certain: false });
    expect(amount('five dollars fifty')).toMatchObject({ value: '5.50', others: [], certain: true });
  });

  it('is not found where no number is', () => {
    expect(amount('I am not sure')).toEqual({ type: 'none' });
    expect(amount('不知道', 'zh')).toEqual({ type: 'none' });
    expect(amountsIn('', 'en')).toEqual([]);
  });
});

describe('a price named for a choice', () => {
  const options = [
    { id: 'lamp', label: 'the lamp', words: ['lamp'], price: 29.99 },
    { id: 'mug', label: 'the mug', words: ['mug'], price: 12.5 },
    { id: 'tray', label: 'the tray', words: ['tray'], price: 47 },
  ];
  const choose = (text: string, language: 'en' | 'zh' = 'en') =>
    captureChoice({ text, language, options, page: 0, pageSize: 3, newestFirst: false });

  it.each([
    ['the one for twelve fifty', 'mug'],
    ['the thirty dollar one', 'lamp'],
    ['the one that cost twenty-nine ninety-nine', 'lamp'],
    ['the $47 one', 'tray'],
    ['the twelve fifty one', 'mug'],
  ])('%s is the %s', (text, id) => {
    expect(choose(text)).toEqual({ type: 'chosen', id });
  });

  it('is understood in Chinese', () => {
    expect(choose('十二块五的那个', 'zh')).toEqual({ type: 'chosen', id: 'mug' });
    expect(choose('三十块的', 'zh')).toEqual({ type: 'chosen', id: 'lamp' });
  });

  it('must be that of one thing', () => {
    expect(choose('the twenty dollar one')).toEqual({ type: 'unclear' });
  });
});
