import { describe, expect, it } from 'vitest';
import { extractEntities } from '../../../src/understand/entities.ts';
import { wishWords } from '../../../src/understand/wish-words.ts';

describe('the words of a sentence that say what is wanted', () => {
  it.each([
    ['My package is lost, order W3489160', 'en', 'My package is lost'],
    ['My package is lost. My order number is W 3 4 8 9 1 6 0.', 'en', 'My package is lost.'],
    ['I want to cancel order W4410273', 'en', 'I want to cancel order'],
    ['I want to cancel order #W4410273, please', 'en', 'I want to cancel order, please'],
    ['W1093627 says delivered but I never got it', 'en', 'says delivered but I never got it'],
    ['我的包裹丢了，订单号W3489160', 'zh', '我的包裹丢了'],
    ['帮我取消订单W4410273', 'zh', '帮我取消订单'],
    ['It is W4410273', 'en', 'It is'],
    ['W4410273', 'en', 'W4410273'],
    ['order W4410273', 'en', 'order W4410273'],
    ['订单W4410273', 'zh', '订单W4410273'],
    ['I live in 10011 and want it faster', 'en', 'I live in 10011 and want it faster'],
  ] as const)('"%s" (%s): "%s"', (text, language, words) => {
    expect(wishWords(text, extractEntities(text, language), language)).toBe(words);
  });
});
