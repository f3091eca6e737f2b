import { extractSpelledRuns, spelledToCharacters } from '../../core/spelling.ts';
import type { Language } from '../../core/language.ts';
import { nothing, valueOf, type Captured, type CaptureInput } from './captured.ts';
import {
  bodyOf,
  canonical,
  fitBeginning,
  fitWhole,
  isWhole,
  soundDistance,
  type CodeShape,
} from './code-shape.ts';
import { beginningSpelled, wholeSpelled, type SpelledCode } from './spelled-code.ts';

/**
 * Reads a code (an order number, a postal code) from an answer.
 *
 * In this order: a correction of what is known so far ("no, five not nine"); the value the caller most probably means out
 * of the plausible ones; a whole code of the shop's format; the rest of a code begun in earlier turns; a beginning.
 */
export function captureCode(input: CaptureInput, shape: CodeShape): Captured {
  const { partial, rejected } = input;
  const corrected = partial === '' ? undefined : correct(partial, input.text, input.language);
  if (corrected !== undefined) {
    if (isWhole(corrected, shape)) return valueOf([canonical(corrected, shape)], rejected, false);
    return { type: 'partial', value: corrected };
  }
  const spelled = input.spelled && wholeSpelled(input.spelled, partial, shape);
  const heard = [input.text, ...input.alternatives, ...(input.spelled ? [input.spelled.text] : [])];
  const readings = heard.map((text) => charactersIn(text, input.language));
  const plausible = findPlausible(readings.flat(), input);
  if (plausible && !rejected.includes(plausible.value))
    return valueOf([plausible.value], rejected, plausible.certain);
  const wholes = readings.flatMap((candidates, index) => wholesOf(candidates, partial, shape, index));
  if (spelled) return spelledValue(spelled, wholes, rejected, shape);
  if (wholes.length > 0) {
    const ranked = wholes.sort((left, right) => left.cost - right.cost);
    const values = ranked.map(({ body }) => canonical(body, shape));
    return valueOf(values, rejected, (ranked[0]?.cost ?? 1) < 0.3);
  }
  const begun = input.spelled && beginningSpelled(input.spelled, partial, shape);
  if (begun !== undefined && begun !== partial) return { type: 'partial', value: begun };
  return beginningOf(readings[0] ?? [], partial, shape);
}

/**
 * What the spelling recogniser heard comes before the text of the general one. It is certain when nothing else comes near, or when
 * both heard the same.
 */
function spelledValue(
  spelled: SpelledCode,
  wholes: readonly { readonly body: string; readonly cost: number }[],
  rejected: readonly string[],
  shape: CodeShape,
): Captured {
  const texts = [...wholes].sort((left, right) => left.cost - right.cost).map(({ body }) => body);
  const agreed = wholes.some(({ body, cost }) => body === spelled.body && cost < 0.5);
  const readings = [spelled.body, ...texts, ...spelled.rivals].map((body) => canonical(body, shape));
  const captured = valueOf(readings, rejected, spelled.clear || agreed);
  const rival = spelled.even === undefined ? undefined : canonical(spelled.even, shape);
  const isSettled =
    captured.type !== 'value' || captured.certain || captured.value !== readings[0] || rival === undefined;
  return isSettled || rejected.includes(rival) ? captured : { ...captured, rival };
}

/** The rows of characters in a text that may be the code: each row, and all of them as one. */
export function charactersIn(text: string, language: Language): string[] {
  const rows = extractSpelledRuns(text, language, { minLength: 1 }).map((run) => run.value);
  const whole = spelledToCharacters(text, language).text;
  const ordered = rows.sort((left, right) => right.length - left.length);
  // Written as one word, a code is what it is, whatever number words stand around it: "W4410273 to 12 Elm Street".
  const written = (text.match(/[A-Za-z\d]{5,}/g) ?? []).filter((word) => /\d{3}/.test(word));
  return [...new Set([whole, ...ordered, ...written.map((word) => word.toUpperCase())])].filter(
    (characters) => characters !== '',
  );
}

/** A beginning as kept between turns plus a further chunk: simply joined, or overlapping where the caller said part again. */
function joinings(partial: string, chunk: string): string[] {
  if (partial === '') return [];
  const joined = [partial + chunk];
  for (let overlap = Math.min(partial.length, chunk.length); overlap >= 1; overlap -= 1) {
    if (partial.endsWith(chunk.slice(0, overlap))) joined.push(partial + chunk.slice(overlap));
  }
  return joined;
}

function wholesOf(
  candidates: readonly string[],
  partial: string,
  shape: CodeShape,
  rank: number,
): { readonly body: string; readonly cost: number }[] {
  // Other readings of the recogniser count less than its first; a fresh whole code more than a joined one.
  const penalty = rank * 0.5;
  return candidates.flatMap((characters) => {
    const fresh = fitWhole(characters, shape);
    const isOpaqueRest = !shape.format && partial !== '';
    const joined = joinings(partial, characters).flatMap((text) => {
      const fit = fitWhole(text, shape);
      return fit ? [{ body: fit.body, cost: fit.cost + 0.05 + penalty }] : [];
    });
    return [...(fresh && !isOpaqueRest ? [{ body: fresh.body, cost: fresh.cost + penalty }] : []), ...joined];
  });
}

