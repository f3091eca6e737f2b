import { describe, expect, it } from 'vitest';
import { halveRate, PitchFinder } from '../../../../src/understand/emotion/pitch.ts';
import { voiceFeatureNames, voiceFeatures } from '../../../../src/understand/emotion/voice-features.ts';
import { analyseVoice } from '../../../../src/understand/emotion/voice-frames.ts';

/** A voice of harmonics that fall by `slopeDb` an octave, rising and falling in loudness like syllables. */
function buzz(hz: number, { seconds = 1.5, slopeDb = 9, gain = 6000 } = {}): Int16Array {
  return Int16Array.from({ length: seconds * 8000 }, (_, index) => {
    const time = index / 8000;
    let sum = 0;
    for (let harmonic = 1; harmonic * hz < 3800; harmonic += 1)
      sum += 10 ** ((-slopeDb * Math.log2(harmonic)) / 20) * Math.sin(2 * Math.PI * hz * harmonic * time);
    return Math.round(gain * (0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * time)) * sum);
  });
}

const feature = (samples: Int16Array, name: string): number =>
  voiceFeatures(samples)?.[voiceFeatureNames.indexOf(name)] ?? NaN;

describe('the pitch of a voice', () => {
  it.each([90, 130, 210, 340])('is found at %i Hz within 3 %%', (hz) => {
    const sound = halveRate(Float32Array.from(buzz(hz)));
    const { hz: found, voicing } = new PitchFinder().at(sound, 2400);
    expect(found).toBeGreaterThan(hz * 0.97);
    expect(found).toBeLessThan(hz * 1.03);
    expect(voicing).toBeGreaterThan(0.8);
  });

  it('is none in silence', () => {
    expect(new PitchFinder().at(halveRate(new Float32Array(4000)), 1000)).toEqual({ hz: 0, voicing: 0 });
  });
});

describe('the features of a voice', () => {
  it('have one number for every name', () => {
    const features = voiceFeatures(buzz(150));
    expect(features).toHaveLength(voiceFeatureNames.length);
    expect([...(features ?? [])].every((value) => Number.isFinite(value))).toBe(true);
    expect(new Set(voiceFeatureNames).size).toBe(voiceFeatureNames.length);
  });

  it('do not depend on how loud the line is', () => {
    const loud = voiceFeatures(buzz(150, { gain: 8000 })) ?? [];
    const soft = voiceFeatures(buzz(150, { gain: 800 })) ?? [];
    for (const [index, value] of loud.entries()) expect(soft[index]).toBeCloseTo(value, 0);
  });

  it('tell a strained voice from a soft one by its tilt', () => {
    expect(feature(buzz(150, { slopeDb: 4 }), 'tilt-mean')).toBeGreaterThan(
      feature(buzz(150, { slopeDb: 12 }), 'tilt-mean') + 5,
    );
  });

  it('give pitch in semitones', () => {
    const octave = feature(buzz(240), 'pitch-p50') - feature(buzz(120), 'pitch-p50');
    expect(octave).toBeCloseTo(12, 0);
  });

  it('are none where there is too little voice', () => {
    expect(voiceFeatures(new Int16Array(8000))).toBeUndefined();
    expect(voiceFeatures(new Int16Array(0))).toBeUndefined();
    expect(voiceFeatures(buzz(150, { seconds: 0.1 }))).toBeUndefined();
  });
});

describe('the windows of a voice', () => {
  it('come every 10 ms', () => {
    expect(analyseVoice(buzz(150, { seconds: 1 })).count).toBe(97);
  });
});
