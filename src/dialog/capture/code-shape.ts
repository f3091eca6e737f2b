/**
 * Shapes of codes such as order numbers: what a shop's regular expression and example say about each position, so that a
 * number that was misheard in one place, keyed without its letter, or given in chunks can still be recognised.
 */

/** How a code looks. Codes are compared in capitals without punctuation; `canonical` puts the shop's form back. */
export interface CodeShape {
  /** Undefined when the shop gives no format: any letters and digits are a code. */
  readonly format: RegExp | undefined;
  /** The example without punctuation, such as `W2378156`. */
  readonly body: string;
  /** What stands before the body in the example, such as `#`. */
  readonly lead: string;
  /** Characters allowed at each position of a code as long as the example; empty without a format. */
  readonly positions: readonly ReadonlySet<string>[];
  /** Positions from the start at which only one character is allowed, as that text: `W`. */
  readonly prefix: string;
}

const alphabet = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');

export function compileCodeShape(source: {
  readonly format?: string | undefined;
  readonly example: string;
}): CodeShape {
  const format = source.format === undefined ? undefined : new RegExp(source.format, 'i');
  const body = bodyOf(source.example);
  const lead = /^[^A-Za-z0-9]*/.exec(source.example)?.[0] ?? '';
  const fits = (text: string) => format !== undefined && (format.test(text) || format.test(lead + text));
  const positions = format
    ? Array.from(body).map(
        (_, index) =>
          new Set(alphabet.filter((char) => fits(body.slice(0, index) + char + body.slice(index + 1)))),
      )
    : [];
  let prefix = '';
  for (const allowed of positions) {
    if (allowed.size !== 1) break;
    prefix += [...allowed].join('');
  }
  return { format, body, lead, positions, prefix };
}

/** A code in capitals without punctuation: `#w-237 8156` is `W2378156`. */
export function bodyOf(code: string): string {
  return code.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** A body in the form of the shop's example: `W2378156` is `#W2378156`. */
export function canonical(body: string, shape: CodeShape): string {
  return shape.lead + body;
}

/** True when a body is a whole code of the shape. Without a format four characters with a digit among them are one. */
export function isWhole(body: string, shape: CodeShape): boolean {
  if (!shape.format) return body.length >= 4 && /\d/.test(body);
  return shape.format.test(body) || shape.format.test(shape.lead + body);
}

/**
 * Groups of letters and digits that telephones and recognisers confuse, because they sound alike: English letter names
 * by their vowel, "five" and "nine"; in Mandarin 一 and 七, 六 and 九, 四 and 十.
 */
const confusable = [
  'BCDEGPTVZ3',
  'AJKH8',
  'FSX',
  'MN',
  'IY59',
  'QUW2',
  'O0',
  '17',
  '69',
  'I1',
  'L0',
  'R4',
  'VW',
];

/** True when two characters sound alike on the telephone. */
export function soundAlike(left: string, right: string): boolean {
  return confusable.some((group) => group.includes(left) && group.includes(right));
}

const alikeCost = 0.4;

/** How far two bodies are apart: sound-alikes cost 0.4, anything else changed, missing or extra costs 1. */
export function soundDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const [a, b] = [left[i - 1] ?? '', right[j - 1] ?? ''];
      const change = a === b ? 0 : soundAlike(a, b) ? alikeCost : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + change));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** A body made to fit a shape, and how much had to be changed for it. */
export interface Fit {
  readonly body: string;
  readonly cost: number;
}

