import { describe, expect, it } from 'vitest';
import { captureDate, dayPartIn } from '../../../../src/dialog/capture/dates.ts';

/** The day of the call is a Wednesday, June 10, 2026. */
function day(text: string, past: boolean, language: 'en' | 'zh' = 'en') {
  const input = { text, alternatives: [], language, partial: '', plausible: [], rejected: [] };
  const captured = captureDate(input, { day: '2026-06-10', past });
  return captured.type === 'value' ? captured.value : undefined;
}

describe('a day to come', () => {
  it.each([
    ['today', '2026-06-10'],
    ['tomorrow afternoon', '2026-06-11'],
    ['the day after tomorrow', '2026-06-12'],
    ['Friday', '2026-06-12'],
    ['next Friday', '2026-06-19'],
    ['on Tuesday morning', '2026-06-16'],
    ['June 12th', '2026-06-12'],
    ['the twelfth', '2026-06-12'],
    ['the first of July', '2026-07-01'],
    ['the fifth', '2026-07-05'],
    ['in three days', '2026-06-13'],
    ['6/15', '2026-06-15'],
  ])('%s is %s', (text, expected) => {
    expect(day(text, false)).toBe(expected);
  });

  it.each([
    ['明天', '2026-06-11'],
    ['后天下午', '2026-06-12'],
    ['大后天', '2026-06-13'],
    ['周五', '2026-06-12'],
    ['周一', '2026-06-15'],
    ['下周二', '2026-06-16'],
    ['这周日', '2026-06-14'],
    ['六月十二号', '2026-06-12'],
    ['12号', '2026-06-12'],
    ['五号', '2026-07-05'],
    ['三天后', '2026-06-13'],
  ])('%s is %s', (text, expected) => {
    expect(day(text, false, 'zh')).toBe(expected);
  });
});

describe('a day gone by', () => {
  it.each([
    ['last Tuesday', '2026-06-09'],
    ['Friday', '2026-06-05'],
    ['yesterday', '2026-06-09'],
    ['two weeks ago', '2026-05-27'],
    ['June 20', '2025-06-20'],
    ['the third', '2026-06-03'],
  ])('%s is %s', (text, expected) => {
    expect(day(text, true)).toBe(expected);
  });

  it.each([
    ['上周二', '2026-06-02'],
    ['周二', '2026-06-09'],
    ['前天', '2026-06-08'],
    ['五月三号', '2026-05-03'],
    ['三天前', '2026-06-07'],
    ['二十号', '2026-05-20'],
  ])('%s is %s', (text, expected) => {
    expect(day(text, true, 'zh')).toBe(expected);
  });
});

describe('no day', () => {
  it.each(['any day', "I don't know", 'two', 'yes', 'W2378156', ''])('is "%s"', (text) => {
    expect(day(text, false)).toBeUndefined();
  });

  it.each(['不知道', '随便', '是的', '二月三十号'])('is %s', (text) => {
    expect(day(text, false, 'zh')).toBeUndefined();
  });
});

describe('the part of a day', () => {
  it('is told from words for it', () => {
    expect(dayPartIn('tomorrow morning', 'en')).toBe('morning');
    expect(dayPartIn('Friday after work', 'en')).toBe('afternoon');
    expect(dayPartIn('明天下午', 'zh')).toBe('afternoon');
    expect(dayPartIn('tomorrow', 'en')).toBeUndefined();
  });
});
