import { describe, expect, it } from 'vitest';
import { TurnSound } from '../../../src/call/turn-sound.ts';

/** Twenty milliseconds of a tone at 16 kHz. */
function frame(mediaMs: number, level: number) {
  const samples = Int16Array.from({ length: 320 }, (_, index) =>
    Math.round(level * Math.sin((2 * Math.PI * 300 * (index + mediaMs * 16)) / 16_000)),
  );
  return { samples, sampleRateHz: 16_000 as const, mediaMs };
}

const loudest = (samples: Int16Array) => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('the sound of a turn', () => {
  it('is cut out at 8 kHz where it was', () => {
    const sound = new TurnSound();
    for (let ms = 0; ms < 2000; ms += 20) sound.hear(frame(ms, ms >= 1000 && ms < 1400 ? 10_000 : 0));
    const turn = sound.between(1000, 1400);
    expect(turn).toHaveLength(3200);
    expect(loudest(turn)).toBeGreaterThan(9000);
    expect(loudest(sound.between(500, 980))).toBeLessThan(200);
  });

  it('begins where the media time begins', () => {
    const sound = new TurnSound();
    for (let ms = 5000; ms < 6000; ms += 20) sound.hear(frame(ms, ms >= 5500 ? 10_000 : 0));
    expect(loudest(sound.between(5500, 5900))).toBeGreaterThan(9000);
    expect(loudest(sound.between(5000, 5480))).toBeLessThan(200);
  });

  it('keeps the end of what is longer than its memory', () => {
    const sound = new TurnSound();
    for (let ms = 0; ms < 12_000; ms += 20) sound.hear(frame(ms, 1000));
    expect(sound.between(0, 11_900).length).toBeLessThanOrEqual(80_000);
    expect(sound.between(0, 1000)).toHaveLength(0);
    expect(sound.between(20_000, 30_000)).toHaveLength(0);
  });
});