/** The nearest whole code for characters that were heard; undefined when there is none near. */
export function fitWhole(characters: string, shape: CodeShape): Fit | undefined {
  if (isWhole(characters, shape)) return { body: characters, cost: 0 };
  if (!shape.format) return undefined;
  const length = shape.body.length;
  const options: Fit[] = [];
  const unrepeated = withoutEcho(characters, length);
  if (unrepeated !== undefined && isWhole(unrepeated, shape)) return { body: unrepeated, cost: 0.2 };
  if (characters.length === length - shape.prefix.length) {
    const body = shape.prefix + characters;
    if (isWhole(body, shape)) return { body, cost: 0 };
  }
  // A whole code among more characters: "W. U.S. and Whiskey, 237-8156" for "W as in whiskey ...".
  for (let start = 0; start + length <= characters.length && characters.length <= 2 * length; start += 1) {
    const window = characters.slice(start, start + length);
    if (isWhole(window, shape)) options.push({ body: window, cost: 0.3 });
  }
  // A window of the right length: a word before or after may have been read as a character.
  for (let start = 0; start + length <= characters.length && start <= 2; start += 1) {
    const fit = fitPositions(characters.slice(start, start + length), shape);
    const extra = characters.length - length;
    if (fit && extra <= 2) options.push({ body: fit.body, cost: fit.cost + extra * 0.5 });
  }
  return options.sort((left, right) => left.cost - right.cost)[0];
}

/**
 * The first `length` characters of a longer row that only repeats its end again and again: recognisers fall into such
 * loops ("W-2-3-7-8-1-5-6-3-7-8-1-5-6-3-7-8").
 */
function withoutEcho(characters: string, length: number): string | undefined {
  if (characters.length <= length + 2) return undefined;
  for (let period = 2; period <= length; period += 1) {
    const rest = Array.from(characters.slice(length));
    if (rest.every((char, index) => char === characters[length + index - period]))
      return characters.slice(0, length);
  }
  return undefined;
}

/** Each character as it is, or the one allowed in its place that it sounds like, or the only one allowed. */
function fitPositions(characters: string, shape: CodeShape): Fit | undefined {
  let body = '';
  let cost = 0;
  for (const [index, char] of Array.from(characters).entries()) {
    const allowed = shape.positions[index];
    if (!allowed) return undefined;
    if (allowed.has(char)) {
      body += char;
      continue;
    }
    const alike = [...allowed].filter((candidate) => soundAlike(char, candidate));
    const only = allowed.size === 1 ? [...allowed][0] : undefined;
    const replacement = only ?? alike[0];
    if (replacement === undefined) return undefined;
    body += replacement;
    // A letter where only one can stand says nothing but "here comes the letter".
    cost += only === undefined ? 0.5 : soundAlike(char, only) || /[A-Z]/.test(char) ? 0.1 : 0.6;
  }
  return cost <= 1.2 && isWhole(body, shape) ? { body, cost } : undefined;
}

/** The beginning of a code: `W237` for "W 2 3 7" and for "2 3 7"; undefined when it cannot begin one. */
export function fitBeginning(characters: string, shape: CodeShape): string | undefined {
  if (characters === '') return undefined;
  if (!shape.format) return characters.length < 4 ? characters : undefined;
  const candidates = [characters, shape.prefix + characters];
  // The letter alone may have been misheard: "B 2 3 7".
  if (shape.prefix.length === 1 && /^[A-Z]\d/.test(characters))
    candidates.push(shape.prefix + characters.slice(1));
  const begins = (body: string) =>
    body.length < shape.body.length &&
    Array.from(body).every((char, index) => shape.positions[index]?.has(char) ?? false);
  const plain = candidates.find(begins);
  if (plain !== undefined || !/\d/.test(characters)) return plain;
  // "W 2 3 7 A": a letter among the digits is the digit that sounds like it.
  return candidates.map((body) => withLikelyDigits(body, shape)).find(begins);
}

function withLikelyDigits(body: string, shape: CodeShape): string {
  return Array.from(body)
    .map((char, index) => {
      const allowed = shape.positions[index];
      if (!allowed || allowed.has(char)) return char;
      return [...allowed].find((candidate) => /\d/.test(candidate) && soundAlike(char, candidate)) ?? char;
    })
    .join('');
}
