import { extractSpelledRuns, spelledToCharacters } from '../../core/spelling.ts';
import type { Language } from '../../core/language.ts';
import { nothing, valueOf, type Captured, type CaptureInput } from './captured.ts';
import { mergedLocals, spelledAddresses } from './spelled-email.ts';

const written = /[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/i;

/** Providers that callers name without their ending. */
const endings: Readonly<Record<string, string>> = {
  gmail: 'gmail.com',
  googlemail: 'googlemail.com',
  yahoo: 'yahoo.com',
  hotmail: 'hotmail.com',
  outlook: 'outlook.com',
  icloud: 'icloud.com',
  aol: 'aol.com',
  qq: 'qq.com',
  163: '163.com',
  126: '126.com',
  foxmail: 'foxmail.com',
  sina: 'sina.com',
};

/** Words for marks, longest first within a language; both languages' words count in each. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/\bunder ?scores?\b|下划线|下横线/g, '_'],
  [/\b(?:dash|hyphen|minus(?: sign)?)\b|横杠|横线|减号|中划线|杠/g, '-'],
  [/\bplus(?: sign)?\b|加号/g, '+'],
  [/\b(?:dot|dots|period|point|full stop)\b|点儿?/g, '.'],
  [/\bat(?: sign)?\b|艾特|爱特|圈[aA诶]|小老鼠/g, '@'],
];

/** Words before the address itself. */
const introduction: Readonly<Record<Language, RegExp>> = {
  en: /^.*\b(?:is|it's|it is|its|address|e-?mail|that's|under|with|use(?! of)|try|said|meant)\b[\s,:]+(?=.*@)/i,
  zh: /^.*(?:邮箱地址|电子邮箱|邮箱|邮件地址|邮件|电邮|地址|我的)?(?:是|为|叫|：|:)\s*(?=.*@)/u,
};

/** The words of a mark before what is written as an address. */
const saidMark = /\b(?:dot|underscore|dash|hyphen)\s+(?:\w+\s+){0,3}$/i;

/** Reads an e-mail address as written, as spoken ("j underscore smith at gmail dot com") or spelled. */
export function captureEmail(input: CaptureInput): Captured {
  const readings: { address: string; certain: boolean }[] = [];
  for (const text of [...spelledAddresses(input), input.text, ...input.alternatives]) {
    const match = written.exec(text);
    // "anna underscore lee77@gmail.com": only the end was written down as an address.
    const found =
      match && !saidMark.test(text.slice(0, match.index))
        ? [{ address: match[0].toLowerCase(), certain: true }]
        : readSpoken(text, input);
    readings.push(...found.flatMap((reading) => [...gluedDigits(reading.address), reading]));
  }
  const known = input.plausible.map((address) => address.toLowerCase());
  const near = known.find((address) => readings.some((reading) => isNear(reading.address, address)));
  if (near !== undefined && !input.rejected.includes(near)) {
    return valueOf([near, ...readings.map(({ address }) => address)], input.rejected, true);
  }
  const whole = readings.filter(({ address }) => written.test(address));
  if (whole.length > 0) {
    const first = whole[0]?.certain ?? false;
    return valueOf(
      whole.map(({ address }) => address),
      input.rejected,
      first,
    );
  }
  return nothing;
}

const digitWords = 'zero one two three four five six seven eight nine'.split(' ');
const gluedRow = new RegExp(`(?:${digitWords.join('|')})(?:\\.?(?:${digitWords.join('|')}|oh|\\d)){2,}(?=@)`);

/**
 * An address in which the recogniser ran digits into one word ("thomasthreezeroonenine"): the same with the digits; and with the letter
 * that the name before may share with the first of them ("brownine" is "brown nine").
 */
function gluedDigits(address: string): { address: string; certain: boolean }[] {
  const row = gluedRow.exec(address);
  if (!row) return [];
  const digits = row[0]
    .replaceAll('.', '')
    .replace(/oh/g, '0')
    .replace(new RegExp(digitWords.join('|'), 'g'), (word) => String(digitWords.indexOf(word)));
  const name = address.slice(0, row.index);
  const rest = address.slice(row.index + row[0].length);
  return [name, name + (row[0][0] ?? '')].map((front) => ({
    address: front + digits + rest,
    certain: false,
  }));
}

/** True when a text looks like the beginning of an address: it has its first part, or the sign, without an ending. */
export function isBeginningOfEmail(text: string, language: Language): boolean {
  const marked = withMarks(text);
  return (
    marked.includes('@') ||
    /[._]/.test(marked.replace(/[.]\s*$/, '')) ||
    extractSpelledRuns(text, language).length > 0
  );
}

function withMarks(text: string): string {
  return marks.reduce((marked, [words, mark]) => marked.replace(words, ` ${mark} `), text.toLowerCase());
}

function readSpoken(
  text: string,
  { language, spelled }: CaptureInput,
): { address: string; certain: boolean }[] {
  // Punctuation of the recogniser is no part of the address: it says "dot" where it means one.
  const spoken = text.replace(/[,;!?，。；！？、]+/g, ' ').replace(/\.(?=\s|$)/g, ' ');
  const marked = withMarks(spoken);
  const at = marked.lastIndexOf('@');
  if (at < 0) return [];
  const before = marked
    .slice(0, at + 1)
    .replace(introduction[language], '')
    .slice(0, -1);
  const local = before.includes('@') ? before.slice(before.lastIndexOf('@') + 1) : before;
  const domain = readDomain(marked.slice(at + 1), language);
  if (domain === undefined) return [];
  const said = withoutSmallTalk(local);
  const merged = mergedLocals(said, spelled);
  const plain = readLocal(said, language);
  const isSure = domain.certain && (merged.length === 0 || merged[0] === plain[0]);
  return [...merged, ...plain].map((each) => ({ address: `${each}@${domain.text}`, certain: isSure }));
}

function withoutSmallTalk(local: string): string {
  return local.replace(
    /^(?:\s*(?:um|uh|er|okay|ok|yes|yeah|sure|so|well|my|the|email|e-mail|嗯|呃|好的?|我的?)(?![a-z]))+\s*/i,
    '',
  );
}

/** "gmail . com" is gmail.com, "example . com thanks" example.com, "gmail" alone gmail.com. */
function readDomain(spoken: string, language: Language): { text: string; certain: boolean } | undefined {
  const labels = spoken.split('.').map((label) => label.trim());
  if (labels.length >= 2) {
    const last = labels.at(-1)?.split(/\s+/) ?? [];
    const spelledEnding = /^[a-z]( [a-z]){1,3}$/.test(last.slice(0, 3).join(' '));
    const ending = spelledEnding ? last.join('') : (last[0] ?? '');
    if (!/^[a-z]{2,}$/.test(ending)) return undefined;
    const front = labels.slice(0, -1).map((label) => joinLabel(label, language));
    if (front.some((label) => label === '')) return undefined;
    return { text: [...front, ending].join('.'), certain: true };
  }
  const known = endings[joinLabel(labels[0] ?? '', language)];
  return known === undefined ? undefined : { text: known, certain: false };
}

function joinLabel(label: string, language: Language): string {
  return label
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => numberWord(word, language) ?? word)
    .join('')
    .replace(/[^a-z0-9-]/g, '');
}

