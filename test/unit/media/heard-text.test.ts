import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heardPrefix, joinSentences } from '../../../src/media/heard-text.ts';

describe('heard text', () => {
  it('ends at a whole word of English', () => {
    const text = 'Your order has been shipped.';
    expect(heardPrefix(text, 0.5)).toBe('Your order has');
    expect(heardPrefix(text, 0.01)).toBe('');
    expect(heardPrefix(text, 0.99)).toBe('Your order has been');
    expect(heardPrefix(text, 1)).toBe(text);
  });

  it('ends at a whole character of Chinese', () => {
    expect(heardPrefix('您的订单已经发货了。', 0.5)).toBe('您的订单');
    expect(heardPrefix('您的订单已经发货了。', 1)).toBe('您的订单已经发货了。');
  });

  it('takes a number to be said more slowly than a word as long', () => {
    expect(heardPrefix('12345678 is the number', 0.6)).toBe('');
    expect(heardPrefix('absolute is the number', 0.6)).toBe('absolute is');
  });

  it('is a beginning of the text that grows with the share', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('好的，Mike，请稍等。', 'a  b 客服 c'),
    );
    fc.assert(
      fc.property(
        texts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (text, a, b) => {
          const shorter = heardPrefix(text, Math.min(a, b));
          const longer = heardPrefix(text, Math.max(a, b));
          expect(text.startsWith(longer)).toBe(true);
          expect(longer.startsWith(shorter)).toBe(true);
          expect(heardPrefix(text, 0)).toBe('');
          expect(heardPrefix(text, 1)).toBe(text.trimEnd());
        },
      ),
    );
  });

  it('joins sentences as they are written', () => {
    expect(joinSentences(['Hello.', 'How are you?'])).toBe('Hello. How are you?');
    expect(joinSentences(['Hello. ', 'How are you? '])).toBe('Hello. How are you?');
    expect(joinSentences(['您好。', '我是客服。'])).toBe('您好。我是客服。');
    expect(joinSentences(['', 'Yes.', ''])).toBe('Yes.');
    expect(joinSentences([])).toBe('');
  });
});
