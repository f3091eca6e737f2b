import type { IntentClassifier, ScoredIntent } from '../../core/understanding.ts';
import { lexiconScore } from '../values.ts';
import type { TrainedIntents } from './trained-intents.ts';

/**
 * Joins a trained head with the examples of the flows in use.
 *
 * The head knows a fixed list of intents. What the flows add to it (opening hours, "stop", whatever a shop has thought of) is told by
 * nearness to the flows' examples, which compete with the head: the surer of the two wins. Where the head hears an intent that the
 * flows do not have, the nearest of theirs is taken instead, as the flows alone would.
 *
 * @param intents - names of the flows' intents.
 */
export function createFlowIntents(options: {
  readonly trained: TrainedIntents;
  readonly nearest: IntentClassifier;
  readonly intents: readonly string[];
}): IntentClassifier {
  const { trained, nearest } = options;
  const inFlows = new Set(options.intents);
  const inHead = new Set(trained.head.intents);
  const hasOwn = options.intents.some((intent) => !inHead.has(intent));

  return {
    async classify(text, context, signal): Promise<readonly ScoredIntent[]> {
      const { best, taken } = await trained.rank(text, context, signal);
      const known = taken.filter(({ intent }) => inFlows.has(intent));
      const isForeign = taken.length > 0 && known.length === 0;
      if (!hasOwn && !isForeign) return known;
      const near = await nearest.classify(text, context, signal);
      if (isForeign) return near;
      const own = near[0];
      if (own === undefined || inHead.has(own.intent)) return known;
      // A head that turns a sentence down need not know what the flows' own intents are.
      const isSurer = known.length === 0 || own.score >= lexiconScore || own.score > (best?.score ?? 0);
      return isSurer ? [own, ...known.filter(({ score }) => score >= own.score)] : known;
    },
  };
}