/** The first part as words with number words as digits; where letters are spelled with "as in", those letters. */
function readLocal(local: string, language: Language): string[] {
  const segments = local.split(/\s*([._+-])\s*/);
  const plain = segments
    .map((segment, index) => (index % 2 === 1 ? segment : joinWords(segment, language)))
    .join('');
  const spelled = segments
    .map((segment, index) =>
      index % 2 === 1 ? segment : spelledToCharacters(segment.trim(), language).text.toLowerCase(),
    )
    .join('');
  const isSpelled = /\bas in\b|\bfor\b.*\bfor\b|\blike\b/.test(local);
  const digits = gluedNumber(plain);
  const readings = isSpelled
    ? [spelled]
    : [plain, ...(digits === plain ? [] : [digits]), ...(spelled.length > 2 ? [spelled] : [])];
  return [...new Set(readings)].filter((reading) => /^[a-z0-9][a-z0-9._+-]*$/.test(reading));
}

const tens = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** Recognisers write "mary 42" as "maryforty2": the number at the end in digits. */
function gluedNumber(local: string): string {
  return local.replace(
    /(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(\d)?$/,
    (_, ten: string, unit?: string) => String((tens.indexOf(ten) + 2) * 10 + Number(unit ?? 0)),
  );
}

/** Words of digits that are taken for others, where a digit follows: "gonzalez oh seven four nine". */
const digitHomophone =
  /\b(?<word>oh|o|won|to|too|for|ate)(?=[\s,]+(?:oh|zero|one|two|three|four|five|six|seven|eight|nine|\d)\b)/g;
const digitsMeant: Readonly<Record<string, string>> = {
  oh: '0',
  o: '0',
  won: '1',
  to: '2',
  too: '2',
  for: '4',
  ate: '8',
};

function joinWords(segment: string, language: Language): string {
  const spoken = segment.trim();
  const text =
    language === 'en' ? spoken.replace(digitHomophone, (word) => digitsMeant[word] ?? word) : spoken;
  if (text === '') return '';
  // Rows of number words are digits ("seven nine two two"); everything else stands as it is.
  const runs = extractSpelledRuns(text, language, { minLength: 1 }).flatMap((run) => run.tokens);
  let joined = '';
  let end = 0;
  for (const token of runs) {
    if (!/^\d+$/.test(token.characters)) continue;
    joined += text.slice(end, token.start) + token.characters;
    end = token.end;
  }
  return (joined + text.slice(end)).replace(/[^a-z0-9]+/g, '');
}

function numberWord(word: string, language: Language): string | undefined {
  const characters = spelledToCharacters(word, language).text;
  return /^\d+$/.test(characters) ? characters : undefined;
}

/** True when two addresses differ in at most one character of the first part, or only in punctuation. */
function isNear(left: string, right: string): boolean {
  const plain = (address: string) => address.replace(/[._+-](?=.*@)/g, '');
  if (plain(left) === plain(right)) return true;
  const [leftLocal = '', leftDomain = ''] = left.split('@');
  const [rightLocal = '', rightDomain = ''] = right.split('@');
  return leftDomain === rightDomain && leftLocal.length > 4 && leftLocal.length === rightLocal.length
    ? Array.from(leftLocal).filter((char, index) => char !== rightLocal[index]).length <= 1
    : false;
}
