import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Language } from '../../../src/core/language.ts';
import { extractEntities } from '../../../src/understand/entities.ts';

function found(text: string, language: Language): string[] {
  return extractEntities(text, language).map(({ kind, value }) => `${kind} ${value}`);
}

describe('extractEntities', () => {
  it.each([
    ['Where is my order W 2 3 7 8 1 5 6?', ['order_number W2378156']],
    ['where is my order W 2 3 4, the blue shoes', ['order_number W234']],
    ['order #W2378156 and order #W5918442', ['order_number W2378156', 'order_number W5918442']],
    ['check order 12345', ['order_number 12345']],
    ['my order number is double two triple five', ['order_number 22555']],
    ['my email is j underscore smith at gmail dot com thanks', ['email j_smith@gmail.com']],
    ["It's mary dot jones forty two at yahoo dot co dot uk.", ['email mary.jones42@yahoo.co.uk']],
    ['J. Underscore Smith at gmail.com', ['email j_smith@gmail.com']],
    ['write to Bob@Example.org please', ['email bob@example.org']],
    ['my zip code is nine four one oh three', ['postal_code 94103']],
    ['my post code is S W 1 A', ['postal_code SW1A']],
    ['call me at 415 555 2671', ['phone_number 4155552671']],
    ['415-555-2671', ['phone_number 4155552671']],
    ['it was 1 2 3 4 5', ['digits 12345']],
    ['the second one', ['ordinal 2']],
    ['I mean the 3rd item or the last one', ['ordinal 3', 'ordinal last']],
  ])('finds in %j: %j', (text, entities) => {
    expect(found(text, 'en')).toEqual(entities);
  });

  it.each([
    ['我的订单W二三七八一五六到哪了', ['order_number W2378156']],
    ['订单一二三四五到哪里了', ['order_number 12345']],
    ['手机号是幺三八零零幺三八零零零', ['phone_number 13800138000']],
    ['我的电话13800138000', ['phone_number 13800138000']],
    ['邮编是一零零零八四', ['postal_code 100084']],
    ['邮箱是wang下划线lei艾特163点com', ['email wang_lei@163.com']],
    ['第二个', ['ordinal 2']],
    ['最后一个订单', ['ordinal last']],
  ])('finds in %j: %j', (text, entities) => {
    expect(found(text, 'zh')).toEqual(entities);
  });

  it.each([
    ['I paid $20.50 on 5/12/2026 at 10:30', 'en'],
    ['I have two questions about one order', 'en'],
    ['it cost three hundred dollars', 'en'],
    ['I was at home. com is a word', 'en'],
    ['meet me at the shop', 'en'],
    ['花了二十块钱买了两件', 'zh'],
    ['等一下', 'zh'],
  ] as const)('finds nothing in %j', (text, language) => {
    expect(found(text, language)).toEqual([]);
  });

  it('says where each stands', () => {
    const text = 'Order W 2 3 7 8 1, my mail is a.b at web dot de';
    for (const { start, end, text: words } of extractEntities(text, 'en'))
      expect(text.slice(start, end)).toBe(words);
    expect(extractEntities(text, 'en').map((entity) => entity.text)).toEqual([
      'W 2 3 7 8 1',
      'a.b at web dot de',
    ]);
  });

  it('never overlaps, keeps the order of the text, and never throws', () => {
    const word = fc.constantFrom(
      'order',
      'W',
      '2',
      '3',
      'two',
      'at',
      'dot',
      'com',
      'mail',
      '$',
      ':',
      'last',
      'one',
      '第',
      '二',
      '号',
      'zip',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 14 }),
        fc.constantFrom<Language>('en', 'zh'),
        (words, language) => {
          const text = words.join(' ');
          let end = 0;
          for (const entity of extractEntities(text, language)) {
            expect(entity.start).toBeGreaterThanOrEqual(end);
            expect(entity.end).toBeGreaterThan(entity.start);
            end = entity.end;
          }
          expect(end).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });
});
