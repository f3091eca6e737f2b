import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpellingQuestion } from '../../../../src/core/recognition.ts';
import { readSpelling } from '../../../../src/listen/spelling/reading.ts';
import { spokenForms } from '../../../../src/listen/spelling/symbols.ts';
import { everySymbol, framesOf, type Sound } from '../../../support/spelling-frames.ts';

const table = everySymbol();
const digits = '0123456789';
const orderPlaces = ['W', ...Array.from({ length: 7 }, () => digits)];

function read(sounds: readonly Sound[], question: Partial<SpellingQuestion> = {}) {
  const asked = { language: 'en', places: orderPlaces, collected: '', plausible: [], ...question } as const;
  return readSpelling(framesOf(sounds, table), asked, table);
}

const words = (text: string) => text.split(' ');

describe('a string of an expected form', () => {
  it.each([
    ['digit by digit', 'W TWO THREE SEVEN EIGHT ONE FIVE SIX', 'W2378156'],
    ['with doubles', 'W TWO THREE DOUBLE FIVE EIGHT ONE SIX', 'W2355816'],
    ['with a triple', 'W TRIPLE FOUR EIGHT ONE SIX TWO', 'W4448162'],
    ['with pairs as numbers', 'W TWENTY THREE SEVENTEEN FORTY FIVE NINE', 'W2317459'],
    ['with "oh" and the letter O for zero', 'W TWO OH O SEVEN ONE FIVE ZERO', 'W2007150'],
    ['with the NATO alphabet', 'WHISKEY TWO THREE SEVEN EIGHT ONE FIVE SIX', 'W2378156'],
    ['with "as in"', 'W AS IN WILLIAM TWO THREE SEVEN EIGHT ONE FIVE SIX', 'W2378156'],
    ['with hundreds', 'W TWO HUNDRED SEVEN EIGHT ONE FIVE', 'W2007815'],
  ])('is read %s', (_how, said, expected) => {
    const { best } = read(words(said));
    expect(best?.characters).toBe(expected);
    expect(best?.begin).toBe(0);
    expect(best?.score).toBeGreaterThan(-1);
  });

  it('is read in Chinese, where one and two have two names each', () => {
    const { best } = read(Array.from('二三七八幺五两'), { language: 'zh', places: Array(7).fill(digits) });
    expect(best?.characters).toBe('2378152');
  });

  it('may come without its letter', () => {
    const { best } = read(words('TWO THREE SEVEN EIGHT ONE FIVE SIX'));
    expect(best).toMatchObject({ characters: '2378156', begin: 1 });
  });

  it('may follow and be followed by other words', () => {
    const { best } = read(words('<other> W TWO THREE SEVEN EIGHT ONE FIVE SIX <other>'));
    expect(best?.characters).toBe('W2378156');
  });

  it('may be a beginning, or what comes behind one', () => {
    expect(read(words('W TWO THREE')).best).toMatchObject({ characters: 'W23', begin: 0 });
    const rest = read(words('SEVEN EIGHT ONE FIVE SIX'), { collected: 'W23' }).best;
    expect(rest).toMatchObject({ characters: '78156', begin: 3 });
  });

  it('takes what the form allows where the likeliest sound is something else', () => {
    const sounds: Sound[] = words('W TWO THREE SEVEN EIGHT ONE FIVE SIX');
    sounds[4] = { A: 0.6, EIGHT: 0.35 };
    const { best, text } = read(sounds);
    expect(best?.characters).toBe('W2378156');
    expect(text).toBe('W 2 3 7 A 1 5 6');
  });

  it('needs a blank between two equal digits', () => {
    expect(read(words('W FIVE FIVE FIVE ONE ONE TWO TWO')).best?.characters).toBe('W5551122');
  });

  it('is told apart from other speech by its score', () => {
    const said = read(words('W TWO THREE SEVEN EIGHT ONE FIVE SIX')).best;
    const other = read(
      words('SEPTEMBER AT GMAIL DOT COM').map((word) => (table.has(word) ? word : '<other>')),
    );
    const perCharacter = (best: { score: number; characters: string } | undefined) =>
      best ? best.score / Math.max(1, best.characters.length) : -Infinity;
    expect(perCharacter(said)).toBeGreaterThan(-0.5);
    expect(perCharacter(other.best)).toBeLessThan(-3);
  });

  it('names the rival of an unclear character and only of that', () => {
    const sounds: Sound[] = words('W TWO THREE SEVEN EIGHT ONE FIVE SIX');
    sounds[6] = { FIVE: 0.5, NINE: 0.45 };
    const { best } = read(sounds);
    expect(best?.characters).toBe('W2378156');
    const losses = best?.rivals.map(([rival]) => rival?.loss ?? Infinity) ?? [];
    expect(best?.rivals[6]?.[0]?.character).toBe('9');
    expect(losses[6]).toBeLessThan(0.5);
    expect(losses.filter((loss) => loss < 3)).toHaveLength(1);
  });
});

