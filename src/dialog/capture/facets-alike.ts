import { costBetween, soundCosts } from '../names/likeness.ts';
import { soundsOf } from '../names/sounds.ts';
import type { FacetAnswer, FacetInput } from './facets.ts';
import { alikeWords } from './words.ts';
import { captureYesNo } from './yes-no.ts';

/** Longer answers say more than a value. */
const mostWords = 3;
/** What a value may differ from what was heard, and how much farther every other must be, for each of its sounds (`likeness.ts`). */
const farthestOtherwise = 0.2;
/** The same where the words are a greeting, which "Hello?" mostly is, even where "yellow" may be chosen. */
export const farthestOfGreeting = 0.12;
const leastAhead = 0.2;

const fillers =
  /\b(?:please|thanks|thank you|the|a|an|one|ones|in|with|um|uh|er|i'd like|i want|i'll take)\b/gi;

/**
 * The value that a short answer sounds like, where it has none of the words: "Hi, please" for "high". English only: Mandarin homophones
 * are put right before.
 *
 * @param farthest - what the value may differ for each of its sounds.
 * @returns nothing when no value is near, or two are.
 */
export function facetAlike(input: FacetInput, farthest = farthestOtherwise): FacetAnswer | undefined {
  const { text, language, options, asked, chosen, wordsFor } = input;
  // The rules of sounds are those of names, in which "hi" at the end is "hee".
  const plain = text.replace(fillers, ' ').replace(/\bhi\b/gi, 'high');
  const words = plain.match(/[a-z]+/gi) ?? [];
  if (language !== 'en' || words.length === 0 || words.length > mostWords || /\d/.test(plain))
    return undefined;
  if (captureYesNo(text, language)) return undefined;
  const heard = soundsIn(words);
  const facets = asked === undefined ? options.flatMap((option) => Object.keys(option.facets)) : [asked];
  const rated = [...new Set(facets)]
    .filter((facet) => chosen[facet] === undefined)
    .flatMap((facet) => {
      const values = [...new Set(options.flatMap((option) => option.facets[facet] ?? []))];
      return values.map((value) => ({
        facet,
        value,
        cost: costOfLetter(value, words) ?? costOf(value, heard, wordsFor(value)),
      }));
    })
    .sort((left, right) => left.cost - right.cost);
  const [best, second] = rated;
  if (!best || best.cost > farthest || (second?.cost ?? Infinity) - best.cost < leastAhead) return undefined;
  return { chosen: { ...chosen, [best.facet]: best.value }, open: [], understood: true };
}

/** What recognisers write for the sizes that are a letter. */
const lettersHeard: Readonly<Record<string, readonly string[]>> = {
  s: ['s', 'es', 'ess', 'as', 'us'],
  m: ['m', 'em', 'am', 'im', 'him', 'hem', 'and', 'end'],
  l: ['l', 'el', 'ell', 'elle', 'al', 'ale', 'hell', 'owl'],
};

/** "Em" is M, where sizes are letters; undefined for any other value. */
function costOfLetter(value: string, words: readonly string[]): number | undefined {
  const heard = lettersHeard[value.toLowerCase()];
  if (!heard) return undefined;
  return words.length === 1 && heard.includes(words[0]?.toLowerCase() ?? '') ? 0 : Infinity;
}

/** What taking a value for what was heard costs for each of its sounds; of its other names the nearest. */
function costOf(value: string, heard: string, others: readonly string[]): number {
  const costs = [value, ...others].map((name) => {
    const words = alikeWords(name, 'en');
    const sounds = soundsIn(words);
    if (sounds === '' || words.some((word) => /\d/.test(word))) return Infinity;
    return costBetween(sounds, heard, soundCosts) / Math.max(sounds.length, heard.length);
  });
  return Math.min(...costs);
}

const soundsIn = (words: readonly string[]): string =>
  words.map((word) => soundsOf(word.toLowerCase())).join('');
