import { lettersApart } from '../capture/sound-alike.ts';
import { coded, costBetween, letterCosts, soundCosts } from './likeness.ts';
import { lexicon } from './lexicon.ts';
import type { KnownName, NameIndex } from './name-index.ts';
import { plainWords, soundsOf } from './sounds.ts';

/** A name of a person that may have been said, and how far it is from what was heard. */
interface Candidate {
  readonly first: string;
  readonly last: string;
  readonly cost: number;
}

/** A part of a name that fits a part of what was heard. */
interface Part {
  readonly name: string;
  readonly cost: number;
}

/** Names that are tried for one that was heard: more would make the caller wait, and the right one is hardly further behind. */
const mostNames = 12;
/** Parts kept for each place at which the first name may end. */
const partsKept = 24;
/** What a part may cost at most for each of its sounds, and for the shortest. */
const mostPerSound = 0.22;
const leastCeiling = 1;
/** By so much for each sound the ceiling rises on the way through a name. */
const earlyPerSound = 0.08;
/** A name that begins within a word that was heard is less likely than one that begins with it. */
const insideWord = 0.25;
/** A word that no list has is less likely to be a name than the rarest of the list. */
const unlisted = 1.2;
/** Of letters that differ, where the sounds do not. */
const perLetter = 0.04;
/** Further readings of the recogniser are less likely than its first. */
const perReading = 0.3;
/** Of the names that sound like what was said, so many are kept beside those that are spelled like it. */
const saidKept = 40;
/** Up to this cost for each sound two names are near: whoever bears the one may be taken for the other without being asked. */
const nearPerSound = 0.12;

/**
 * Names that may have been said where one was heard, as "First Last", the heard one first, then the likeliest. The whole is compared by
 * its sounds, whatever words the recogniser cut it into: "Yusa Frasi" may be Yusuf Rossi.
 *
 * @param readings - what was heard, with the recogniser's other readings, best first. Names in Chinese characters are only passed on.
 */
export function namesLike(readings: readonly string[]): string[] {
  const candidates = readings.slice(0, 3).flatMap((reading, index) => {
    const found = candidatesFor(reading);
    return found.map((each) => ({ ...each, cost: each.cost + index * perReading }));
  });
  return listOf(readings.slice(0, 1), candidates);
}

/**
 * The same for a first and a last name that were spelled one after the other.
 *
 * @param firsts - readings of the first name, best first.
 * @param lasts - readings of the last name, best first.
 * @param said - the whole name as it was heard before it was spelled; empty when it was not.
 */
export function spelledNamesLike(
  firsts: readonly string[],
  lasts: readonly string[],
  said: string,
): string[] {
  const heard = heardSounds(plainWords(said)).sounds;
  const [first = '', last = ''] = [firsts[0], lasts[0]];
  const known = heard === '' ? [] : candidatesFor(said).slice(0, saidKept);
  const rated = pairsBySpelling(firsts, lasts, known).map((each) => ({
    ...each,
    cost: each.cost + (heard === '' ? 0 : 0.5 * soundCost(each, heard)),
  }));
  const words = plainWords(said);
  const completed = [
    ...completedBy(first, words[0] ?? '').map((name) => `${name} ${last}`),
    ...completedBy(last, words.length > 1 ? (words.at(-1) ?? '') : '').map((name) => `${first} ${name}`),
  ];
  return listOf([`${first} ${last}`, ...completed], rated);
}

/** Letters whose names end alike, so that recognisers take one for the other. */
const alikeLetters = /^[bcdegptvz]$/;
/** What a name ends in by ear, and how that is written. */
const endings: readonly (readonly [RegExp, readonly string[]])[] = [
  [/(?:i|ie|y|ey|ee)$/, ['i', 'y']],
  [/(?:a|ah)$/, ['a']],
  [/(?:o|oh|ow)$/, ['o']],
];

/**
 * A name that no list may have, from its letters and from how it was said: of the letters the first is often taken for another, and the
 * last one lost, both of which are heard in the word. "G A I K" for "Deki" may be Daiki.
 */
function completedBy(spelled: string, said: string): string[] {
  const letters = plainWords(spelled).join('');
  if (letters.length < 3 || said === '') return [];
  const [first = ''] = letters;
  const isOther = first !== said[0] && alikeLetters.test(first) && alikeLetters.test(said[0] ?? '');
  const begun = isOther ? `${said[0] ?? ''}${letters.slice(1)}` : letters;
  const written = endings.find(([pattern]) => pattern.test(said))?.[1] ?? [];
  const ended = /[aeiouy]$/.test(letters) ? [] : written.map((ending) => begun + ending);
  return [...ended, begun]
    .filter((name) => name !== letters)
    .slice(0, 2)
    .map(capitalised);
}

