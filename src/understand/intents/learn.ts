import { createHash } from 'node:crypto';
import { KefuError } from '../../core/errors.ts';
import type { Language } from '../../core/language.ts';
import { outOfScopeName, thresholdAt } from './evaluation.ts';
import { featurePlaces, learnWordWeights, wordPlaces } from './features.ts';
import { IntentHead, sampleOf, type HeadParts } from './head.ts';
import { softmax } from './linear-model.ts';
import { trainLinearModel, type TrainingOptions, type TrainingSample } from './train.ts';

/** A labelled sentence with its vector. */
export interface LabelledSentence {
  readonly text: string;
  /** What was said, where `text` is what a recogniser heard. */
  readonly said?: string | undefined;
  readonly normal: string;
  readonly language: Language;
  /** In the order in which they are said; mostly one. */
  readonly intents: readonly string[];
  readonly vector: Float32Array;
}

export interface LearnOptions {
  readonly encoderId: string;
  /** Share of in-scope sentences that the thresholds may turn down. Default 0.025. */
  readonly falseRejects?: number;
  /** Train once more on all sentences when scores and thresholds are set. Default true. */
  readonly refit?: boolean;
  readonly training?: Partial<TrainingOptions>;
  /**
   * A head to go on from: it sees all sentences a few times more, and keeps its calibration, which some new sentences among thousands
   * hardly move. Takes a small part of the time. Without effect when the sentences have other intents, or the encoder is another one.
   */
  readonly goOnFrom?: IntentHead;
  readonly signal?: AbortSignal;
}

/** One sentence in eight is never trained on: scores and thresholds are set on it. */
const calibrationShare = 8;

/**
 * Whether a sentence is kept for calibration. It follows from what was said alone, so that a sentence never changes sides when others
 * are added, stays on one side with what was heard of it, and the encoder's training can leave out the same sentences.
 */
export function isForCalibration({ text, said }: Pick<LabelledSentence, 'text' | 'said'>): boolean {
  return (
    (createHash('sha256')
      .update(said ?? text)
      .digest()[0] ?? 0) <
    256 / calibrationShare
  );
}

/**
 * Trains a head: a linear model on seven sentences in eight, then its temperature and its thresholds on the
 * rest; and at last the model anew on all of them, since every sentence counts. The same sentences give the same head.
 *
 * @throws KefuError `config_invalid` with fewer than two intents.
 */
export async function learnHead(
  sentences: readonly LabelledSentence[],
  options: LearnOptions,
): Promise<IntentHead> {
  const classes = [...new Set(sentences.flatMap(({ intents }) => intents))].sort();
  if (classes.filter((name) => name !== outOfScopeName).length < 2) {
    throw new KefuError('config_invalid', 'A head needs sentences of at least two intents to tell apart.');
  }
  const earlier = options.goOnFrom?.parts;
  if (earlier?.encoderId === options.encoderId && sameNames(earlier.classes, classes)) {
    const training = { epochs: rounds, start: earlier.model, ...options.training };
    return new IntentHead({
      ...earlier,
      ...(await fit(sentences, classes, { ...options, training }, earlier)),
    });
  }
  const kept = sentences.filter((sentence) => isForCalibration(sentence));
  const rest = sentences.filter((sentence) => !isForCalibration(sentence));
  const calibrated = calibrate(await fit(rest, classes, options), kept, options);
  if (options.refit === false || kept.length === 0) return calibrated;
  return new IntentHead({ ...calibrated.parts, ...(await fit(sentences, classes, options)) });
}

/** How often a head that goes on sees every sentence. */
const rounds = 3;

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

type Uncalibrated = Omit<HeadParts, 'temperature' | 'rejectBelow'>;

