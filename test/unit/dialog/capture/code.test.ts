import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Language } from '../../../../src/core/language.ts';
import { captureCode, correct, soundAlikeReadings } from '../../../../src/dialog/capture/code.ts';
import { compileCodeShape, fitWhole, soundDistance } from '../../../../src/dialog/capture/code-shape.ts';
import type { CaptureInput } from '../../../../src/dialog/capture/captured.ts';

const orderNumber = compileCodeShape({ format: '^#?W\\d{7}$', example: '#W2378156' });
const postalCode = compileCodeShape({ format: '^(\\d{5}(-?\\d{4})?|\\d{6})$', example: '19122' });
const opaque = compileCodeShape({ example: 'KX-4471-B' });

const input = (text: string, language: Language, more: Partial<CaptureInput> = {}): CaptureInput => ({
  text,
  language,
  alternatives: [],
  partial: '',
  plausible: [],
  rejected: [],
  ...more,
});

describe('an order number of the form W and seven digits', () => {
  it.each<[string, string, Language, string]>([
    ['typed', '#W2378156', 'en', '#W2378156'],
    ['typed without the sign', 'w2378156', 'en', '#W2378156'],
    ['in a sentence', 'My order number is W2378156.', 'en', '#W2378156'],
    ['spelled', 'W 2 3 7 8 1 5 6', 'en', '#W2378156'],
    ['as words', 'W, two, three, seven, eight, one, five, six.', 'en', '#W2378156'],
    ['with dashes', 'W-2-3-7-8-1-5-6.', 'en', '#W2378156'],
    ['in groups', 'W-237-8156.', 'en', '#W2378156'],
    ['digits alone', '237-8156.', 'en', '#W2378156'],
    ['digits alone as words', 'two three seven eight one five six', 'en', '#W2378156'],
    ['double you', 'double you two three seven eight one five six', 'en', '#W2378156'],
    ['oh for zero', 'W 6 oh 2 oh 1 8 8', 'en', '#W6020188'],
    ['double digits', 'W-double-5, 0-0, 1-3-9.', 'en', '#W5500139'],
    ['pairs', 'W twenty three seventy eight one fifty six', 'en', '#W2378156'],
    ['as in', 'W as in whiskey, two three seven eight one five six', 'en', '#W2378156'],
    ['NATO', 'whiskey two three seven eight one five six', 'en', '#W2378156'],
    ['with please', "It's w two, three, seven, eight, one, five, six, please.", 'en', '#W2378156'],
    ['with um', 'um W two three um seven eight one five six', 'en', '#W2378156'],
    ['a last eight heard as A', 'W602018a', 'en', '#W6020188'],
    ['a letter that sounds like W', 'V 2 3 7 8 1 5 6', 'en', '#W2378156'],
    ['another letter in its place', 'B 2 3 7 8 1 5 6', 'en', '#W2378156'],
    ['a recogniser in a loop', 'W-2-3-7-8-1-5-6-3-7-8-1-5-6-3-7-8-1-5-6-3-7-', 'en', '#W2378156'],
    ['words read as letters before it', 'W. U.S. and Whiskey, 237-8156.', 'en', '#W2378156'],
    ['in Chinese', 'W二三七八一五六', 'zh', '#W2378156'],
    ['yao for one', 'W二三七八幺五六', 'zh', '#W2378156'],
    ['liang for two', 'W两三七八幺五六', 'zh', '#W2378156'],
    ['in a Chinese sentence', '我的订单号是W2378156', 'zh', '#W2378156'],
    ['the letter as it is written by ear', '达不溜二三七八一五六', 'zh', '#W2378156'],
    ['Chinese digits alone', '二三七八一五六', 'zh', '#W2378156'],
  ])('%s: "%s"', (_, text, language, expected) => {
    expect(captureCode(input(text, language), orderNumber)).toMatchObject({ type: 'value', value: expected });
  });

  it.each<[string, Language, string]>([
    ['W', 'en', 'W'],
    ['W 2 3 7', 'en', 'W237'],
    ['It is W, two, three.', 'en', 'W23'],
    ['2 3 7', 'en', 'W237'],
    ['W, two, three, seven, eight.', 'en', 'W2378'],
    ['W-2-3-7-A', 'en', 'W2378'],
    ['B 2 3', 'en', 'W23'],
    ['W二三七', 'zh', 'W237'],
    ['二三七八', 'zh', 'W2378'],
  ])('"%s" is a beginning', (text, language, expected) => {
    expect(captureCode(input(text, language), orderNumber)).toEqual({ type: 'partial', value: expected });
  });

  it.each<[string, Language]>([
    ['where is my order', 'en'],
    ['What is the status of my order?', 'en'],
    ['I would like to talk to someone', 'en'],
    ['1-800-439-5732. 1-800-HEY-KPFA.', 'en'],
    ['', 'en'],
    ['我的订单到哪里了', 'zh'],
    ['转人工', 'zh'],
  ])('"%s" holds none', (text, language) => {
    expect(captureCode(input(text, language), orderNumber).type).toBe('none');
  });

  it.each<[string, string, Language, string]>([
    ['W237', '8 1 5 6', 'en', '#W2378156'],
    ['W23781', 'five six', 'en', '#W2378156'],
    ['W2378', 'eight one five six', 'en', '#W2378156'],
    ['W2378', '7 8 1 5 6', 'en', '#W2378156'],
    ['W237', 'W 2 3 7 8 1 5 6', 'en', '#W2378156'],
    ['W2378', '一五六', 'zh', '#W2378156'],
    ['W', '2378156', 'en', '#W2378156'],
  ])('after %s, "%s" completes it', (partial, text, language, expected) => {
    expect(captureCode(input(text, language, { partial }), orderNumber)).toMatchObject({ value: expected });
  });

  it('grows chunk by chunk', () => {
    const first = captureCode(input('W 2 3', 'en'), orderNumber);
    const second = captureCode(input('7 8', 'en', { partial: 'W23' }), orderNumber);
    expect([first, second]).toEqual([
      { type: 'partial', value: 'W23' },
      { type: 'partial', value: 'W2378' },
    ]);
  });

  it('is read exactly whatever the digits, spelled in any grouping', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{7}$/),
        fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
        (digits, commas) => {
          const spelled = Array.from(digits)
            .map((digit, index) => digit + (commas[index] ? ', ' : ' '))
            .join('');
          const captured = captureCode(input(`W ${spelled}`, 'en'), orderNumber);
          expect(captured).toMatchObject({ type: 'value', value: `#W${digits}`, certain: true });
        },
      ),
    );
  });
});

