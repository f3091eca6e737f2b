import parsePhoneNumber, { type CountryCode } from 'libphonenumber-js';
import type { Language } from '../core/language.ts';
import type { SpeechPart, SpokenKind } from '../core/speech.ts';
import type { Settings } from './schema.ts';
import type { Json } from './state.ts';

/** What formatting depends on besides the value. */
export interface FormatContext {
  readonly language: Language;
  readonly timeZone: string;
  readonly phoneRegion: string;
  readonly nowEpochMs: number;
  readonly labels: NonNullable<Settings['labels']>;
}

/** Undefined when the value does not suit the formatter: then the wording is passed over. */
type Formatter = (value: Json, context: FormatContext, argument: string) => readonly SpeechPart[] | undefined;

const words = (text: string): readonly SpeechPart[] => [{ type: 'text', text }];
const spoken = (kind: SpokenKind, text: string, value = text): readonly SpeechPart[] => [
  { type: 'value', kind, text, value },
];
const asSpoken =
  (kind: SpokenKind): Formatter =>
  (value) =>
    typeof value === 'object' ? undefined : spoken(kind, String(value));

const formatters: Readonly<Record<string, Formatter>> = {
  plain: plainWords,
  verbatim: (value) => (typeof value === 'object' ? undefined : words(String(value))),
  label: (value, { labels, language }, argument) => {
    const label = typeof value === 'string' ? labels[argument]?.[value] : undefined;
    return label && words(label[language]);
  },
  count: (value, { language }, argument) => countOf(value, language, argument),
  place: (value, { language }) => placeOf(value, language),
  wait: (value, { language }) => waitOf(value, language),
  items: (value, { language }, argument) => itemsOf(value, language, argument === 'all'),
  day: dayOf,
  date: dateOf,
  time: timeOf,
  money: moneyOf,
  amount: amountOf,
  payment_method: paymentMethodOf,
  facet: (value, { labels, language }) =>
    typeof value === 'string' ? words(labels.option_name?.[value]?.[language] ?? value) : undefined,
  facet_values: facetValuesOf,
  product: (value) => (typeof value === 'string' ? words(uncapitalised(value)) : undefined),
  variant: variantOf,
  variants: variantsOf,
  address: addressOf,
  phone: phoneOf,
  order_number: (value) =>
    typeof value === 'string' ? spoken('order_number', value, value.replace(/^#/, '')) : undefined,
  tracking_number: asSpoken('tracking_number'),
  digits: asSpoken('digits'),
  number: asSpoken('number'),
  email: asSpoken('email'),
  postal_code: asSpoken('postal_code'),
  name: asSpoken('name'),
};
export const formatterNames: ReadonlySet<string> = new Set(Object.keys(formatters));

/** A value in words, or as something to be pronounced with care. */
export function formatValue(
  name: string,
  value: Json,
  argument: string,
  context: FormatContext,
): readonly SpeechPart[] | undefined {
  if (value === null || value === '') return undefined;
  return formatters[name]?.(value, context, argument);
}

/** Words as they are; passed over when they are written in the script of another language. */
function plainWords(value: Json, { language }: FormatContext): readonly SpeechPart[] | undefined {
  if (typeof value === 'object') return undefined;
  const text = String(value);
  const isHan = /\p{Script=Han}/u.test(text);
  const isLatinOnly = /[A-Za-z]{2}/.test(text) && !isHan;
  return (language === 'en' ? isHan : isLatinOnly) ? undefined : words(text);
}

const englishNumbers = 'no one two three four five six seven eight nine ten'.split(' ');
const chineseNumbers = '零一两三四五六七八九十';

/** A count in words: small ones spelled out, as people say them. */
function numeral(count: number, language: Language): string {
  const small = language === 'en' ? englishNumbers[count] : chineseNumbers[count];
  return small ?? String(count);
}

/** `{size(shipments)|count:package,packages}` and `|count:个包裹`. */
function countOf(value: Json, language: Language, argument: string): readonly SpeechPart[] | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return undefined;
  const [one = '', many = one] = argument.split(',').map((form) => form.trim());
  if (language === 'zh') return words(`${numeral(value, 'zh')}${one}`);
  return words(`${numeral(value, 'en')} ${value === 1 ? one : many}`.trim());
}

/** "next" or "number two" in line; Chinese: the whole clause. */
function placeOf(value: Json, language: Language): readonly SpeechPart[] | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) return undefined;
  if (language === 'en') return words(value === 1 ? 'next' : `number ${numeral(value, 'en')}`);
  if (value === 1) return words('下一位就是您');
  return words(`您排在第${value === 2 ? '二' : numeral(value, 'zh')}位`);
}

