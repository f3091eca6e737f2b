/**
 * Words as they are compared, so that spelling habits do not count as errors while misheard words do. Both sides are treated alike:
 *
 * - lower case, no punctuation, hyphens part words; apostrophes inside a word stay ("don't");
 * - every number is its digits, one word each: "624", "six two four", "six twenty-four" and "six hundred and twenty four" are
 *   `6 2 4`; ordinals lose their ending ("21st", "twenty first" are `2 1`);
 * - "zero", and "oh" or "o" next to a digit, are `0`;
 * - a word that mixes letters and digits is spelled ("W602" is `w 6 0 2`), and so is one of capitals in a text that has small letters
 *   as well ("UMNY" is `u m n y`);
 * - a Chinese character is a word, so that for Chinese the word error rate is the character error rate.
 *
 * Words that only sound alike ("for" and "4") stay different.
 */
export function comparableWords(text: string): string[] {
  const plain = text.normalize('NFKC').replaceAll('’', "'");
  const capitalsSpell = /\p{Ll}/u.test(plain);
  const words = plain
    .replaceAll(/(?<=\d),(?=\d{3}\b)/g, '')
    .replaceAll('&', ' and ')
    .replaceAll('%', ' percent ')
    .replaceAll(/\p{Script=Han}/gu, ' $& ')
    .replaceAll(/[^\p{L}\p{N}\s']/gu, ' ')
    .split(/\s+/)
    .map((word) => word.replaceAll(/^'+|'+$/g, ''))
    .filter((word) => word !== '')
    .flatMap((word) => parted(word, capitalsSpell))
    .map((word) => word.toLowerCase());
  return numbersAsDigits(words);
}

function parted(word: string, capitalsSpell: boolean): string[] {
  if (/^\d+(?:st|nd|rd|th)$/i.test(word)) return [word.replace(/\D+$/, '')];
  const mixed = /\p{L}/u.test(word) && /\d/.test(word);
  const spelled = capitalsSpell && /^\p{Lu}{2,}$/u.test(word);
  return mixed || spelled ? Array.from(word.replaceAll("'", '')) : [word];
}

const units = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const teens = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ');
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const unitOrdinals = 'zeroth first second third fourth fifth sixth seventh eighth ninth'.split(' ');
const teenOrdinals =
  'tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'.split(
    ' ',
  );
const tenOrdinals = 'twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth'.split(
  ' ',
);

const unitValues = new Map([...units, ...unitOrdinals].map((word, index) => [word, index % 10]));
const teenValues = new Map([...teens, ...teenOrdinals].map((word, index) => [word, 10 + (index % 10)]));
const tenValues = new Map(tens.map((word, index) => [word, 20 + 10 * index]));
const tenOrdinalValues = new Map(tenOrdinals.map((word, index) => [word, 20 + 10 * index]));

const isNumber = (word: string | undefined): boolean =>
  word !== undefined &&
  (/^\d+$/.test(word) || [unitValues, teenValues, tenValues, tenOrdinalValues].some((map) => map.has(word)));

/** A number that was read from the front of some words, and how many of them it took. */
interface ReadNumber {
  readonly value: number;
  readonly taken: number;
}

function readBelowHundred(words: readonly string[]): ReadNumber | undefined {
  const [first = '', second = ''] = words;
  const ten = tenValues.get(first);
  const unit = unitValues.get(second);
  if (ten !== undefined && unit !== undefined && unit > 0) return { value: ten + unit, taken: 2 };
  const value = ten ?? tenOrdinalValues.get(first) ?? teenValues.get(first) ?? unitValues.get(first);
  return value === undefined ? undefined : { value, taken: 1 };
}

/** What follows "hundred" or "thousand", with or without "and". */
function readRest(
  words: readonly string[],
  read: (words: readonly string[]) => ReadNumber | undefined,
): ReadNumber {
  const and = words[0] === 'and' ? 1 : 0;
  const rest = read(words.slice(and));
  return rest && rest.value > 0 ? { value: rest.value, taken: rest.taken + and } : { value: 0, taken: 0 };
}

function readBelowThousand(words: readonly string[]): ReadNumber | undefined {
  const head = readBelowHundred(words);
  if (!head || head.value === 0 || words[head.taken] !== 'hundred') return head;
  const rest = readRest(words.slice(head.taken + 1), readBelowHundred);
  return { value: head.value * 100 + rest.value, taken: head.taken + 1 + rest.taken };
}

function readNumber(words: readonly string[]): ReadNumber | undefined {
  const head = readBelowThousand(words);
  if (!head || head.value === 0 || words[head.taken] !== 'thousand') return head;
  const rest = readRest(words.slice(head.taken + 1), readBelowThousand);
  return { value: head.value * 1000 + rest.value, taken: head.taken + 1 + rest.taken };
}

function numbersAsDigits(words: readonly string[]): string[] {
  const spelled: string[] = [];
  for (let at = 0; at < words.length;) {
    const word = words[at] ?? '';
    const number = readNumber(words.slice(at, at + 12));
    if (number) {
      spelled.push(...Array.from(String(number.value)));
      at += number.taken;
      continue;
    }
    if (/^\d+$/.test(word)) spelled.push(...Array.from(word));
    else if (word === 'oh' || word === 'o') {
      const besideDigit = isNumber(words[at + 1]) || /^\d$/.test(spelled.at(-1) ?? '');
      spelled.push(besideDigit ? '0' : word);
    } else spelled.push(word);
    at += 1;
  }
  return spelled;
}

/** How a text differs from what was said, in words. */
export interface WordErrors {
  readonly words: number;
  readonly substitutions: number;
  readonly deletions: number;
  readonly insertions: number;
}

/** The least number of word errors that turn `reference` into `heard`; where several ways are as short, substitutions come first. */
export function wordErrors(reference: readonly string[], heard: readonly string[]): WordErrors {
  interface Cell {
    readonly errors: number;
    readonly substitutions: number;
    readonly deletions: number;
    readonly insertions: number;
  }
  let row: Cell[] = Array.from({ length: heard.length + 1 }, (_, insertions) => ({
    errors: insertions,
    substitutions: 0,
    deletions: 0,
    insertions,
  }));
  for (const [index, expected] of reference.entries()) {
    const deleted = index + 1;
    const next: Cell[] = [{ errors: deleted, substitutions: 0, deletions: deleted, insertions: 0 }];
    for (const [column, word] of heard.entries()) {
      const diagonal = row[column];
      const above = row[column + 1];
      const left = next[column];
      if (!diagonal || !above || !left) throw new Error('The alignment has a hole.');
      const wrong = word === expected ? 0 : 1;
      const choices: readonly Cell[] = [
        { ...diagonal, errors: diagonal.errors + wrong, substitutions: diagonal.substitutions + wrong },
        { ...above, errors: above.errors + 1, deletions: above.deletions + 1 },
        { ...left, errors: left.errors + 1, insertions: left.insertions + 1 },
      ];
      next.push(choices.reduce((best, choice) => (choice.errors < best.errors ? choice : best)));
    }
    row = next;
  }
  const { substitutions = 0, deletions = 0, insertions = 0 } = row.at(-1) ?? {};
  return { words: reference.length, substitutions, deletions, insertions };
}

/** True for comparable words that are letters and digits one by one: a spelled string of at least two. */
export function isSpelled(words: readonly string[]): boolean {
  return words.length >= 2 && words.every((word) => /^[a-z0-9]$/.test(word));
}
