import { KefuError } from '../core/errors.ts';
import { languages } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import type {
  IntentClassifier,
  IntentExamples,
  ScoredIntent,
  SentenceEncoder,
  UnderstandingContext,
} from '../core/understanding.ts';
import { cachedVectors } from './example-vectors.ts';
import { polarityOfFirstWords, shortAnswerIntent, withoutCourtesies } from './lexicon.ts';
import { normalForm } from './normalize/normal-form.ts';
import { isOnlySpelled, lexiconScore, valueKinds, valueRejectBelow } from './values.ts';
import { dot, VectorSpace } from './vector-space.ts';

export interface NearestExamplesOptions {
  readonly encoder: SentenceEncoder;
  /** Every intent in use with its example sentences. */
  readonly examples: readonly IntentExamples[];
  /** The intent whose examples stand for everything else; it is never returned. Default `out_of_scope`. */
  readonly outOfScope?: string;
  /** Where vectors of examples are kept between starts; without it they are computed at every start. */
  readonly cacheDirectory?: string;
  /** Scores below are left out. Default 0.4; `valueRejectBelow` while a value (an order number, a name) is expected. */
  readonly rejectBelow?: number;
  readonly signal?: AbortSignal;
  readonly log?: Logger;
}

/**
 * How much each similarity counts: an example that is 0.07 less similar counts a factor e less. Chosen, like the constants below,
 * on the shipped examples (ten-fold) and on out-of-scope sentences of other fields, not on the held-out sentences of the tests.
 */
const kernelWidth = 0.07;
/** Evidence to probability: the value with the lowest log loss in the ten-fold trial. */
const temperature = 0.04;
/** Evidence for "something else", besides the out-of-scope examples: what the nearest intent must beat. */
const elsewhere = -0.58;
/** A yes-or-no question is mostly answered by yes or no, even more so by a sentence that begins with it. */
const yesNoPrior = 0.04;
const firstWordsPrior = 0.2;
const defaultRejectBelow = 0.4;

/**
 * An intent classifier that compares a sentence with example sentences by meaning, in both languages at once.
 *
 * @throws KefuError `config_invalid` without examples; `encoder_failed` when their vectors cannot be computed.
 */
export async function createNearestExamples(options: NearestExamplesOptions): Promise<IntentClassifier> {
  const samples = options.examples.flatMap(({ intent, examples }) =>
    languages.flatMap((language) =>
      examples[language].map((text) => ({ intent, normal: matterOf(normalForm(text, language), language) })),
    ),
  );
  if (samples.length === 0)
    throw new KefuError('config_invalid', 'The flows have no example sentences for any intent');
  const vectors = await cachedVectors(
    options.encoder,
    samples.map(({ normal }) => normal),
    { directory: options.cacheDirectory, signal: options.signal, log: options.log },
  );
  return new NearestExamples(
    options,
    samples.map(({ intent }) => intent),
    vectors,
  );
}

class NearestExamples implements IntentClassifier {
  readonly #encoder: SentenceEncoder;
  readonly #outOfScope: string;
  readonly #rejectBelow: number | undefined;
  readonly #space: VectorSpace;
  readonly #byIntent = new Map<string, Float32Array[]>();

  constructor(options: NearestExamplesOptions, intents: readonly string[], vectors: readonly Float32Array[]) {
    this.#encoder = options.encoder;
    this.#outOfScope = options.outOfScope ?? 'out_of_scope';
    this.#rejectBelow = options.rejectBelow;
    this.#space = new VectorSpace(vectors);
    for (const [index, vector] of vectors.entries()) {
      const intent = intents[index] ?? '';
      const list = this.#byIntent.get(intent) ?? [];
      list.push(this.#space.project(vector));
      this.#byIntent.set(intent, list);
    }
  }

  async classify(
    text: string,
    context: UnderstandingContext,
    signal?: AbortSignal,
  ): Promise<readonly ScoredIntent[]> {
    const normal = normalForm(text, context.language);
    if (normal === '' || isOnlySpelled(text, context)) return [];
    const short = shortAnswerIntent(normal, context.language);
    if (short !== undefined && this.#byIntent.has(short)) return [{ intent: short, score: lexiconScore }];
    const [vector] = await this.#encoder.encode([matterOf(normal, context.language)], signal);
    if (!vector) throw new KefuError('encoder_failed', 'The sentence encoder gave no vector');
    return this.#rank(this.#space.project(vector), normal, context);
  }

  #rank(point: Float32Array, normal: string, context: UnderstandingContext): ScoredIntent[] {
    const evidence = new Map<string, number>();
    for (const [intent, examples] of this.#byIntent) evidence.set(intent, evidenceOf(point, examples));
    const kind = context.expecting?.kind;
    if (kind === 'yes_no') {
      const polarity = polarityOfFirstWords(normal, context.language);
      for (const intent of ['affirm', 'deny'] as const) {
        const own = evidence.get(intent);
        if (own === undefined) continue;
        evidence.set(
          intent,
          polarity === intent ? Math.max(own, elsewhere) + firstWordsPrior : own + yesNoPrior,
        );
      }
    }
    const weights = [...evidence].map(([intent, value]) => ({
      intent,
      weight: Math.exp(value / temperature),
    }));
    const total = weights.reduce((sum, { weight }) => sum + weight, Math.exp(elsewhere / temperature));
    const rejectBelow =
      this.#rejectBelow ??
      (kind !== undefined && valueKinds.has(kind) ? valueRejectBelow : defaultRejectBelow);
    return weights
      .map(({ intent, weight }) => ({ intent, score: weight / total }))
      .filter(({ intent, score }) => intent !== this.#outOfScope && score >= rejectBelow)
      .sort((a, b) => b.score - a.score);
  }
}

/**
 * A soft maximum of the similarities to an intent's examples: 0 for one example that is the same sentence, more when several are
 * near. An intent with many examples is likelier, as it is among callers.
 */
function evidenceOf(point: Float32Array, examples: readonly Float32Array[]): number {
  let sum = 0;
  for (const example of examples) sum += Math.exp((dot(point, example) - 1) / kernelWidth);
  return kernelWidth * Math.log(sum);
}

function matterOf(normal: string, language: UnderstandingContext['language']): string {
  return withoutCourtesies(normal, language) || normal;
}
