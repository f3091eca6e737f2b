import type { Address } from '../../core/commerce.ts';
import type { Language } from '../../core/language.ts';
import { extractSpelledRuns } from '../../core/spelling.ts';
import { nothing, type Captured, type CaptureInput } from './captured.ts';
import { readChineseAddress } from './chinese-address.ts';
import { lastState, stateOfPostalCode } from './us-states.ts';

/** What of an address is known so far. */
export type AddressParts = Partial<Pick<Address, 'line1' | 'city' | 'country' | 'postalCode'>> & {
  readonly line2?: string;
  readonly state?: string;
};

/** Parts that are asked for one by one, in this order. */
export const addressPartNames = ['line1', 'city', 'postalCode', 'state'] as const;
export type AddressPartName = (typeof addressPartNames)[number];

/**
 * Reads an address, whole or in parts; values are JSON texts of the parts. What the caller says goes over what `partial` holds, so
 * that one part can be corrected alone ("no, the street is 15 Oak Street"). A part that is only named ("the postal code is
 * wrong") is forgotten, to be asked for again.
 */
export function captureAddress(input: CaptureInput, part: AddressPartName | undefined): Captured {
  const meant = knownAddress(input);
  if (meant !== undefined) return { type: 'value', value: meant, others: [], certain: false };
  const known = partsOf(input.partial);
  const read = readParts(input, part);
  const named = Object.keys(read).length === 0 ? namedPart(input) : undefined;
  if (Object.keys(read).length === 0 && named === undefined) return nothing;
  // A whole other address has another apartment, or none; a corrected street number leaves it as it is.
  const isNewPlace = read.line1 !== undefined && read.city !== undefined && read.line2 === undefined;
  const merged: AddressParts = { ...known, ...read };
  const kept = Object.entries(merged).filter(([name]) => name !== named && !(isNewPlace && name === 'line2'));
  const parts = withState(Object.fromEntries(kept));
  const value = JSON.stringify(parts);
  return missingPart(parts) === undefined
    ? { type: 'value', value, others: [], certain: false }
    : { type: 'partial', value };
}

const knownCues: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:same|other|another|on file|on record|account|profile|you (?:already )?have|default|home|registered|usual|old one)\b/i,
  zh: /一样|同一个|相同|另一|另外|别的|账户|账号|默认|登记|原来|之前|家里/u,
};

