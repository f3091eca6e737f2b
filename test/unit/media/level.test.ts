import { describe, expect, it } from 'vitest';
import { isAudible, rmsDbfs } from '../../../src/media/level.ts';

const tone = (amplitude: number): Int16Array =>
  Int16Array.from({ length: 800 }, (_, index) => amplitude * Math.sin((2 * Math.PI * index) / 80));

describe('level', () => {
  it('is 0 dB for a full-scale square, -3 dB for a full-scale sine, -100 dB for silence', () => {
    expect(rmsDbfs(Int16Array.of(-32768, -32768))).toBe(0);
    expect(rmsDbfs(tone(32767))).toBeCloseTo(-3.01, 1);
    expect(rmsDbfs(new Int16Array(160))).toBe(-100);
    expect(rmsDbfs(new Int16Array(0))).toBe(-100);
  });

  it('takes a voice as audible and line noise as silence', () => {
    expect(isAudible(tone(1000))).toBe(true);
    expect(isAudible(tone(20))).toBe(false);
  });
});
