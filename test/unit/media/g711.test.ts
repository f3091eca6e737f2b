import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from '../../../src/media/g711.ts';

/** Decision values of one sign, from 0 on, built from the steps of the Recommendation's tables. */
function decisionValues(segments: readonly { step: number; count: number }[], from: number[]): number[] {
  const values = [...from];
  for (const { step, count } of segments)
    for (let index = 0; index < count; index += 1) values.push((values.at(-1) ?? 0) + step);
  return values;
}

// G.711 table 2a, in units of the 14-bit scale: 0, 1, then steps of 2, 4 ... 256 up to 8159.
const mulawDecisions = decisionValues(
  [{ step: 2, count: 15 }, ...[4, 8, 16, 32, 64, 128, 256].map((step) => ({ step, count: 16 }))],
  [0, 1],
);
// G.711 table 1a, in units of the 13-bit scale: steps of 2 up to 64, then 4 ... 128 up to 4096.
const alawDecisions = decisionValues(
  [{ step: 2, count: 32 }, ...[4, 8, 16, 32, 64, 128].map((step) => ({ step, count: 16 }))],
  [0],
);

/** Which interval of `decisions` holds the magnitude; the last one holds everything louder. */
function interval(decisions: readonly number[], magnitude: number): number {
  let index = 0;
  while (index < 127 && magnitude >= (decisions[index + 1] ?? Infinity)) index += 1;
  return index;
}

const allSamples = Int16Array.from({ length: 65536 }, (_, index) => index - 32768);
const allCodes = Uint8Array.from({ length: 256 }, (_, code) => code);

/** Magnitude in one's complement, as the reference codec folds negative samples. */
const folded = (sample: number): number => (sample < 0 ? ~sample : sample);

describe('G.711', () => {
  it('has the end points of the Recommendation', () => {
    expect(mulawDecisions).toHaveLength(129);
    expect(mulawDecisions[128]).toBe(8159);
    expect(alawDecisions).toHaveLength(129);
    expect(alawDecisions[128]).toBe(4096);
  });

  it('gives every 16-bit sample the mu-law code of its decision interval', () => {
    const expected = allSamples.map((sample) => {
      const index = interval(mulawDecisions, folded(sample) >> 2);
      return (sample < 0 ? 0x7f : 0xff) - index;
    });
    expect(Array.from(encodeMulaw(allSamples))).toEqual(Array.from(expected));
  });

  it('gives every 16-bit sample the A-law code of its decision interval', () => {
    const expected = allSamples.map((sample) => {
      const index = interval(alawDecisions, (folded(sample) >> 4) * 2);
      return ((sample < 0 ? 0 : 0x80) | index) ^ 0x55;
    });
    expect(Array.from(encodeAlaw(allSamples))).toEqual(Array.from(expected));
  });

  it('decodes every code to the middle of its interval', () => {
    const middle = (decisions: readonly number[], index: number): number =>
      ((decisions[index] ?? 0) + (decisions[index + 1] ?? 0)) / 2;
    const signed = (positive: boolean, value: number): number =>
      value === 0 ? 0 : positive ? value : -value;
    const mulaw = Array.from(allCodes, (code) => {
      const positive = code >= 0x80;
      const index = (positive ? 0xff : 0x7f) - code;
      // The first interval counts as 0, not as its middle.
      return signed(positive, index === 0 ? 0 : middle(mulawDecisions, index) * 4);
    });
    const alaw = Array.from(allCodes, (code) =>
      signed(((code ^ 0x55) & 0x80) !== 0, middle(alawDecisions, (code ^ 0x55) & 0x7f) * 8),
    );
    expect(Array.from(decodeMulaw(allCodes))).toEqual(mulaw);
    expect(Array.from(decodeAlaw(allCodes))).toEqual(alaw);
  });

  it('keeps a code through decoding and encoding again, but for the two zeros of mu-law', () => {
    const stable = allCodes.filter((code) => code !== 0x7f);
    expect(Array.from(encodeMulaw(decodeMulaw(stable)))).toEqual(Array.from(stable));
    expect(Array.from(encodeMulaw(decodeMulaw(Uint8Array.of(0x7f))))).toEqual([0xff]);
    expect(Array.from(encodeAlaw(decodeAlaw(allCodes)))).toEqual(Array.from(allCodes));
  });

  it('stays within half a step of any sample', () => {
    fc.assert(
      fc.property(fc.int16Array({ minLength: 1, maxLength: 200 }), (samples) => {
        const mulaw = decodeMulaw(encodeMulaw(samples));
        const alaw = decodeAlaw(encodeAlaw(samples));
        samples.forEach((sample, index) => {
          // A step is at most a sixteenth of the loudness; mu-law clips at 32,635.
          const bound = Math.abs(sample) / 32 + 16;
          const clipped = Math.max(0, Math.abs(sample) - 32635);
          expect(Math.abs((mulaw[index] ?? 0) - sample)).toBeLessThanOrEqual(bound + clipped);
          expect(Math.abs((alaw[index] ?? 0) - sample)).toBeLessThanOrEqual(bound);
        });
      }),
    );
  });
});
