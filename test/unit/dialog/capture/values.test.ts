import { describe, expect, it } from 'vitest';
import type { Expecting } from '../../../../src/core/dialog.ts';
import type { Language } from '../../../../src/core/language.ts';
import { assessCompleteness, captureUnasked, captureValue } from '../../../../src/dialog/capture/capture.ts';
import { saysCannot } from '../../../../src/dialog/capture/cannot.ts';
import { captureChoice } from '../../../../src/dialog/capture/choice.ts';
import { compileCodeShape } from '../../../../src/dialog/capture/code-shape.ts';
import type { CaptureInput } from '../../../../src/dialog/capture/captured.ts';

const settings = {
  orderNumber: compileCodeShape({ format: '^#?W\\d{7}$', example: '#W2378156' }),
  postalCode: compileCodeShape({ format: '^(\\d{5}(-?\\d{4})?|\\d{6})$', example: '19122' }),
  phoneRegion: 'US',
};
const input = (text: string, language: Language, more: Partial<CaptureInput> = {}): CaptureInput => ({
  text,
  language,
  alternatives: [],
  partial: '',
  plausible: [],
  rejected: [],
  ...more,
});
const capture = (kind: string, text: string, language: Language = 'en', more: Partial<CaptureInput> = {}) =>
  captureValue(kind, input(text, language, more), settings);

describe('an e-mail address', () => {
  it.each<[string, Language, string]>([
    ['anna.smith@example.com', 'en', 'anna.smith@example.com'],
    ["It's Anna.Smith@Example.com.", 'en', 'anna.smith@example.com'],
    ['j underscore smith at gmail dot com', 'en', 'j_smith@gmail.com'],
    ['John.smith at example.com.', 'en', 'john.smith@example.com'],
    ['john dot smith at example dot com', 'en', 'john.smith@example.com'],
    ['Sarah underscore Lopez at mail.com.', 'en', 'sarah_lopez@mail.com'],
    ['my email is noah dot brown seven nine two two at example dot com', 'en', 'noah.brown7922@example.com'],
    ['sophia.thomasthreezeroonenine@example.com', 'en', 'sophia.thomas3019@example.com'],
    ['It is lucas.brown threefive.four at example dot com', 'en', 'lucas.brown354@example.com'],
    ['yusuf dot rossi nine six two zero at example dot com please', 'en', 'yusuf.rossi9620@example.com'],
    ['mei underscore chen at hot mail dot com', 'en', 'mei_chen@hotmail.com'],
    ['anna dash smith at gmail', 'en', 'anna-smith@gmail.com'],
    ['anna underscore gonzalez oh seven four nine at gmail dot com', 'en', 'anna_gonzalez0749@gmail.com'],

    ['uh anna plus shop at example dot co dot uk', 'en', 'anna+shop@example.co.uk'],
    ['J as in John, S as in Sam at example dot com', 'en', 'js@example.com'],
    ['张的邮箱是zhangwei艾特example点com', 'zh', 'zhangwei@example.com'],
    ['一二三四五六at qq点com', 'zh', '123456@qq.com'],
    ['mei下划线chen艾特163点com', 'zh', 'mei_chen@163.com'],
    ['邮箱 li.na@example.cn', 'zh', 'li.na@example.cn'],
  ])('"%s" (%s)', (text, language, expected) => {
    expect(capture('email', text, language)).toMatchObject({ type: 'value', value: expected });
  });

  it('offers the number that was glued to a word as another reading', () => {
    expect(capture('email', 'My email is maryforty2 at gmail.com.')).toMatchObject({
      value: 'maryforty2@gmail.com',
      others: ['mary42@gmail.com'],
    });
  });

  it("becomes the candidate's own when it is that but for one letter", () => {
    const plausible = ['mei_chen@example.com'];
    expect(capture('email', 'mey underscore chen at example dot com', 'en', { plausible })).toMatchObject({
      value: 'mei_chen@example.com',
    });
  });

  it.each(['where is my order', "I'm at home", 'gmail', ''])('is not seen in "%s"', (text) => {
    expect(capture('email', text).type).toBe('none');
  });
});

