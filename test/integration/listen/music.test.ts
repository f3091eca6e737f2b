import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSilero, type SileroModel } from '../../../src/listen/silero.ts';
import { holdMusic } from '../../../src/media/music.ts';
import { joinTone } from '../../../src/media/tones.ts';
import { testModelStore } from '../../support/models.ts';

let model: SileroModel;
beforeAll(() => {
  model = loadSilero(join(testModelStore().path('silero-vad'), 'silero_vad.onnx'));
});
afterAll(() => {
  model.close();
});

/** The share of windows that are taken for speech. */
function shareOfSpeech(samples: Int16Array): number {
  const detector = model.open();
  let [windows, speech] = [0, 0];
  for (let at = 0; at < samples.length; at += 320) {
    const frame = {
      samples: samples.subarray(at, at + 320),
      sampleRateHz: 16_000,
      mediaMs: at / 16,
    } as const;
    for (const { speechProbability } of detector.write(frame)) {
      windows += 1;
      if (speechProbability >= 0.3) speech += 1;
    }
  }
  return speech / windows;
}

describe('what comes back of the hold music as an echo', () => {
  it.each([0, -6, -12, -20, -30])('is not taken for speech, at %i dB', (echoDb) => {
    const echo = holdMusic(16_000).map((sample) => sample * 10 ** (echoDb / 20));
    // Twice around, since the loop's seam counts, too.
    const twice = new Int16Array(2 * echo.length);
    twice.set(echo);
    twice.set(echo, echo.length);
    expect(shareOfSpeech(twice)).toBeLessThan(0.01);
  });

  it('nor is the tone of somebody who joins', () => {
    const line = new Int16Array(32_000);
    line.set(joinTone(16_000), 8_000);
    expect(shareOfSpeech(line)).toBeLessThan(0.1);
  });
});
