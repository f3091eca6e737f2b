import type { Language } from '../../core/language.ts';
import { alikeWords } from './words.ts';

/** What options differ in: `{ colour: 'blue', size: 'large' }`. */
export type Facets = Readonly<Record<string, string>>;

/** A variant of a product. */
export interface FacetedOption {
  readonly id: string;
  readonly facets: Facets;
}

export interface FacetInput {
  readonly text: string;
  readonly language: Language;
  readonly options: readonly FacetedOption[];
  /** What the caller has chosen so far. */
  readonly chosen: Facets;
  /** What stays as it is where the caller names nothing else: the variant ordered before. */
  readonly keep: Facets;
  /** The facet that was asked for. */
  readonly asked: string | undefined;
  /** What callers say for a value besides the value itself, such as 蓝色 for blue. */
  readonly wordsFor: (value: string) => readonly string[];
  /** What callers say for a facet's name. */
  readonly namesFor: (facet: string) => readonly string[];
}

export interface FacetAnswer {
  /** Values that were said, with those chosen before. */
  readonly chosen: Facets;
  /** Facets named without a value: "another colour". */
  readonly open: readonly string[];
  /** False: nothing of it is about these options. */
  readonly understood: boolean;
}

/** Reads "the blue one in large", "a bigger size", "another colour", "same but in walnut". */
export function readFacets(input: FacetInput): FacetAnswer {
  const { language, options, asked, keep } = input;
  const names = [...new Set(options.flatMap(({ facets }) => Object.keys(facets)))];
  const plain = withoutOld(input.text, language);
  // "The black one to white": what follows the last "to" is wanted, if it names anything.
  const wanted = alikeWords(plain.split(turnings[language]).at(-1) ?? '', language);
  const words = mentions(wanted, names, input).length > 0 ? wanted : alikeWords(plain, language);
  const found = mentions(words, names, input);
  const chosen: Record<string, string> = {};
  for (const mention of bestFirst(found, asked, keep)) {
    if (chosen[mention.facet] === undefined && !isTaken(mention, chosen, found)) {
      chosen[mention.facet] = mention.value;
    }
  }
  for (const facet of names) {
    if (chosen[facet] !== undefined) continue;
    const value = relativeValue(input, facet, names);
    if (value !== undefined) chosen[facet] = value;
    else if (sameSaid[language].test(input.text) && isNamed(facet, words, input) && keep[facet] !== undefined)
      chosen[facet] = keep[facet];
  }
  const open = names.filter((facet) => chosen[facet] === undefined && isNamed(facet, words, input));
  return {
    chosen: { ...input.chosen, ...chosen },
    open,
    understood: Object.keys(chosen).length > 0 || open.length > 0,
  };
}

/** The options that fit what was chosen; where several do, those that are otherwise as before. */
export function matching(options: readonly FacetedOption[], chosen: Facets, keep: Facets): FacetedOption[] {
  const fitting = options.filter(({ facets }) =>
    Object.entries(chosen).every(([facet, value]) => facets[facet] === value),
  );
  if (fitting.length < 2 || Object.keys(chosen).length === 0) return fitting;
  const kept = fitting.filter(({ facets }) =>
    Object.entries(facets).every(
      ([facet, value]) => chosen[facet] !== undefined || keep[facet] === undefined || keep[facet] === value,
    ),
  );
  return kept.length === 1 ? kept : fitting;
}

/** The first facet in which the options still differ, and its values in the order of the shop. */
export function nextFacet(
  options: readonly FacetedOption[],
  chosen: Facets,
  first: readonly string[],
): { readonly facet: string; readonly values: readonly string[] } | undefined {
  const names = [...new Set([...first, ...options.flatMap(({ facets }) => Object.keys(facets))])];
  for (const facet of names) {
    if (chosen[facet] !== undefined) continue;
    const values = [...new Set(options.flatMap(({ facets }) => facets[facet] ?? []))];
    if (values.length > 1) return { facet, values };
  }
  return undefined;
}

interface Mention {
  readonly facet: string;
  readonly value: string;
  readonly at: number;
  readonly length: number;
  /** The facet's name stands beside the value: "black frame". */
  readonly named: boolean;
}

function mentions(words: readonly string[], names: readonly string[], input: FacetInput): Mention[] {
  const found: Mention[] = [];
  for (const facet of names) {
    const values = [...new Set(input.options.flatMap(({ facets }) => facets[facet] ?? []))];
    const tokens = values.map((value) => tokensFor(value, input));
    for (const [index, value] of values.entries()) {
      const ways = tokens[index] ?? [];
      const own = [...ways, ...tellingWords(ways, tokens, index)];
      for (const way of own) {
        const at = indexOfRow(words, way);
        if (at < 0) continue;
        const around = words.slice(Math.max(0, at - 2), at + way.length + 2);
        found.push({ facet, value, at, length: way.length, named: isNamed(facet, around, input) });
      }
    }
  }
  // "Extra large" is not "large": a longer mention in the same place counts.
  return found.filter(
    (mention) =>
      !found.some(
        (other) =>
          other.length > mention.length &&
          other.at <= mention.at &&
          mention.at + mention.length <= other.at + other.length,
      ),
  );
}

