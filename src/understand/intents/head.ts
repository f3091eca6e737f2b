import type { Language } from '../../core/language.ts';
import { outOfScopeName } from './evaluation.ts';
import { weighWords, wordPlaces } from './features.ts';
import { softmax, type LinearModel, type Sample } from './linear-model.ts';
import { dot } from '../vector-space.ts';

/** What a head says of one sentence. */
export interface HeadOpinion {
  /** Intents, best first. Scores are calibrated: of sentences scored 0.8, four in five mean this intent. */
  readonly ranked: readonly { readonly intent: string; readonly score: number }[];
  /** Probability that the sentence is something a shop's hotline does not deal with; 0 where the head has not learnt of any such. */
  readonly outOfScope: number;
}

/** The trained parts of a head; `head-file.ts` writes them to a file and reads them. */
export interface HeadParts {
  /** The encoder whose vectors it was trained on. Its judgement of others is worthless. */
  readonly encoderId: string;
  /** Classes of the model in order; one may be `out_of_scope`. */
  readonly classes: readonly string[];
  readonly model: LinearModel;
  /** Mean of the training vectors. */
  readonly center: Float32Array;
  /** How much each place of the word features says; see `learnWordWeights`. */
  readonly wordWeights: Uint8Array;
  readonly temperature: number;
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
    return sampleOf(this.parts, vector, normal, language);
  }

  rejectBelow(intent: string): number {
    return this.parts.rejectBelow[intent] ?? this.parts.rejectBelow['*'] ?? 0;
  }

  /** @param favour - factors on the odds of intents that the dialog makes likelier, such as yes after a yes-or-no question. */
  judge(sample: Sample, favour: Readonly<Record<string, number>> = {}): HeadOpinion {
    const { classes, model, temperature } = this.parts;
    const logits = model.logits(sample);
    for (const [intent, factor] of Object.entries(favour)) {
      const index = classes.indexOf(intent);
      if (index >= 0) logits[index] = (logits[index] ?? 0) + Math.log(factor) * temperature;
    }
    const shares = softmax(logits, temperature);
    let outOfScope = 0;
    const ranked: { intent: string; score: number }[] = [];
    for (const [index, intent] of classes.entries()) {
      const score = shares[index] ?? 0;
      if (intent === outOfScopeName) outOfScope = score;
      else ranked.push({ intent, score });
    }
    return { ranked: ranked.sort((a, b) => b.score - a.score), outOfScope };
  }

  /** Whether a judged sentence may be taken for its best intent: it is likelier than nothing of the kind, and likely enough. */
  isTaken(
    { ranked: [best], outOfScope }: HeadOpinion,
    rejectBelow = this.rejectBelow(best?.intent ?? ''),
  ): boolean {
    return best !== undefined && best.score >= outOfScope && best.score >= rejectBelow;
  }
}

/** The sample that training and judging see. */
export function sampleOf(
  { center, wordWeights }: Pick<HeadParts, 'center' | 'wordWeights'>,
  vector: Float32Array,
  normal: string,
  language: Language,
): Sample {
  return { vector: centered(vector, center), words: weighWords(wordPlaces(normal, language), wordWeights) };
}

/** The vector without what all vectors of an encoder share, of length 1. */
function centered(vector: Float32Array, center: Float32Array): Float32Array {
  const difference = vector.map((value, index) => value - (center[index] ?? 0));
  const length = Math.sqrt(dot(difference, difference)) || 1;
  return difference.map((value) => value / length);
}
