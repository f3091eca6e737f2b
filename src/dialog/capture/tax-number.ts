import { checkVAT, countries } from 'jsvat';
import { nothing, valueOf, type Captured, type CaptureInput } from './captured.ts';
import { charactersIn } from './code.ts';

/** What follows the country in VAT numbers of the European Union and its neighbours, by the prefix the number begins with. */
const vatForms: Readonly<Record<string, RegExp>> = {
  AT: /^U\d{8}$/,
  BE: /^[01]\d{9}$/,
  BG: /^\d{9,10}$/,
  CY: /^\d{8}[A-Z]$/,
  CZ: /^\d{8,10}$/,
  DE: /^\d{9}$/,
  DK: /^\d{8}$/,
  EE: /^\d{9}$/,
  EL: /^\d{9}$/,
  ES: /^[A-Z0-9]\d{7}[A-Z0-9]$/,
  FI: /^\d{8}$/,
  FR: /^[A-HJ-NP-Z0-9]{2}\d{9}$/,
  GB: /^(?:\d{9}|\d{12})$/,
  HR: /^\d{11}$/,
  HU: /^\d{8}$/,
  IE: /^\d[A-Z0-9]\d{5}[A-Z]{1,2}$/,
  IT: /^\d{11}$/,
  LT: /^(?:\d{9}|\d{12})$/,
  LU: /^\d{8}$/,
  LV: /^\d{11}$/,
  MT: /^\d{8}$/,
  NL: /^\d{9}B\d{2}$/,
  PL: /^\d{10}$/,
  PT: /^\d{9}$/,
  RO: /^\d{2,10}$/,
  SE: /^\d{10}01$/,
  SI: /^\d{8}$/,
  SK: /^\d{10}$/,
};

/** Characters of a unified social credit code in the order of their values; I, O, S, V and Z are left out (GB 32100). */
const creditAlphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const creditLength = 18;

/** The shortest and longest tax numbers that consist of digits alone; those of Chinese companies have 15 at least. */
const shortest = { en: 6, zh: 15 } as const;
const longest = 20;
/** No VAT number is longer than France's, Lithuania's or Sweden's; what begins as one and is shorter has a rest to come. */
const longestVat = 14;

/** True when the last character of a unified social credit code is the one that follows from the others. */
export function isCreditCode(code: string): boolean {
  if (code.length !== creditLength) return false;
  const values = Array.from(code, (character) => creditAlphabet.indexOf(character));
  if (values.includes(-1)) return false;
  const sum = values.slice(0, -1).reduce((total, value, index) => total + value * (3 ** index % 31), 0);
  return (31 - (sum % 31)) % 31 === values.at(-1);
}

/**
 * True for a VAT number whose check digits do not follow from the others, and which no further digits could make right: it was misheard.
 * Countries whose rule the library does not know are believed by their form.
 */
export function isMisheardVat(code: string): boolean {
  if (!isVatNumber(code) || ['0', '00', '000'].some((rest) => isVatNumber(code + rest))) return false;
  return isDisproved(code);
}

function isDisproved(code: string): boolean {
  const { isValid, isSupportedCountry } = checkVAT(code, countries);
  return isSupportedCountry && !isValid;
}

/** True for a VAT number with its country in front, by its form. */
export function isVatNumber(code: string): boolean {
  return vatForms[code.slice(0, 2)]?.test(code.slice(2)) ?? false;
}

/**
 * Reads a tax number of letters and digits: a unified social credit code, a VAT number with its country, or digits alone. Certain is what
 * its check character proves, or what both recognisers heard; anything shorter is a beginning. A wrong check character or digit means that
 * it was misheard: then it is none, and is asked for again.
 */
export function captureTaxNumber(input: CaptureInput): Captured {
  const { language, partial, rejected, spelled } = input;
  const texts = [...(spelled ? [spelled.text] : []), input.text, ...input.alternatives];
  const heard = texts.flatMap((text) => charactersIn(text, language)).map(withoutForbiddenLetters);
  const candidates = [
    ...new Set(heard.flatMap((each) => (partial === '' ? [each] : [partial + each, each]))),
  ];
  const proven = candidates.filter(isCreditCode);
  if (proven.length > 0) return valueOf(proven, rejected, true);
  const whole = candidates.filter((code) => isWholeTaxNumber(code, language));
  const [first] = whole;
  if (first !== undefined) {
    const isSpelledToo = spelled === undefined || charactersIn(input.text, language).includes(first);
    return valueOf(whole, rejected, first.length !== creditLength && isSpelledToo);
  }
  // Taken for a beginning, it would wait for a rest that never comes.
  if (candidates.some((code) => isMisheardVat(code) || isMisheardCredit(code))) return nothing;
  const beginning = candidates.find((code) => code.length <= longest && code !== partial);
  return beginning === undefined ? nothing : { type: 'partial', value: beginning };
}

function isWholeTaxNumber(code: string, language: CaptureInput['language']): boolean {
  if (isVatNumber(code)) return !isDisproved(code);
  if (code.slice(0, 2) in vatForms && code.length < longestVat) return false;
  return /^\d+$/.test(code) && code.length >= shortest[language] && code.length <= longest;
}

/** A code of the right length and form with a wrong check character. Digits alone may be the number of a person, which has another check. */
function isMisheardCredit(code: string): boolean {
  return code.length === creditLength && /\d{6}/.test(code) && /\D/.test(code) && !isCreditCode(code);
}

/** In a unified social credit code the letters O and I do not occur: they are the digits that look and are called alike. */
function withoutForbiddenLetters(code: string): string {
  return code.length === creditLength ? code.replaceAll('O', '0').replaceAll('I', '1') : code;
}