function tokensFor(value: string, { language, wordsFor }: FacetInput): string[][] {
  return [value, ...wordsFor(value)]
    .map((words) => alikeWords(words, language))
    .filter((tokens) => tokens.length > 0);
}

/** Single words that only one value has: "over" of "over ear", "ten" of "ten inches". */
function tellingWords(
  ways: readonly (readonly string[])[],
  all: readonly (readonly (readonly string[])[])[],
  index: number,
): string[][] {
  const others = new Set(all.flatMap((other, at) => (at === index ? [] : other.flat())));
  return ways
    .filter((way) => way.length > 1)
    .flatMap((way) => way.filter((word) => !others.has(word) && word.length > 1).map((word) => [word]));
}

function indexOfRow(words: readonly string[], row: readonly string[]): number {
  return words.findIndex((_, at) => row.every((word, offset) => words[at + offset] === word));
}

/**
 * What was asked for first, then what is named beside its facet, then longer mentions. "The black one for a white one": what is
 * there already comes last.
 */
function bestFirst(found: readonly Mention[], asked: string | undefined, keep: Facets): Mention[] {
  const rank = ({ facet, value, named, length }: Mention) =>
    (facet === asked ? 100 : 0) + (named ? 10 : 0) + length - (keep[facet] === value ? 50 : 0);
  return [...found].sort((left, right) => rank(right) - rank(left) || left.at - right.at);
}

/** The same word is not the value of two facets, unless it is said twice or is the only one. */
function isTaken(mention: Mention, chosen: Facets, found: readonly Mention[]): boolean {
  return found.some(
    (other) =>
      other.at === mention.at && other.facet !== mention.facet && chosen[other.facet] === other.value,
  );
}

function isNamed(facet: string, words: readonly string[], { language, namesFor }: FacetInput): boolean {
  return [facet, ...namesFor(facet)].some((name) => {
    const row = alikeWords(name, language);
    return row.length > 0 && indexOfRow(words, row) >= 0;
  });
}

const sameSaid = { en: /\b(?:same|keep)\b/i, zh: /一样|同样|不变|原来/u };
const up = {
  en: /\b(?:bigger|larger|size up|next size up|wider|longer|higher|more)\b/i,
  zh: /大一[码号点]|大点|大些|长一点|宽一点|更大/u,
};
const down = {
  en: /\b(?:smaller|size down|narrower|shorter|lower|less|tighter)\b/i,
  zh: /小一[码号点]|小点|小些|短一点|更小/u,
};

/** "A bigger one": the next value after the one kept, in the shop's order, where that is an order of size. */
function relativeValue(
  { text, language, options, keep }: FacetInput,
  facet: string,
  names: readonly string[],
): string | undefined {
  const step = up[language].test(text) ? 1 : down[language].test(text) ? -1 : 0;
  const current = keep[facet];
  if (step === 0 || current === undefined || facet !== names.find((name) => isScale(name, options))) {
    return undefined;
  }
  const values = scaleOf(facet, options, current);
  return values[values.indexOf(current) + step];
}

const scaleNames = /size|waist|length|width|capacity|volume|weight|height|thickness|shelves|pieces|storage/i;

function isScale(facet: string, options: readonly FacetedOption[]): boolean {
  return scaleNames.test(facet) && options.some(({ facets }) => facets[facet] !== undefined);
}

const sizes = ['xxsmall', 'xsmall', 'small', 'medium', 'large', 'xlarge', 'xxlarge'];

/** The values of a facet from small to large: by number, by the names of sizes, or else as the shop lists them. */
function scaleOf(facet: string, options: readonly FacetedOption[], current: string): string[] {
  const values = [...new Set([...options.flatMap(({ facets }) => facets[facet] ?? []), current])];
  const rank = (value: string): number => {
    const [first = ''] = alikeWords(value, 'en');
    return sizes.includes(first) ? sizes.indexOf(first) : Number(first);
  };
  return values.every((value) => !Number.isNaN(rank(value)))
    ? values.sort((left, right) => rank(left) - rank(right))
    : values;
}

/** What a sentence says after its last "to" or "for"; nothing when it has none. */
export function afterTurning(text: string, language: Language): string {
  const pieces = text.split(turnings[language]);
  return pieces.length > 1 ? (pieces.at(-1) ?? '') : '';
}

/** What a sentence says before its last "to" or "for". */
export function beforeTurning(text: string, language: Language): string {
  return text.split(turnings[language]).slice(0, -1).join(' ');
}

const turnings = { en: /\b(?:to|into|for)\b/i, zh: /换成?|改成?|变成?/u };

/** In "from black to blue" and "not the black one, blue" the old value is not what is wanted. */
function withoutOld(text: string, language: Language): string {
  return language === 'zh'
    ? text.replace(/(?:把|从|不要|不是)[^，,。]*?(?=换成?|改成?|变成?|到|[，,。]|$)/gu, ' ')
    : text
        .replace(/\bfrom\b.*?(?=\b(?:to|into)\b|$)/i, ' ')
        .replace(/\b(?:not|instead of|rather than)\b (?:the |a |an )?\S+(?: one)?/gi, ' ');
}
