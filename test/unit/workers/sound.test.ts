import { describe, expect, it } from 'vitest';
import { SoundMeter } from '../../../src/workers/sound.ts';

/** A square wave of the given level. */
function tone(durationMs: number, dbfs: number): Int16Array {
  const amplitude = Math.round(32_768 * 10 ** (dbfs / 20));
  return Int16Array.from({ length: durationMs * 16 }, (_, index) =>
    index % 16 < 8 ? amplitude : -amplitude,
  );
}

function meter(...parts: readonly Int16Array[]): SoundMeter {
  const made = new SoundMeter(16_000);
  for (const part of parts) made.push(part);
  return made;
}

describe('the sound meter', () => {
  it('hears nothing in silence and in steady noise', () => {
    expect(meter(new Int16Array(16_000)).soundMs()).toBe(0);
    expect(meter(tone(1000, -62)).soundMs()).toBe(0);
    expect(meter(tone(1000, -30)).soundMs()).toBe(0);
    expect(meter().soundMs()).toBe(0);
  });

  it('measures what stands out, also over noise, and from a position on', () => {
    const speech = meter(tone(300, -40), tone(500, -20), tone(300, -40));
    expect(speech.soundMs()).toBe(500);
    expect(speech.soundMs(20)).toBe(400);
    expect(speech.soundMs(45)).toBe(0);
  });

  it('counts the same however the audio comes', () => {
    const whole = tone(700, -20);
    const pieces = new SoundMeter(16_000);
    pieces.push(new Int16Array(4000));
    for (let at = 0; at < whole.length; at += 37) pieces.push(whole.subarray(at, at + 37));
    expect(pieces.soundMs()).toBe(meter(new Int16Array(4000), whole).soundMs());
  });

  it('finds the quietest place between two positions', () => {
    const speech = meter(tone(2000, -20), tone(200, -50), tone(2000, -20));
    const cutMs = speech.quietestSample(1000 * 16, 4000 * 16) / 16;
    expect(cutMs).toBeGreaterThan(2000);
    expect(cutMs).toBeLessThan(2200);
  });
});
