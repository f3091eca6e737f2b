import type { CaptureInput } from './captured.ts';

/** Fewer letters than this were not spelled on purpose. */
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
  const letters = spelled?.text.split(' ').filter((word) => /^[A-Z\d]$/.test(word)).length ?? 0;
  if (!spelled || letters < spelledLetters) return [];
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