/** A wait in whole minutes as people would say it: by fives from ten on; 0 for less than one, 31 for more than 30, 61 for more than 60. */
export function roundedMinutes(waitMs: number | null): number | null {
  if (waitMs === null) return null;
  if (waitMs < 60_000) return 0;
  const minutes = Math.round(waitMs / 60_000);
  if (minutes <= 10) return minutes;
  if (minutes > 60) return 61;
  return minutes > 30 ? 31 : Math.round(minutes / 5) * 5;
}

/** "less than a minute", "about three minutes", "more than half an hour" for milliseconds. */
function waitOf(value: Json, language: Language): readonly SpeechPart[] | undefined {
  const minutes = typeof value === 'number' && value >= 0 ? roundedMinutes(value) : null;
  if (minutes === null) return undefined;
  const isChinese = language === 'zh';
  if (minutes === 0) return words(isChinese ? '不到一分钟' : 'less than a minute');
  if (minutes > 60) return words(isChinese ? '一个多小时' : 'more than an hour');
  if (minutes > 30) return words(isChinese ? '半个多小时' : 'more than half an hour');
  if (isChinese) return words(`大约${numeral(minutes, 'zh')}分钟`);
  return words(minutes === 1 ? 'about a minute' : `about ${numeral(minutes, 'en')} minutes`);
}

/** "a lamp, two shirts and 10 more items" for a list of `{ name, quantity }`; with `:all` every one is named. */
function itemsOf(value: Json, language: Language, isWhole: boolean): readonly SpeechPart[] | undefined {
  const items = (Array.isArray(value) ? value : [value]).flatMap((item) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return [];
    const { name, quantity } = item;
    return typeof name === 'string' ? [{ name, quantity: typeof quantity === 'number' ? quantity : 1 }] : [];
  });
  if (items.length === 0) return undefined;
  const namedCount = isWhole ? items.length : items.length === 3 ? 3 : 2;
  const named = items.slice(0, namedCount).map(({ name, quantity }) => itemName(name, quantity, language));
  const rest = items.slice(namedCount).reduce((sum, { quantity }) => sum + quantity, 0);
  if (language === 'zh') {
    const list = named.join('、');
    return words(rest > 0 ? `${list}等共${numeral(total(items), 'zh')}件商品` : list);
  }
  if (rest > 0) named.push(`${numeral(rest, 'en')} more ${rest === 1 ? 'item' : 'items'}`);
  const last = named.pop() ?? '';
  return words(named.length > 0 ? `${named.join(', ')} and ${last}` : last);
}

function total(items: readonly { readonly quantity: number }[]): number {
  return items.reduce((sum, { quantity }) => sum + quantity, 0);
}

function itemName(name: string, quantity: number, language: Language): string {
  if (language === 'zh') return quantity === 1 ? name : `${numeral(quantity, 'zh')}件${name}`;
  const plain = uncapitalised(name);
  const isPlural = /[^s]s$/i.test(plain);
  if (quantity === 1) return isPlural ? plain : `${/^[aeiou]/i.test(plain) ? 'an' : 'a'} ${plain}`;
  return `${numeral(quantity, 'en')} ${isPlural ? plain : pluralOf(plain)}`;
}

/** Catalogue capitals go ("Office Chair"); capitals with a meaning stay ("T-Shirt", "LED"). */
function uncapitalised(name: string): string {
  return name
    .split(' ')
    .map((word) => (/^[A-Z][a-z]+$/.test(word) ? word.toLowerCase() : word))
    .join(' ');
}

function pluralOf(noun: string): string {
  if (/(?:s|x|ch|sh)$/i.test(noun)) return `${noun}es`;
  if (/[^aeiou]y$/i.test(noun)) return `${noun.slice(0, -1)}ies`;
  if (/lf$/i.test(noun)) return `${noun.slice(0, -1)}ves`;
  return `${noun}s`;
}

