import { describe, expect, it } from 'vitest';
import type { SpellingQuestion } from '../../../../src/core/recognition.ts';
import { createSpellingRecognizer, piecesOf } from '../../../../src/listen/spelling/recognizer.ts';
import { everySymbol, framesOf } from '../../../support/spelling-frames.ts';

const table = everySymbol();
const question: SpellingQuestion = {
  language: 'en',
  places: Array.from({ length: 4 }, () => '0123456789'),
  collected: '',
  plausible: [],
};

describe('pieces of speech', () => {
  it('are the whole when it is short enough', () => {
    const samples = new Int16Array(8 * 16_000).fill(500);
    expect(piecesOf(samples)).toEqual([samples]);
  });

  it('are cut where it is quiet, and lose nothing', () => {
    const samples = new Int16Array(20 * 16_000).fill(500);
    samples.fill(0, 6 * 16_000, 6.2 * 16_000);
    const pieces = piecesOf(samples);
    expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(samples.length);
    expect((pieces[0]?.length ?? 0) / 16_000).toBeGreaterThan(6);
    expect((pieces[0]?.length ?? 0) / 16_000).toBeLessThan(6.2);
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(8 * 16_000);
  });
});

describe('the spelling recogniser', () => {
  const recognizer = (scored: number[]) =>
    createSpellingRecognizer({
      symbols: table.symbols,
      network: {
        score: (samples, language) => {
          expect(language).toBe(question.language);
          scored.push(samples.length);
          const halves = [
            ['ONE', 'TWO'],
            ['THREE', 'FOUR'],
          ];
          return Promise.resolve(framesOf(halves[scored.length - 1] ?? [], table));
        },
        close: () => Promise.resolve(),
      },
      resample: (samples) => samples,
    });

  it('reads a string over the pieces of long speech', async () => {
    const scored: number[] = [];
    const read = await recognizer(scored).read(new Int16Array(10 * 16_000).fill(300), 16_000, question);
    expect(scored).toHaveLength(2);
    expect(read.best?.characters).toBe('1234');
    expect(read.text).toBe('1 2 3 4');
  });

  it('pads a clip that is too short for the encoder', async () => {
    const scored: number[] = [];
    await recognizer(scored).read(new Int16Array(10), 16_000, question);
    expect(scored).toEqual([4000]);
  });
});
