/**
 * Words that callers use, and recognisers write, for single letters and digits.
 *
 * A `weak` word is mostly an ordinary word ("for", "you", "是"): it counts as a character only among characters that are
 * certain (see `spelling.ts`).
 */
export interface SpelledWord {
  readonly characters: string;
  readonly weak: boolean;
}

function words(entries: Readonly<Record<string, string>>, weak: boolean): [string, SpelledWord][] {
  return Object.entries(entries).flatMap(([characters, list]) =>
    list.split(' ').map((word): [string, SpelledWord] => [word, { characters, weak }]),
  );
}

const englishDigits = {
  0: 'zero nought naught nil',
  1: 'one',
  2: 'two',
  3: 'three',
  4: 'four',
  5: 'five fife',
  6: 'six',
  7: 'seven',
  8: 'eight',
  9: 'nine niner',
};

const englishDigitHomophones = {
  0: 'oh o',
  1: 'won wun',
  2: 'to too',
  3: 'tree',
  4: 'for fore',
  5: 'fives',
  6: 'sicks',
  8: 'ate ait',
  9: 'nein',
};

/** Names of letters that are no ordinary words. */
const englishLetterNames = {
  D: 'dee',
  F: 'eff',
  H: 'aitch haitch',
  J: 'jay',
  K: 'kay',
  L: 'ell',
  M: 'em',
  N: 'en',
  Q: 'queue cue',
  S: 'ess',
  T: 'tee',
  V: 'vee',
  W: 'doubleyou doubleu',
  X: 'ex',
  Z: 'zee zed',
};

const englishLetterHomophones = {
  A: 'ay eh',
  B: 'be bee',
  C: 'see sea cee',
  G: 'gee',
  I: 'eye',
  P: 'pea pee',
  R: 'are ar',
  T: 'tea',
  U: 'you',
  Y: 'why wye',
};

/** The spelling alphabet of ICAO and NATO, and its usual misspellings. */
const natoAlphabet = {
  A: 'alpha alfa',
  B: 'bravo',
  C: 'charlie charley',
  D: 'delta',
  E: 'echo',
  F: 'foxtrot',
  G: 'golf',
  H: 'hotel',
  I: 'india',
  J: 'juliet juliett',
  K: 'kilo',
  L: 'lima',
  M: 'mike',
  N: 'november',
  O: 'oscar',
  P: 'papa',
  Q: 'quebec',
  R: 'romeo',
  S: 'sierra',
  T: 'tango',
  U: 'uniform',
  V: 'victor',
  W: 'whiskey whisky',
  X: 'xray',
  Y: 'yankee',
  Z: 'zulu',
};

/** English words, in lower case, that stand for one letter or digit. */
export const englishSpelledWords: ReadonlyMap<string, SpelledWord> = new Map([
  ...words(englishDigits, false),
  ...words(englishLetterNames, false),
  ...words(englishDigitHomophones, true),
  ...words(englishLetterHomophones, true),
  ...words(natoAlphabet, true),
]);

/** Values of the English number words from ten to ninety. */
export const englishTeens: ReadonlyMap<string, number> = new Map(
  [
    'ten',
    'eleven',
    'twelve',
    'thirteen',
    'fourteen',
    'fifteen',
    'sixteen',
    'seventeen',
    'eighteen',
    'nineteen',
  ].map((word, index) => [word, 10 + index]),
);
export const englishTens: ReadonlyMap<string, number> = new Map([
  ['twenty', 20],
  ['thirty', 30],
  ['forty', 40],
  ['fourty', 40],
  ['fifty', 50],
  ['sixty', 60],
  ['seventy', 70],
  ['eighty', 80],
  ['ninety', 90],
]);

/** Words that may stand between spelled characters without ending the run. */
export const englishRunFillers: ReadonlySet<string> = new Set(
  'um uh er erm hmm then and dash hyphen minus space hash hashtag pound number letter digit capital lowercase uppercase'.split(
    ' ',
  ),
);

/** Words after which a run may begin with a weak word: "it is for five six". */
export const englishLeadWords: ReadonlySet<string> = new Set(
  "is it's its that's was be yes yeah number um uh er so okay ok".split(' '),
);

/** Acronyms that are no spelled letters. */
export const commonAcronyms: ReadonlySet<string> = new Set(
  'OK ID TV UPS USPS DHL SMS US USA UK PM AM USD RMB FAQ ETA GPS PIN SIM USB LED DVD PC APP CEO VIP ZIP CD EMS'.split(
    ' ',
  ),
);

/** Han characters that stand for one digit. 幺, 洞, 拐 and 勾 are the spoken forms of 1, 0, 7 and 9. */
export const chineseDigits: ReadonlyMap<string, string> = new Map(
  Object.entries({
    零: '0',
    〇: '0',
    洞: '0',
    一: '1',
    幺: '1',
    壹: '1',
    二: '2',
    两: '2',
    贰: '2',
    三: '3',
    叁: '3',
    四: '4',
    肆: '4',
    五: '5',
    伍: '5',
    六: '6',
    陆: '6',
    七: '7',
    柒: '7',
    拐: '7',
    八: '8',
    捌: '8',
    九: '9',
    玖: '9',
    勾: '9',
    // Traditional forms that a recogniser may write.
    兩: '2',
    陸: '6',
  }),
);

/** Han characters that sound like a digit: they count only between two certain digits. */
export const chineseDigitHomophones: ReadonlyMap<string, string> = new Map(
  Object.entries({
    林: '0',
    铃: '0',
    灵: '0',
    腰: '1',
    妖: '1',
    要: '1',
    邀: '1',
    儿: '2',
    而: '2',
    山: '3',
    吴: '5',
    武: '5',
    流: '6',
    溜: '6',
    刘: '6',
    期: '7',
    巴: '8',
    爸: '8',
    酒: '9',
    久: '9',
  }),
);

/** Ways in which Mandarin recognisers write the names of Latin letters. */
export const chineseLetterNames: readonly (readonly [string, string])[] = [
  ['达不溜', 'W'],
  ['达不留', 'W'],
  ['打不溜', 'W'],
  ['大不溜', 'W'],
  ['大不留', 'W'],
  ['大布流', 'W'],
  ['达布流', 'W'],
  ['答不溜', 'W'],
  ['达布溜', 'W'],
  ['艾克斯', 'X'],
  ['爱克斯', 'X'],
  ['埃克斯', 'X'],
  ['艾斯', 'S'],
  ['艾弗', 'F'],
  ['艾尔', 'L'],
  ['艾姆', 'M'],
  ['贼德', 'Z'],
];

export const chineseUnits: ReadonlyMap<string, number> = new Map([
  ['十', 10],
  ['百', 100],
  ['千', 1000],
  ['万', 10_000],
]);

/** Measure words: a single number before one of them is a quantity, no spelled digit. */
export const chineseMeasures: ReadonlySet<string> = new Set(
  '个件双次条位天年月日号块元点分周楼层箱包份台部套只张本瓶斤公米岁遍种样下些直起会定共般切边旦律半'.split(
    '',
  ),
);

/** Characters before a numeral that make it an ordinal, a weekday or part of a word. */
export const chineseNumeralPrefixes: ReadonlySet<string> = new Set('第周期拜初某每这那哪另统唯'.split(''));

/** Han fillers that may stand between spelled characters, longest first. */
export const chineseRunFillers: readonly string[] = [
  '然后',
  '那个',
  '这个',
  '井号',
  '字母',
  '横杠',
  '杠',
  '嗯',
  '呃',
  '额',
  '啊',
  '哦',
];
