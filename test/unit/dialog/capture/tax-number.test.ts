import { describe, expect, it } from 'vitest';
import type { Language } from '../../../../src/core/language.ts';
import { captureTaxNumber, isCreditCode, isVatNumber } from '../../../../src/dialog/capture/tax-number.ts';

const read = (text: string, language: Language, partial = '') =>
  captureTaxNumber({ text, alternatives: [], language, partial, plausible: [], rejected: [] });

describe('a tax number', () => {
  it.each([
    ['en', 'DE 136 695 976', 'DE136695976'],
    ['en', 'D E one three six six nine five nine seven six', 'DE136695976'],
    ['en', 'delta echo 1 3 6 6 9 5 9 7 6', 'DE136695976'],
    ['en', 'A T U 1 3 5 8 5 6 2 7', 'ATU13585627'],
    ['en', 'NL 004495445 B 01', 'NL004495445B01'],
    ['en', '12 3456789', '123456789'],
    ['en', '91350100M000100Y43', '91350100M000100Y43'],
    ['zh', '91350100M000100Y43', '91350100M000100Y43'],
    ['zh', '九一三五零一零零M零零零一零零Y四三', '91350100M000100Y43'],
    ['zh', '幺二三四五六七八九零幺二三四五', '123456789012345'],
  ] as const)('in %s is read from "%s"', (language, text, value) => {
    expect(read(text, language)).toMatchObject({ type: 'value', value, certain: true });
  });

  it.each([
    ['en', 'DE 1 2 3 4 5', '', 'DE12345'],
    ['en', 'one two three', '', '123'],
    ['zh', '九一三五零一零零', '', '91350100'],
    ['zh', 'M零零零一', '91350100', '91350100M0001'],
  ] as const)('in %s begins with "%s"', (language, text, partial, value) => {
    expect(read(text, language, partial)).toEqual({ type: 'partial', value });
  });

  it('is put together from its chunks', () => {
    expect(read('6 9 5 9 7 6', 'en', 'DE136')).toMatchObject({ type: 'value', value: 'DE136695976' });
    expect(read('零零Y四三', 'zh', '91350100M0001')).toMatchObject({
      value: '91350100M000100Y43',
      certain: true,
    });
  });

  it('takes the letters O and I of a credit code for the digits they are', () => {
    expect(read('9135O1OOMOOO1OOY43', 'en')).toMatchObject({ value: '91350100M000100Y43', certain: true });
  });

  it.each([
    ['zh', '91350100M000100Y44'],
    ['en', 'DE 136 695 977'],
    ['en', 'A T U 1 3 5 8 5 6 2 8'],
  ] as const)('in %s is none with a wrong check: "%s"', (language, text) => {
    expect(read(text, language)).toEqual({ type: 'none' });
  });

  it('may go on where a longer one of the same country may begin so', () => {
    expect(read('RO 1 8 5 4', 'en')).toEqual({ type: 'partial', value: 'RO1854' });
    expect(read('7 2 9 0', 'en', 'RO1854')).toMatchObject({ type: 'value', value: 'RO18547290' });
  });

  it('is read alone when the chunk before it was misheard', () => {
    expect(read('DE 136 695 976', 'en', 'DE137')).toMatchObject({ value: 'DE136695976' });
  });

  it('is none without letters or digits', () => {
    expect(read('um', 'en')).toEqual({ type: 'none' });
    expect(read('我不知道', 'zh')).toEqual({ type: 'none' });
  });
});

describe('the check of a unified social credit code', () => {
  it.each(['91350100M000100Y43', '91110000802100433B', '914403001922038216'])('accepts %s', (code) => {
    expect(isCreditCode(code)).toBe(true);
  });
  it.each(['91350100M000100Y44', '91350100M000100Y4', '9135O100M000100Y43', '19350100M000100Y43'])(
    'refuses %s',
    (code) => {
      expect(isCreditCode(code)).toBe(false);
    },
  );
});

describe('the form of a VAT number', () => {
  it.each(['DE123456789', 'FRXX123456789', 'IE1234567WA', 'ESX1234567X', 'SE123456789001'])(
    'accepts %s',
    (code) => {
      expect(isVatNumber(code)).toBe(true);
    },
  );
  it.each(['DE12345678', 'US123456789', 'NL123456789', 'ATX12345678'])('refuses %s', (code) => {
    expect(isVatNumber(code)).toBe(false);
  });
});