describe("the caller's own orders", () => {
  const plausible = ['#W2378156', '#W4410273'];

  it.each([
    ['the same', 'W 2 3 7 8 1 5 6', '#W2378156', true],
    ['the last four digits', 'it ends with 8 1 5 6', '#W2378156', true],
    ['one digit that sounds alike', 'W 2 3 7 8 1 9 6', '#W2378156', true],
    ['one digit that does not', 'W 2 3 7 8 1 2 6', '#W2378156', false],
    ['a digit left out', 'W 2 3 7 8 1 5', '#W2378156', false],
    ['digits alone', '4 4 1 0 2 7 3', '#W4410273', true],
  ])('decide what was meant: %s', (_, text, value, certain) => {
    expect(captureCode(input(text, 'en', { plausible }), orderNumber)).toMatchObject({ value, certain });
  });

  it('do not pull a quite different number to them', () => {
    expect(captureCode(input('W 9 9 9 1 1 1 2', 'en', { plausible }), orderNumber)).toMatchObject({
      value: '#W9991112',
    });
  });

  it('are not proposed again once turned down', () => {
    const captured = captureCode(
      input('W 2 3 7 8 1 9 6', 'en', { plausible, rejected: ['#W2378156'] }),
      orderNumber,
    );
    expect(captured).toMatchObject({ value: '#W2378196' });
  });
});

describe('other readings of the recogniser', () => {
  it('come after the first reading', () => {
    const captured = captureCode(
      input('W 2 3 7 8 1 5 9', 'en', { alternatives: ['W 2 3 7 8 1 5 6', 'W 2 3 7 8 1 9 6'] }),
      orderNumber,
    );
    expect(captured).toMatchObject({ value: '#W2378159', others: ['#W2378156', '#W2378196'] });
  });

  it('are used when the first cannot be a number', () => {
    const captured = captureCode(
      input('double wide tree', 'en', { alternatives: ['W 2 3 7 8 1 5 6'] }),
      orderNumber,
    );
    expect(captured).toMatchObject({ value: '#W2378156', certain: false });
  });

  it('are guessed from sounds only where one place is in doubt', () => {
    expect(soundAlikeReadings('#W2378196', 'en', orderNumber)).toEqual(['#W2378156']);
    expect(soundAlikeReadings('#W2595195', 'en', orderNumber)).toEqual([]);
    expect(soundAlikeReadings('#W2308258', 'zh', orderNumber)).toEqual([]);
    expect(soundAlikeReadings('#W2308058', 'en', orderNumber)).toEqual(['#W2308098']);
  });
});

