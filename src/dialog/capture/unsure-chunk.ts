import type { Language } from '../../core/language.ts';
import { correct, charactersIn } from './code.ts';
import type { CaptureInput } from './captured.ts';
import { isWhole, type CodeShape } from './code-shape.ts';

/** A code of which one chunk may be one of two: what stands before it, both readings, and what follows. Bodies, without punctuation. */
export interface UnsureChunk {
  readonly before: string;
  readonly first: string;
  readonly second: string;
  readonly after: string;
}

/**
 * The chunk in which two readings of a code differ, with letters in front counted to the first one; undefined when they differ in more
 * than one, so that asking for one would not settle it. Chunks are those in which codes are read out: twos, and a three at the end.
 */
export function unsureChunk(body: string, rival: string): UnsureChunk | undefined {
  if (body === rival || body.length !== rival.length) return undefined;
  const differing = Array.from(body, (_, index) => index).filter((index) => body[index] !== rival[index]);
  const first = differing[0] ?? 0;
  const last = differing.at(-1) ?? first;
  const [begin, end] = chunkAround(body, first);
  if (last >= end) return undefined;
  return {
    before: body.slice(0, begin),
    first: body.slice(begin, end),
    second: rival.slice(begin, end),
    after: body.slice(end),
  };
}

function chunkAround(body: string, index: number): readonly [number, number] {
  const letters = /^[A-Z]*/.exec(body)?.[0].length ?? 0;
  const digits = body.length - letters;
  const pairs = Math.max(1, Math.floor(digits / 2));
  const pair = Math.min(pairs - 1, Math.max(0, Math.floor((index - letters) / 2)));
  const begin = pair === 0 ? 0 : letters + 2 * pair;
  const end = pair === pairs - 1 ? body.length : letters + 2 * (pair + 1);
  return [begin, end];
}

/** What completes a code: one of both readings, which is certain, or a third, which is not. */
export interface ChunkAnswer {
  readonly body: string;
  readonly certain: boolean;
}

const places: Readonly<Record<Language, readonly [RegExp, RegExp]>> = {
  en: [/\b(?:first|1st|former)\b/i, /\b(?:second|2nd|latter|other one|last one)\b/i],
  zh: [/第一|前一个|前面|前者/u, /第二|后一个|后面|后者|另一个/u],
};

/** Takes the answer to "this or that?": one of both by its characters or its place, what differs alone, or another chunk. */
export function answerToChunk(
  input: CaptureInput,
  chunk: UnsureChunk,
  shape: CodeShape,
): ChunkAnswer | undefined {
  const { before, first, second, after } = chunk;
  const whole = (part: string): string => before + part + after;
  const options = [first, second];
  const named = options.filter((option) =>
    options.some((wrong) => wrong !== option && correct(wrong, input.text, input.language) === option),
  );
  if (named[0] !== undefined && named.length === 1) return { body: whole(named[0]), certain: true };
  const spelled = input.spelled?.best;
  const heard = [
    ...(spelled?.begin === before.length ? [spelled.characters] : []),
    ...[input.text, ...(input.spelled ? [input.spelled.text] : [])].flatMap((text) =>
      charactersIn(text, input.language),
    ),
  ];
  for (const characters of heard) {
    const meant = options.filter((option) => formsOf(option, chunk).includes(characters));
    if (meant[0] !== undefined && meant.length === 1) return { body: whole(meant[0]), certain: true };
  }
  const byPlace = options.filter((_, index) => places[input.language][index]?.test(input.text) ?? false);
  if (byPlace[0] !== undefined && byPlace.length === 1) return { body: whole(byPlace[0]), certain: true };
  const letters = /^[A-Z]*/.exec(first)?.[0] ?? '';
  const others = heard
    .flatMap((characters) => [characters, letters + characters])
    .filter((characters) => characters.length === first.length && isWhole(whole(characters), shape));
  return others[0] === undefined ? undefined : { body: whole(others[0]), certain: false };
}

/** How one reading may be said: alone, without its letters, with what stands around it, or only what differs from the other. */
function formsOf(option: string, { before, first, second, after }: UnsureChunk): readonly string[] {
  const differing = Array.from(option)
    .filter((_, index) => first[index] !== second[index])
    .join('');
  const bare = option.replace(/^[A-Z]+/, '');
  return [option, bare, differing, before + option, option + after].filter((form) => form !== '');
}
