import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapeSpeech } from '../../../src/workers/speech-shaping.ts';

const sampleRateHz = 22050;
const options = { sampleRateHz, levelDbfs: -20 };

/** Silence, a tone of the given peak, silence. */
function tone(leadMs: number, toneMs: number, tailMs: number, peak: number): Float32Array {
  const inSamples = (ms: number): number => Math.round((ms / 1000) * sampleRateHz);
  const samples = new Float32Array(inSamples(leadMs) + inSamples(toneMs) + inSamples(tailMs));
  for (let index = 0; index < inSamples(toneMs); index += 1) {
    samples[inSamples(leadMs) + index] = peak * Math.sin((2 * Math.PI * 440 * index) / sampleRateHz);
  }
  return samples;
}

function levelDbfs(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += (sample / 32768) ** 2;
  return 10 * Math.log10(sum / samples.length);
}

const ms = (samples: number): number => (samples / sampleRateHz) * 1000;

describe('shapeSpeech', () => {
  it('cuts the silence at both ends', () => {
    const shaped = shapeSpeech(tone(100, 500, 300, 0.3), options);
    const first = shaped.findIndex((sample) => Math.abs(sample) > 300);
    expect(ms(first)).toBeLessThanOrEqual(20);
    expect(ms(shaped.length)).toBeGreaterThan(500);
    expect(ms(shaped.length)).toBeLessThan(560);
  });

  it('brings quiet and loud speech to the same level', () => {
    for (const peak of [0.05, 0.3, 0.9]) {
      expect(levelDbfs(shapeSpeech(tone(0, 1000, 0, peak), options))).toBeCloseTo(-20, 0);
    }
  });

  it('does not make noise as loud as speech', () => {
    expect(levelDbfs(shapeSpeech(tone(0, 500, 0, 0.001), options))).toBeLessThan(-40);
  });

  it('begins and ends at zero, so that pieces join without a click', () => {
    const shaped = shapeSpeech(new Float32Array(5000).fill(0.4), options);
    expect(shaped[0]).toBe(0);
    expect(shaped.at(-1)).toBe(0);
  });

  it('gives nothing for silence and for nothing', () => {
    expect(shapeSpeech(new Float32Array(1000), options)).toHaveLength(0);
    expect(shapeSpeech(new Float32Array(0), options)).toHaveLength(0);
  });

  it('never clips, whatever the model emits', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { maxLength: 2000 }), (values) => {
        const shaped = shapeSpeech(Float32Array.from(values), options);
        expect(shaped.length).toBeLessThanOrEqual(values.length);
        for (const sample of shaped) expect(Math.abs(sample)).toBeLessThanOrEqual(29_205);
      }),
    );
  });
});
