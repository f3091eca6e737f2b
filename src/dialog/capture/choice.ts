import type { Language } from '../../core/language.ts';
import { amountsIn } from './amounts.ts';
import { captureYesNo } from './yes-no.ts';

/** Something to choose from. */
export interface Option {
  readonly id: string;
  /** As it is read out. */
  readonly label: string;
  /** Further words that mean it. */
  readonly words: readonly string[];
  /** Whole sayings that mean it: "I don't need it" for a reason. */
  readonly phrases?: readonly string[];
  /** What it costs, for "the cheaper one". */
  readonly price?: number | undefined;
}

export type Chosen =
  | { readonly type: 'chosen'; readonly id: string }
  | { readonly type: 'more' }
  | { readonly type: 'none-of-these' }
  | { readonly type: 'unclear' };

export interface ChoiceInput {
  readonly text: string;
  readonly language: Language;
  readonly options: readonly Option[];
  /** Index of the first option that was just read out, and how many were. */
  readonly page: number;
  readonly pageSize: number;
  readonly newestFirst: boolean;
}

const ordinals: Readonly<Record<Language, readonly RegExp[]>> = {
  en: [
    /\b(?:first|1st|number one|option one|one|1)\b/i,
    /\b(?:second|2nd|number two|option two|two|2)\b/i,
    /\b(?:third|3rd|number three|option three|three|3)\b/i,
    /\b(?:fourth|4th|number four|option four|four|4)\b/i,
    /\b(?:fifth|5th|number five|option five|five|5)\b/i,
  ],
  zh: [
    /第[一1]|^[一1]$|一号/u,
    /第[二两2]|^[二两2]$|二号/u,
    /第[三3]|^[三3]$|三号/u,
    /第[四4]|^[四4]$|四号/u,
    /第[五5]|^[五5]$|五号/u,
  ],
};
const newest = {
  en: /\b(?:latest|newest|most recent|recent|last order|last one)\b/i,
  zh: /最新|最近|最后一个|上一个|刚买|刚下/u,
};
const oldest = { en: /\b(?:oldest|earliest)\b/i, zh: /最早|最旧/u };
const last = { en: /\b(?:last|bottom)\b/i, zh: /最后/u };
const more = {
  en: /\b(?:more|next|others?|older|another|go on|continue)\b/i,
  zh: /更多|下一|其他|其它|别的|还有|继续|更早/u,
};
const none = {
  en: /\b(?:none|neither|not (?:any|one) of (?:these|those|them)|no(?:t those|ne of)|nothing of)\b/i,
  zh: /都不是|都不对|没有我要的|一个都不/u,
};

const namesDay = {
  en: /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b/i,
  zh: /[月日号]/u,
};

/** Words that tell nothing about an option. */
const common = new Set(
  'the a an one order orders with and of my for item items more that i want it please is from placed on to about do mean'.split(
    ' ',
  ),
);

/** Which of the options an answer means: by its words, by its place, or by time. */
export function captureChoice({ text, language, options, page, pageSize, newestFirst }: ChoiceInput): Chosen {
  if (none[language].test(text)) return { type: 'none-of-these' };
  const [only, ...others] = options;
  if (only && others.length === 0) {
    // "Which one? The first: your gift card." - "Yes."
    const yesNo = captureYesNo(text, language);
    if (yesNo) return yesNo.answer === 'yes' ? { type: 'chosen', id: only.id } : { type: 'none-of-these' };
  }
  const exact = options.find(
    ({ id }) => plainCode(id).length >= 4 && plainCode(text).includes(plainCode(id)),
  );
  if (exact) return { type: 'chosen', id: exact.id };
  const byWords = bySaying(text, language, options) ?? bestByWords(text, language, options);
  if (byWords !== undefined) return { type: 'chosen', id: byWords };
  const byPrice = choiceByPrice(text, language, options);
  if (byPrice !== undefined) return { type: 'chosen', id: byPrice };
  const read = options.slice(page, page + pageSize);
  const chosen = byPlace(text, language, options, read, newestFirst);
  if (chosen) return { type: 'chosen', id: chosen.id };
  if (more[language].test(text)) return { type: 'more' };
  return { type: 'unclear' };
}

/** The option that a sentence names by its own words, when it was not asked for: places in a list mean nothing there. */
export function choiceInSentence(
  text: string,
  language: Language,
  options: readonly Option[],
): string | undefined {
  return options.some(({ phrases }) => phrases)
    ? bySaying(text, language, options)
    : bestByWords(text, language, options);
}

/** The option of the longest saying that stands in the text; none when two have it. */
function bySaying(text: string, language: Language, options: readonly Option[]): string | undefined {
  const plain = plainSaying(text, language);
  let best: { readonly id: string | undefined; readonly length: number } | undefined;
  for (const { id, phrases } of options) {
    for (const phrase of phrases ?? []) {
      const saying = plainSaying(phrase, language);
      if (!plain.includes(saying)) continue;
      if (saying.length > (best?.length ?? 0)) best = { id, length: saying.length };
      else if (saying.length === best?.length && best.id !== id) best = { ...best, id: undefined };
    }
  }
  return best?.id;
}

