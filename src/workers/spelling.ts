import type { Clock } from '../core/clock.ts';
import { languages, type Language } from '../core/language.ts';
import type {
  SpellingReply,
  SpellingRequest,
  SpellingScores,
  SpellingThreadData,
} from './spelling-messages.ts';
import { ThreadJobs, type StartJobThread } from './thread-jobs.ts';

/** The network of the spelling recogniser in a thread of its own. */
export interface SpellingNetwork {
  /**
   * Scores one stretch of speech.
   * @param language - of the symbols that are expected.
   * @param samples - 16 kHz, -1 to 1, nine seconds at most.
   * @throws KefuError `asr_failed`, or `aborted` when `signal` is aborted.
   */
  score(samples: Float32Array, language: Language, signal?: AbortSignal): Promise<SpellingScores>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface SpellingNetworkOptions {
  /** Moonshine's encoder, and Kefu's own models on top of it. */
  readonly encoderPath: string;
  readonly headPaths: Readonly<Record<Language, string>>;
  readonly clock?: Clock;
  /** Starts the thread; a test may give another. */
  readonly startThread?: StartJobThread<SpellingRequest, SpellingReply>;
}

/** Half a second of silence, scored once at the start: proves that the model works and warms it up. */
const probeSamples = 8000;
/** A caller waits for the answer, and the general recogniser has one too. */
const timeoutMs = 2_000;

/** @throws KefuError `asr_failed` when the model cannot be loaded or does not answer; nothing is left running. */
export async function startSpellingNetwork(options: SpellingNetworkOptions): Promise<SpellingNetwork> {
  const data: SpellingThreadData = { encoderPath: options.encoderPath, headPaths: options.headPaths };
  const jobs = new ThreadJobs<SpellingRequest, SpellingScores>({
    name: 'spelling',
    entry: new URL('./spelling-thread.ts', import.meta.url),
    data,
    title: 'The spelling recogniser',
    work: 'Reading a spelled string',
    code: 'asr_failed',
    timeoutMs,
    clock: options.clock,
    startThread: options.startThread,
  });
  const network: SpellingNetwork = {
    score: (samples, language, signal) => jobs.run((job) => ({ job, language, samples }), signal),
    close: () => jobs.close(),
  };
  try {
    await jobs.ready();
    for (const language of languages) await network.score(new Float32Array(probeSamples), language);
    return network;
  } catch (error) {
    await network.close();
    throw error;
  }
}
