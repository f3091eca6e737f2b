import { describe, expect, it } from 'vitest';
import type { SpelledReading } from '../../../../src/core/recognition.ts';
import { assessCompleteness } from '../../../../src/dialog/capture/capture.ts';
import { captureCode } from '../../../../src/dialog/capture/code.ts';
import { compileCodeShape } from '../../../../src/dialog/capture/code-shape.ts';

const shape = compileCodeShape({ format: '^#?W\\d{7}$', example: '#W2378156' });
const postalCode = compileCodeShape({ format: '^\\d{5}$', example: '19122' });

interface Heard {
  readonly characters?: string;
  readonly begin?: number;
  readonly score?: number;
  /** Rivals by index of the character: `{ 6: ['9', 0.4] }`. */
  readonly rivals?: Readonly<Record<number, readonly [string, number]>>;
  readonly plausible?: readonly (readonly [string, number])[];
}

function spelled({
  characters = '',
  begin = 0,
  score = -0.5,
  rivals = {},
  plausible = [],
}: Heard): SpelledReading {
  return {
    text: Array.from(characters).join(' '),
    otherTexts: [],
    best: {
      characters,
      begin,
      score,
      rivals: Array.from(characters, (_, index) => {
        const rival = rivals[index];
        return rival ? [{ character: rival[0], loss: rival[1] }] : [{ character: 'X', loss: 9 }];
      }),
    },
    plausible: plausible.map(([value, rated]) => ({ value, score: rated })),
  };
}

function read(
  text: string,
  heard: Heard,
  more: { partial?: string; plausible?: string[]; rejected?: string[] } = {},
) {
  return captureCode(
    {
      text,
      language: 'en',
      alternatives: [],
      partial: more.partial ?? '',
      plausible: more.plausible ?? [],
      rejected: more.rejected ?? [],
      spelled: spelled(heard),
    },
    shape,
  );
}

describe('a code that the spelling recogniser heard', () => {
  it('is believed before the text of the general recogniser', () => {
    expect(read('double your two three seven ate one five sex', { characters: 'W2378156' })).toMatchObject({
      value: '#W2378156',
      certain: true,
    });
    expect(read('W 2 3 7 8 1 9 6', { characters: 'W2378156' })).toMatchObject({
      value: '#W2378156',
      others: ['#W2378196'],
      certain: true,
    });
  });

  it('is not certain while one character may as well be another', () => {
    const heard = { characters: 'W2378156', rivals: { 6: ['9', 0.4] } } as const;
    expect(read('something else', heard)).toEqual({
      type: 'value',
      value: '#W2378156',
      others: ['#W2378196'],
      certain: false,
      rival: '#W2378196',
    });
  });

  it('is certain all the same when both recognisers heard it', () => {
    const heard = { characters: 'W2378156', rivals: { 6: ['9', 0.4] } } as const;
    expect(read('W 2 3 7 8 1 5 6', heard)).toMatchObject({ value: '#W2378156', certain: true });
  });

  it('may lack its letter', () => {
    expect(read('hmm', { characters: '2378156', begin: 1 })).toMatchObject({ value: '#W2378156' });
  });

  it('is a plausible one where that is nearly as likely', () => {
    const heard = {
      characters: 'W2378196',
      score: -1,
      plausible: [
        ['W2378156', -3],
        ['W4410273', -40],
      ],
    } as const;
    expect(read('eh', heard)).toMatchObject({ value: '#W2378156', certain: true });
  });

  it('is none of the plausible ones where all are far off', () => {
    const heard = { characters: 'W2378196', score: -1, plausible: [['W4410273', -40]] } as const;
    expect(read('eh', heard)).toMatchObject({ value: '#W2378196' });
  });

  it('is not certain between two plausible ones that sound alike', () => {
    const heard = {
      characters: 'W2378156',
      plausible: [
        ['W2378156', -1],
        ['W2378196', -1.5],
      ],
    } as const;
    expect(read('eh', heard)).toMatchObject({ value: '#W2378156', certain: false });
  });

  it('is no code when other words were said', () => {
    expect(read('I do not have it', { characters: 'W2', score: -30 })).toEqual({ type: 'none' });
  });

  it('may be a beginning, and the rest of one', () => {
    expect(read('W 2 3', { characters: 'W23' })).toEqual({ type: 'partial', value: 'W23' });
    expect(read('uh', { characters: '78156', begin: 3 }, { partial: 'W23' })).toMatchObject({
      value: '#W2378156',
    });
    expect(read('uh', { characters: '78', begin: 3 }, { partial: 'W23' })).toEqual({
      type: 'partial',
      value: 'W2378',
    });
  });

  it('is not offered again after it was turned down', () => {
    const heard = { characters: 'W2378156', rivals: { 6: ['9', 0.4] } } as const;
    const captured = read('eh', heard, { rejected: ['#W2378156'] });
    expect(captured).toMatchObject({ value: '#W2378196', certain: false });
  });

  it('tells when the caller is done', () => {
    const expecting = { slot: 'order_number', kind: 'order_number' } as const;
    const settings = { orderNumber: shape, postalCode, phoneRegion: 'US' };
    const assess = (heard: Heard) => assessCompleteness('eh', expecting, 'en', settings, spelled(heard));
    expect(assess({ characters: 'W2378156' })).toBe('complete');
    expect(assess({ characters: 'W23' })).not.toBe('complete');
  });
});
