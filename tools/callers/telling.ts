import { mentions, sentenceEnds } from './reading.ts';
import type { CallerChange, CallerScript, FactName, Goal } from './script.ts';
import type { Speech } from './speech.ts';

/** The wished values that differ from what the thing has now. */
export function optionWords(
  speech: Speech,
  wished: Readonly<Record<string, string>>,
  change: CallerChange,
): string {
  const entries = Object.entries(wished);
  // What stays as it is need not be said.
  const telling = entries.filter(([name, value]) => change.options[name] !== value);
  return (telling.length > 0 ? telling : entries).map((entry) => speech.option(entry)).join(', ');
}

/** The one option that the end of a question names, such as the colour in "Which colour: black or white?". */
export function optionAsked(
  words: string,
  options: Readonly<Record<string, string>>,
): readonly [string, string] | undefined {
  const question = words.split(sentenceEnds).at(-1) ?? '';
  const [asked, ...more] = Object.entries(options).filter(([name]) => mentions(question, name));
  return more.length === 0 ? asked : undefined;
}

export function changesSomething({ want, agree }: Goal): boolean {
  return (
    agree && want !== 'other' && want !== 'order_status' && want !== 'refund_status' && want !== 'human_agent'
  );
}

export function isHeard(words: string, pattern: string): boolean {
  const expression = /^\/(.+)\/$/.exec(pattern)?.[1];
  if (expression !== undefined) return new RegExp(expression, 'i').test(words);
  return words.toLowerCase().includes(pattern.toLowerCase());
}

export function names(label: string, thing: string): boolean {
  return label.toLowerCase().includes(thing.toLowerCase());
}

export function sharesStreet(label: string, address: string): boolean {
  const street = /^[^,]+/.exec(address)?.[0].trim().toLowerCase() ?? '';
  return street !== '' && label.toLowerCase().includes(street);
}

export function fullName(
  facts: CallerScript['facts'],
  language: CallerScript['language'],
): string[] | undefined {
  const [first] = facts.first_name ?? [];
  const [last] = facts.last_name ?? [];
  if (first === undefined || last === undefined) return undefined;
  return [language === 'zh' ? last + first : `${first} ${last}`];
}

/** A name out of what the script tells: the whole from its parts, a part from the whole. */
export function nameFrom(
  facts: CallerScript['facts'],
  name: FactName,
  language: CallerScript['language'],
): string[] | undefined {
  if (name === 'full_name') return fullName(facts, language);
  if (name !== 'first_name' && name !== 'last_name') return undefined;
  return facts.full_name?.map((full) => {
    const parts = language === 'zh' ? [full.slice(1), full.slice(0, 1)] : full.split(' ');
    return (name === 'first_name' ? parts[0] : parts.at(-1)) ?? full;
  });
}

const spoken: Partial<Record<FactName, string>> = {
  order_number: 'order_number',
  email: 'email',
  postal_code: 'postal_code',
  phone: 'phone',
  full_name: 'name',
};

export function markedUp(name: FactName, value: string): string {
  const kind = spoken[name];
  return kind === undefined ? value : `{${kind}:${value}}`;
}

/** A value that has to be said again: a Latin name with its last word spelled, an address letter by letter, as people do who were misheard. */
export function spelledOut(name: FactName, value: string): string {
  if (name === 'email') return `{spelled_email:${value}}`;
  const last = /[A-Za-z'-]+$/.exec(value)?.[0];
  if (!['full_name', 'first_name', 'last_name'].includes(name) || last === undefined)
    return markedUp(name, value);
  const letters = Array.from(last.toUpperCase()).filter((letter) => /[A-Z]/.test(letter));
  return `${markedUp(name, value)}, ${letters.join(', ')}`;
}

/** The postal code of an address, where the end of a question asks for it alone. */
export function postalCodeAsked(words: string, address: string): string | undefined {
  const question =
    words
      .split(sentenceEnds)
      .filter((each) => each.trim() !== '')
      .at(-1) ?? '';
  const isAsked = /postal code|邮编|邮政编码/i.test(question) && !/street|街|路/i.test(question);
  return isAsked ? /\b\d{5,6}\b(?!.*\b\d{5,6}\b)/.exec(address)?.[0] : undefined;
}

/** The first value that a question offers: "red" in "Which colour: red or blue?". */
export function firstOffered(words: string): string | undefined {
  return /[:：]\s*([^,:：?？、]+?)(?:,| or |、|还是|\?|？)[^:：]*$/.exec(words)?.[1]?.trim();
}
