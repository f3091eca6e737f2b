import type { Language } from '../../../src/core/language.ts';
import { softmax, type LinearModel } from '../../../src/understand/intents/linear-model.ts';
import { trainLinearModel } from '../../../src/understand/intents/train.ts';

/** A sentence in its normal form with what it means. */
export interface BaselineSentence {
  readonly normal: string;
  readonly language: Language;
  readonly intents: readonly string[];
}

/** What anybody would try first: TF-IDF of words and pairs of words (characters in Chinese) with logistic regression. */
export interface Baseline {
  /** The likeliest class with its probability. */
  best(sentence: Pick<BaselineSentence, 'normal' | 'language'>): {
    readonly intent: string;
    readonly score: number;
  };
}

export async function trainTfIdf(sentences: readonly BaselineSentence[]): Promise<Baseline> {
  const classes = [...new Set(sentences.flatMap(({ intents }) => intents))].sort();
  const documents = sentences.map(termsOf);
  const places = new Map<string, number>();
  const documentCounts: number[] = [];
  for (const terms of documents) {
    for (const term of new Set(terms)) {
      const place = places.get(term) ?? places.size;
      places.set(term, place);
      documentCounts[place] = (documentCounts[place] ?? 0) + 1;
    }
  }
  const inverse = documentCounts.map((count) => Math.log((1 + documents.length) / (1 + count)) + 1);

  const sampleOf = (terms: readonly string[]) => {
    const values = new Map<number, number>();
    for (const term of terms) {
      const place = places.get(term);
      if (place !== undefined) values.set(place, (values.get(place) ?? 0) + (inverse[place] ?? 0));
    }
    const length = Math.hypot(...values.values()) || 1;
    return {
      vector: new Float32Array(),
      words: {
        places: Int32Array.from(values.keys()),
        values: Float32Array.from(values.values(), (value) => value / length),
      },
    };
  };
  const model: LinearModel = await trainLinearModel(
    documents.map((terms, index) => ({
      ...sampleOf(terms),
      classes: (sentences[index]?.intents ?? []).map((intent) => classes.indexOf(intent)),
    })),
    { classes: classes.length, dimensions: 0, places: places.size, sparseRate: 1, epochs: 20 },
  );
  return {
    best(sentence) {
      const shares = softmax(model.logits(sampleOf(termsOf(sentence))));
      let best = 0;
      for (let index = 1; index < shares.length; index += 1) {
        if ((shares[index] ?? 0) > (shares[best] ?? 0)) best = index;
      }
      return { intent: classes[best] ?? '', score: shares[best] ?? 0 };
    },
  };
}

function termsOf({ normal, language }: Pick<BaselineSentence, 'normal' | 'language'>): string[] {
  const units = language === 'zh' ? Array.from(normal.replaceAll(' ', '')) : normal.split(' ');
  return [...units, ...units.slice(1).map((unit, index) => `${units[index] ?? ''} ${unit}`)];
}
