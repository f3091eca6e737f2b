import { join } from 'node:path';
import { KefuError } from '../../../src/core/errors.ts';
import { loadSilero, type SileroModel } from '../../../src/listen/silero.ts';
import { createTurnDetector } from '../../../src/listen/turn-detector.ts';
import { decodeMulaw } from '../../../src/media/g711.ts';
import { createResampler } from '../../../src/media/resampler.ts';
import type { ModelStore } from '../../../src/models/store.ts';

/** A stretch of a clip that a call would give to its recogniser at once, in milliseconds of the clip. */
export interface SpeechSegment {
  readonly startMs: number;
  readonly endMs: number;
}

/** A call gives the recogniser this much from before the detected onset. */
const leadInMs = 240;
/** Silence behind the clip, so that its last words come to an end. */
const afterMs = 2000;
const frameSamples = 320;
const rateHz = 16_000;

export function openSilero(store: ModelStore): SileroModel {
  const entry = store.find('vad', 'en');
  const model: unknown = entry && 'model' in entry.runtime ? entry.runtime.model : undefined;
  if (!entry || typeof model !== 'string') {
    throw new KefuError('model_missing', 'There is no voice activity model.');
  }
  return loadSilero(join(store.path(entry.id), model));
}

/** The stretches of speech in 8 kHz mu-law. */
export function speechSegments(mulaw: Uint8Array, silero: SileroModel): SpeechSegment[] {
  return speechSegmentsOf(createResampler(8000, rateHz).process(decodeMulaw(mulaw)), silero);
}

/**
 * The stretches of speech in samples at 16 kHz as Kefu's own voice detector and turn detector find them in a call that expects nothing in
 * particular: from the onset to the pause at which a text is asked for, long speech split at its pauses.
 */
export function speechSegmentsOf(speech: Int16Array, silero: SileroModel): SpeechSegment[] {
  const samples = new Int16Array(speech.length + (afterMs / 1000) * rateHz);
  samples.set(speech);
  const voiceActivity = silero.open();
  const turns = createTurnDetector();
  const found: SpeechSegment[] = [];
  let startMs: number | undefined;
  let pausedMs: number | undefined;
  const close = (endMs: number): void => {
    if (startMs !== undefined)
      found.push({ startMs, endMs: Math.min(endMs, speech.length / (rateHz / 1000)) });
    pausedMs = undefined;
  };
  for (let at = 0; at < samples.length; at += frameSamples) {
    const mediaMs = (at / rateHz) * 1000;
    const frame = {
      samples: samples.subarray(at, at + frameSamples),
      sampleRateHz: rateHz,
      mediaMs,
    } as const;
    for (const window of voiceActivity.write(frame)) {
      const nowMs = window.startMs + window.durationMs;
      for (const event of turns.advance({ type: 'window', window })) {
        if (event.type === 'speech-started') startMs = Math.max(0, event.onsetMs - leadInMs);
        else if (event.type === 'speech-paused') pausedMs = nowMs;
        else if (event.type === 'speech-resumed') pausedMs = undefined;
        else if (event.type === 'turn-split') {
          close(nowMs);
          startMs = nowMs;
        } else if (event.type === 'turn-ended') {
          close(pausedMs ?? nowMs);
          startMs = undefined;
        } else if (event.type === 'speech-dropped') startMs = undefined;
      }
    }
  }
  return found.filter((segment) => segment.endMs > segment.startMs);
}
