import { describe, expect, it } from 'vitest';
import { detectLanguage } from '../../../src/understand/normalize/language.ts';
import { normalForm } from '../../../src/understand/normalize/normal-form.ts';

describe('normalForm', () => {
  it.each([
    ["Um, I'd like to, uh, check on my order, please.", 'i would like to check on my order please'],
    ['Where is order W 2 3 7?', 'where is order w237'],
    ["That's right!", 'that is right'],
    ["It's been two weeks", 'it has been two weeks'],
    ["What is John's order", "what is john's order"],
    ["I can't, won't and DON'T.", 'i cannot will not and do not'],
    ['I wanna know', 'i want to know'],
    ['Uh-huh.', 'uhhuh'],
    ['Mm-hmm', 'uhhuh'],
    ['uh uh', 'uhuh'],
    ['Hmm.', 'hmm'],
    ['j.smith@gmail.com', 'j.smith@gmail.com'],
    ['twenty three days', '23 days'],
    ['“Hello” — there…', 'hello there'],
    ['   ', ''],
  ])('writes English %j as %j', (text, normal) => {
    expect(normalForm(text, 'en')).toBe(normal);
  });

  it.each([
    ['嗯，那个，我的訂單到哪裡了？', '我的订单到哪里了'],
    ['呃，查一下W二三七八', '查一下w2378'],
    ['那个我想问一下', '我想问一下'],
    ['那个还没到', '那个还没到'],
    ['就是这个。', '就是这个'],
    ['嗯。', '嗯'],
    ['T恤 还没到', 't恤还没到'],
    ['等一下', '等一下'],
    ['你好，hello world！', '你好hello world'],
    ['Ｗ２３７', 'w237'],
  ])('writes Mandarin %j as %j', (text, normal) => {
    expect(normalForm(text, 'zh')).toBe(normal);
  });
});

describe('detectLanguage', () => {
  it.each([
    ['where is my order', 'zh', 'en'],
    ['我的订单到哪了', 'en', 'zh'],
    ['我的order在哪', 'en', 'zh'],
    ['T恤', 'en', 'zh'],
    ['I bought a 耳机 in your shop last week', 'zh', 'en'],
    ['W2378156', 'zh', 'zh'],
    ['W2378156', 'en', 'en'],
    ['OK', 'zh', 'zh'],
    ['bye bye', 'zh', 'zh'],
    ['wanglei@example.com', 'zh', 'zh'],
    ['1 2 3', 'en', 'en'],
    ['', 'zh', 'zh'],
  ] as const)('takes %j in a call in %s for %s', (text, fallback, language) => {
    expect(detectLanguage(text, fallback)).toBe(language);
  });
});