/** In English with a space on both sides, so that sayings are found as whole words. */
function plainSaying(text: string, language: Language): string {
  const plain = text
    .toLowerCase()
    .replace(/[’']/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ');
  return language === 'zh' ? plain.replaceAll(' ', '') : ` ${plain.trim()} `;
}

const cheap = {
  en: /\b(?:cheap(?:er|est)?|least expensive|less expensive|lower[- ]priced|lowest price)\b/i,
  zh: /便宜|价格(?:最)?低/u,
};
const dear = {
  en: /\b(?:(?:more|most) expensive|expensive|dearer|priciest|pricier|higher[- ]priced|highest price)\b/i,
  zh: /贵|价格(?:最)?高/u,
};

/** How far a price may be from a round amount that was said for it, as a share of that: "the twenty dollar one" costs 19.99. */
const roundedShare = 0.06;

/** "The cheaper one", "the most expensive", "the one for twelve fifty": the option by what it costs, when no other costs the same. */
export function choiceByPrice(
  text: string,
  language: Language,
  options: readonly Option[],
): string | undefined {
  const wanted = cheap[language].test(text) ? 1 : dear[language].test(text) ? -1 : 0;
  if (wanted === 0) return byAmount(text, language, options);
  const [best, second] = options
    .filter(({ price }) => price !== undefined)
    .sort((left, right) => wanted * ((left.price ?? 0) - (right.price ?? 0)));
  return best && best.price !== second?.price ? best.id : undefined;
}

/** The only option that costs what was said, or what a round amount may stand for. */
function byAmount(text: string, language: Language, options: readonly Option[]): string | undefined {
  // "The twelve fifty one": the pronoun is no part of the number.
  const [reading] = amountsIn(text.replace(/\b(the|that|this)\b(.*) ones?\b/i, '$1$2'), language);
  if (!reading || (reading.round && !reading.certain)) return undefined;
  const said = Number(reading.value);
  const off = (price: number | undefined) => (price === undefined ? Infinity : Math.abs(price - said));
  const exact = options.filter(({ price }) => off(price) < 0.005);
  const near = reading.round ? options.filter(({ price }) => off(price) <= said * roundedShare) : [];
  const meant = exact.length > 0 ? exact : near;
  return meant.length === 1 ? meant[0]?.id : undefined;
}

function byPlace(
  text: string,
  language: Language,
  options: readonly Option[],
  read: readonly Option[],
  newestFirst: boolean,
): Option | undefined {
  if (newestFirst && newest[language].test(text)) return options[0];
  if (newestFirst && oldest[language].test(text)) return options.at(-1);
  // "The first one", "the small blue one": the ordinal counts, the pronoun does not.
  const plain = text
    .replace(/\b(?:the|this|that|which|other|last)((?: (?!number\b|option\b)[\w$.-]+){0,3}) one\b/gi, '$1')
    .trim();
  const places = ordinals[language].flatMap((pattern, index) => (pattern.test(plain) ? [index] : []));
  if (places.length === 1) return read[places[0] ?? 0];
  if (last[language].test(text)) return read.at(-1);
  return undefined;
}

function plainCode(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** The option that shares most telling words with the answer, when no other shares as many. */
function bestByWords(text: string, language: Language, options: readonly Option[]): string | undefined {
  // Single digits are days only where a month is named; elsewhere they are places in the list.
  const said = [...tokensOf(text, language)].filter(
    (token) => !/^\d$/.test(token) || namesDay[language].test(text),
  );
  const tokens = options.map((option) => tokensOf([option.label, ...option.words].join(' '), language));
  const scores = options.map(({ id }, index) => {
    const own = tokens[index] ?? new Set<string>();
    let score = 0;
    for (const token of said) {
      // A word that all options share says nothing.
      const sharing = tokens.filter((each) => each.has(token)).length;
      if (own.has(token) && (sharing < options.length || options.length === 1)) score += 1 / sharing;
    }
    return { id, score };
  });
  const [best, second] = scores.sort((left, right) => right.score - left.score);
  return best && best.score > 0 && best.score > (second?.score ?? 0) ? best.id : undefined;
}

const segmenters = {
  en: new Intl.Segmenter('en', { granularity: 'word' }),
  zh: new Intl.Segmenter('zh', { granularity: 'word' }),
};

function tokensOf(text: string, language: Language): Set<string> {
  const words = [...segmenters[language].segment(text.toLowerCase())].filter((segment) => segment.isWordLike);
  return new Set(
    words
      .map(({ segment }) =>
        segment.replace(/^(\d+)(?:st|nd|rd|th)$/, '$1').replace(/(?<=[a-z]{3})(?<!s)s$/, ''),
      )
      .filter(
        (word) =>
          !common.has(word) && !(word in placeWords) && (word.length > 1 || /\d|\p{Script=Han}/u.test(word)),
      ),
  );
}

/** Words for places and numbers of options are read as such, not as words of a label. */
const placeWords: Readonly<Record<string, true>> = Object.fromEntries(
  'first second third fourth fifth last next two three 第 第一 第二 第三 一 二 三 个 件 台 只 双 条 款 份 样 的 那 这 订单 是 有 我 要'
    .split(' ')
    .map((word) => [word, true]),
);
