import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, isImplausible, loopEnd } from '../../../src/workers/moonshine-text.ts';

describe('a text of Moonshine', () => {
  it.each([
    ['Yes, yes, yes, yes', 'Yes'],
    ['Yes, yes, yes, yes, yes.', 'Yes'],
    ['W-2-3-7-8-1-5-6-3-7-8-1-5-6-3-7-8-1-5-6-3-7-', 'W-2-3-7-8-1-5-6'],
    ['I want to I want to I want to I want to', 'I want to'],
  ])('that went into a loop (%s) is kept up to the loop: %s', (text, kept) => {
    expect(loopEnd(text)).toBeDefined();
    expect(isImplausible(text, 60_000)).toBe(true);
    expect(cleanText(text, 2000)).toBe(kept);
  });

  it.each([
    'No, no, no.',
    'W5555556',
    '5 5 5 5 5 5 5',
    'zero zero zero zero zero',
    'one two three one two three one two three',
    'Where is my order?',
    'A A A A',
  ])('that repeats as callers do (%s) is kept whole', (text) => {
    expect(loopEnd(text)).toBeUndefined();
    expect(cleanText(text, 2000)).toBe(text);
  });

  it('that nobody can have said is nothing', () => {
    expect(cleanText('You', 2000)).toBe('');
    expect(cleanText(' you. ', 2000)).toBe('');
    expect(cleanText('...', 2000)).toBe('');
    expect(cleanText('大家啊啊啊', 2000)).toBe('');
    expect(cleanText('♪ together ♪', 2000)).toBe('');
    expect(cleanText('Café Zoë, 12', 2000)).toBe('Café Zoë, 12');
    expect(cleanText('Thank you.', 160)).toBe('');
    expect(cleanText('Thank you.', 600)).toBe('Thank you.');
    expect(cleanText('Yes.', 160)).toBe('Yes.');
  });

  it('with more words than fit into the time is implausible', () => {
    expect(isImplausible('I would like to know where my order is and when it comes.', 700)).toBe(true);
    expect(isImplausible('I would like to know where my order is and when it comes.', 3000)).toBe(false);
    expect(isImplausible('Yes, please.', 300)).toBe(false);
  });

  it('never gets longer, and is never made out of nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('yes ', 'no ', '5 ', 'W-', ', ', '.') }), (text) => {
        const cleaned = cleanText(text, 1000);
        expect(text).toContain(cleaned);
      }),
    );
  });
});