describe("a person's name", () => {
  it.each<[string, Language, string]>([
    ['Yusuf Rossi', 'en', 'Yusuf Rossi'],
    ['My name is Sarah Lopez, the code 90210.', 'en', 'Sarah Lopez'],
    ["it's Noah Brown", 'en', 'Noah Brown'],
    ['this is mary jane watson', 'en', 'Mary Jane Watson'],
    ['Yusuf Rossi, R O S S I', 'en', 'Yusuf Rossi'],
    ['Noah Braun, B R O W N', 'en', 'Noah Brown'],
    ["Sinead O'Connor", 'en', "Sinead O'Connor"],
    ['我叫张伟', 'zh', '张伟'],
    ['欧阳娜娜', 'zh', '欧阳娜娜'],
    ['我的名字是李小龙，邮编200040', 'zh', '李小龙'],
    ['Yusuf Rossi', 'zh', 'Yusuf Rossi'],
  ])('"%s" (%s)', (text, language, expected) => {
    expect(capture('person_name', text, language)).toMatchObject({ type: 'value', value: expected });
  });

  it('is only begun with one word', () => {
    expect(capture('person_name', 'Yusuf')).toEqual({ type: 'partial', value: 'Yusuf' });
    expect(capture('person_name', 'Rossi', 'en', { partial: 'Yusuf' })).toMatchObject({
      value: 'Yusuf Rossi',
    });
  });

  it.each<[string, Language]>([
    ['I want to talk to an agent', 'en'],
    ['where is my package', 'en'],
    ['what', 'en'],
    ['转人工', 'zh'],
    ['我不知道怎么说', 'zh'],
  ])('is not seen in "%s"', (text, language) => {
    expect(capture('person_name', text, language).type).toBe('none');
  });
});

describe('a telephone number', () => {
  it.each<[string, Language, string]>([
    ['(212) 555-0142', 'en', '+12125550142'],
    ['two one two, five five five, zero one four two', 'en', '+12125550142'],
    ['+44 20 7946 0018', 'en', '+442079460018'],
    ['二一二五五五零幺四二', 'zh', '+12125550142'],
    ['幺三八零零幺三八零零零', 'zh', '+8613800138000'],
  ])('"%s" (%s)', (text, language, expected) => {
    expect(capture('phone_number', text, language)).toMatchObject({ type: 'value', value: expected });
  });

  it('is begun with a few digits and goes on', () => {
    expect(capture('phone_number', 'two one two')).toEqual({ type: 'partial', value: '212' });
    expect(capture('phone_number', '5 5 5 0 1 4 2', 'en', { partial: '212' })).toMatchObject({
      value: '+12125550142',
    });
  });
});

describe('a quantity', () => {
  it.each<[string, Language, string]>([
    ['to, please', 'en', '2'],
    ['Okay. Won.', 'en', '1'],
    ['two', 'en', '2'],
    ['twenty-three', 'en', '23'],
    ['just one', 'en', '1'],
    ['both', 'en', '2'],
    ['两个', 'zh', '2'],
    ['三件', 'zh', '3'],
  ])('"%s" (%s)', (text, language, expected) => {
    expect(capture('number', text, language)).toMatchObject({ value: expected });
  });
});

describe('a choice', () => {
  const options = [
    { id: 'A1', label: 'an office chair, ordered on Monday, June 8', words: ['pending', 'Office Chair'] },
    { id: 'A2', label: 'a bookshelf, ordered on Sunday, June 7', words: ['processed', 'Bookshelf'] },
    { id: 'A3', label: 'hiking boots, ordered on Monday, June 1', words: ['cancelled', 'Hiking Boots'] },
    { id: 'A4', label: 'a desk lamp, ordered on May 2', words: ['delivered', 'Desk Lamp'] },
  ];
  const chinese = [
    { id: 'B1', label: '昨天下单的台灯', words: ['台灯'] },
    { id: 'B2', label: '6月7日下单的书架', words: ['书架'] },
  ];
  const choose = (text: string, language: Language = 'en', page = 0) =>
    captureChoice({
      text,
      language,
      options: language === 'en' ? options : chinese,
      page,
      pageSize: 3,
      newestFirst: true,
    });

  it.each<[string, Language, string]>([
    ['the first one', 'en', 'A1'],
    ['number two', 'en', 'A2'],
    ['the third', 'en', 'A3'],
    ['three', 'en', 'A3'],
    ['the bookshelf', 'en', 'A2'],
    ['the one with the boots', 'en', 'A3'],
    ['the chair please', 'en', 'A1'],
    ['the one from June 7th', 'en', 'A2'],
    ['the cancelled one', 'en', 'A3'],
    ['my latest order', 'en', 'A1'],
    ['the oldest', 'en', 'A4'],
    ['the lamp', 'en', 'A4'],
    ['第一个', 'zh', 'B1'],
    ['第二个', 'zh', 'B2'],
    ['书架那个', 'zh', 'B2'],
    ['最近的那个', 'zh', 'B1'],
  ])('"%s" (%s) is %s', (text, language, id) => {
    expect(choose(text, language)).toEqual({ type: 'chosen', id });
  });

  it('counts places on the page that was read out', () => {
    expect(choose('the first one', 'en', 3)).toEqual({ type: 'chosen', id: 'A4' });
  });

  it('knows "more" and "none of these" and what tells nothing', () => {
    expect(choose('more please').type).toBe('more');
    expect(choose('none of these').type).toBe('none-of-these');
    expect(choose('都不是', 'zh').type).toBe('none-of-these');
    expect(choose('the Monday one').type).toBe('unclear');
    expect(choose('hmm').type).toBe('unclear');
  });
});