describe('plausible values', () => {
  it('are rated, the one that was said first', () => {
    const sounds: Sound[] = words('W TWO THREE SEVEN EIGHT ONE FIVE SIX');
    sounds[6] = { NINE: 0.6, FIVE: 0.3 };
    const { plausible, best } = read(sounds, { plausible: ['W2378156', 'W4410273'] });
    expect(best?.characters).toBe('W2378196');
    expect(plausible[0]?.value).toBe('W2378156');
    expect((plausible[0]?.score ?? 0) - (plausible[1]?.score ?? 0)).toBeGreaterThan(5);
    expect(plausible[0]?.score).toBeGreaterThan((best?.score ?? 0) - 4);
  });
});

describe('a string without a form', () => {
  it('is told as the words that were heard', () => {
    const { text, best } = read(words('J UNDERSCORE <other> DOUBLE TWO AT GMAIL DOT COM'), { places: [] });
    expect(text).toBe('J underscore double 2 at gmail dot com');
    expect(best).toBeUndefined();
  });
});

describe('the search', () => {
  it('finds every string of the form, however its characters are said', () => {
    const forms = spokenForms('en').filter(({ characters }) => /^\d+$/.test(characters));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...forms), { minLength: 1, maxLength: 5 }), (said) => {
        const characters = said.map((form) => form.characters).join('');
        const places = Array.from(characters, () => digits);
        const { best } = read(
          said.flatMap((form) => form.symbols),
          { places },
        );
        // "Twenty" and "five" in a row are heard as 25, and "five, hundred" as 500: as anybody would hear them.
        const sameWords = spokenAs(
          best?.characters ?? '',
          said.flatMap((form) => form.symbols),
        );
        expect(sameWords || best?.characters === characters).toBe(true);
        expect(best?.score).toBeGreaterThan(-1);
      }),
    );
  });

  it('never throws and never scores above the likeliest symbols, whatever the network says', () => {
    const row = fc.array(fc.float({ min: -20, max: 0, noNaN: true }), {
      minLength: table.blank + 1,
      maxLength: table.blank + 1,
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const logProbs = Float32Array.from(rows.flat());
        const frames = { logProbs, steps: rows.length, width: table.blank + 1 };
        const question = {
          language: 'en',
          places: orderPlaces,
          collected: '',
          plausible: ['W2378156'],
        } as const;
        const { best, plausible } = readSpelling(frames, question, table);
        expect(best?.score ?? 0).toBeLessThanOrEqual(0.01);
        for (const { score } of plausible) expect(score).toBeLessThanOrEqual(0.01);
      }),
      { numRuns: 30 },
    );
  });
});

/** True when these very symbols may be read as `characters`. */
function spokenAs(characters: string, symbols: readonly string[]): boolean {
  const forms = spokenForms('en');
  const reach = (at: number, from: number): boolean =>
    (at === characters.length && from === symbols.length) ||
    forms.some(
      (form) =>
        characters.startsWith(form.characters, at) &&
        form.symbols.every((symbol, index) => symbols[from + index] === symbol) &&
        reach(at + form.characters.length, from + form.symbols.length),
    );
  return reach(0, 0);
}
