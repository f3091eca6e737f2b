import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Language } from '../../../src/core/language.ts';
import { writtenText, type SpeechPart } from '../../../src/core/speech.ts';
import { compileExpression, splitName } from '../../../src/dialog/expressions.ts';
import type { Scope } from '../../../src/dialog/expressions.ts';
import { compileWording, renderWording } from '../../../src/dialog/wording.ts';

const context = {
  timeZone: 'America/New_York',
  phoneRegion: 'US',
  nowEpochMs: Date.parse('2026-06-10T15:00:00Z'),
  labels: { status: { shipped: { en: 'on its way', zh: '运输中' } } },
};

function parts(
  source: string,
  scope: Scope = {},
  language: Language = 'en',
): readonly SpeechPart[] | undefined {
  return renderWording(compileWording(source), scope, { ...context, language });
}
function written(source: string, scope: Scope = {}, language: Language = 'en'): string | undefined {
  const rendered = parts(source, scope, language);
  return rendered && writtenText({ parts: rendered });
}

describe('a wording', () => {
  it('becomes words and values with their kind', () => {
    const scope = { order: { id: '#W2378156' }, when: '2026-06-12' };
    expect(parts('Order {order.id|order_number} comes on {when|date}.', scope)).toEqual([
      { type: 'text', text: 'Order ' },
      { type: 'value', kind: 'order_number', text: '#W2378156', value: 'W2378156' },
      { type: 'text', text: ' comes on ' },
      { type: 'value', kind: 'date', text: 'Friday, June 12', value: '2026-06-12' },
      { type: 'text', text: '.' },
    ]);
  });

  it('is passed over when a value is missing', () => {
    expect(parts('Order {order.id|order_number}.', { order: null })).toBeUndefined();
    expect(parts('It comes {order.when|date}.', { order: { id: 'x' } })).toBeUndefined();
  });

  it('may hold braces, quotes and conditions in its places', () => {
    expect(written('{{{"}" + \'{\'}}}', {})).toBe('{}{}');
    expect(written('{a || b ? "yes" : "no"}', { a: false, b: true })).toBe('yes');
    expect(written('{a || b ? "x" : "y"|verbatim}', { a: false, b: false })).toBe('y');
  });

  it.each(['{order.id', 'order.id}', '{order.id|nothing}', '{order..id}'])(
    'with a mistake is refused: %s',
    (source) => {
      expect(() => compileWording(source)).toThrow();
    },
  );

  it('stands as it is without places, whatever it says', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = text.replaceAll('{', '{{').replaceAll('}', '}}');
        expect(written(escaped)).toBe(text);
      }),
    );
  });
});

