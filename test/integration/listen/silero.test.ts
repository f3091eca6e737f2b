import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TurnEvent, VoiceWindow } from '../../../src/core/turn.ts';
import { loadSilero, type SileroModel } from '../../../src/listen/silero.ts';
import { createTurnDetector } from '../../../src/listen/turn-detector.ts';
import { createCallerVoice, joined, noise, type CallerVoice } from '../../support/caller-voice.ts';
import { testModelStore } from '../../support/models.ts';

let model: SileroModel;
let caller: CallerVoice;

beforeAll(() => {
  model = loadSilero(join(testModelStore().path('silero-vad'), 'silero_vad.onnx'));
  caller = createCallerVoice();
});
afterAll(() => {
  model.close();
});

/** The windows of a recording written in frames of `frameMs`. */
function windowsOf(samples: Int16Array, frameMs = 20): VoiceWindow[] {
  const detector = model.open();
  const length = frameMs * 16;
  const windows: VoiceWindow[] = [];
  for (let at = 0; at < samples.length; at += length) {
    const frame = {
      samples: samples.subarray(at, at + length),
      sampleRateHz: 16_000,
      mediaMs: at / 16,
    } as const;
    windows.push(...detector.write(frame));
  }
  return windows;
}

function turnsOf(samples: Int16Array): TurnEvent[] {
  const detector = createTurnDetector();
  return windowsOf(samples).flatMap((window) => detector.advance({ type: 'window', window }));
}

describe('voice activity', () => {
  it('finds speech where it is, through a telephone line', () => {
    const clip = caller.say('I would like to know where my order is.');
    const windows = windowsOf(joined(992, clip, 992));
    const voiced = windows.filter(({ speechProbability }) => speechProbability >= 0.5);
    const [first] = voiced;
    const last = voiced.at(-1);
    expect(first?.startMs).toBeGreaterThan(960);
    expect(first?.startMs).toBeLessThan(1250);
    expect(last?.startMs).toBeLessThan(992 + clip.length / 16 + 64);
    expect(last?.startMs).toBeGreaterThan(992 + clip.length / 16 - 400);
  });

  it('finds none in silence, hiss and clicks', () => {
    const clicks = joined(
      ...Array.from({ length: 10 }, (_, index) => noise(5, -10, index + 1)).flatMap((click) => [300, click]),
    );
    for (const sound of [new Int16Array(32_000), noise(2000, -50), noise(2000, -30), clicks]) {
      expect(turnsOf(joined(500, sound, 1000)).map(({ type }) => type)).toEqual([]);
    }
  });

  it('gives the same windows however the audio is cut into frames', () => {
    const clip = joined(320, caller.say('Yes, please.'), 320);
    const expected = windowsOf(clip, 20);
    expect(expected.map(({ startMs }) => startMs)).toEqual(expected.map((_, index) => index * 32));
    for (const frameMs of [10, 32, 50]) {
      const windows = windowsOf(clip, frameMs);
      expect(windows.map(({ speechProbability }) => speechProbability)).toEqual(
        expected.map(({ speechProbability }) => speechProbability),
      );
    }
  });

  it('keeps calls apart, and begins anew after a reset or a jump in media time', () => {
    const clip = joined(320, caller.say('Yes, please.'), 320);
    const expected = windowsOf(clip).map(({ speechProbability }) => speechProbability);
    const [used, other] = [model.open(), model.open()];
    for (let at = 0; at < clip.length; at += 320) {
      const samples = clip.subarray(at, at + 320);
      used.write({ samples, sampleRateHz: 16_000, mediaMs: at / 16 });
      other.write({ samples: new Int16Array(320), sampleRateHz: 16_000, mediaMs: at / 16 });
    }
    used.reset();
    const again: VoiceWindow[] = [];
    for (let at = 0; at < clip.length; at += 320) {
      const frame = {
        samples: clip.subarray(at, at + 320),
        sampleRateHz: 16_000,
        mediaMs: 60_000 + at / 16,
      } as const;
      again.push(...used.write(frame));
    }
    expect(again.map(({ speechProbability }) => speechProbability)).toEqual(expected);
    expect(again[0]?.startMs).toBe(60_000);
    used.write({ samples: new Int16Array(100), sampleRateHz: 16_000, mediaMs: 0 });
    expect(
      used.write({ samples: new Int16Array(512), sampleRateHz: 16_000, mediaMs: 5000 })[0]?.startMs,
    ).toBe(5000);
  });

  it('refuses audio of another rate', () => {
    expect(() =>
      model.open().write({ samples: new Int16Array(160), sampleRateHz: 8000, mediaMs: 0 }),
    ).toThrow('16 kHz');
  });

  it('says which file is missing, or is no such model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kefu-silero-'));
    const file = join(folder, 'silero_vad.onnx');
    expect(() => loadSilero(file)).toThrow(expect.objectContaining({ code: 'model_missing' }));
    await writeFile(file, 'no model at all');
    expect(() => loadSilero(file)).toThrow(expect.objectContaining({ code: 'model_conversion_failed' }));
    await rm(folder, { recursive: true });
  });
});

describe('turns of a real voice', () => {
  it.each(['Yes.', 'No.', 'What is the status of my order?', 'W, 2 3, 7 8, 1 5 6'])(
    'are found once each: %s',
    (text) => {
      const clip = caller.say(text);
      const events = turnsOf(joined(640, clip, 1600));
      expect(events.filter(({ type }) => type === 'speech-started')).toHaveLength(1);
      const ended = events.filter((event) => event.type === 'turn-ended');
      expect(ended).toHaveLength(1);
      expect(ended[0]?.onsetMs).toBeLessThan(640 + 350);
      expect(ended[0]?.endMs).toBeGreaterThan(640 + clip.length / 16 - 500);
    },
  );
});
