import { extractSpelledRuns } from '../../core/spelling.ts';
import type { Language } from '../../core/language.ts';
import { namesSoundAlike } from './sound-alike.ts';
import { nothing, valueOf, type Captured, type CaptureInput } from './captured.ts';

const cues: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:my (?:full )?name is|my name's|the name is|name is|this is|i am|i'm|it's under|under(?: the name)?(?: of)?|under)\s+/i,
  zh: /(?:我的?(?:名字|姓名|全名)?(?:叫做|叫|是|姓)|名字(?:叫|是)|姓名是|我姓)\s*/u,
};

/** Words that are no names, and end one where it stands in a sentence. */
const notNames = new Set(
  (
    'a an the and or but my your our his her is was are i you we it this that here there calling about from with zip postal code order ' +
    'number email phone please help agent person human representative operator yes no not hello hi okay ok um uh well thanks ' +
    'thank what where when why how want need would like can could have has do does did speak talk to for of on in at sorry ' +
    "it's that's its " +
    'package parcel delivery return refund cancel looking checking trying stop repeat again nothing something ' +
    'very really so just absolutely completely totally utterly quite too extremely beyond still always never sick tired fed done ' +
    'angry upset annoyed furious livid disappointed disgusted frustrated fuming worried afraid happy glad pleased ' +
    'ridiculous unacceptable outrageous disgraceful terrible awful appalling'
  ).split(' '),
);

const chineseTail = /[,，。！？!?\s].*$|邮编.*$|(?:的|吧|啊|呀|呢|了)$/u;

/** True when a text says that a name follows: "my name is", 我叫. */
export function hasNameCue(text: string, language: Language): boolean {
  return cues[language].test(text);
}

/**
 * Reads a person's name. One word is a beginning: the family name may follow. Spelled letters after a name ("Rossi, R O S
 * S I") settle how it is written.
 */
export function capturePersonName(input: CaptureInput): Captured {
  if (input.oneName === true) return captureOneName(input);
  const readings = [...withSpelledLetters(input), input.text, ...input.alternatives]
    .map((text) => readName(text, input.language, input.partial))
    .filter((name) => name !== undefined);
  const [first] = readings;
  if (first === undefined) return nothing;
  const near =
    input.plausible.find((name) => readings.some((reading) => isSameName(reading, name))) ??
    input.plausible.find((name) => readings.some((reading) => namesSoundAlike(reading, name)));
  if (near !== undefined) return valueOf([near, ...readings], input.rejected, true);
  if (input.language === 'zh' || first.includes(' ')) {
    return valueOf(
      readings.filter((name) => name.includes(' ') || /\p{Script=Han}/u.test(name)),
      input.rejected,
      true,
    );
  }
  return { type: 'partial', value: first };
}

/** A first or a last name alone: its letters where they were spelled, or else the word that was heard. */
function captureOneName(input: CaptureInput): Captured {
  const { spelled, text, alternatives, language, rejected } = input;
  const letters = [spelled?.text ?? '', ...(spelled?.otherTexts ?? [])].map(lettersIn);
  const [best = ''] = letters;
  const words = [text, ...alternatives].flatMap((each) => {
    const name =
      language === 'zh' ? mandarinName(each) : (spelledName(each)?.name ?? readName(each, language, ''));
    if (name === undefined) return [];
    // "Mei, M E I" may become "May, am be height": one name is the first word of so many.
    const parts = name.split(' ');
    return [capitalise(parts.length > mostPartsOfOneName ? (parts[0] ?? '') : name)];
  });
  // Two letters alone may be a name ("Li"), but among words they are a misreading.
  const isSpelled =
    best.length >= 3 || (best.length === 2 && !/[a-z]{3}/i.test(text.replace(/^my \w+ name is/i, '')));
  const readings = isSpelled ? [...letters.filter((run) => run !== '').map(capitalise), ...words] : words;
  return valueOf(readings, rejected, true);
}

/** "Van der Berg" has three. */
const mostPartsOfOneName = 3;

/** 张, 我姓张, 弓长张 (a character by its parts): one to three characters. */
function mandarinName(text: string): string | undefined {
  const cue = cues.zh.exec(text);
  const [rest = ''] = (cue ? text.slice(cue.index + cue[0].length) : text).trim().split(/[,，。！？!?\s]/);
  const name = rest
    .replace(/(?:的|吧|啊|呀|呢|了)$/u, '')
    .replace(/^\p{Script=Han}?(?:弓长|立早|木子|口天|双口|耳东|言午|古月|双木|草头)(?=\p{Script=Han}$)/u, '');
  return /^\p{Script=Han}{1,3}$/u.test(name) && !/不知道|没有|人工|你好|什么|怎么/u.test(name)
    ? name
    : undefined;
}

