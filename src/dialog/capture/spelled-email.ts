import type { CaptureInput } from './captured.ts';

/** Fewer letters than this were not spelled on purpose; the digits of an address are said one by one by everybody. */
const spelledLetters = 3;
/** "At" before a host, which is heard as "as" now and then; "B as in boy" is none. */
const hostCue = /\s(?:at|as)\s(?!in\b)(?=[a-z]{2})/;
const hostWord = /\s(?:gmail|yahoo|hotmail|outlook|icloud|example|mail)\b.*$/;
const domainInText =
  /(?:@|\bat\s+)((?:[a-z\d-]+\s*(?:\.|\bdot\b)\s*)+[a-z]{2,})\W*$|\b([a-z\d-]+(?:\.[a-z\d-]+)*\.(?:com|net|org|edu|cn|co|uk|de|io))\W*$/i;

/**
 * Where letters were spelled, the readings of the recogniser that reads letters, nearest first. Words that are said as such, as those
 * behind the sign mostly are, are the other recogniser's: its domain comes before the one heard among the letters.
 */
export function spelledAddresses({ spelled, text }: CaptureInput): readonly string[] {
  if (!spelled || !hasLetters(spelled.text)) return [];
  const [, behindSign, written] = domainInText.exec(text) ?? [];
  const domain = behindSign ?? written;
  return [spelled.text, ...spelled.otherTexts].flatMap((reading) => {
    const cue = hostCue.exec(reading);
    const local = spelledLocal(cue ? reading.slice(0, cue.index) : reading.replace(hostWord, ''));
    const own = cue ? reading.slice(cue.index + cue[0].length) : (hostWord.exec(reading)?.[0].trim() ?? '');
    return [domain, own].flatMap((host) =>
      local === '' || host === undefined || host === '' ? [] : [`${local}@${spokenDomain(host)}`],
    );
  });
}

/** Were letters said one by one? */
const hasLetters = (spelled: string): boolean =>
  spelled.split(' ').filter((word) => /^[A-Z]$/.test(word)).length >= spelledLetters;

/** Numbers of the recognisers that are tried in one address. */
const numbersTried = 3;

/**
 * First parts of an address whose words were said as words: the words are the general recogniser's, but it runs them together, loses
 * "dot" among them and turns digits into words. So the mark between them and the number behind come from the recogniser that reads letters.
 *
 * @param local - the first part as the general recogniser has it, with `.`, `_`, `-` and `+` for the words of the marks.
 * @returns the likeliest first.
 */
export function mergedLocals(local: string, spelled: CaptureInput['spelled']): readonly string[] {
  if (!spelled || hasLetters(spelled.text)) return [];
  const readings = [spelled.text, ...spelled.otherTexts];
  // A reading without the sign may have digits for it: "8 example dot com".
  const clear = readings.filter((each) => hostCue.test(each));
  const heard = (clear.length > 0 ? clear : readings).map(localWords);
  const marks = (heard[0] ?? []).flatMap((word) => localMarks[word] ?? []);
  const { name, number } = nameAndNumber(local);
  const pieces = name.split(/[._+-]/).map((piece) => piece.match(/[a-z]+/g) ?? []);
  const words = pieces.flat();
  if (words.length === 0 || marks.length > 1 || pieces.length > 2) return [];
  const own = /[._+-]/.exec(name)?.[0];
  // Without a mark of its own, what was cut into words ends with the last name.
  const [front = [], back = []] = own === undefined ? [words.slice(0, -1), words.slice(-1)] : pieces;
  const mark = own ?? marks[0] ?? '';
  const whole =
    front.length > 0 && back.length > 0 ? `${front.join('')}${mark}${back.join('')}` : words.join('');
  const spelledNumbers = heard.map((each) => spelledLocal(lastDigits(each).join(' ')));
  return [...new Set([number, ...spelledNumbers])].slice(0, numbersTried).map((digits) => whole + digits);
}

/** Words that digits are taken for, where further digits follow: "santos, a 320". */
const digitWords: Readonly<Record<string, string>> = {
  a: '8',
  ate: '8',
  to: '2',
  too: '2',
  for: '4',
  oh: '0',
  o: '0',
  won: '1',
};

/** The words of a first part with one mark between them, and the number behind. */
function nameAndNumber(local: string): { readonly name: string; readonly number: string } {
  const [, name = '', misheard = '', digits = ''] =
    /^(.*?)((?:\b(?:a|ate|to|too|for|oh|o|won)\s+)*)([\d\s]*)$/.exec(local.trim()) ?? [];
  const before = misheard
    .trim()
    .split(/\s+/)
    .map((word) => digitWords[word] ?? '');
  return {
    name: (digits === '' ? local : name).replace(/\s*([._+-])[._+\s-]*/g, '$1'),
    number: digits === '' ? '' : before.join('') + digits.replace(/\s+/g, ''),
  };
}

/** The words before the sign, or before the host. */
function localWords(reading: string): string[] {
  const cue = hostCue.exec(reading);
  return (cue ? reading.slice(0, cue.index) : ` ${reading}`.replace(hostWord, '')).trim().split(/\s+/);
}

/** The digits, and words for digits, that the first part ends with. */
function lastDigits(words: readonly string[]): readonly string[] {
  const isDigit = (word: string): boolean =>
    /^\d$/.test(word) || ['oh', 'double', 'triple', ...localNumbers.flat()].includes(word);
  const last = words.findLastIndex((word) => !isDigit(word));
  return words.slice(last + 1);
}

const spokenDomain = (host: string): string =>
  host
    .toLowerCase()
    .replace(/\s*(?:\.|\b(?:dot|point|period)\b)\s*/g, '.')
    .replace(/\s+/g, '');

const localMarks: Readonly<Record<string, string>> = {
  dot: '.',
  point: '.',
  period: '.',
  underscore: '_',
  dash: '-',
  hyphen: '-',
  plus: '+',
};
const localNumbers = [
  'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' '),
  'twenty thirty forty fifty sixty seventy eighty ninety'.split(' '),
] as const;
const localUnits = 'zero one two three four five six seven eight nine'.split(' ');

/** The first part of an address out of letters, digits, marks and the words letters are spelled with. */
function spelledLocal(reading: string): string {
  const words = reading.trim().split(/\s+/);
  let local = '';
  let repeats = 1;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const ten = localNumbers[1].indexOf(word);
    const unitNext = localUnits.indexOf(words[at + 1] ?? '');
    if (word === 'double' || word === 'triple') {
      repeats = word === 'double' ? 2 : 3;
      continue;
    }
    let said = localMarks[word] ?? '';
    if (/^[A-Z\d]$/.test(word)) said = word.toLowerCase();
    else if (word === 'oh') said = /[a-z]$/.test(local) ? 'o' : '0';
    else if (localNumbers[0].includes(word)) said = `1${localNumbers[0].indexOf(word)}`;
    else if (ten >= 0) {
      said = `${ten + 2}${Math.max(0, unitNext)}`;
      at += unitNext > 0 ? 1 : 0;
    } else if (word === 'as' || word === 'for' || word === 'like') {
      // "B as in boy": the word only tells which letter it was.
      at += words[at + 1] === 'in' ? 2 : 1;
    } else if (said === '' && /^[a-z-]{3,}$/.test(word)) said = word.charAt(0);
    local += said.repeat(repeats);
    repeats = 1;
  }
  return local.replace(/^[._+-]+|[._+-]+$/g, '');
}