describe('not having what was asked for', () => {
  it.each<[string, Language, boolean]>([
    ["I don't have the order number.", 'en', true],
    ["I don't know it", 'en', true],
    ['I forgot', 'en', true],
    ["can't find it", 'en', true],
    ['W 2 3 7', 'en', false],
    ['yes', 'en', false],
    ['没有订单号', 'zh', true],
    ['我忘了', 'zh', true],
    ['不记得', 'zh', true],
    ['二三七', 'zh', false],
  ])('"%s" (%s): %s', (text, language, expected) => {
    expect(saysCannot(text, language)).toBe(expected);
  });
});

describe('values that nobody asked for', () => {
  const unasked = (kind: string, text: string, more: Partial<CaptureInput> = {}) =>
    captureUnasked(kind, input(text, 'en', more), settings);

  it('are taken where they can be nothing else', () => {
    expect(unasked('order_number', 'where is order W 2 3 7 8 1 5 6')).toMatchObject({ value: '#W2378156' });
    expect(unasked('person_name', 'hi, my name is Noah Brown')).toMatchObject({ value: 'Noah Brown' });
    expect(unasked('postal_code', 'Noah Brown, zip code 80279')).toMatchObject({ value: '80279' });
    expect(unasked('postal_code', 'Noah Brown, 80279', { asked: 'person_name' })).toMatchObject({
      value: '80279',
    });
  });

  it('are left where they could be something else', () => {
    expect(unasked('postal_code', 'two three seven eight one').type).toBe('none');
    expect(unasked('order_number', 'I bought 3 lamps').type).toBe('none');
    expect(unasked('person_name', 'Noah Brown').type).toBe('none');
  });
});

describe('completeness', () => {
  const assess = (
    kind: Expecting['kind'],
    text: string,
    more: Partial<Expecting> = {},
    language: Language = 'en',
  ) => assessCompleteness(text, { slot: 'x', kind, ...more }, language, settings);

  it.each<[Expecting['kind'], string, Language, string]>([
    ['order_number', 'W 2 3 7 8 1 5 6', 'en', 'complete'],
    ['order_number', '2 3 7 8 1 5 6', 'en', 'complete'],
    ['order_number', 'W 2 3 7', 'en', 'incomplete'],
    ['order_number', 'my order number is', 'en', 'incomplete'],
    ['order_number', "I don't have it", 'en', 'unknown'],
    ['order_number', 'W二三七', 'zh', 'incomplete'],
    ['email', 'anna at example dot com', 'en', 'complete'],
    ['email', 'anna dot smith at', 'en', 'incomplete'],
    ['email', 'anna dot', 'en', 'incomplete'],
    ['email', 'hello', 'en', 'unknown'],
    ['yes_no', 'yes', 'en', 'complete'],
    ['yes_no', 'um', 'en', 'incomplete'],
    ['yes_no', 'the lamp', 'en', 'unknown'],
    ['yes_no', '不用了', 'zh', 'complete'],
    ['postal_code', '1 9 1', 'en', 'incomplete'],
    ['postal_code', '19122', 'en', 'complete'],
    ['phone_number', 'two one two', 'en', 'incomplete'],
    ['phone_number', '2125550142', 'en', 'complete'],
    ['person_name', 'my name is', 'en', 'incomplete'],
    ['anything', 'where is my order', 'en', 'unknown'],
    ['anything', 'I want to know, um', 'en', 'incomplete'],
  ])('%s: "%s" (%s) is %s', (kind, text, language, expected) => {
    expect(assess(kind, text, {}, language)).toBe(expected);
  });

  it('counts what earlier turns collected', () => {
    expect(assess('order_number', '8 1 5 6', { collected: 'W237' })).toBe('complete');
  });

  it('is unknown when nothing is expected', () => {
    expect(assessCompleteness('W 2 3', null, 'en', settings)).toBe('unknown');
  });

  it('of digits is decided by how many are wanted', () => {
    expect(assess('digits', '1 2 3', { keys: { min: 6, max: 6 } })).toBe('incomplete');
    expect(assess('digits', '1 2 3 4 5 6', { keys: { min: 6, max: 6 } })).toBe('complete');
  });

  it('of a choice is decided by the choices', () => {
    const choices = [
      { id: '1', label: 'the lamp' },
      { id: '2', label: 'the chair' },
    ];
    expect(assess('choice', 'the chair', { choices })).toBe('complete');
    expect(assess('choice', 'well', { choices })).toBe('unknown');
  });
});
