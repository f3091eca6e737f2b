import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spokenKinds, writtenText, type SpeechPart } from '../../../src/core/speech.ts';
import { languages } from '../../../src/core/language.ts';
import { pronounce } from '../../../src/speak/pronounce.ts';
import { splitSentences } from '../../../src/speak/pronounce/sentences.ts';

describe('splitSentences', () => {
  it.each([
    ['Hello. How are you? Fine!', ['Hello. ', 'How are you? ', 'Fine!']],
    ['Dr. Smith called.', ['Dr. Smith called.']],
    ['It costs 12.50 dollars. Ok.', ['It costs 12.50 dollars. ', 'Ok.']],
    ['Go to 12 Main St. Please wait.', ['Go to 12 Main St. ', 'Please wait.']],
    ['He lives in St. Louis now.', ['He lives in St. Louis now.']],
    ['We open at 9 a.m. every day.', ['We open at 9 a.m. every day.']],
    ['We close at 5 p.m. Your order ships.', ['We close at 5 p.m. ', 'Your order ships.']],
    ['From Mon. to Fri. only.', ['From Mon. to Fri. only.']],
    ['Mr. J. R. Smith is here.', ['Mr. J. R. Smith is here.']],
    ['No. 5 is ready. No. Wait.', ['No. 5 is ready. ', 'No. ', 'Wait.']],
    ['Write to a.b@c.com. Thanks.', ['Write to a.b@c.com. ', 'Thanks.']],
    ['He said "Stop." Then left.', ['He said "Stop." ', 'Then left.']],
    ['Well... yes. Wow!!! Good.', ['Well... yes. ', 'Wow!!! ', 'Good.']],
    ['Line one\nLine two', ['Line one\n', 'Line two']],
    ['Hello. 🙂', ['Hello. 🙂']],
    ['', []],
  ])('splits %j', (text, sentences) => {
    expect(splitSentences(text, 'en')).toEqual(sentences);
  });

  it.each([
    ['您好！请问有什么可以帮您？请说。', ['您好！', '请问有什么可以帮您？', '请说。']],
    ['共12.50元。谢谢', ['共12.50元。', '谢谢']],
    ['他说：“好的。”然后走了。', ['他说：“好的。”', '然后走了。']],
    ['第一；第二。', ['第一；', '第二。']],
    ['好的!谢谢?再见', ['好的!', '谢谢?', '再见']],
  ])('splits %j', (text, sentences) => {
    expect(splitSentences(text, 'zh')).toEqual(sentences);
  });
});

const partArbitrary: fc.Arbitrary<SpeechPart> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string({ unit: 'grapheme' }) }),
  fc.record({
    type: fc.constant('text' as const),
    text: fc.stringMatching(/^[ A-Za-z0-9.,!?$%&@#:/()'-]{0,40}$/),
  }),
  fc.record({
    type: fc.constant('value' as const),
    kind: fc.constantFrom(...spokenKinds),
    text: fc.string({ unit: 'grapheme' }),
    value: fc.string({ unit: 'grapheme' }),
  }),
);

describe('pronounce', () => {
  it('never throws and never loses written text, whatever it is given', () => {
    fc.assert(
      fc.property(fc.array(partArbitrary), fc.constantFrom(...languages), (parts, language) => {
        const sentences = pronounce(parts, language, { nowEpochMs: 0, timeZone: 'UTC' });
        const written = sentences.map((sentence) => sentence.written).join('');
        if (sentences.length > 0) expect(written).toBe(writtenText({ parts }));
      }),
      { numRuns: 500 },
    );
  });

  it('calls a sentence fixed only when no value is in it', () => {
    const sentences = pronounce(
      [
        { type: 'text', text: 'Thank you. Your order ' },
        { type: 'value', kind: 'order_number', text: '#W1', value: 'W1' },
        { type: 'text', text: ' is here. Anything else?' },
      ],
      'en',
      { nowEpochMs: 0, timeZone: 'UTC' },
    );
    expect(sentences.map(({ written, fixed }) => [written, fixed])).toEqual([
      ['Thank you. ', true],
      ['Your order #W1 is here. ', false],
      ['Anything else?', true],
    ]);
  });

  it('gives no sentence for what cannot be said', () => {
    expect(pronounce([{ type: 'text', text: ' … 🙂 ' }], 'en', { nowEpochMs: 0 })).toEqual([]);
  });
});
