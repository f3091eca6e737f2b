import { join } from 'node:path';
import { pronounce } from '../../src/speak/pronounce.ts';
import type { SpeechPart } from '../../src/core/speech.ts';
import type { ModelStore } from '../../src/models/store.ts';
import { startPiperEngine } from '../../src/workers/synthesizer.ts';
import { callerClip } from './spoken-call.ts';
import type { CallerClip } from './caller.ts';

/** Makes clips that a caller says, with the built-in voice. */
export interface CallerVoice {
  /** `parts` as Kefu's own utterances have them, or plain words. `speed` 1 is the voice's own pace. */
  say(words: string | readonly SpeechPart[]): Promise<CallerClip>;
  close(): Promise<void>;
}

export async function createCallerVoice(store: ModelStore, speed = 1): Promise<CallerVoice> {
  const entry = store.find('voice', 'en');
  if (entry?.runtime.family !== 'piper') throw new Error('The caller needs the default voice.');
  const { runtime } = entry;
  const phonemes = store.entry(runtime.phonemes);
  if (phonemes.runtime.family !== 'espeak-ng-data') throw new Error('The voice needs its phoneme data.');
  const engine = await startPiperEngine({
    voiceId: entry.id,
    modelHash: '',
    model: join(store.path(entry.id), runtime.model),
    tokens: join(store.path(entry.id), runtime.tokens),
    dataDir: join(store.path(phonemes.id), phonemes.runtime.dataDir),
    speed,
  });
  return {
    async say(words) {
      const parts: readonly SpeechPart[] =
        typeof words === 'string' ? [{ type: 'text', text: words }] : words;
      const sentences = pronounce(parts, 'en', { nowEpochMs: Date.now() });
      const sounds = await Promise.all(sentences.map(({ spoken }) => engine.render(spoken)));
      const pause = new Int16Array(Math.round(engine.sampleRateHz * 0.25));
      const samples = Int16Array.from(
        sounds.flatMap((sound, index) => (index > 0 ? [...pause, ...sound] : [...sound])),
      );
      const name = parts.map(({ text }) => text).join('');
      return callerClip(name, { samples, sampleRateHz: engine.sampleRateHz });
    },
    close: () => engine.close(),
  };
}