/** The calendar day of an RFC 3339 time in the shop's time zone, as `2026-06-12`; a plain date is its own day. */
function isoDay(value: Json, timeZone: string): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return Number.isNaN(Date.parse(value)) ? undefined : value;
  const epochMs = Date.parse(value);
  return Number.isNaN(epochMs) ? undefined : dayAt(epochMs, timeZone);
}

/** The calendar day at a time in a time zone, as `2026-06-12`. */
export function dayAt(epochMs: number, timeZone: string): string {
  // The Swedish form of a date is the ISO form.
  return formatterFor('sv-SE', { timeZone, dateStyle: 'short' }).format(epochMs);
}

/** "today", "tomorrow", "yesterday", or "on Friday, June 12". */
function dayOf(value: Json, context: FormatContext): readonly SpeechPart[] | undefined {
  const day = isoDay(value, context.timeZone);
  if (day === undefined) return undefined;
  const today = dayAt(context.nowEpochMs, context.timeZone);
  const distance = Math.round((Date.parse(day) - Date.parse(today)) / 86_400_000);
  const near = { en: ['yesterday', 'today', 'tomorrow'], zh: ['昨天', '今天', '明天'] }[context.language][
    distance + 1
  ];
  if (near !== undefined) return words(near);
  const date = dateOf(value, context);
  return date && (context.language === 'en' ? [{ type: 'text', text: 'on ' }, ...date] : date);
}

function dateOf(value: Json, context: FormatContext): readonly SpeechPart[] | undefined {
  const day = isoDay(value, context.timeZone);
  if (day === undefined) return undefined;
  const isThisYear = day.slice(0, 4) === dayAt(context.nowEpochMs, context.timeZone).slice(0, 4);
  const text = formatterFor(context.language === 'en' ? 'en-US' : 'zh-CN', {
    timeZone: 'UTC',
    month: 'long',
    day: 'numeric',
    ...(isThisYear ? { weekday: 'long' } : { year: 'numeric' }),
  }).format(Date.parse(day));
  return spoken('date', text, day);
}

function timeOf(value: Json, { language, timeZone }: FormatContext): readonly SpeechPart[] | undefined {
  const epochMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(epochMs)) return undefined;
  const options = { timeZone, hour: 'numeric', minute: '2-digit' } as const;
  const text = formatterFor(language === 'en' ? 'en-US' : 'zh-CN', options).format(epochMs);
  const exact = formatterFor('sv-SE', { ...options, hour: '2-digit' }).format(epochMs);
  return spoken('time', text, exact);
}

function moneyOf(value: Json, { language }: FormatContext): readonly SpeechPart[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { amount, currency } = value;
  if (typeof amount !== 'string' || typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency))
    return undefined;
  if (Number.isNaN(Number(amount))) return undefined;
  const text = moneyFormatterFor(language === 'en' ? 'en-US' : 'zh-CN', currency);
  return spoken('money', text.format(Number(amount)), `${amount} ${currency}`);
}

/** An amount without its sign, where words tell who pays. */
function amountOf(value: Json, context: FormatContext): readonly SpeechPart[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { amount } = value;
  if (typeof amount !== 'string') return undefined;
  return moneyOf({ ...value, amount: amount.replace(/^-/, '') }, context);
}

/** "the Visa card ending in 4417", "PayPal": the words of the label `payment_kind`, the brand and the last digits. */
function paymentMethodOf(
  value: Json,
  { labels, language }: FormatContext,
): readonly SpeechPart[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { kind, brand, last4 } = value;
  const label = typeof kind === 'string' ? labels.payment_kind?.[kind]?.[language] : undefined;
  if (label === undefined) return undefined;
  const name = typeof brand === 'string' ? `${brand.charAt(0).toUpperCase()}${brand.slice(1)}` : '';
  const digits = typeof last4 === 'string' ? spoken('digits', last4) : [];
  if (language === 'zh') {
    const text = `${name}${label}`;
    return digits.length > 0 ? [...words(`尾号`), ...digits, ...words(`的${text}`)] : words(text);
  }
  const text = name === '' ? label : label.replace(/^(the |your )?/, `$1${name} `);
  return digits.length > 0 ? [...words(`${text} ending in `), ...digits] : words(text);
}

