import type { EmotionEstimator, MoodScores } from '../core/emotion.ts';
import { toKefuError } from '../core/errors.ts';
import type { Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import type { IntentClassifier, Understander, UnderstandingContext } from '../core/understanding.ts';
import { extractEntities } from './entities.ts';
import { shortAnswerIntent } from './lexicon.ts';
import { detectLanguage } from './normalize/language.ts';
import { normalForm } from './normalize/normal-form.ts';
import { isOnlySpelled } from './values.ts';
import { wishWords } from './wish-words.ts';

export interface UnderstanderOptions {
  readonly classifier: IntentClassifier;
  /** Without one, no mood is read from the words. */
  readonly emotion?: Pick<EmotionEstimator, 'words'>;
  readonly log?: Logger;
}

/** Short answers of these kinds are said the same way in any mood. */
const moodless: ReadonlySet<string> = new Set(['affirm', 'deny', 'repeat']);

/** Joins language, intents and entities into what a sentence means. Rejects as the classifier does. */
export function createUnderstander({ classifier, emotion, log }: UnderstanderOptions): Understander {
  /** Comes after the intents, whose sentence vector it uses again. Undefined for words that tell no mood. */
  async function moodOf(
    text: string,
    context: UnderstandingContext & { readonly language: Language },
    signal: AbortSignal | undefined,
  ): Promise<MoodScores | undefined> {
    if (!emotion || isMoodless(text, context)) return undefined;
    try {
      return await emotion.words(text, context.language, signal);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      // A turn is worth more than its mood: without the encoder, short answers are still understood.
      log?.warn(
        { err: error, code: toKefuError(error, 'encoder_failed').code },
        'the mood of a sentence could not be read',
      );
      return undefined;
    }
  }

  return {
    async understand(text, context, signal) {
      const trimmed = text.trim();
      const language = detectLanguage(trimmed, context.language);
      const inLanguage = { ...context, language };
      const entities = extractEntities(trimmed, language);
      const wish = isOnlySpelled(trimmed, inLanguage) ? trimmed : wishWords(trimmed, entities, language);
      const intents = await classifier.classify(wish, inLanguage, signal);
      const words = await moodOf(wish, inLanguage, signal);
      return {
        text: trimmed,
        language,
        intents: [...intents],
        entities,
        ...(words && { emotion: { words } }),
      };
    },
  };
}

/** A number read out, a plain yes or no: calm callers and angry ones say them alike. */
function isMoodless(text: string, context: UnderstandingContext): boolean {
  const normal = normalForm(text, context.language);
  return (
    normal === '' ||
    moodless.has(shortAnswerIntent(normal, context.language) ?? '') ||
    isOnlySpelled(text, context)
  );
}
