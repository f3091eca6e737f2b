import type { ExpectingKind } from '../../core/dialog.ts';
import { KefuError } from '../../core/errors.ts';
import type {
  IntentClassifier,
  ScoredIntent,
  SentenceEncoder,
  UnderstandingContext,
} from '../../core/understanding.ts';
import { repairHomophones } from '../homophones/repair.ts';
import { polarityOfFirstWords, shortAnswerIntent } from '../lexicon.ts';
import { normalForm } from '../normalize/normal-form.ts';
import { isOnlySpelled, lexiconScore, valueKinds, valueRejectBelow } from '../values.ts';
import { outOfScopeName } from './evaluation.ts';
import type { HeadOpinion, IntentHead } from './head.ts';
import { joinsWishes, sentencePieces, type SentencePiece } from './pieces.ts';

/** Intents that accompany a wish: what is asked for comes before them, whatever was said first. */
const courtesies: ReadonlySet<string> = new Set(['greeting', 'thanks_goodbye', 'affirm', 'deny']);

/** Factors on the odds of yes and no after a yes-or-no question, and of the one that the first words say. */
const askedFactor = 3;
const firstWordsFactor = 15;

/**
 * When a sentence is taken apart: not when it is this `sure`ly one intent, with no other as near as `otherNear`. A piece's intent counts
 * when the piece is sure of it (`pieceScore`), and the whole sentence does not rule it out (`pieceShare`). Words that join wishes ("and
 * also", 另外) speak for several. Chosen on training sentences, by a head that had seen none of those with several wishes.
 */
interface Cutting {
  readonly sure: number;
  readonly otherNear: number;
  readonly pieceScore: number;
  readonly pieceShare: number;
}
const plain: Cutting = { sure: 0.9, otherNear: 0.03, pieceScore: 0.85, pieceShare: 0.02 };
const joined: Cutting = { sure: 0.99, otherNear: 0.003, pieceScore: 0.8, pieceShare: 0.002 };

/** An intent with its score before anything was turned down, for measuring. */
export interface Ranking {
  readonly best: ScoredIntent | undefined;
  /** Intents that count, in the order in which they were said; courtesies last. */
  readonly taken: readonly ScoredIntent[];
}

/** Classifies by a trained head. */
export interface TrainedIntents extends IntentClassifier {
  readonly head: IntentHead;
  rank(text: string, context: UnderstandingContext, signal?: AbortSignal): Promise<Ranking>;
}

/**
 * An intent classifier with a trained head. Short answers are looked up, spelled values are no intents, and a sentence that may hold
 * several wishes is taken apart at the words that join them.
 */
export function createTrainedIntents(options: {
  readonly encoder: SentenceEncoder;
  readonly head: IntentHead;
}): TrainedIntents {
  const { encoder, head } = options;
  const known = new Set(head.intents);

  async function rank(text: string, context: UnderstandingContext, signal?: AbortSignal): Promise<Ranking> {
    const normal = normalForm(text, context.language);
    if (normal === '' || isOnlySpelled(text, context)) return { best: undefined, taken: [] };
    const short = shortAnswerIntent(normal, context.language);
    if (short !== undefined && known.has(short)) {
      const best = { intent: short, score: lexiconScore };
      return { best, taken: [best] };
    }
    const meant = meantForm(normal, context);
    const [vector] = await encoder.encode([meant], signal);
    if (!vector) throw new KefuError('encoder_failed', 'The sentence encoder gave no vector');
    const whole = head.judge(head.sample(vector, meant, context.language), favourOf(normal, context));
    const [best, next] = whole.ranked;
    if (!best) return { best: undefined, taken: [] };
    const cutting = joinsWishes(text, context.language) ? joined : plain;
    const isOne = best.score >= cutting.sure && (next?.score ?? 0) < cutting.otherNear;
    const pieces = isOne
      ? []
      : sentencePieces(text, context.language).map((piece) => ({
          ...piece,
          normal: meantForm(piece.normal, context),
        }));
    const single = head.isTaken(whole, rejectBelow(best.intent, context)) ? [best] : [];
    if (pieces.length === 0) return { best, taken: single };
    const several = await judgePieces(pieces, whole, cutting, context, signal);
    // A sentence whose parts agree, say nothing, or miss what it is about is judged as a whole: there is more to go by.
    if (several.length < 2 || !several.some(({ intent }) => intent === best.intent))
      return { best, taken: single };
    return { best, taken: several };
  }

  async function judgePieces(
    pieces: readonly SentencePiece[],
    whole: HeadOpinion,
    { pieceShare, pieceScore }: Cutting,
    context: UnderstandingContext,
    signal: AbortSignal | undefined,
  ): Promise<ScoredIntent[]> {
    const unknown = pieces.filter(({ short }) => short === undefined);
    const vectors = await encoder.encode(
      unknown.map(({ normal }) => normal),
      signal,
    );
    const found = new Map<string, number>();
    for (const piece of pieces) {
      const vector = vectors[unknown.indexOf(piece)];
      const best = opinionOf(piece, vector, context);
      if (!best || best.intent === outOfScopeName) continue;
      const share = whole.ranked.find(({ intent }) => intent === best.intent)?.score ?? 0;
      const isCourtesy = courtesies.has(best.intent);
      // "Yes" before a wish belongs to the wish for the whole sentence; looked up, it needs no consent.
      if (share < pieceShare && !(isCourtesy && piece.short !== undefined)) continue;
      if (best.score < Math.max(pieceScore, rejectBelow(best.intent, context))) continue;
      found.set(best.intent, Math.max(found.get(best.intent) ?? 0, best.score));
    }
    const ordered = [...found].map(([intent, score]) => ({ intent, score }));
    return [
      ...ordered.filter(({ intent }) => !courtesies.has(intent)),
      ...ordered.filter(({ intent }) => courtesies.has(intent)),
    ];
  }

  function opinionOf(
    { normal, short }: SentencePiece,
    vector: Float32Array | undefined,
    context: UnderstandingContext,
  ): ScoredIntent | undefined {
    if (short !== undefined) return known.has(short) ? { intent: short, score: lexiconScore } : undefined;
    if (!vector) return undefined;
    return head.judge(head.sample(vector, normal, context.language)).ranked[0];
  }

  function rejectBelow(intent: string, context: UnderstandingContext): number {
    const kind = context.expecting?.kind;
    const threshold = head.rejectBelow(intent);
    return kind !== undefined && valueKinds.has(kind) ? Math.max(threshold, valueRejectBelow) : threshold;
  }

  return {
    head,
    rank,
    classify: async (text, context, signal) => (await rank(text, context, signal)).taken,
  };
}

/** What was probably said where a recogniser wrote down characters that only sound like it. */
function meantForm(normal: string, { language }: UnderstandingContext): string {
  return language === 'zh' ? repairHomophones(normal) : normal;
}

function favourOf(normal: string, context: UnderstandingContext): Readonly<Record<string, number>> {
  const kind: ExpectingKind | undefined = context.expecting?.kind;
  if (kind !== 'yes_no') return {};
  const polarity = polarityOfFirstWords(normal, context.language);
  return {
    affirm: polarity === 'affirm' ? firstWordsFactor : askedFactor,
    deny: polarity === 'deny' ? firstWordsFactor : askedFactor,
  };
}
