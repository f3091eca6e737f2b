import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import { moods, type MoodScores } from '../../core/emotion.ts';
import type { Language } from '../../core/language.ts';
import { ngramBuckets } from './ngrams.ts';

/** The trained heads as they lie in `models/emotion/`, and what they compute. */

const trainedSchema = {
  version: z.literal(1),
  /** What made the file, and how good it was: for people. */
  training: z.record(z.string(), z.unknown()),
};

/** Weights as 8-bit numbers in base64, row by row, each row with its own scale. */
const packedSchema = z.object({ scales: z.array(z.number()), data: z.string() });

export const wordsHeadSchema = z.object({
  ...trainedSchema,
  dimensions: z.int().positive(),
  buckets: z.int().positive(),
  /** Subtracted from a sentence's vector, and what is left is multiplied. */
  mean: z.array(z.number()),
  vectorScale: z.number().positive(),
  ngramScale: z.number().positive(),
  bias: z.array(z.number()).length(moods.length),
  /** One row a mood. */
  vectorWeights: z.array(z.array(z.number())).length(moods.length),
  ngramWeights: packedSchema,
  /** Scores are divided by it, so that they are honest probabilities. */
  temperature: z.number().positive(),
});
export type WordsHeadFile = z.infer<typeof wordsHeadSchema>;

const layerSchema = z.object({ weights: z.array(z.array(z.number())), bias: z.array(z.number()) });
const networkSchema = z.object({ hidden: layerSchema, output: layerSchema });
const voicesSchema = z.object({
  mean: z.array(z.number()),
  spread: z.array(z.number()),
  /** Several small networks that are asked together; each gives anger and arousal. */
  networks: z.array(networkSchema).min(1),
  /** Anger and arousal: what is added to the mean of the networks, and what that is then multiplied by. */
  offset: z.tuple([z.number(), z.number()]),
  scale: z.tuple([z.number(), z.number()]),
});
export type VoicesFile = z.infer<typeof voicesSchema>;

export const voiceHeadSchema = z.object({
  ...trainedSchema,
  features: z.array(z.string()),
  /** For a voice by itself, and for its difference from the caller's own first turns. */
  absolute: voicesSchema,
  relative: voicesSchema,
});
export type VoiceHeadFile = z.infer<typeof voiceHeadSchema>;

/** Reads a head. @throws KefuError `config_invalid` when the file is none. */
export function parseHead<Schema extends z.ZodType>(
  schema: Schema,
  json: string,
  name: string,
): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    throw new KefuError('config_invalid', `${name} is no trained head of emotion.`, { cause: error });
  }
}

/** 8-bit weights: a quarter of the size of decimals, and no difference that could be measured. */
export function packWeights(rows: readonly Float64Array[]): z.infer<typeof packedSchema> {
  const scales = rows.map((row) => row.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9) / 127);
  const bytes = rows.flatMap((row, index) =>
    Array.from(row, (value) => Math.round(value / (scales[index] ?? 1))),
  );
  return { scales, data: Buffer.from(Int8Array.from(bytes).buffer).toString('base64') };
}

function unpackWeights({ scales, data }: z.infer<typeof packedSchema>, columns: number): Float64Array[] {
  const bytes = Buffer.from(data, 'base64');
  return scales.map((scale, row) =>
    Float64Array.from({ length: columns }, (_, column) => bytes.readInt8(row * columns + column) * scale),
  );
}

/** Moods from a sentence's vector and its n-grams: one softmax over both. */
export class WordsHead {
  readonly #file: WordsHeadFile;
  readonly #ngrams: readonly Float64Array[];

  constructor(file: WordsHeadFile) {
    this.#file = file;
    this.#ngrams = unpackWeights(file.ngramWeights, file.buckets);
  }

  get dimensions(): number {
    return this.#file.dimensions;
  }

  scores(vector: Float32Array, normal: string, language: Language): MoodScores {
    const { mean, vectorScale, ngramScale, vectorWeights, bias, temperature, buckets } = this.#file;
    const pieces = ngramBuckets(normal, language, buckets);
    const sums = moods.map((_, row) => {
      let sum = bias[row] ?? 0;
      const weights = vectorWeights[row] ?? [];
      for (let index = 0; index < vector.length; index += 1)
        sum += (weights[index] ?? 0) * ((vector[index] ?? 0) - (mean[index] ?? 0)) * vectorScale;
      const ngrams = this.#ngrams[row];
      for (const [bucket, weight] of pieces) sum += (ngrams?.[bucket] ?? 0) * weight * ngramScale;
      return sum / temperature;
    });
    return toScores(sums);
  }
}

/** Softmax over the moods, in their order. */
export function toScores(sums: readonly number[]): MoodScores {
  const most = Math.max(...sums);
  const powers = sums.map((sum) => Math.exp(sum - most));
  const total = powers.reduce((sum, value) => sum + value, 0);
  const [angry = 0, upset = 0, neutral = 0, pleased = 0] = powers.map((value) => value / total);
  return { angry, upset, neutral, pleased };
}

/** Evidence (log odds) for anger and for arousal in the features of a voice. */
export function voiceEvidence(file: VoicesFile, features: readonly number[]): readonly [number, number] {
  // What lies far outside of what the networks have seen counts as the edge of it.
  const input = features.map((value, index) => {
    const standard = (value - (file.mean[index] ?? 0)) / (file.spread[index] ?? 1);
    return Math.max(-4, Math.min(4, standard));
  });
  let [anger, arousal] = [0, 0];
  for (const { hidden, output } of file.networks) {
    const middle = layer(hidden, input).map(Math.tanh);
    const [a = 0, b = 0] = layer(output, middle);
    anger += a / file.networks.length;
    arousal += b / file.networks.length;
  }
  return [(anger + file.offset[0]) * file.scale[0], (arousal + file.offset[1]) * file.scale[1]];
}

function layer({ weights, bias }: z.infer<typeof layerSchema>, input: readonly number[]): number[] {
  return bias.map((start, row) => {
    const own = weights[row] ?? [];
    let sum = start;
    for (let index = 0; index < input.length; index += 1) sum += (own[index] ?? 0) * (input[index] ?? 0);
    return sum;
  });
}
