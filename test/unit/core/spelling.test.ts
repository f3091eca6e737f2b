import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractSpelledRuns, spelledToCharacters } from '../../../src/core/spelling.ts';

const english: [said: string, characters: string][] = [
  ['W2378156', 'W2378156'],
  ['w2378156.', 'W2378156'],
  ['#W2378156', 'W2378156'],
  ['W 2 3 7 8 1 5 6.', 'W2378156'],
  ['W-2-3-7, 8-1-5-6', 'W2378156'],
  ['W 2,378,156', 'W2378156'],
  ['Double U. Two three seven eight one five six', 'W2378156'],
  ['Double you two three', 'W23'],
  ['double-u two three seven', 'W237'],
  ['It is W, twenty three seventy eight one fifty-six.', 'W2378156'],
  ['W as in whiskey, two, three', 'W23'],
  ['D as in Boy, nine nine', 'B99'],
  ['B for Bravo four four', 'B44'],
  ['Whiskey two three seven', 'W237'],
  ['x-ray seven seven', 'X77'],
  ['double two triple five oh one', '2255501'],
  ['double 2 3', '223'],
  ['W, seven, nine, two, double, one, four, six.', 'W7921146'],
  ['three hundred and seventy eight', '378'],
  ['three hundred five six', '3056'],
  ['two thousand twenty six', '2026'],
  ['2 hundred', '200'],
  ['nineteen oh five', '1905'],
  ['one oh five', '105'],
  ['five for eight ate two', '54882'],
  ['two five for to', '2542'],
  ['to', '2'],
  ['To three, for.', '234'],
  ['um, two three, and then, uh, seven', '237'],
  ['My order number is W 2 3, I would like to know where it is', 'W23'],
  ['the one I ordered is W 2 3 7', 'W237'],
  ['Sure. It’s for five six seven.', '4567'],
  ['Ｗ２３７８', 'W2378'],
  ['WD 237', 'WD237'],
  ['oh eight two', '082'],
];

const chinese: [said: string, characters: string][] = [
  ['W二三七八一五六', 'W2378156'],
  ['W 2 3 7 8 1 5 6。', 'W2378156'],
  ['订单号是W二三七八幺五六', 'W2378156'],
  ['达不溜两三七八幺五六', 'W2378156'],
  ['达不溜,二三,七八,嗯,一五六', 'W2378156'],
  ['大不留二三', 'W23'],
  ['两个五三个零', '55000'],
  ['二十三七十八一百五十六', '2378156'],
  ['一百零五', '105'],
  ['两百五', '250'],
  ['一千零二十', '1020'],
  ['十六', '16'],
  ['二三腰五六', '23156'],
  ['幺三八零零幺三八零零零', '13800138000'],
  ['号码是１３８', '138'],
];

describe('spelledToCharacters', () => {
  it.each(english)('reads English %j as %s', (said, characters) => {
    expect(spelledToCharacters(said, 'en').text).toBe(characters);
  });

  it.each(chinese)('reads Mandarin %j as %s', (said, characters) => {
    expect(spelledToCharacters(said, 'zh').text).toBe(characters);
  });

  it.each([
    ['I want to check the status of my order', 'en'],
    ['Are you there? I see.', 'en'],
    ['oh, why would you do that for me', 'en'],
    ['Oh.', 'en'],
    ['I bought a TV from you, OK?', 'en'],
    ['one moment please', 'en'],
    ['我要查一下我的订单', 'zh'],
    ['我周五买了两件衣服', 'zh'],
    ['是的', 'zh'],
    ['第一个', 'zh'],
  ] as const)('finds nothing spelled in %j', (said, language) => {
    expect(spelledToCharacters(said, language).tokens).toEqual([]);
  });

  it('says which words each character was read from', () => {
    const said = 'It is double you, twenty-three';
    expect(spelledToCharacters(said, 'en').tokens).toEqual([
      { characters: 'W', text: 'double you', start: 6, end: 16 },
      { characters: '23', text: 'twenty-three', start: 18, end: 30 },
    ]);
  });

  it('keeps offsets inside any text, in order, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc
            .array(
              fc.constantFrom(
                'double',
                'U',
                '2',
                'two',
                'hundred',
                'for',
                'as',
                'in',
                '-',
                '三',
                '个',
                '十',
                '零',
                '百',
                'W2',
              ),
              {
                maxLength: 12,
              },
            )
            .map((words) => words.join(' ')),
        ),
        fc.constantFrom('en' as const, 'zh' as const),
        (text, language) => {
          let end = 0;
          for (const token of spelledToCharacters(text, language).tokens) {
            expect(token.start).toBeGreaterThanOrEqual(end);
            expect(token.end).toBeGreaterThan(token.start);
            expect(text.slice(token.start, token.end)).toBe(token.text);
            expect(token.characters).toMatch(/^[A-Z0-9]+$/);
            end = token.end;
          }
          expect(end).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });

  it('reads back any order number, however its characters are spaced and named', () => {
    const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 9 }),
        fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
        fc.constantFrom(' ', ', ', '-', '. '),
        (digits, asWords, separator) => {
          const said = digits.map((digit, index) => (asWords[index] ? (names[digit] ?? '') : String(digit)));
          expect(spelledToCharacters(`W${separator}${said.join(separator)}`, 'en').text).toBe(
            `W${digits.join('')}`,
          );
        },
      ),
    );
  });
});

describe('extractSpelledRuns', () => {
  it('finds the number in a sentence with its offsets', () => {
    const said = 'Where is my order W 2 3 7 8 1 5 6 please?';
    const [run, ...others] = extractSpelledRuns(said, 'en');
    expect(others).toEqual([]);
    expect(run?.value).toBe('W2378156');
    expect(said.slice(run?.start, run?.end)).toBe('W 2 3 7 8 1 5 6');
  });

  it('keeps numbers apart that ordinary words part', () => {
    const runs = extractSpelledRuns('not W 2 3 4 but I mean W 2 3 5', 'en');
    expect(runs.map((run) => run.value)).toEqual(['W234', 'W235']);
  });

  it('leaves out what is shorter than asked for', () => {
    expect(extractSpelledRuns('I ordered two shirts', 'en')).toEqual([]);
    expect(
      extractSpelledRuns('I ordered two shirts', 'en', { minLength: 1 }).map((run) => run.value),
    ).toEqual(['2']);
    expect(extractSpelledRuns('a row of 1 2 3', 'en', { minLength: 4 })).toEqual([]);
  });

  it('finds numbers in a Mandarin sentence', () => {
    const said = '帮我查一下订单W二三七八一五六到哪儿了';
    expect(extractSpelledRuns(said, 'zh').map((run) => [run.value, said.slice(run.start, run.end)])).toEqual([
      ['W2378156', 'W二三七八一五六'],
    ]);
  });
});
