import type { Language } from '../../core/language.ts';
import { outOfScopeName } from './evaluation.ts';
import { wordFeatures } from './features.ts';
import { softmax, type LinearModel, type Sample } from './linear-model.ts';
import { judgeScope, type ScopeJudge, type ScopeSigns } from './scope.ts';
import { dot } from '../vector-space.ts';

/** What a head says of one sentence. */
export interface HeadOpinion {
  /** Intents, best first. Scores are calibrated: of sentences scored 0.8, four in five mean this intent. */
  readonly ranked: readonly { readonly intent: string; readonly score: number }[];
  /** Probability that the sentence is something a shop's hotline deals with. */
  readonly inScope: number;
}

/** The trained parts of a head; `heads.ts` writes them to a file and reads them. */
export interface HeadParts {
  /** The encoder whose vectors it was trained on. Its judgement of others is worthless. */
  readonly encoderId: string;
  /** Classes of the model in order; one may be `out_of_scope`. */
  readonly classes: readonly string[];
  readonly model: LinearModel;
  /** Mean of the training vectors, and one mean of each class with it taken out, of length 1. */
  readonly center: Float32Array;
  readonly classMeans: readonly Float32Array[];
  readonly temperature: number;
  readonly scope: ScopeJudge;
  /** Score below which an intent is not taken; `*` for those not named. */
  readonly rejectBelow: Readonly<Record<string, number>>;
}

/** A trained head: what sentence vectors and words mean, out of a fixed list of intents. Pure; it never changes. */
export class IntentHead {
  readonly parts: HeadParts;
  /** Intents it can tell, without out of scope. */
  readonly intents: readonly string[];

  constructor(parts: HeadParts) {
    this.parts = parts;
    this.intents = parts.classes.filter((name) => name !== outOfScopeName);
  }

  /** The sample that training and judging see. */
  sample(vector: Float32Array, normal: string, language: Language): Sample {
    return { vector: centered(vector, this.parts.center), words: wordFeatures(normal, language) };
  }

  rejectBelow(intent: string): number {
    return this.parts.rejectBelow[intent] ?? this.parts.rejectBelow['*'] ?? 0;
  }

  /** @param favour - factors on the odds of intents that the dialog makes likelier, such as yes after a yes-or-no question. */
  judge(sample: Sample, favour: Readonly<Record<string, number>> = {}): HeadOpinion {
    const { classes, model, temperature, scope } = this.parts;
    const logits = model.logits(sample);
    for (const [intent, factor] of Object.entries(favour)) {
      const index = classes.indexOf(intent);
      if (index >= 0) logits[index] = (logits[index] ?? 0) + Math.log(factor) * temperature;
    }
    const inScope = judgeScope(scope, scopeSigns(this.parts, sample, logits));
    const own = classes.flatMap((intent, index) => (intent === outOfScopeName ? [] : [{ intent, index }]));
    const shares = softmax(
      Float64Array.from(own, ({ index }) => logits[index] ?? 0),
      temperature,
    );
    const ranked = own
      .map(({ intent }, position) => ({ intent, score: inScope * (shares[position] ?? 0) }))
      .sort((a, b) => b.score - a.score);
    return { ranked, inScope };
  }
}

/** The vector without what all vectors of an encoder share, of length 1. */
export function centered(vector: Float32Array, center: Float32Array): Float32Array {
  const difference = vector.map((value, index) => value - (center[index] ?? 0));
  const length = Math.sqrt(dot(difference, difference)) || 1;
  return difference.map((value) => value / length);
}

/**
 * Signs that a sentence is in scope: how far the best intent is before "out of scope" and before the next; how much evidence there
 * is for any intent at all; and how near the sentence lies to the middle of its nearest intent, which also notices what looks like
 * nothing in the training.
 */
export function scopeSigns(
  { classes, classMeans }: Pick<HeadParts, 'classes' | 'classMeans'>,
  sample: Sample,
  logits: Float64Array,
): ScopeSigns {
  const outside = classes.indexOf(outOfScopeName);
  let best = -Infinity;
  let second = -Infinity;
  let nearest = -1;
  for (let index = 0; index < classes.length; index += 1) {
    if (index === outside) continue;
    const logit = logits[index] ?? 0;
    if (logit > best) {
      second = best;
      best = logit;
    } else second = Math.max(second, logit);
    nearest = Math.max(nearest, dot(sample.vector, classMeans[index] ?? sample.vector));
  }
  let evidence = 0;
  for (let index = 0; index < classes.length; index += 1) {
    if (index !== outside) evidence += Math.exp((logits[index] ?? 0) - best);
  }
  const beforeOutside = outside < 0 ? 0 : best - (logits[outside] ?? 0);
  const margin = second === -Infinity ? 0 : best - second;
  return [beforeOutside, best + Math.log(evidence), margin, nearest];
}
