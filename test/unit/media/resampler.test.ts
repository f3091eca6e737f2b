import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleRatesHz } from '../../../src/core/audio.ts';
import { createResampler } from '../../../src/media/resampler.ts';

const pairs = sampleRatesHz.flatMap((fromHz) => sampleRatesHz.map((toHz) => ({ fromHz, toHz })));
const convertingPairs = pairs.filter(({ fromHz, toHz }) => fromHz !== toHz);

const amplitude = 16000;
const sineAt = (frequencyHz: number, rateHz: number, index: number): number =>
  amplitude * Math.sin((2 * Math.PI * frequencyHz * index) / rateHz);
const tone = (frequencyHz: number, rateHz: number, seconds: number): Int16Array =>
  Int16Array.from({ length: rateHz * seconds }, (_, index) => Math.round(sineAt(frequencyHz, rateHz, index)));

/** Longer than the filter reaches. */
const edgeSamples = (rateHz: number): number => rateHz / 50;

/** Level of `samples` relative to a tone of `amplitude`, in dB, without the edges where the tone sets in and ends. */
function relativeDb(samples: ArrayLike<number>, rateHz: number): number {
  const edge = edgeSamples(rateHz);
  let sum = 0;
  for (let index = edge; index < samples.length - edge; index += 1) sum += (samples[index] ?? 0) ** 2;
  const mean = sum / (samples.length - 2 * edge);
  return 10 * Math.log10(mean / (amplitude ** 2 / 2) + 1e-12);
}

function convert(fromHz: number, toHz: number, input: Int16Array): Int16Array {
  const resampler = createResampler(fromHz, toHz);
  const body = resampler.process(input);
  const tail = resampler.flush();
  const output = new Int16Array(body.length + tail.length);
  output.set(body);
  output.set(tail, body.length);
  return output;
}

describe('resampler', () => {
  it.each(pairs)(
    '$fromHz to $toHz Hz: gives the same samples however the input is cut',
    ({ fromHz, toHz }) => {
      fc.assert(
        fc.property(
          fc.int16Array({ minLength: 1, maxLength: 1500 }),
          fc.array(fc.nat(400), { maxLength: 20 }),
          (input, cuts) => {
            const whole = convert(fromHz, toHz, input);
            const resampler = createResampler(fromHz, toHz);
            const pieces: number[] = [];
            let at = 0;
            for (const length of [...cuts, input.length]) {
              const piece = input.subarray(at, at + length);
              const announced = [
                resampler.outputsFor(piece.length),
                resampler.outputsFor(input.length - Math.min(at, input.length), true),
              ];
              const given = resampler.process(piece);
              expect(announced).toEqual([given.length, whole.length - pieces.length]);
              pieces.push(...given);
              at += length;
            }
            pieces.push(...resampler.flush());
            expect(pieces).toEqual(Array.from(whole));
            expect(pieces).toHaveLength(Math.ceil((input.length * toHz) / fromHz));
          },
        ),
        { numRuns: 15 },
      );
    },
  );

  it.each(convertingPairs)(
    '$fromHz to $toHz Hz: a tone in is the same tone out, at the same time, without images',
    ({ fromHz, toHz }) => {
      const nyquistHz = Math.min(fromHz, toHz) / 2;
      for (const share of [0.05, 0.3, 0.6, 0.9]) {
        const frequencyHz = nyquistHz * share;
        const output = convert(fromHz, toHz, tone(frequencyHz, fromHz, 0.25));
        expect(Math.abs(relativeDb(output, toHz))).toBeLessThan(0.5);
        const difference = Array.from(output, (sample, index) => sample - sineAt(frequencyHz, toHz, index));
        // Up to 90 % of Nyquist what remains is quantisation, ripple and images.
        expect(relativeDb(difference, toHz)).toBeLessThan(-55);
      }
    },
  );

  it.each(convertingPairs.filter(({ fromHz, toHz }) => fromHz > toHz))(
    '$fromHz to $toHz Hz: what the lower rate cannot carry is 60 dB down, not folded back',
    ({ fromHz, toHz }) => {
      for (const share of [1, 1.02, 1.1, 1.3, 1.7]) {
        const frequencyHz = (toHz / 2) * share;
        if (frequencyHz >= fromHz / 2) continue;
        expect(relativeDb(convert(fromHz, toHz, tone(frequencyHz, fromHz, 0.25)), toHz)).toBeLessThan(-60);
      }
    },
  );

  it('keeps a constant constant and clips instead of wrapping around', () => {
    for (const { fromHz, toHz } of convertingPairs) {
      const output = convert(fromHz, toHz, new Int16Array(4000).fill(-12345));
      expect(new Set(output.slice(edgeSamples(toHz), -edgeSamples(toHz)))).toEqual(new Set([-12345]));
    }
    const square = Int16Array.from({ length: 2000 }, (_, index) => (index % 40 < 20 ? 32767 : -32768));
    const output = convert(8000, 16000, square);
    output.forEach((sample, index) => {
      // In the middle of each half-wave the sign is the square's.
      const phase = index % 80;
      if ((phase > 10 && phase < 30) || (phase > 50 && phase < 70))
        expect(Math.sign(sample)).toBe(phase < 40 ? 1 : -1);
    });
  });

  it('begins anew after a flush', () => {
    const resampler = createResampler(8000, 16000);
    const input = tone(440, 8000, 0.1);
    const first = [...resampler.process(input), ...resampler.flush()];
    expect([...resampler.process(input), ...resampler.flush()]).toEqual(first);
  });

  it('holds back no more than its delay says', () => {
    for (const { fromHz, toHz } of pairs) {
      const resampler = createResampler(fromHz, toHz);
      const given = resampler.process(new Int16Array(fromHz)).length;
      expect(resampler.delayMs).toBeLessThan(6);
      expect(1000 - (given / toHz) * 1000).toBeLessThanOrEqual(resampler.delayMs + 1000 / toHz);
    }
  });

  it('converts from the rates of ordinary files and refuses what is no rate', () => {
    expect(convert(44100, 16000, new Int16Array(44100))).toHaveLength(16000);
    expect(convert(11025, 8000, new Int16Array(11025))).toHaveLength(8000);
    for (const rate of [0, -8000, 8000.5, Number.NaN])
      expect(() => createResampler(rate, 16000)).toThrow(/cannot convert/);
    expect(() => createResampler(8000, 15999)).toThrow(/too odd/);
  });
});
