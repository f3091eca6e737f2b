import { z } from 'zod';
import { languageSchema, type Language } from './language.ts';
import type { Expecting } from './dialog.ts';
import { emotionReadingSchema } from './emotion.ts';

/** Turns sentences into unit vectors; sentences of one meaning lie close, across languages. */
export interface SentenceEncoder {
  readonly id: string;
  readonly dimensions: number;
  /** One L2-normalised vector per text, each `dimensions` long. Rejects with `encoder_failed`. */
  encode(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** The model's half of a `SentenceEncoder`: vectors of sentences that are cut into token ids. Runs beside the main thread. */
export interface TokenEncoder {
  readonly dimensions: number;
  /** One L2-normalised vector per row of token ids. Rejects with `encoder_failed`, or `aborted` by the signal. */
  encode(rows: readonly (readonly number[])[], signal?: AbortSignal): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

export const scoredIntentSchema = z.object({
  intent: z.string(),
  /** 0 to 1, calibrated as well as the classifier can. */
  score: z.number().min(0).max(1),
});
export type ScoredIntent = z.infer<typeof scoredIntentSchema>;

export const entitySchema = z.object({
  /** `order_number`, `email`, `postal_code`, `number`, `digits`, `ordinal`, `date`, ... */
  kind: z.string(),
  /** Normalised value, such as `W2378156`. */
  value: z.string(),
  /** The words it was read from, and where they stand in the text (UTF-16 offsets). */
  text: z.string(),
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
});
export type Entity = z.infer<typeof entitySchema>;

export const understandingSchema = z.object({
  text: z.string(),
  language: languageSchema,
  /** Best first. Below its reject threshold an intent is left out; none left means out of scope. */
  intents: z.array(scoredIntentSchema),
  entities: z.array(entitySchema),
  /** What words and voice tell of how the caller feels, when estimated. */
  emotion: emotionReadingSchema.optional(),
});
export type Understanding = z.infer<typeof understandingSchema>;

/** What surrounds a sentence when it is understood. */
export interface UnderstandingContext {
  readonly language: Language;
  readonly expecting: Expecting | null;
}

export interface Understander {
  understand(text: string, context: UnderstandingContext, signal?: AbortSignal): Promise<Understanding>;
}

/** Scores a sentence against the intents in use. */
export interface IntentClassifier {
  classify(
    text: string,
    context: UnderstandingContext,
    signal?: AbortSignal,
  ): Promise<readonly ScoredIntent[]>;
}

/** Example sentences of one intent, per language, from the flows. */
export interface IntentExamples {
  readonly intent: string;
  readonly examples: Readonly<Record<Language, readonly string[]>>;
}
