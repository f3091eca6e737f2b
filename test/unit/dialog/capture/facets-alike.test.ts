import { describe, expect, it } from 'vitest';
import { facetAlike, farthestOfGreeting } from '../../../../src/dialog/capture/facets-alike.ts';

function read(text: string, values: readonly string[], farthest?: number) {
  const options = values.map((level, index) => ({ id: String(index), facets: { level } }));
  const input = { text, language: 'en' as const, options, chosen: {}, keep: {}, asked: 'level' };
  return facetAlike({ ...input, wordsFor: () => [], namesFor: () => [] }, farthest)?.chosen.level;
}

describe('a short answer that sounds like a value', () => {
  it.each([
    ['Hi, please.', ['medium', 'high'], 'high'],
    ['Hey.', ['medium', 'high'], 'high'],
    ['Hi.', ['low', 'high'], 'high'],
    ['Read.', ['red', 'white'], 'red'],
    ['The Lennar one', ['linear', 'clicky', 'tactile'], 'linear'],
    ['Plane, please', ['plain', 'graphic'], 'plain'],
    ['Em, please.', ['S', 'M', 'L'], 'M'],
    ['Ell.', ['S', 'M', 'L', 'XL'], 'L'],
  ])('%s is it', (text, values, value) => {
    expect(read(text, values)).toBe(value);
  });

  it.each([
    ['nothing near', 'Green', ['red', 'white']],
    ['two as near', 'Re', ['red', 'read']],
    ['a no', 'No', ['snow', 'red']],
    ['a number', '34', ['thirty', 'red']],
    ['a sentence', 'I was hoping for the high one really', ['medium', 'high']],
    ['no words', '...', ['medium', 'high']],
  ])('is none when it is %s', (_what, text, values) => {
    expect(read(text, values)).toBeUndefined();
  });

  it('is a greeting rather than a colour, unless it sounds just like a value', () => {
    expect(read('Hello?', ['yellow', 'red'], farthestOfGreeting)).toBeUndefined();
    expect(read('Hi.', ['medium', 'high'], farthestOfGreeting)).toBe('high');
  });
});
