import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as SherpaOnnx from 'sherpa-onnx-node';
import { testModelStore } from './models.ts';
import { throughTelephone } from './telephone.ts';

/** A caller for tests: says sentences with the built-in voice, as they arrive over a telephone line, 16 kHz. */
export interface CallerVoice {
  /** `speed` 1 is the voice's own pace. Blocks for about a tenth of the sentence's length. */
  say(text: string, speed?: number): Int16Array;
}

export function createCallerVoice(): CallerVoice {
  const store = testModelStore();
  const voice = store.path('piper-en-joe');
  const { OfflineTts } = createRequire(import.meta.url)('sherpa-onnx-node') as typeof SherpaOnnx;
  const tts = new OfflineTts({
    model: {
      vits: {
        model: join(voice, 'en_US-joe-medium.onnx'),
        tokens: join(voice, 'tokens.txt'),
        dataDir: join(store.path('espeak-ng-data'), 'espeak-ng-data'),
      },
      numThreads: 1,
      provider: 'cpu',
      debug: false,
    },
    maxNumSentences: 1,
  });
  return {
    say(text, speed = 1) {
      const { samples, sampleRate } = tts.generate({ text, sid: 0, speed, enableExternalBuffer: false });
      return throughTelephone(samples, sampleRate);
    },
  };
}

/** Clips one after the other, with silence in milliseconds between them: `joined(500, clip, 500)`. */
export function joined(...parts: readonly (number | Int16Array)[]): Int16Array {
  const clips = parts.map((part) => (typeof part === 'number' ? new Int16Array(part * 16) : part));
  const all = new Int16Array(clips.reduce((length, clip) => length + clip.length, 0));
  let at = 0;
  for (const clip of clips) {
    all.set(clip, at);
    at += clip.length;
  }
  return all;
}

/** White noise of the given level, the same for the same seed. */
export function noise(durationMs: number, dbfs: number, seed = 1): Int16Array {
  let state = seed;
  const amplitude = 32_768 * 10 ** (dbfs / 20) * Math.sqrt(3);
  return Int16Array.from({ length: durationMs * 16 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 31 - 1) * amplitude;
  });
}
