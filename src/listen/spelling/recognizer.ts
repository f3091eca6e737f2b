import type { Language } from '../../core/language.ts';
import type { SpellingRecognizer } from '../../core/recognition.ts';
import { readSpelling } from './reading.ts';
import { symbolTable } from './symbols.ts';
import type { FrameScores } from './viterbi.ts';

export interface SpellingRecognizerParts {
  /** The symbols of the network, in the order of its outputs. */
  readonly symbols: readonly string[];
  readonly network: {
    /** Scores 16 kHz speech, -1 to 1. */
    score(samples: Float32Array, language: Language, signal?: AbortSignal): Promise<FrameScores>;
    close(): Promise<void>;
  };
  /** Converts a whole clip to 16 kHz. */
  resample(samples: Int16Array, sampleRateHz: number): Int16Array;
}

const rateHz = 16_000;
/** The encoder needs a quarter of a second, which is what a short digit takes. */
const shortestSamples = rateHz / 4;
/** The encoder takes nine seconds; longer speech is cut where it is quietest in the last part of what it takes. */
const longestSamples = 8 * rateHz;
const earliestCutSamples = 5 * rateHz;
const quietSamples = rateHz / 10;

/** Joins the network, which says what sounds like what, with the search for strings. */
export function createSpellingRecognizer(parts: SpellingRecognizerParts): SpellingRecognizer {
  const table = symbolTable(parts.symbols);
  return {
    languages: ['en', 'zh'],
    async read(samples, sampleRateHz, question, signal) {
      const wide = parts.resample(samples, sampleRateHz);
      const scores: FrameScores[] = [];
      for (const piece of piecesOf(wide)) {
        const padded = new Float32Array(Math.max(shortestSamples, piece.length));
        for (const [index, sample] of piece.entries()) padded[index] = sample / 32768;
        scores.push(await parts.network.score(padded, question.language, signal));
      }
      return readSpelling(joined(scores), question, table);
    },
    close: () => parts.network.close(),
  };
}

/** Speech in pieces that the encoder takes, cut at the quietest tenth of a second. */
export function piecesOf(samples: Int16Array): Int16Array[] {
  const pieces: Int16Array[] = [];
  let rest = samples;
  while (rest.length > longestSamples) {
    const cut = quietestSpot(rest);
    pieces.push(rest.subarray(0, cut));
    rest = rest.subarray(cut);
  }
  return [...pieces, rest];
}

/** The middle of the quietest tenth of a second between the earliest and the latest place to cut. */
function quietestSpot(samples: Int16Array): number {
  let best = longestSamples;
  let least = Infinity;
  for (let at = earliestCutSamples; at + quietSamples <= longestSamples; at += quietSamples / 2) {
    let power = 0;
    for (const sample of samples.subarray(at, at + quietSamples)) power += sample * sample;
    if (power < least) {
      least = power;
      best = at + quietSamples / 2;
    }
  }
  return best;
}

function joined(scores: readonly FrameScores[]): FrameScores {
  const [first] = scores;
  if (first && scores.length === 1) return first;
  const logProbs = new Float32Array(scores.reduce((sum, each) => sum + each.logProbs.length, 0));
  let at = 0;
  for (const each of scores) {
    logProbs.set(each.logProbs, at);
    at += each.logProbs.length;
  }
  return {
    logProbs,
    steps: scores.reduce((sum, { steps }) => sum + steps, 0),
    width: first?.width ?? 0,
  };
}
