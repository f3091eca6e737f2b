import { describe, expect, it } from 'vitest';
import { rmsDbfs } from '../../../src/media/level.ts';
import { busyTone, dtmfTone, dtmfTones, joinTone, ringingTone } from '../../../src/media/tones.ts';

/** The peak of a frequency in samples, relative to full scale, by Goertzel's algorithm. */
function peakAt(samples: Int16Array, frequencyHz: number, rateHz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * frequencyHz) / rateHz);
  let [before, last] = [0, 0];
  for (const sample of samples) [before, last] = [last, sample + turn * last - before];
  const power = before * before + last * last - turn * before * last;
  return (2 * Math.sqrt(power)) / samples.length / 32_768;
}

const rowsHz = [697, 770, 852, 941];
const columnsHz = [1209, 1336, 1477, 1633];
const keys = ['123A', '456B', '789C', '*0#D'];

describe.each([8000, 16_000])('tones of keys at %i Hz', (rateHz) => {
  it.each(Array.from(keys.join('')))('%s has its two tones and no other', (key) => {
    const tone = dtmfTone(key, rateHz).subarray(0, rateHz / 10);
    for (const [row, line] of keys.entries()) {
      const level = peakAt(tone, rowsHz[row] ?? 0, rateHz);
      if (line.includes(key)) expect(level).toBeGreaterThan(0.24);
      else expect(level).toBeLessThan(0.03);
    }
    for (const [column, frequencyHz] of columnsHz.entries()) {
      const level = peakAt(tone, frequencyHz, rateHz);
      if (keys.some((line) => line[column] === key)) expect(level).toBeGreaterThan(0.3);
      else expect(level).toBeLessThan(0.03);
    }
  });

  it('last as long as asked for, with silence after each, and begin and end softly', () => {
    const ms = rateHz / 1000;
    expect(dtmfTone('5', rateHz)).toHaveLength(180 * ms);
    const tones = dtmfTones('12', rateHz, { toneMs: 60, pauseMs: 50 });
    expect(tones).toHaveLength(220 * ms);
    expect(tones.subarray(0, 60 * ms).at(0)).toBe(0);
    expect(rmsDbfs(tones.subarray(0, 1 * ms))).toBeLessThan(-30);
    expect(rmsDbfs(tones.subarray(59 * ms, 60 * ms))).toBeLessThan(-30);
    expect(rmsDbfs(tones.subarray(60 * ms, 110 * ms))).toBe(-100);
    expect(peakAt(tones.subarray(110 * ms, 170 * ms), 1336, rateHz)).toBeGreaterThan(0.3);
  });

  it('do not clip, and send the higher tone up to 3 dB louder', () => {
    const tone = dtmfTone('8', rateHz, { toneMs: 1000, pauseMs: 0 });
    expect(tone.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThan(24_000);
    const twistDb = 20 * Math.log10(peakAt(tone, 1336, rateHz) / peakAt(tone, 852, rateHz));
    expect(twistDb).toBeGreaterThan(0.5);
    expect(twistDb).toBeLessThan(3);
  });
});

describe('keys', () => {
  it.each(['', 'x', '12', 'a', '１'])('that do not exist are refused: "%s"', (key) => {
    expect(() => dtmfTone(key, 8000)).toThrow(RangeError);
  });

  it('that are none make no sound', () => {
    expect(dtmfTones('', 8000)).toHaveLength(0);
  });
});

describe('the tone of somebody who joins', () => {
  it.each([8000, 16_000])('is two soft notes, the second higher, at %i Hz', (rateHz) => {
    const tone = joinTone(rateHz);
    const [first, second] = [tone.subarray(0, 0.15 * rateHz), tone.subarray(0.15 * rateHz)];
    expect(tone).toHaveLength(0.45 * rateHz);
    expect(peakAt(first, 659.26, rateHz)).toBeGreaterThan(3 * peakAt(first, 880, rateHz));
    expect(peakAt(second, 880, rateHz)).toBeGreaterThan(3 * peakAt(second, 659.26, rateHz));
    expect(rmsDbfs(tone)).toBeGreaterThan(-32);
    expect(rmsDbfs(tone)).toBeLessThan(-22);
    expect(Math.abs(tone[0] ?? 1) + Math.abs(tone.at(-1) ?? 1)).toBe(0);
  });
});

describe.each([8000, 16_000])('tones that tell how a call goes, at %i Hz', (rateHz) => {
  it.each([
    ['ringing', ringingTone, 1_000, 5_000],
    ['busy', busyTone, 500, 1_000],
  ] as const)(
    '%s is 425 Hz with its pause, soft, and made of whole packets',
    (_name, toneOf, toneMs, periodMs) => {
      const period = toneOf(rateHz);
      expect(period).toHaveLength((periodMs * rateHz) / 1000);
      const end = (toneMs * rateHz) / 1000;
      expect(peakAt(period.subarray(0, end), 425, rateHz)).toBeCloseTo(0.14, 2);
      expect(peakAt(period.subarray(0, end), 850, rateHz)).toBeLessThan(0.01);
      expect(rmsDbfs(period.subarray(end))).toBe(-100);
      expect(period.length % (rateHz / 50)).toBe(0);
    },
  );
});