/** The letters of a spelling, "L E double E" as "LEEE"; empty when most of it is something else. */
function lettersIn(reading: string): string {
  const symbols = reading.split(' ').filter((symbol) => symbol !== '');
  const letters = symbols.filter((symbol) => /^[A-Z]$/.test(symbol)).length;
  if (letters < 2 || letters < 0.5 * symbols.length) return '';
  let repeats = 1;
  let run = '';
  for (const symbol of symbols) {
    if (symbol === 'double' || symbol === 'triple') repeats = symbol === 'double' ? 2 : 3;
    if (!/^[A-Z]$/.test(symbol)) continue;
    run += symbol.repeat(repeats);
    repeats = 1;
  }
  return run;
}

/** "Sophia Fisher, F I S H E R": the words of the one recogniser with the letters of the other, which reads letters better. */
function withSpelledLetters({ text, spelled }: CaptureInput): string[] {
  const symbols = spelled?.text.split(' ') ?? [];
  const letters = symbols.filter((symbol) => /^[A-Z]$/.test(symbol));
  if (letters.length < 3 || letters.length < spelledShare * symbols.length) return [];
  const run = spelledName(text);
  return [`${run ? text.slice(0, run.start) : text}, ${letters.join(' ')}`];
}

/** Where fewer of the symbols heard are letters, no name was spelled. */
const spelledShare = 0.7;

function readName(text: string, language: Language, partial: string): string | undefined {
  const cue = cues[language].exec(text);
  const rest = cue ? text.slice(cue.index + cue[0].length) : text;
  if (language === 'zh' && /\p{Script=Han}/u.test(rest)) {
    const name = rest.trim().replace(chineseTail, '');
    return /^\p{Script=Han}{2,4}$/u.test(name) &&
      !/^(?:不知道|没有|人工|转人工|你好|什么|怎么|查|订单|真|很|太|非常|不是|不满|想|要求|被|等了|受够|你们)/u.test(
        name,
      )
      ? name
      : undefined;
  }
  const spelled = spelledName(rest);
  const words = nameWords(spelled === undefined ? rest : rest.slice(0, spelled.start), cue !== null);
  if (words === undefined) return spelled && joinNames(partial, [capitalise(spelled.name)]);
  if (spelled) {
    const last = words.at(-1);
    const isRespelling = last !== undefined && last[0]?.toLowerCase() === spelled.name[0]?.toLowerCase();
    const kept = isRespelling ? words.slice(0, -1) : words;
    return joinNames(partial, [...kept, capitalise(spelled.name)]);
  }
  return joinNames(partial, words);
}

/** Three or more letters in a row: "R O S S I", "R-O-S-S-I". */
function spelledName(text: string): { readonly name: string; readonly start: number } | undefined {
  const run = extractSpelledRuns(text, 'en', { minLength: 3 }).find(
    ({ value, tokens }) => /^[A-Z0]+$/.test(value) && tokens.length >= 3,
  );
  // Among letters "oh" is the letter, not the digit.
  return run && { name: run.value.replaceAll('0', 'o').toLowerCase(), start: run.start };
}

/** The words of a name; undefined when the text is a sentence. */
function nameWords(text: string, hasCue: boolean): string[] | undefined {
  const words = text
    .replace(/[^\p{L}\s'’-]/gu, ' ; ')
    .trim()
    .split(/\s+/);
  const name: string[] = [];
  for (const word of words) {
    if (word === ';' && name.length >= 2) break;
    if (word === ';' || word === '') continue;
    if (notNames.has(word.toLowerCase())) {
      if (name.length > 0 && hasCue) break;
      if (/^(?:yes|um|uh|okay|ok|well|hi|hello|it|is|it's|that's)$/i.test(word) && name.length === 0)
        continue;
      if (name.length >= 2 && /^(?:and|zip|postal|with|from|my|the|here)$/i.test(word)) break;
      return undefined;
    }
    name.push(capitalise(word));
  }
  return name.length >= 1 && name.length <= 4 ? name : undefined;
}

function capitalise(word: string): string {
  return (
    word.charAt(0).toUpperCase() + (word === word.toUpperCase() ? word.slice(1).toLowerCase() : word.slice(1))
  );
}

function joinNames(partial: string, words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const isBegun = partial !== '' && words.length === 1 && words[0]?.toLowerCase() !== partial.toLowerCase();
  return (isBegun ? [partial, ...words] : words).join(' ');
}

function isSameName(left: string, right: string): boolean {
  const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}]/gu, '');
  return plain(left) === plain(right);
}