/** "The same as my other order, the one in Houston": an address that the shop has already, when just one can be meant. */
function knownAddress({ text: said, language, plausible }: CaptureInput): string | undefined {
  // An order may be named by its number; any other digit belongs to an address that is being said.
  const text = said.replace(/#?\b[A-Z]{1,2}\d{5,}\b/gi, ' ');
  if (!knownCues[language].test(text) || /\d/.test(text)) return undefined;
  const plain = ` ${text.toLowerCase().replace(/[^\p{L}]+/gu, ' ')} `;
  const names = (place: string | undefined) => {
    const wanted = (place ?? '').toLowerCase();
    return (
      wanted !== '' &&
      (/\p{Script=Han}/u.test(wanted) ? text.includes(wanted) : plain.includes(` ${wanted} `))
    );
  };
  const known = [...new Set(plausible.filter((value) => value.startsWith('{')))];
  const named = known.filter((value) => {
    const { city, state, line1 } = partsOf(value);
    const street = line1?.replace(/^\s*\d+\S*\s+/, '');
    return names(city) || names(street) || (state !== undefined && lastState(text)?.code === state);
  });
  if (named.length > 0) return named.length === 1 ? named[0] : undefined;
  return known.length === 1 ? known[0] : undefined;
}

/** The parts in a JSON text; none in an empty one. */
export function partsOf(json: string): AddressParts {
  return json === '' ? {} : (JSON.parse(json) as AddressParts);
}

/** The first part that is not known yet. A Chinese address needs no state. */
export function missingPart(parts: AddressParts): AddressPartName | undefined {
  return addressPartNames.find((name) => !parts[name] && !(name === 'state' && parts.country === 'CN'));
}

/** The state of a US address follows from its postal code. */
function withState(parts: AddressParts): AddressParts {
  const state = parts.state ?? (parts.postalCode ? stateOfPostalCode(parts.postalCode) : undefined);
  return { ...parts, ...(state !== undefined && { state }), country: parts.country ?? 'US' };
}

function readParts(input: CaptureInput, part: AddressPartName | undefined): AddressParts {
  const han = input.text.match(/\p{Script=Han}/gu)?.length ?? 0;
  if (han >= 2) return readChineseAddress(input.text, part);
  return readEnglishAddress(input.text, part);
}

const partWords: Readonly<Record<AddressPartName, RegExp>> = {
  line1: /\b(?:street|house(?: number)?|road)\b|街|路|门牌|街道/i,
  city: /\b(?:city|town)\b|城市|哪个市/i,
  state: /\bstate\b|省/i,
  postalCode: /\b(?:zip|postal|post) ?(?:code)?\b|\bpostcode\b|邮编|邮政编码/i,
};

function namedPart({ text }: CaptureInput): AddressPartName | undefined {
  return addressPartNames.find((name) => partWords[name].test(text));
}

const streetTypes =
  'street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|place|pl|way|terrace|ter|circle|cir|parkway|pkwy|' +
  'highway|hwy|square|sq|trail|trl|loop|alley|plaza|row|crescent|broadway|ridge|run|path|walk|pike|expressway|turnpike';
const streetPattern = new RegExp(
  `\\b(\\d+[A-Za-z]?(?:-\\d+)?)\\s+((?:[\\p{L}\\d.'’-]+\\s+){0,4}?(?:${streetTypes})\\.?)(?=[\\s,]|$)(\\s+(?:(?:north|south)(?:east|west)?|east|west|[NSEW]{1,2})\\b)?`,
  'iu',
);
const boxPattern = /\bp\.?\s?o\.? box\s+#?(\d+)\b/i;
const unitPattern =
  /\b(?:(apartment|apt|suite|ste|unit|floor|room|building|bldg)\.?|#)\s*(?:number\s+|no\.?\s+)?#?([A-Za-z]?-?\d+[A-Za-z]?|[A-Z])\b/i;
const leadIn =
  /^(?:(?:um|uh|er|well|so|ok|okay|yes|yeah|no|sorry|please|actually|oh)[,.\s]+)*(?:(?:the|my)? ?(?:new |delivery |shipping |correct |right )?(?:address|street|city|town|state|house)(?: and number)? ?(?:is|would be|should be)?|it(?: is|'s|’s| should be| should go to)|(?:please )?(?:send|ship|deliver) (?:it|that|them) to|i live (?:at|in|on)|i'm (?:at|in)|to|at|in)\s+/i;

function readEnglishAddress(text: string, part: AddressPartName | undefined): AddressParts {
  let rest = digitsOf(text).replace(/\b(?:USA|U\.S\.A?\.?|United States(?: of America)?)\b/gi, ' ');
  const parts: { -readonly [Name in keyof AddressParts]: AddressParts[Name] } = {};
  const cut = (start: number, end: number, by = ',') => {
    rest = `${rest.slice(0, start)}${by}${rest.slice(end)}`;
  };
  const box = boxPattern.exec(rest);
  const street = box ?? streetPattern.exec(rest) ?? (part === 'postalCode' ? null : looseStreet(rest));
  if (street) {
    parts.line1 = tidy(street[0]);
    cut(street.index, street.index + street[0].length, ', ');
  }
  const unit = unitPattern.exec(rest);
  if (unit) {
    parts.line2 = tidy(`${unit[1] ?? '#'} ${(unit[2] ?? '').toUpperCase()}`.replace('# ', '#'));
    cut(unit.index, unit.index + unit[0].length, ', ');
  }
  const code = [...rest.matchAll(/\b(\d{5})(?:[-\s]?(\d{4}))?\b/g)].at(-1);
  if (code) {
    parts.postalCode = code[2] === undefined ? (code[1] ?? '') : `${code[1] ?? ''}-${code[2]}`;
    cut(code.index, code.index + code[0].length);
  }
  const state = lastState(rest);
  const stateName = state ? rest.slice(state.start, state.end) : '';
  const isState = state !== undefined && (part === 'state' || isWholeTail(rest.slice(state.end)));
  // "New York, New York" and "Washington" alone are cities too.
  if (state && isState && (part !== 'city' || rest.slice(0, state.start).replace(leadIn, '').trim() !== '')) {
    parts.state = state.code;
    cut(state.start, state.end);
  }
  const city = cityIn(rest, parts, part);
  if (city !== undefined) parts.city = city;
  // "101 Highway, New York, 10001": the name of the state is that of the city too.
  else if (parts.line1 !== undefined && state && isState && /york|washington/i.test(stateName))
    parts.city = tidy(stateName);
  if (part === 'line1' && parts.line1 === undefined && Object.keys(parts).length <= 1 && /\d/.test(rest)) {
    delete parts.city;
    parts.line1 = tidy(rest.replace(leadIn, ''));
  }
  return parts;
}

/** Nothing but marks, country and code follow a state. */
function isWholeTail(text: string): boolean {
  return /^[\s,.]*(?:please|thanks|thank you|zip code|zip|postal code)?[\s,.]*$/i.test(text);
}

/** A street without a known kind of street stands before the first comma: "101 Highview, Denver". */
function looseStreet(text: string): RegExpExecArray | null {
  return /\b(\d+[A-Za-z]?)\s+(?!\d)([\p{L}.'’-]+(?:\s+[\p{L}.'’-]+){0,3})(?=\s*,)/iu.exec(text);
}

/** The city is what is left between street and state; alone it is believed only where it was asked for. */
function cityIn(rest: string, parts: AddressParts, part: AddressPartName | undefined): string | undefined {
  const pieces = rest
    .replace(/\b(?:zip|postal|post) ?code(?: is)?\b|\bzip\b/gi, ',')
    .split(/[,.;]/)
    .map((piece) => piece.replace(leadIn, '').replace(/^\s*(?:in|and|the city (?:is|of))\s+/i, ''))
    .map((piece) => piece.replace(/\b(?:please|thanks|thank you)\b/gi, '').trim())
    .filter((piece) => /^[\p{L}][\p{L}\s.'’-]*$/u.test(piece) && piece.split(/\s+/).length <= 4);
  const isTold = part === 'city' || (parts.line1 ?? parts.state ?? parts.postalCode) !== undefined;
  const city = pieces.filter((piece) => !notCities.test(piece)).at(-1);
  return isTold && city !== undefined && city !== '' ? tidy(city) : undefined;
}

const notCities =
  /\b(?:i|you|it|is|was|not|want|need|order|address|street|change|wrong|correct|should|yes|no|my|the|new|to|for|with|please|can|hello|agent|person|what|where|don't|know)\b(?! (?:york|orleans|jersey|haven|castle|bedford|mexico))/i;

/** Number words and spelled digits as digits: "twelve thirty four Maple" becomes "1234 Maple". */
function digitsOf(text: string): string {
  let out = '';
  let at = 0;
  for (const run of extractSpelledRuns(text, 'en', { minLength: 1 })) {
    if (!/^\d+[A-Z]?$/.test(run.value)) continue;
    // "apartment 5, 80202": a comma parts two numbers.
    const written = text.slice(run.start, run.end);
    // Five digits said one by one are a postal code, however they were parted: "seven eight seven, zero, one".
    const isCode = /^\d{5}$/.test(run.value) && run.tokens.every(({ characters }) => characters.length <= 2);
    const value =
      written.includes(',') && !isCode
        ? run.tokens.map(({ characters, end }) => characters + (text[end] === ',' ? ', ' : '')).join('')
        : run.value;
    out += text.slice(at, run.start) + value;
    at = run.end;
  }
  return out + text.slice(at);
}

/** As addresses are written: words with a capital, no stray marks. */
function tidy(text: string): string {
  return text
    .replace(/[\s,.]+$/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .split(' ')
    .map((word) => (/^[a-z]/.test(word) ? word.charAt(0).toUpperCase() + word.slice(1) : word))
    .join(' ');
}