function facetWord(value: string, { labels, language }: FormatContext): string {
  return labels.option_value?.[value]?.[language] ?? value;
}

/** "small, medium, or large" for a list of an option's values; of a long list the first ones. */
function facetValuesOf(value: Json, context: FormatContext): readonly SpeechPart[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((each) => typeof each === 'string').map((each) => facetWord(each, context));
  if (texts.length === 0) return undefined;
  const read = texts.slice(0, 6);
  if (context.language === 'zh') {
    const last = read.length > 1 ? `还是${read.at(-1) ?? ''}` : '';
    return words(last === '' ? (read[0] ?? '') : `${read.slice(0, -1).join('、')}，${last}`);
  }
  const [first = '', second] = read;
  if (second === undefined) return words(first);
  const last = read.at(-1) ?? '';
  return words(read.length === 2 ? `${first} or ${last}` : `${read.slice(0, -1).join(', ')}, or ${last}`);
}

/** "blue, large" for the options of a variant. */
function variantOf(value: Json, context: FormatContext): readonly SpeechPart[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const texts = Object.values(value).filter((each) => typeof each === 'string');
  if (texts.length === 0) return undefined;
  const separator = context.language === 'zh' ? '、' : ', ';
  return words(texts.map((each) => facetWord(each, context)).join(separator));
}

/** "the desk lamp in black, battery; and the mug in blue" for a list of `{ name, options }`. */
function variantsOf(value: Json, context: FormatContext): readonly SpeechPart[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const isChinese = context.language === 'zh';
  const texts = value.flatMap((each) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return [];
    const { name, options } = each;
    const variant = variantOf(options ?? null, context)?.[0]?.text;
    if (typeof name !== 'string') return [];
    if (variant === undefined) return [isChinese ? name : `the ${uncapitalised(name)}`];
    return [isChinese ? `${name}（${variant}）` : `the ${uncapitalised(name)} in ${variant}`];
  });
  const last = texts.pop();
  if (last === undefined) return undefined;
  if (isChinese) return words([...texts, last].join('、'));
  return words(texts.length === 0 ? last : `${texts.join('; ')}; and ${last}`);
}

/** An address in the order of its country: "214 Maple Street, Apt 5, New York, NY 10011". */
function addressOf(value: Json): readonly SpeechPart[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const text = (name: string) => {
    const part = value[name];
    return typeof part === 'string' ? part.trim() : '';
  };
  const [line1, line2, city, state, postalCode] = ['line1', 'line2', 'city', 'state', 'postalCode'].map(text);
  if (!line1 || !city) return undefined;
  const code = postalCode ? spoken('postal_code', postalCode) : [];
  if (/\p{Script=Han}/u.test(line1 + city)) {
    const region = state && state !== city ? state : '';
    const line = `${region}${city}${line1}${line2 ?? ''}`;
    return code.length > 0 ? [...words(`${line}，邮编`), ...code] : words(line);
  }
  const street = line2 ? `${line1}, ${line2}` : line1;
  const place = `${street}, ${city}${state ? `, ${state}` : ''}`;
  return code.length > 0 ? [...words(`${place} `), ...code] : words(place);
}

function phoneOf(value: Json, { phoneRegion }: FormatContext): readonly SpeechPart[] | undefined {
  if (typeof value !== 'string') return undefined;
  const parsed = parsePhoneNumber(value, phoneRegion as CountryCode);
  if (!parsed) return spoken('phone', value);
  const isOwnRegion = parsed.country === phoneRegion;
  return spoken('phone', isOwnRegion ? parsed.formatNational() : parsed.formatInternational(), parsed.number);
}

const formatterCache = new Map<string, Intl.DateTimeFormat>();

const moneyFormatters = new Map<string, Intl.NumberFormat>();

function moneyFormatterFor(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  const formatter =
    moneyFormatters.get(key) ?? new Intl.NumberFormat(locale, { style: 'currency', currency });
  moneyFormatters.set(key, formatter);
  return formatter;
}

/** Building an Intl formatter costs far more than a turn may; there are few different ones. */
function formatterFor(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  let formatter = formatterCache.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(locale, options);
    formatterCache.set(key, formatter);
  }
  return formatter;
}