function beginningOf(candidates: readonly string[], partial: string, shape: CodeShape): Captured {
  for (const characters of candidates) {
    for (const joined of joinings(partial, characters)) {
      const beginning = fitBeginning(joined, shape);
      if (beginning !== undefined) return { type: 'partial', value: beginning };
    }
  }
  for (const characters of candidates) {
    const beginning = fitBeginning(characters, shape);
    if (beginning !== undefined && (beginning.length > shape.prefix.length || characters.length > 0)) {
      return { type: 'partial', value: beginning };
    }
  }
  return nothing;
}

/**
 * The plausible value that was most probably said: the same, or one that sounds alike with no other near it, or the only
 * one that ends with the four or more characters heard.
 */
function findPlausible(
  readings: readonly string[],
  { plausible, partial }: CaptureInput,
): { readonly value: string; readonly certain: boolean } | undefined {
  const candidates = plausible
    .map((value) => ({ value, body: bodyOf(value) }))
    .filter(({ body }) => body !== '');
  const heard = readings.flatMap((reading) => [reading, ...joinings(partial, reading)]);
  for (const characters of heard) {
    const exact = candidates.find(
      ({ body }) => body === characters || body.replace(/^[A-Z]+/, '') === characters,
    );
    if (exact && characters.length >= 4) return { value: exact.value, certain: true };
  }
  for (const characters of heard) {
    if (characters.length < 4) continue;
    const endings = candidates.filter(({ body }) => body.endsWith(characters));
    if (endings.length === 1 && endings[0]) return { value: endings[0].value, certain: true };
  }
  for (const characters of heard) {
    if (characters.length < 5) continue;
    const ranked = candidates
      .map(({ value, body }) => ({ value, distance: distanceTo(body, characters) }))
      .sort((left, right) => left.distance - right.distance);
    const [best, second] = ranked;
    if (best && best.distance <= 1.2 && (second?.distance ?? Infinity) - best.distance >= 1) {
      return { value: best.value, certain: best.distance <= 0.4 };
    }
  }
  return undefined;
}

/** Distance to a body, also when its letters in front were left out. */
function distanceTo(body: string, characters: string): number {
  return Math.min(soundDistance(body, characters), soundDistance(body.replace(/^[A-Z]+/, ''), characters));
}

/** Characters that are each taken for another of the same sound, for look-ups when the value heard is not found. */
export function soundAlikeReadings(code: string, language: Language, shape: CodeShape): string[] {
  const pairs = language === 'en' ? ['59'] : ['17', '69'];
  const body = bodyOf(code);
  const swapped = Array.from(body).flatMap((char, index) =>
    pairs
      .filter((pair) => pair.includes(char))
      .map((pair) => body.slice(0, index) + pair.replace(char, '') + body.slice(index + 1)),
  );
  // More than one place to swap is guessing, which a person would hear as a wrong order.
  return swapped.length === 1
    ? swapped.filter((each) => isWhole(each, shape)).map((each) => canonical(each, shape))
    : [];
}

const corrections: Readonly<Record<Language, readonly RegExp[]>> = {
  en: [
    /\b(?<right>[\w-]+(?: \w+)?),? (?:and )?not (?:an? )?(?<wrong>\w+)/i,
    /\bnot (?:an? )?(?<wrong>\w+),? (?:but |it's |it is )?(?:an? )?(?<right>\w+)/i,
    /\b(?:instead of|rather than) (?:an? )?(?<wrong>\w+),? (?:it's |it is )?(?:an? )?(?<right>\w+)/i,
    /\b(?<right>\w+) (?:instead of|rather than) (?:an? )?(?<wrong>\w+)/i,
  ],
  zh: [
    /不是\s*(?<wrong>[\p{L}\d]+?)[,，]?\s*(?:而)?是\s*(?<right>[\p{L}\d]+)/u,
    /是?\s*(?<right>[\p{L}\d]+?)[,，]?\s*不是\s*(?<wrong>[\p{L}\d]+)/u,
  ],
};

/** The code with what the caller corrects: "five, not nine" puts a 5 for the last 9. Undefined when nothing is corrected. */
export function correct(code: string, text: string, language: Language): string | undefined {
  const body = bodyOf(code);
  for (const pattern of corrections[language]) {
    const groups = pattern.exec(text)?.groups;
    const wrong = spelledWord(groups?.wrong ?? '', language);
    const right = spelledWord(groups?.right ?? '', language);
    if (wrong === '' || right === '' || wrong === right || wrong.length > 4) continue;
    const at = body.lastIndexOf(wrong);
    if (at >= 0) return body.slice(0, at) + right + body.slice(at + wrong.length);
  }
  return undefined;
}

/** The characters of one word, letting homophones count: in a correction "for" is 4. */
function spelledWord(word: string, language: Language): string {
  const last = word.split(/\s+/).at(-1) ?? '';
  const characters = spelledToCharacters(last, language).text;
  return characters !== '' ? characters : /^[a-z]$/i.test(last) ? last.toUpperCase() : '';
}