const nameAddress = /^(?<first>[a-z]+)(?<mark>[._-]*)(?<last>[a-z]*)(?<number>\d*)(?<domain>@.+)$/;
/** What was spelled sounds like many names that are written otherwise. */
const soundOfSpelled = 1;
/** Shorter first parts of an address could be anything. */
const shortestAddressName = 5;

/**
 * E-mail addresses that may have been said or spelled where these were heard, likeliest first, without the heard ones: those in which a
 * first and a last name stand where what was heard sounds, or is spelled, like them. "emma.cotter@example.com" may be emma.carter's.
 *
 * @param addresses - what was heard, with other readings, best first, in small letters.
 * @param earlier - what was heard before and not found, oldest first; the caller has spelled it since. Each of its names may have been
 *   heard right.
 */
export function addressesLike(addresses: readonly string[], earlier: readonly string[] = []): string[] {
  const costs = new Map<string, number>();
  const before = earlier.slice(-2).map(partsOfAddress);
  for (const [place, address] of addresses.slice(0, 3).entries()) {
    const { first, mark, last, number, domain } = partsOfAddress(address);
    if (first.length + last.length < shortestAddressName) continue;
    const bySound = candidatesFor(`${first} ${last}`).map((each) => ({
      ...each,
      cost: each.cost + (before.length > 0 ? soundOfSpelled : 0),
    }));
    const spelled = last === '' ? [] : pairsBySpelling([first], [last]);
    const mixed = before
      .filter((other) => other.last !== '' && last !== '')
      .flatMap((other) => [
        { first, last: other.last, cost: 0 },
        { first: other.first, last, cost: 0 },
      ]);
    for (const each of [...mixed, ...bySound, ...spelled]) {
      const other = `${each.first}${mark}${each.last}${number}${domain}`;
      costs.set(other, Math.min(costs.get(other) ?? Infinity, each.cost + place * perReading));
    }
  }
  const likely = [...costs].sort(([, left], [, right]) => left - right).map(([address]) => address);
  return likely.filter((address) => !addresses.includes(address)).slice(0, mostNames);
}

function partsOfAddress(address: string) {
  const {
    first = '',
    mark = '',
    last = '',
    number = '',
    domain = '',
  } = nameAddress.exec(address)?.groups ?? {};
  return { first, mark, last, number, domain };
}

/**
 * True when a name sounds so much like what was heard that it is hardly another one. Of Chinese names only those that were heard are ever
 * looked up, so what was found is near.
 */
export function soundsNear(heard: string, name: string): boolean {
  const { sounds } = heardSounds(plainWords(heard));
  return sounds === '' || unlikeness(sounds, name) <= nearPerSound;
}

/** What taking a name for what was heard costs for each sound. */
function unlikeness(sounds: string, name: string): number {
  const [first = '', ...others] = plainWords(name);
  return soundCost({ first, last: others.join('') }, sounds) / Math.max(1, sounds.length);
}

