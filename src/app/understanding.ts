import type { EmotionEstimator } from '../core/emotion.ts';
import type { Logger } from '../core/log.ts';
import type { IntentClassifier, SentenceEncoder, Understander } from '../core/understanding.ts';
import type { FlowPack } from '../dialog/flow-pack.ts';
import { createFlowIntents } from '../understand/intents/flow-intents.ts';
import type { IntentHead } from '../understand/intents/head.ts';
import { createTrainedIntents } from '../understand/intents/trained-intents.ts';
import { createNearestExamples } from '../understand/nearest-examples.ts';
import { createUnderstander } from '../understand/understander.ts';

/**
 * Makes what understands the sentences of calls that run on these flows: the trained head where there is one, joined with the flows'
 * own examples. The function it resolves with gives the understander of the present head; a call asks once, at its beginning.
 *
 * @throws KefuError `config_invalid` without examples; `encoder_failed` when their vectors cannot be computed.
 */
export async function understandFlows(
  pack: Pick<FlowPack, 'intents'>,
  parts: {
    readonly encoder: SentenceEncoder;
    readonly head: () => IntentHead | undefined;
    readonly cacheDirectory: string;
    /** Without one, no mood is read from the words. */
    readonly emotion?: EmotionEstimator;
    readonly log?: Logger;
  },
): Promise<() => Understander> {
  const { encoder, cacheDirectory, emotion, log } = parts;
  const understanderWith = (classifier: IntentClassifier) =>
    createUnderstander({ classifier, ...(emotion && { emotion }), ...(log && { log }) });
  const nearest = await createNearestExamples({
    encoder,
    examples: pack.intents,
    cacheDirectory,
    ...(log && { log }),
  });
  const intents = pack.intents.map(({ intent }) => intent);
  let madeFor: IntentHead | undefined;
  let understander = understanderWith(nearest);
  return () => {
    const head = parts.head();
    if (head !== madeFor) {
      const classifier = head
        ? createFlowIntents({ trained: createTrainedIntents({ encoder, head }), nearest, intents })
        : nearest;
      understander = understanderWith(classifier);
      madeFor = head;
    }
    return understander;
  };
}
