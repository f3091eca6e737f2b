import { describe, expect, it } from 'vitest';
import type { Language } from '../../../../src/core/language.ts';
import { captureYesNo } from '../../../../src/dialog/capture/yes-no.ts';

const cases = (
  language: Language,
  answer: 'yes' | 'no' | undefined,
  clear: boolean | undefined,
  texts: string[],
) =>
  texts.map((text): [string, Language, string | undefined, boolean | undefined] => [
    text,
    language,
    answer,
    clear,
  ]);

describe('yes and no', () => {
  it.each([
    ...cases('en', 'no', false, [
      'Not yet. I also want the lamp for one in black.',
      'Okay. No thank you.',
      'Yeah, no.',
    ]),
    ...cases('zh', 'no', false, ['好的，不用了', '嗯好，不要了谢谢']),
    ...cases('zh', 'no', true, ['还没有', '还没呢']),
    ...cases('en', 'yes', true, [
      'Yes.',
      'yeah',
      'Yep, sure.',
      'Yes, please.',
      "that's right",
      'Right?',
      'correct',
      'Mm-hmm,',
      'uh-huh',
      'Okay.',
      'go ahead',
      'of course',
      'no problem',
      'I would',
      'sounds good, thank you',
      'why not',
    ]),
    ...cases('en', 'no', true, [
      'No.',
      'Not yet.',
      'nope',
      'No, thank you.',
      'not really',
      "that's not right",
      "that's wrong",
      'no thanks, nothing else',
      "that's all",
      "no, that's all, thanks",
      "I'm good",
      "it's not",
    ]),
    ...cases('en', 'yes', false, ['yes, but change the address', 'yeah the one with the lamp', 'please']),
    ...cases('en', 'no', false, ['no, the other one', "no, it's W 2 3 7", "no that's right"]),
    ...cases('en', undefined, undefined, [
      '',
      'where is my order',
      "I don't know",
      'not sure',
      'what was that',
      'right now I want to know where my parcel is',
      'agent',
      'the second one',
    ]),
    ...cases('zh', 'yes', true, [
      '是',
      '是的。',
      '对',
      '对的',
      '好的',
      '没错',
      '可以',
      '嗯，对',
      '没问题',
      '行',
      '要的',
      '就是这个',
      '好，谢谢',
    ]),
    ...cases('zh', 'no', true, [
      '不是',
      '不',
      '不用了',
      '没有了',
      '没有了谢谢',
      '不对',
      '不要',
      '不需要',
      '不用谢谢',
      '算了',
      '错了',
    ]),
    ...cases('zh', 'no', false, ['不是，是另外一个', '不对，是W2378']),
    ...cases('zh', 'yes', false, ['是的，不过地址要改', '对，就是那盏台灯']),
    ...cases('zh', undefined, undefined, ['你好', '不知道', '我要查订单', '转人工', '是不是', '不清楚']),
  ])('"%s" (%s) is %s, clear: %s', (text, language, answer, clear) => {
    const captured = captureYesNo(text, language);
    expect(captured?.answer).toBe(answer);
    expect(captured?.clear).toBe(clear);
  });
});

describe('a yes with a closing', () => {
  it.each([
    ["Yes, that's all.", 'en', 'Is that everything?', 'yes'],
    ['Yes, please, that is everything, thank you.', 'en', 'Are these all the items?', 'yes'],
    ["No, that's all.", 'en', 'Is that everything?', 'no'],
    ["Yes, that's all, thanks.", 'en', 'Is there anything else I can do for you?', 'no'],
    ['是的，没有了。', 'zh', '就是这些商品了吗？', 'yes'],
    ['对，就这些。', 'zh', '只有这些商品吗？', 'yes'],
    ['好的，没有了，谢谢', 'zh', '请问还有其他需要吗？', 'no'],
  ] as const)('"%s" (%s) after "%s" is %s', (text, language, question, answer) => {
    expect(captureYesNo(text, language, question)).toMatchObject({ answer, clear: text.startsWith('No') });
  });
});

describe('a yes that says the question again', () => {
  it.each([
    ['Yes, send it.', 'en', 'The invoice goes to you. Shall I send it?', true],
    ['yes please, cancel it', 'en', 'Order W1, with a lamp. Shall I cancel it?', true],
    ['Yes, go ahead and cancel it', 'en', 'Shall I cancel it?', true],
    ['Yes, cancel it', 'en', 'Shall I send it to 5 Oak Street?', false],
    ['Yes, return it', 'en', 'I can return the mug. Shall I send the label?', false],
    ['yes, only one of them', 'en', 'Shall I return only one of them?', false],
    ['Yes, the mug', 'en', 'Shall I return the mug and the lamp?', false],
    ['是的，取消吧', 'zh', '订单W1。要取消这个订单吗？', true],
    ['好的，帮我取消', 'zh', '要取消这个订单吗？', true],
    ['是的，取消吧', 'zh', '要改成新地址吗？', false],
    ['是的，只退杯子', 'zh', '要退杯子和台灯吗？', false],
    ['Yes, send it.', 'en', undefined, false],
  ] as const)('"%s" (%s) after "%s" is clear: %s', (text, language, question, clear) => {
    expect(captureYesNo(text, language, question)).toMatchObject({ answer: 'yes', clear });
  });
});
