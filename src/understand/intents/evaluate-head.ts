import { languages, type Language } from '../../core/language.ts';
import type { SentenceEncoder, UnderstandingContext } from '../../core/understanding.ts';
import {
  outOfScopeName,
  recallBelow,
  scoreIntents,
  thresholdAt,
  type IntentScores,
  type Judged,
} from './evaluation.ts';
import type { IntentHead } from './head.ts';
import type { LabelledLine } from './lines.ts';
import { createTrainedIntents } from './trained-intents.ts';

/** The false rejects at which out-of-scope recall is compared: what a hotline can bear. */
export const comparedFalseRejects = 0.03;

/** Scores in one language. */
export interface LanguageScores extends IntentScores {
  /** Share of out-of-scope sentences below the score that turns down 3 % of the others. */
  readonly recallAtFewRejects: number | undefined;
  /** Of the sentences with several wishes: share of which exactly these were found, and share in the right order. */
  readonly severalSentences: number;
  readonly severalFound: number | undefined;
  readonly severalInOrder: number | undefined;
}

export type HeadScores = Readonly<Record<Language, LanguageScores>>;

/** One sentence with what was found, for those who want to see the mistakes. */
export interface JudgedLine extends Judged {
  readonly line: LabelledLine;
  readonly taken: readonly string[];
}

/** Judges sentences as a call would, with nothing particular expected. */
export async function judgeLines(
  head: IntentHead,
  encoder: SentenceEncoder,
  lines: readonly LabelledLine[],
  signal?: AbortSignal,
): Promise<JudgedLine[]> {
  const classifier = createTrainedIntents({ encoder, head });
  const judged: JudgedLine[] = [];
  for (const line of lines) {
    signal?.throwIfAborted();
    const context: UnderstandingContext = { language: line.language, expecting: null };
    const { best, taken } = await classifier.rank(line.text, context, signal);
    const expected = line.intents[0] === outOfScopeName ? undefined : line.intents[0];
    judged.push({
      line,
      taken: taken.map(({ intent }) => intent),
      expected,
      found: taken[0]?.intent,
      score: best?.score ?? 0,
      isBestRight: best !== undefined && best.intent === expected,
    });
  }
  return judged;
}

/** How well a head understands labelled sentences, by language. */
export function scoreLines(judged: readonly JudgedLine[]): HeadScores {
  const of = (language: Language): LanguageScores => {
    const own = judged.filter(({ line }) => line.language === language);
    const single = own.filter(({ line }) => line.intents.length === 1);
    const several = own.filter(({ line }) => line.intents.length > 1);
    const scope = single.map(({ expected, score }) => ({ inScope: expected !== undefined, score }));
    const share = (holds: (one: JudgedLine) => boolean) =>
      several.length === 0 ? undefined : several.filter(holds).length / several.length;
    return {
      ...scoreIntents(single),
      recallAtFewRejects: recallBelow(scope, thresholdAt(scope, comparedFalseRejects)),
      severalSentences: several.length,
      severalFound: share(({ line, taken }) => sorted(line.intents) === sorted(taken)),
      severalInOrder: share(
        ({ line, taken }) => withoutCourtesies(line.intents) === withoutCourtesies(taken),
      ),
    };
  };
  return Object.fromEntries(languages.map((language) => [language, of(language)])) as Record<
    Language,
    LanguageScores
  >;
}

const sorted = (intents: readonly string[]): string => [...intents].sort().join(' ');

/** The order of wishes; where a greeting or a yes stands among them does not matter. */
const withoutCourtesies = (intents: readonly string[]): string =>
  intents.filter((intent) => !['greeting', 'thanks_goodbye', 'affirm', 'deny'].includes(intent)).join(' ');