describe('formatters', () => {
  const lamp = { name: 'Desk Lamp', quantity: 1 };
  const shirts = { name: 'T-Shirt', quantity: 2 };
  const box = { name: 'Storage Box', quantity: 3 };
  const boots = { name: 'Hiking Boots', quantity: 1 };
  const reader = { name: 'E-Reader', quantity: 1 };

  it.each<[string, unknown, Language, string]>([
    ['count:package,packages', 1, 'en', 'one package'],
    ['count:package,packages', 2, 'en', 'two packages'],
    ['count:package,packages', 0, 'en', 'no packages'],
    ['count:package,packages', 12, 'en', '12 packages'],
    ['count:个包裹', 2, 'zh', '两个包裹'],
    ['count:个包裹', 1, 'zh', '一个包裹'],
    ['count:个包裹', 12, 'zh', '12个包裹'],
    ['items', [lamp], 'en', 'a desk lamp'],
    ['items', [reader], 'en', 'an E-Reader'],
    ['items', [boots], 'en', 'hiking boots'],
    ['items', [lamp, shirts], 'en', 'a desk lamp and two T-Shirts'],
    ['items', [lamp, shirts, boots], 'en', 'a desk lamp, two T-Shirts and hiking boots'],
    ['items', [lamp, shirts, box, boots], 'en', 'a desk lamp, two T-Shirts and four more items'],
    ['items', [{ ...box, quantity: 2 }], 'en', 'two storage boxes'],
    ['items', [{ name: 'Bookshelf', quantity: 2 }], 'en', 'two bookshelves'],
    ['items', [{ name: 'Battery', quantity: 4 }], 'en', 'four batteries'],
    [
      'items',
      [
        { name: '台灯', quantity: 1 },
        { name: '衬衫', quantity: 2 },
      ],
      'zh',
      '台灯、两件衬衫',
    ],
    [
      'items',
      [{ name: '台灯' }, { name: '衬衫' }, { name: '书' }, { name: '杯子' }],
      'zh',
      '台灯、衬衫等共四件商品',
    ],
    ['day', '2026-06-10T20:00:00Z', 'en', 'today'],
    ['day', '2026-06-11', 'en', 'tomorrow'],
    ['day', '2026-06-09T20:00:00Z', 'en', 'yesterday'],
    ['day', '2026-06-15', 'en', 'on Monday, June 15'],
    ['day', '2026-06-11', 'zh', '明天'],
    ['day', '2026-06-15', 'zh', '6月15日星期一'],
    ['date', '2025-12-24', 'en', 'December 24, 2025'],
    // Two in the morning in London is still the day before in New York.
    ['date', '2026-06-12T02:00:00Z', 'en', 'Thursday, June 11'],
    ['time', '2026-06-12T18:30:00Z', 'en', '2:30 PM'],
    ['money', { amount: '12.50', currency: 'USD' }, 'en', '$12.50'],
    ['money', { amount: '99', currency: 'CNY' }, 'zh', '¥99.00'],
    ['phone', '+12125550142', 'en', '(212) 555-0142'],
    ['phone', '+442079460018', 'en', '+44 20 7946 0018'],
    ['label:status', 'shipped', 'en', 'on its way'],
    ['label:status', 'shipped', 'zh', '运输中'],
    ['plain', 'Memphis', 'en', 'Memphis'],
    ['plain', '上海', 'zh', '上海'],
    ['verbatim', '云雀速运', 'en', '云雀速运'],
    ['email', 'a@b.com', 'en', 'a@b.com'],
    ['number', 3, 'en', '3'],
  ])('%s of %j in %s: %s', (formatter, value, language, expected) => {
    expect(written(`{x|${formatter}}`, { x: value }, language)).toBe(expected);
  });

  it.each<[string, unknown, Language]>([
    ['date', 'soon', 'en'],
    ['day', 5, 'en'],
    ['money', '12.50', 'en'],
    ['money', { amount: 'free', currency: 'USD' }, 'en'],
    ['label:status', 'eaten', 'en'],
    ['label:nothing', 'shipped', 'en'],
    ['count:thing,things', 1.5, 'en'],
    ['items', [], 'en'],
    ['items', ['lamp'], 'en'],
    ['plain', '已签收', 'en'],
    ['plain', 'Delivered', 'zh'],
    ['order_number', 5, 'en'],
  ])('%s does not suit %j in %s', (formatter, value, language) => {
    expect(written(`{x|${formatter}}`, { x: value }, language)).toBeUndefined();
  });

  it('keep the raw value for pronunciation', () => {
    expect(parts('{x|money}', { x: { amount: '12.50', currency: 'USD' } })?.[0]).toMatchObject({
      value: '12.50 USD',
    });
    expect(parts('{x|phone}', { x: '(212) 555-0142' })?.[0]).toMatchObject({ value: '+12125550142' });
    expect(parts('{x|time}', { x: '2026-06-12T18:30:00Z' })?.[0]).toMatchObject({ value: '14:30' });
  });
});

describe('an expression', () => {
  it('mixes whole and decimal numbers as JSON does', () => {
    expect(compileExpression('n + 1').evaluate({ n: 2 })).toBe(3);
    expect(compileExpression('n * 2 - 1.5').evaluate({ n: 2 })).toBe(2.5);
    expect(compileExpression('size(found) == 2').evaluate({ found: [1, 2] })).toBe(true);
  });

  it('knows the slots and names it reads, without those of its own lists', () => {
    const expression = compileExpression(
      'slots.email == "x" && orders.filter(o, o.id == order.id)[0].status == "y"',
    );
    expect([expression.slots, expression.names]).toEqual([['email'], ['slots', 'orders', 'order']]);
  });

  it('that cannot be worked out is undefined, not an error', () => {
    expect(compileExpression('order.status == "x"').evaluate({ order: null })).toBeUndefined();
    expect(compileExpression('found[5]').evaluate({ found: [] })).toBeUndefined();
  });

  it.each(['1 +', 'order.', 'size(', 'process.exit(1', '"a" + 1'])(
    'with a mistake is refused: %s',
    (source) => {
      expect(() => compileExpression(source)).toThrow();
    },
  );

  it('reaches nothing outside its scope', () => {
    expect(compileExpression('process').evaluate({})).toBeUndefined();
    expect(compileExpression('x.constructor').evaluate({ x: {} })).toBeUndefined();
    expect(compileExpression('x.__proto__').evaluate({ x: {} })).toBeUndefined();
  });
});

describe('a full name', () => {
  it.each([
    ['Yusuf Rossi', 'Yusuf', 'Rossi'],
    ['Mary Jane Watson', 'Mary', 'Watson'],
    ['张伟', '伟', '张'],
    ['欧阳娜娜', '娜娜', '欧阳'],
  ])('%s is given %s, family %s', (full, given, family) => {
    expect(splitName(full)).toEqual({ given, family });
  });
});
