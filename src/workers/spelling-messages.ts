import type { Language } from '../core/language.ts';
import type { JobReply } from './thread-jobs.ts';

/** What the spelling recogniser's thread is started with. */
export interface SpellingThreadData {
  /** Moonshine's encoder: `input_values` (float, [1, n], 16 kHz, -1 to 1) to `last_hidden_state` (float, [1, steps, 288]). */
  readonly encoderPath: string;
  /** Kefu's own models on top of it, one for each language: `states` to `log_probs` (float, [1, steps, symbols + 1]). */
  readonly headPaths: Readonly<Record<Language, string>>;
}

export interface SpellingRequest {
  readonly job: number;
  readonly language: Language;
  /** 16 kHz, -1 to 1; nine seconds at most, as the encoder takes no more. */
  readonly samples: Float32Array;
}

/** Natural logarithms of probabilities: `steps` rows of 24 ms, `width` symbols each, the blank last. */
export interface SpellingScores {
  readonly logProbs: Float32Array;
  readonly steps: number;
  readonly width: number;
}

export type SpellingReply = JobReply<SpellingScores>;
