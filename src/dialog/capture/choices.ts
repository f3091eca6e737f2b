import type { Language } from '../../core/language.ts';
import { captureChoice, choiceInSentence, type ChoiceInput, type Option } from './choice.ts';

/** Which of the options an answer means, where several may be chosen; ids stand in the order of the options. */
export type ChosenSeveral =
  | { readonly type: 'chosen'; readonly ids: readonly string[] }
  | { readonly type: 'more' }
  | { readonly type: 'none-of-these' }
  | { readonly type: 'unclear' };

const all = {
  en: /\b(?:all|both|everything|each(?: one)?|the (?:whole|entire|complete) (?:order|lot|thing))\b/i,
  zh: /都|全部|所有|全都|整个订单|整单|一起/u,
};
const except = {
  en: /\b(?:all|everything|both)\b[^,.]*?\b(?:but|except(?: for)?|apart from|other than|without|besides)\b(.*)$/i,
  zh: /除了?(.+?)(?:以外|之外|外|，|,|都|$)/u,
};
/** "All, but not the lamp", "everything, I keep the lamp". */
const kept = {
  en: /\b(?:not|keep(?:ing)?)\b(.*)$/i,
  zh: /(?:不要退|不退|不换|不用退|留着|留下|不包括)(.+)$/u,
};
const separators = {
  en: /\s*(?:,|;|\.\s|\band\b|\bplus\b|\bas well as\b|\balso\b|&)\s*/i,
  zh: /[，,、；;]|和|跟|还有|以及|与/u,
};

const bothSaid = { en: /\bboth\b/i, zh: /都|两[个件样]/u };

/** "And the" is often heard as "in the"; "the mug in the box" names one thing all the same, since its second half names none. */
const misheardAnd = { en: /\s+in (?=the\b)/i, zh: /(?!)/ };

/** Reads "both", "all but the tablet", "the first and the third", "the lamp and the mug", "the cheaper one". */
export function captureChoices(input: ChoiceInput): ChosenSeveral {
  const { text, language, options } = input;
  const excluded = except[language].exec(text)?.[1];
  if (excluded !== undefined) return withoutThose(excluded, input);
  const single = captureChoice(input);
  if (single.type === 'none-of-these') return single;
  if (all[language].test(text) && !isPlace(text, language)) {
    const kept = keptIn(text, language);
    const whole = options.map(({ id }) => id);
    // "Both the lamp and the mug", of three things, are those two.
    const both = kept === undefined && bothSaid[language].test(text) ? idsIn(text, input) : [];
    if (both.length === 2) return { type: 'chosen', ids: both };
    if (kept === undefined) return { type: 'chosen', ids: whole };
    return withoutThose(kept, input);
  }
  const ids = idsIn(text, input);
  if (ids.length > 0) return { type: 'chosen', ids };
  return single.type === 'chosen' ? { type: 'chosen', ids: [single.id] } : single;
}

/** The options that a sentence names by their own words, without having been asked for. */
export function choicesInSentence(text: string, language: Language, options: readonly Option[]): string[] {
  const named = text
    .split(separators[language])
    .flatMap((part) => partsNaming(part, language, options))
    .flatMap((part) => choiceInSentence(part, language, options) ?? []);
  return options.map(({ id }) => id).filter((id) => named.includes(id));
}

const placeAlone =
  /^\W*(?:um |uh |well |okay )?(?:the )?(?:first|second|third|fourth|fifth|last)(?: one)?\W*(?:please\W*)?$/i;

/** A part of a sentence, cut where "in the" stands for "and the": where both halves name a thing by its name, and another one each. */
function partsNaming(part: string, language: Language, options: readonly Option[]): readonly string[] {
  const halves = part.split(misheardAnd[language]);
  const named = halves.map((half) => {
    const id = choiceInSentence(half, language, options);
    const name = options.find((option) => option.id === id)?.words[0]?.toLowerCase() ?? '';
    return name.split(/\s+/).some((word) => word.length > 2 && half.toLowerCase().includes(word))
      ? id
      : undefined;
  });
  // "The first in the third".
  if (halves.length > 1 && halves.every((half) => placeAlone.test(half))) return halves;
  const isAllNamed = named.every((id) => id !== undefined) && new Set(named).size === named.length;
  return isAllNamed ? halves : [part];
}

function keptIn(text: string, language: Language): string | undefined {
  return kept[language].exec(text)?.[1];
}

/** "Both are the first I ordered" is no choice of all. */
function isPlace(text: string, language: Language): boolean {
  return language === 'zh' && /第[一二三四五]/u.test(text);
}

function withoutThose(words: string, input: ChoiceInput): ChosenSeveral {
  const out = idsIn(words, input);
  if (out.length === 0) return { type: 'unclear' };
  const ids = input.options.map(({ id }) => id).filter((id) => !out.includes(id));
  return ids.length > 0 ? { type: 'chosen', ids } : { type: 'none-of-these' };
}

/** Every option that some part of the text means. */
function idsIn(text: string, input: ChoiceInput): string[] {
  const parts = text
    .split(separators[input.language])
    .filter((part) => part.trim() !== '')
    .flatMap((part) => partsNaming(part, input.language, input.options));
  const found = parts.flatMap((part) => {
    const chosen = captureChoice({ ...input, text: part });
    return chosen.type === 'chosen' ? [chosen.id] : [];
  });
  return input.options.map(({ id }) => id).filter((id) => found.includes(id));
}