async function fit(
  sentences: readonly LabelledSentence[],
  classes: readonly string[],
  { encoderId, training, signal }: LearnOptions,
  view: Pick<HeadParts, 'center' | 'wordWeights'> = viewOf(sentences),
): Promise<Uncalibrated> {
  const { center, wordWeights } = view;
  const samples = sentences.map(({ vector, normal, language, intents }): TrainingSample => ({
    ...sampleOf(view, vector, normal, language),
    classes: intents.map((name) => classes.indexOf(name)),
  }));
  const model = await trainLinearModel(samples, {
    classes: classes.length,
    dimensions: center.length,
    places: featurePlaces,
    ...training,
    onEpoch: async (epoch) => {
      signal?.throwIfAborted();
      await training?.onEpoch?.(epoch);
    },
  });
  return { encoderId, classes, model, center, wordWeights };
}

/** What sentences are seen relative to: the mean of their vectors, and how rare their words are. */
function viewOf(sentences: readonly LabelledSentence[]): Pick<HeadParts, 'center' | 'wordWeights'> {
  return {
    center: meanOf(sentences.map(({ vector }) => vector)),
    wordWeights: learnWordWeights(sentences.map(({ normal, language }) => wordPlaces(normal, language))),
  };
}

function calibrate(
  parts: Uncalibrated,
  kept: readonly LabelledSentence[],
  { falseRejects = 0.025 }: LearnOptions,
): IntentHead {
  // A sentence of several intents has no single right answer that scores could be compared with.
  const single = kept.filter(({ intents }) => intents.length === 1);
  const judged = single.map(({ vector, normal, language, intents: [intent = ''] }) => {
    const sample = sampleOf(parts, vector, normal, language);
    return { intent, sample, logits: parts.model.logits(sample) };
  });
  const temperature = bestTemperature(
    judged.map(({ intent, logits }) => ({ logits, right: parts.classes.indexOf(intent) })),
  );
  const open = new IntentHead({ ...parts, temperature, rejectBelow: {} });
  const scored = judged
    .filter(({ intent }) => intent !== outOfScopeName)
    .map(({ intent, sample }) => {
      const [best] = open.judge(sample).ranked;
      return { intent, best: best?.intent, score: best?.score ?? 0 };
    });
  return new IntentHead({
    ...open.parts,
    rejectBelow: thresholds(scored, open.intents, falseRejects),
  });
}

/** The temperature with the least surprise at the right answers, out of a fine ladder. */
function bestTemperature(
  cases: readonly { readonly logits: Float64Array; readonly right: number }[],
): number {
  let best = { temperature: 1, loss: Infinity };
  for (let step = -12; step <= 16; step += 1) {
    const temperature = 1.12 ** step;
    let loss = 0;
    for (const { logits, right } of cases) {
      loss -= Math.log(Math.max(1e-9, softmax(Float64Array.from(logits), temperature)[right] ?? 0));
    }
    if (loss < best.loss) best = { temperature, loss };
  }
  return best.temperature;
}

/** Sentences of an intent that weigh as much as the common threshold of all intents. */
const commonWeight = 60;

/**
 * A threshold for each intent: between that of its own few calibration sentences and that of all, by how many there are.
 */
function thresholds(
  scored: readonly { readonly best: string | undefined; readonly score: number }[],
  intents: readonly string[],
  falseRejects: number,
): Record<string, number> {
  const common = thresholdAt(
    scored.map(({ score }) => ({ inScope: true, score })),
    falseRejects,
  );
  const own = intents.map((intent): [string, number] => {
    const scores = scored
      .filter(({ best }) => best === intent)
      .map(({ score }) => ({ inScope: true, score }));
    const weight = scores.length / (scores.length + commonWeight);
    const threshold = weight * thresholdAt(scores, falseRejects) + (1 - weight) * common;
    // Never so high that a single odd sentence in the calibration closes an intent.
    return [intent, Math.min(threshold, common * 1.5, 0.6)];
  });
  return { '*': common, ...Object.fromEntries(own) };
}

function meanOf(vectors: readonly Float32Array[], dimensions = vectors[0]?.length ?? 0): Float32Array {
  const mean = new Float32Array(dimensions);
  for (const vector of vectors) {
    for (let index = 0; index < dimensions; index += 1) {
      mean[index] = (mean[index] ?? 0) + (vector[index] ?? 0) / vectors.length;
    }
  }
  return mean;
}