function listOf(heard: readonly string[], candidates: readonly Candidate[]): string[] {
  const names = [...candidates]
    .sort((left, right) => left.cost - right.cost)
    .map(({ first, last }) => `${capitalised(first)} ${capitalised(last)}`);
  const seen = new Set<string>();
  return [...heard, ...names]
    .filter((name) => {
      const key = name.toLowerCase();
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, mostNames);
}

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** A name is looked for again and again while its look-ups are made; the lists are searched once for it. */
const remembered = new Map<string, readonly Candidate[]>();
const mostRemembered = 64;

function candidatesFor(reading: string): readonly Candidate[] {
  const known = remembered.get(reading);
  if (known) return known;
  const found = searchCandidates(reading);
  const [oldest] = remembered.keys();
  if (remembered.size >= mostRemembered && oldest !== undefined) remembered.delete(oldest);
  remembered.set(reading, found);
  return found;
}

function searchCandidates(reading: string): Candidate[] {
  const words = plainWords(reading);
  if (words.length === 0 || /\p{Script=Han}/u.test(reading)) return [];
  const { sounds, borders } = heardSounds(words);
  const { firstBySound, lastBySound } = lexicon();
  const heads = partsAt(firstBySound, sounds);
  const tails = partsAt(lastBySound, Array.from(sounds).reverse().join(''));
  // A word that was heard may be a name that no list has.
  const own = (name: string): Part => ({ name, cost: unlisted });
  const [firstBorder] = borders;
  const lastBorder = borders.at(-1);
  if (firstBorder !== undefined && lastBorder !== undefined) {
    keep(heads[firstBorder] ?? [], own(words[0] ?? ''));
    keep(tails[sounds.length - lastBorder] ?? [], own(words.at(-1) ?? ''));
  }
  const isBorder = new Set(borders);
  const letters = words.join('');
  const found: Candidate[] = [];
  for (let at = 1; at < sounds.length; at += 1) {
    const penalty = isBorder.has(at) ? 0 : insideWord;
    for (const head of heads[at] ?? []) {
      for (const tail of tails[sounds.length - at] ?? [])
        found.push({ first: head.name, last: tail.name, cost: head.cost + tail.cost + penalty });
    }
  }
  return found
    .sort((left, right) => left.cost - right.cost)
    .slice(0, 200)
    .map((each) => ({
      ...each,
      cost: each.cost + perLetter * lettersApart(each.first + each.last, letters),
    }));
}

/** The sounds of what was heard without borders of words, and where the words end, but for the last. */
function heardSounds(words: readonly string[]): { readonly sounds: string; readonly borders: number[] } {
  let sounds = '';
  const borders: number[] = [];
  for (const word of words) {
    sounds += soundsOf(word).replace(/(?<=.)[sz]$/, 'q');
    borders.push(sounds.length);
  }
  return { sounds, borders: borders.slice(0, -1) };
}

/** For every j the names that fit the first j sounds best. */
function partsAt(index: NameIndex, sounds: string): Part[][] {
  const heard = coded(sounds, soundCosts);
  const best: Part[][] = Array.from({ length: heard.length + 1 }, () => []);
  const ceilings = Array.from(best, (_, length) => Math.max(leastCeiling, mostPerSound * length));
  index.search(
    heard,
    (signs) => leastCeiling + earlyPerSound * signs,
    ({ name, rarity }, ends, from) => {
      for (let length = 1; length <= heard.length; length += 1) {
        const cost = (ends[from + length] ?? Infinity) + rarity;
        if (cost <= (ceilings[length] ?? 0) + rarity) keep(best[length] ?? [], { name, cost });
      }
    },
  );
  return best;
}

/** Puts a part into its place among the best, each name once. */
function keep(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  if (parts.length >= partsKept && last && last.cost <= part.cost) return;
  const same = parts.findIndex(({ name }) => name === part.name);
  if (same >= 0) {
    if ((parts[same]?.cost ?? 0) <= part.cost) return;
    parts.splice(same, 1);
  }
  const place = parts.findIndex(({ cost }) => cost > part.cost);
  parts.splice(place < 0 ? parts.length : place, 0, part);
  if (parts.length > partsKept) parts.pop();
}

/** First and last names that are spelled most like some readings, the likeliest first. */
function pairsBySpelling(
  firsts: readonly string[],
  lasts: readonly string[],
  said: readonly Candidate[] = [],
): Candidate[] {
  const { firstByLetter, lastByLetter } = lexicon();
  const heads = withSaid(
    partsBySpelling(firstByLetter, firsts),
    firsts,
    said.map(({ first }) => first),
  );
  const tails = withSaid(
    partsBySpelling(lastByLetter, lasts),
    lasts,
    said.map(({ last }) => last),
  );
  return heads
    .flatMap((one) => tails.map((two) => ({ first: one.name, last: two.name, cost: one.cost + two.cost })))
    .sort((left, right) => left.cost - right.cost)
    .slice(0, 150);
}

/** The parts with those of the name that was said before, however unlike what was spelled: letters get lost, and so do words. */
function withSaid(parts: readonly Part[], readings: readonly string[], said: readonly string[]): Part[] {
  const spelled = plainWords(readings[0] ?? '').join('');
  const known = new Set(parts.map(({ name }) => name));
  const others = [...new Set(said)].filter((name) => !known.has(name));
  return [...parts, ...others.map((name) => ({ name, cost: costBetween(name, spelled, letterCosts) }))];
}

/** The names that are spelled most like some readings, and the readings themselves. */
function partsBySpelling(index: NameIndex, readings: readonly string[]): Part[] {
  const best: Part[] = [];
  for (const [place, reading] of readings.slice(0, 4).entries()) {
    const word = plainWords(reading).join('');
    if (word === '') continue;
    const heard = coded(word, letterCosts);
    const later = place * perReading;
    keep(best, { name: word, cost: later + unlisted });
    const ceiling = Math.max(leastCeiling, mostPerSound * word.length);
    index.search(
      heard,
      () => ceiling,
      (known: KnownName, ends, from) => {
        const cost = (ends[from + heard.length] ?? Infinity) + later + known.rarity;
        keep(best, { name: known.name, cost });
      },
    );
  }
  return best;
}

/** The least that taking a name for some sounds costs, by the ways of reading it. */
function soundCost({ first, last }: Pick<Candidate, 'first' | 'last'>, heard: string): number {
  const readings = (['english', 'foreign'] as const).flatMap((one) =>
    (['english', 'foreign'] as const).map((two) => soundsOf(first, one) + soundsOf(last, two)),
  );
  return Math.min(...readings.map((sounds) => costBetween(sounds, heard, soundCosts)));
}
