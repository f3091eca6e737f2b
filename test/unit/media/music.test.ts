import { describe, expect, it } from 'vitest';
import { rmsDbfs } from '../../../src/media/level.ts';
import { holdMusic, MusicPlayer } from '../../../src/media/music.ts';

/** Power at each multiple of `rateHz / length`, by the plain definition, with a Hann window. */
function spectrum(samples: Int16Array): number[] {
  const { length } = samples;
  const cosines = Array.from({ length }, (_, index) => Math.cos((2 * Math.PI * index) / length));
  const windowed = Array.from(samples, (sample, index) => sample * (0.5 - 0.5 * (cosines[index] ?? 0)));
  return Array.from({ length: length / 2 }, (_, bin) => {
    let [real, imaginary] = [0, 0];
    for (let index = 0; index < length; index += 1) {
      const angle = (bin * index) % length;
      real += (windowed[index] ?? 0) * (cosines[angle] ?? 0);
      imaginary += (windowed[index] ?? 0) * (cosines[(angle + length / 4) % length] ?? 0);
    }
    return real * real + imaginary * imaginary;
  });
}

/** The largest bend between three neighbouring samples, the end of the loop followed by its beginning: a click is a sharp one. */
function sharpestBend(samples: Int16Array): number {
  const at = (index: number): number => samples[index % samples.length] ?? 0;
  return samples.reduce(
    (sharpest, sample, index) => Math.max(sharpest, Math.abs(sample - 2 * at(index + 1) + at(index + 2))),
    0,
  );
}

describe.each([8000, 16_000] as const)('hold music at %i Hz', (rateHz) => {
  const music = holdMusic(rateHz);

  it('lasts 48 s at -26 dBFS, far from clipping, and is never quiet for long but at its end', () => {
    expect(music.length).toBe(48 * rateHz);
    expect(rmsDbfs(music)).toBeGreaterThan(-27);
    expect(rmsDbfs(music)).toBeLessThan(-25);
    expect(music.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThan(16_000);
    for (let second = 1; second < 46; second += 1)
      expect(rmsDbfs(music.subarray(second * rateHz, (second + 1) * rateHz))).toBeGreaterThan(-38);
  });

  it('has no clicks, also where it begins again', () => {
    // A pure tone of 1 kHz with a peak of 4,500 bends as much.
    const limit = 4500 * (2 * Math.sin((Math.PI * 1000) / rateHz)) ** 2;
    expect(sharpestBend(music)).toBeLessThan(limit);
    const clicking = music.slice();
    clicking[20 * rateHz] = (clicking[20 * rateHz] ?? 0) + limit;
    expect(sharpestBend(clicking)).toBeGreaterThan(limit);
    expect(Math.abs((music[0] ?? 0) - (music.at(-1) ?? 0))).toBeLessThanOrEqual(1);
  });

  it('lies between 200 and 3,400 Hz', () => {
    const length = rateHz / 8;
    for (const second of [1, 9, 16.5, 26, 34, 44]) {
      const powers = spectrum(music.subarray(second * rateHz, second * rateHz + length));
      const total = powers.reduce((sum, power) => sum + power, 0);
      // Bins are 8 Hz apart; the window smears a pitch over two.
      const inside = powers.slice(200 / 8 - 2, 3400 / 8).reduce((sum, power) => sum + power, 0);
      expect(inside / total).toBeGreaterThan(0.999);
    }
  });

  it('is rendered once and shared', () => {
    expect(holdMusic(rateHz)).toBe(music);
  });
});

describe('a music player', () => {
  it('gives frames from a position, swelling at first, and goes on at the beginning', () => {
    const music = holdMusic(8000);
    const player = new MusicPlayer(8000, { positionMs: 47_900 });
    const frames = Array.from({ length: 20 }, () => player.frame());
    expect(frames.every(({ length }) => length === 160)).toBe(true);
    expect(player.positionMs).toBe(300);
    expect(frames.at(-1)).toEqual(music.subarray(280 * 8, 300 * 8));
    const inTheMiddle = new MusicPlayer(8000, { positionMs: 10_000 });
    const first = inTheMiddle.frame();
    expect(Math.abs(first[0] ?? 1)).toBe(0);
    expect(rmsDbfs(first)).toBeLessThan(rmsDbfs(music.subarray(80_000, 80_160)) - 12);
  });

  it('plays the same, whoever plays it and wherever it was begun', () => {
    const [one, two] = [new MusicPlayer(16_000, { positionMs: 5_000 }), new MusicPlayer(16_000)];
    for (let frame = 0; frame < 250; frame += 1) two.frame();
    for (let frame = 0; frame < 15; frame += 1) [one, two].map((player) => player.frame());
    const [, mine] = [one.frame(), one.frame()];
    const [, yours] = [two.frame(), two.frame()];
    expect(mine).toEqual(yours);
    expect(one.positionMs).toBe(two.positionMs);
  });

  it('can be iterated over, with frames of another length', () => {
    let taken = 0;
    for (const frame of new MusicPlayer(16_000, { frameMs: 30, positionMs: -20 })) {
      expect(frame.length).toBe(480);
      taken += 1;
      if (taken === 3) break;
    }
    expect(taken).toBe(3);
  });

  it('gives frames that nobody else has', () => {
    const [one, two] = [new MusicPlayer(8000), new MusicPlayer(8000)];
    one.frame().fill(7);
    expect(two.frame()).not.toContain(7);
    expect(holdMusic(8000)[0]).toBe(0);
  });
});
