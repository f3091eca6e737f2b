import parsePhoneNumber, {
  findPhoneNumbersInText,
  isPossiblePhoneNumber,
  type CountryCode,
} from 'libphonenumber-js';
import { extractSpelledRuns, spelledToCharacters } from '../../core/spelling.ts';
import { nothing, valueOf, type Captured, type CaptureInput } from './captured.ts';
import { charactersIn } from './code.ts';
import { digitOfSound } from './digit-homophones.ts';

/** Who speaks Chinese and names a mobile number of China means one, wherever the shop is. */
const chineseMobile = /(?<!\d)1[3-9](?:[ -]?\d){9}(?!\d)/;

/** Reads a telephone number, in international form; one with too few digits is a beginning. */
export function capturePhoneNumber(input: CaptureInput, region: string): Captured {
  const country = (input.language === 'zh' && chineseMobile.test(input.text) ? 'CN' : region) as CountryCode;
  const found = findPhoneNumbersInText(input.text, country)[0];
  if (found) return valueOf([found.number.number], input.rejected, true);
  const plus = /^\s*(?:\+|plus\b)/i.test(input.text) ? '+' : '';
  for (const characters of textsOf(input).flatMap((text) => charactersIn(text, input.language))) {
    const digits = characters.replace(/\D/g, '');
    for (const candidate of input.partial === '' ? [digits] : [digits, input.partial + digits]) {
      const text = plus + candidate;
      // 一三八 ... said digit by digit is only now seen to be one.
      const own = input.language === 'zh' && chineseMobile.test(candidate) ? 'CN' : country;
      const parsed = candidate.length >= 7 ? parsePhoneNumber(text, own) : undefined;
      if (parsed && isPossiblePhoneNumber(text, own)) return valueOf([parsed.number], input.rejected, true);
    }
  }
  const [digits = ''] = textsOf(input).map((text) => digitsIn(text, input.language));
  const joined = input.partial + digits;
  return digits !== '' && joined.length < 10 ? { type: 'partial', value: joined } : nothing;
}

/** Reads digits of any number, such as a code that was sent. */
export function captureDigits(input: CaptureInput): Captured {
  const readings = textsOf(input)
    .map((text) => digitsIn(text, input.language))
    .filter((digits) => digits !== '');
  const [first, second] = readings;
  // Two recognisers that heard different digits: what the better one heard, but not for certain.
  const agreed = second === undefined || first === second;
  return valueOf(
    readings.map((digits) => input.partial + digits),
    input.rejected,
    agreed,
  );
}

/** The texts to read digits from: the spelling recogniser's first, when it heard any. */
function textsOf({ spelled, text, language }: CaptureInput): string[] {
  return spelled && digitsIn(spelled.text, language) !== '' ? [spelled.text, text] : [text];
}

const digitsIn = (text: string, language: CaptureInput['language']): string =>
  spelledToCharacters(text, language).text.replace(/\D/g, '');

const chineseQuantity = /([一两二三四五六七八九十]+|\d+)\s*(?:个|件|台|只|双|条|份|张|本|瓶|套|分|星)/u;

const wholes = { en: /\b(?:all|every one|each one|everything)\b/i, zh: /全部|全都|所有|都/u };

/** What a number that is the whole answer is heard as. */
const quantityHomophones: Readonly<Record<string, string>> = {
  won: '1',
  to: '2',
  too: '2',
  for: '4',
  ate: '8',
};
const lonelyHomophone =
  /^(?:(?:um|uh|er|okay|ok|well|just|only)[\s,.]+)*(?<word>won|to|too|for|ate)(?:[\s,.]+(?:please|of them))*[\s,.!?]*$/i;

/** 武台 is 五台: the character before a measure word may be a number by its sound. */
function asCounted(text: string): string {
  return text.replace(/\p{Script=Han}(?=[个件台只双条份张本瓶套分星])/gu, (found) =>
    /[一两二三四五六七八九十]/u.test(found) ? found : (digitOfSound(found) ?? found),
  );
}

/** Reads a quantity: "two", "twenty-three", 两个. */
export function captureNumber(input: CaptureInput): Captured {
  // "All of them": as many as there can be, which is what is plausible.
  const [most] = input.plausible;
  if (most !== undefined && wholes[input.language].test(input.text))
    return valueOf([most], input.rejected, true);
  const counted = input.language === 'zh' ? chineseQuantity.exec(asCounted(input.text))?.[1] : undefined;
  const homophone = lonelyHomophone.exec(input.text)?.groups?.word?.toLowerCase();
  if (input.language === 'en' && homophone !== undefined)
    return valueOf([quantityHomophones[homophone] ?? ''], input.rejected, true);
  const text =
    counted ?? input.text.replace(/\b(?:just|only) (?:the )?one\b/i, '1').replace(/\bboth\b/i, '2');
  const runs = extractSpelledRuns(text, input.language, { minLength: 1 });
  const token = runs[0]?.tokens[0];
  const value = token?.characters ?? '';
  return runs.length === 1 && runs[0]?.tokens.length === 1 && /^\d+$/.test(value)
    ? valueOf([String(Number(value))], input.rejected, true)
    : nothing;
}
