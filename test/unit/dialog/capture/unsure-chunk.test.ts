import { describe, expect, it } from 'vitest';
import type { Language } from '../../../../src/core/language.ts';
import { compileCodeShape } from '../../../../src/dialog/capture/code-shape.ts';
import { answerToChunk, unsureChunk } from '../../../../src/dialog/capture/unsure-chunk.ts';

const shape = compileCodeShape({ format: '^#?W\\d{7}$', example: '#W2378156' });

describe('the chunk of a code in doubt', () => {
  it.each([
    ['W2378156', 'W2379156', { before: 'W23', first: '78', second: '79', after: '156' }],
    ['W2378156', 'W2378196', { before: 'W2378', first: '156', second: '196', after: '' }],
    ['W2378156', 'W2978156', { before: '', first: 'W23', second: 'W29', after: '78156' }],
    ['19122', '15122', { before: '', first: '19', second: '15', after: '122' }],
    ['19122', '19125', { before: '19', first: '122', second: '125', after: '' }],
  ])('of %s or %s is one', (body, rival, chunk) => {
    expect(unsureChunk(body, rival)).toEqual(chunk);
  });

  it.each([
    ['the same', 'W2378156', 'W2378156'],
    ['in two chunks', 'W2378156', 'W2979156'],
    ['longer', 'W2378156', 'W23781566'],
  ])('is none when the rival is %s', (_, body, rival) => {
    expect(unsureChunk(body, rival)).toBeUndefined();
  });
});

describe('the answer to "7 8 or 7 9?"', () => {
  const chunk = { before: 'W23', first: '78', second: '79', after: '156' };
  const read = (text: string, language: Language) =>
    answerToChunk(
      { text, alternatives: [], language, partial: '', plausible: [], rejected: [] },
      chunk,
      shape,
    );

  const cases: readonly (readonly [Language, string, string, boolean])[] = [
    ['en', 'seven nine', 'W2379156', true],
    ['en', 'seven eight', 'W2378156', true],
    ['en', "it's 79", 'W2379156', true],
    ['en', 'nine', 'W2379156', true],
    ['en', 'um, eight', 'W2378156', true],
    ['en', 'eight, not nine', 'W2378156', true],
    ['en', 'the first one', 'W2378156', true],
    ['en', 'The second.', 'W2379156', true],
    ['en', 'the latter', 'W2379156', true],
    ['en', 'w two three seven nine', 'W2379156', true],
    ['en', 'seven five', 'W2375156', false],
    ['zh', '七九', 'W2379156', true],
    ['zh', '是七八', 'W2378156', true],
    ['zh', '九', 'W2379156', true],
    ['zh', '是九不是八', 'W2379156', true],
    ['zh', '第一个', 'W2378156', true],
    ['zh', '后面那个', 'W2379156', true],
    ['zh', '七五', 'W2375156', false],
  ];
  it.each(cases)('in %s, "%s", completes %s', (language, text, body, certain) => {
    expect(read(text, language)).toEqual({ body, certain });
  });

  it.each([
    ['en', 'yes'],
    ['en', 'I have no idea'],
    ['en', 'the first or the second'],
    ['zh', '对'],
    ['zh', '我不知道'],
  ] as const)('in %s, "%s", says nothing', (language, text) => {
    expect(read(text, language)).toBeUndefined();
  });

  it('is believed as the spelling recogniser heard it, where it was said', () => {
    const best = { characters: '79', begin: 3, score: -0.2, rivals: [[], []] };
    const spelled = { text: '7 9', otherTexts: [], best, plausible: [] };
    expect(
      answerToChunk(
        {
          text: 'seven find',
          alternatives: [],
          language: 'en',
          partial: '',
          plausible: [],
          rejected: [],
          spelled,
        },
        chunk,
        shape,
      ),
    ).toEqual({ body: 'W2379156', certain: true });
  });
});
