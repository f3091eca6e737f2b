import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VoiceStages } from '../call/voice-line.ts';
import type { Clock } from '../core/clock.ts';
import type { Language } from '../core/language.ts';
import type { SpeechEngine } from '../core/speech.ts';
import { resampleClip } from '../media/resampler.ts';
import type { Decoding } from '../workers/recognizer-slot.ts';
import { coresUnder, type UnitCosts } from './capacity.ts';

/** Said and listened to: a sentence of usual length without anything special in it. */
const sentences: Readonly<Record<Language, string>> = {
  en: 'Your order is on its way, and should arrive on Tuesday.',
  zh: '您的订单已经发货，预计星期二送到。',
};
/** The least of several times is what the work takes when nothing else is in its way. */
const times = 3;
/** After this time nothing is measured again; what was not measured yet still is, once. */
const enoughMs = 1_500;
/** The start waits no longer for it, however slow the machine. */
const limitMs = 10_000;
const listeningHz = 16_000;
const frameSamples = listeningHz / 50;

export interface MeasuredParts {
  readonly engine: SpeechEngine;
  readonly voice: Pick<VoiceStages, 'recognizer' | 'createVoiceActivity'>;
  /** Calls `listener` for everything that recogniser workers read, until the returned function is called. */
  readonly onDecoded: (listener: (decoding: Decoding) => void) => () => void;
  readonly language: Language;
  readonly clock: Clock;
}

/**
 * Measures what a second of sound costs here: the voice says a sentence, then voice detector and recogniser listen to it. Takes about
 * a second, nearly all of it on worker threads. A machine that is busy with other things counts as the slower one that it then is.
 * Undefined when it took longer than 10 s, or the recogniser failed.
 * @throws KefuError `tts_failed`.
 */
export async function measureUnitCosts(parts: MeasuredParts): Promise<UnitCosts | undefined> {
  const { engine, clock, language } = parts;
  const beganMs = clock.nowMs();
  const enough = (): boolean => clock.nowMs() - beganMs > enoughMs;
  let cancelLimit = (): void => undefined;
  const limit = new Promise<undefined>((resolve) => {
    cancelLimit = clock.setTimer(() => resolve(undefined), limitMs);
  });
  const measure = async (): Promise<UnitCosts | undefined> => {
    const speech = await leastOf(async () => {
      const askedMs = clock.nowMs();
      const said = await engine.render(sentences[language]);
      return { cost: (clock.nowMs() - askedMs) / (1000 * (said.length / engine.sampleRateHz)), said };
    });
    if (!speech) return undefined;
    const heard = resampleClip(speech.said, engine.sampleRateHz, listeningHz);
    const voiceActivity = await leastOf(() => lookForVoice(heard, parts));
    const recognition = await leastOf(() => recognize(heard, parts));
    return (
      voiceActivity &&
      recognition && {
        recognition: recognition.cost,
        speech: speech.cost,
        voiceActivity: voiceActivity.cost,
      }
    );
  };
  /** The cheapest of several runs, or of one when time is short. */
  async function leastOf<Run extends { readonly cost: number }>(
    run: () => Promise<Run | undefined>,
  ): Promise<Run | undefined> {
    let least: Run | undefined;
    for (let time = 0; time === 0 || (time < times && !enough()); time += 1) {
      const next = await run();
      if (next && next.cost < (least?.cost ?? Infinity)) least = next;
    }
    return least;
  }
  try {
    return await Promise.race([measure(), limit]);
  } finally {
    cancelLimit();
  }
}

/** The main thread has calls to serve already: it gets a turn after each second of sound, which takes some 6 ms. */
async function lookForVoice(
  heard: Int16Array,
  { voice, clock }: MeasuredParts,
): Promise<{ readonly cost: number }> {
  const detector = voice.createVoiceActivity();
  let tookMs = 0;
  for (let start = 0; start < heard.length; start += listeningHz) {
    await nextTurn();
    const end = Math.min(start + listeningHz, heard.length);
    const beganMs = clock.nowMs();
    for (let at = start; at < end; at += frameSamples) {
      const samples = heard.subarray(at, Math.min(at + frameSamples, end));
      detector.write({ samples, sampleRateHz: listeningHz, mediaMs: (1000 * at) / listeningHz });
    }
    tookMs += clock.nowMs() - beganMs;
  }
  return { cost: tookMs / ((1000 * heard.length) / listeningHz) };
}

/** Reads the sentence as a turn of a call; everything that workers have read meanwhile counts, partial texts too. */
async function recognize(
  heard: Int16Array,
  { voice, language, onDecoded }: MeasuredParts,
): Promise<{ readonly cost: number } | undefined> {
  let [decodeMs, soundMs] = [0, 0];
  const stop = onDecoded((decoding) => {
    decodeMs += decoding.decodeMs;
    soundMs += decoding.soundMs;
  });
  const recognizer = voice.recognizer(language);
  try {
    await new Promise<void>((resolve) => {
      const stream = recognizer.open({
        language: recognizer.languages.includes(language) ? language : (recognizer.languages[0] ?? language),
        onEvent(event) {
          if (event.type === 'partial') return;
          stream.close();
          resolve();
        },
      });
      stream.write(1, { samples: heard, sampleRateHz: listeningHz, mediaMs: 0 });
      stream.finish(1, 1);
    });
  } finally {
    stop();
  }
  return soundMs > 0 ? { cost: decodeMs / soundMs } : undefined;
}

/** Cores that this process may use; in a container that is what its control group allows. */
export async function usableCores(): Promise<number> {
  // Only Linux has control groups, and not every process is in one with a limit.
  const cpuMax = await readFile('/sys/fs/cgroup/cpu.max', 'utf8').catch(() => '');
  return coresUnder(availableParallelism(), cpuMax);
}