describe('a correction', () => {
  it.each<[string, string, Language, string]>([
    ['W2378196', 'no, five not nine', 'en', 'W2378156'],
    ['W2378196', "it's a five, not a nine", 'en', 'W2378156'],
    ['W2378196', 'not nine, five', 'en', 'W2378156'],
    ['W2378196', 'five instead of nine', 'en', 'W2378156'],
    ['W2378196', '5 not 9', 'en', 'W2378156'],
    ['W2378196', '不是九，是五', 'zh', 'W2378156'],
    ['W2378196', '是五不是九', 'zh', 'W2378156'],
  ])('%s, "%s"', (code, text, language, expected) => {
    expect(correct(code, text, language)).toBe(expected);
  });

  it.each(['no', 'that is not right', 'W 2 3 7', 'not that one'])('is not seen in "%s"', (text) => {
    expect(correct('W2378196', text, 'en')).toBeUndefined();
  });

  it('makes the corrected number a new value to be read back', () => {
    const captured = captureCode(input('no, five not nine', 'en', { partial: '#W2378196' }), orderNumber);
    expect(captured).toMatchObject({ type: 'value', value: '#W2378156', certain: false });
  });
});

describe('a shop without a format', () => {
  it.each<[string, Language, string]>([
    ['KX-4471-B', 'en', 'KX4471B'],
    ['K X four four seven one B', 'en', 'KX4471B'],
    ['my number is AB12345', 'en', 'AB12345'],
    ['K X 四四七幺 B', 'zh', 'KX4471B'],
  ])('takes any letters and digits: "%s"', (text, language, expected) => {
    expect(captureCode(input(text, language), opaque)).toMatchObject({ type: 'value', value: expected });
  });

  it('goes on from a beginning', () => {
    expect(captureCode(input('K X 4', 'en'), opaque)).toEqual({ type: 'partial', value: 'KX4' });
    expect(captureCode(input('4 7 1 B', 'en', { partial: 'KX4' }), opaque)).toMatchObject({
      value: 'KX4471B',
    });
  });

  it('gives a number that is among the own orders its own form', () => {
    const captured = captureCode(input('K X 4 4 7 1 B', 'en', { plausible: ['KX-4471-B'] }), opaque);
    expect(captured).toMatchObject({ value: 'KX-4471-B', certain: true });
  });
});

describe('a postal code', () => {
  it.each<[string, Language, string]>([
    ['19122', 'en', '19122'],
    ['one nine one two two', 'en', '19122'],
    ['nine four, one zero three', 'en', '94103'],
    ['my zip code is 90210', 'en', '90210'],
    ['ten thousand one', 'en', '10001'],
    ['19122-1234', 'en', '191221234'],
    ['一九一二二', 'zh', '19122'],
    ['二零零零四零', 'zh', '200040'],
  ])('"%s"', (text, language, expected) => {
    expect(captureCode(input(text, language), postalCode)).toMatchObject({ type: 'value', value: expected });
  });
});

describe('the shape of a code', () => {
  it('knows which characters its format allows where', () => {
    expect(orderNumber.prefix).toBe('W');
    expect([...(orderNumber.positions[1] ?? [])].sort().join('')).toBe('0123456789');
  });

  it('counts sound-alikes as near and others as far', () => {
    expect(soundDistance('W2378156', 'W2378196')).toBeCloseTo(0.4);
    expect(soundDistance('W2378156', 'W2378126')).toBe(1);
    expect(soundDistance('W2378156', 'W237815')).toBe(1);
  });

  it('fits nothing that is far from it', () => {
    expect(fitWhole('HELLOYOU', orderNumber)).toBeUndefined();
    expect(fitWhole('12', orderNumber)).toBeUndefined();
  });
});
