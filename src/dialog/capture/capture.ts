import type { Language } from '../../core/language.ts';
import type { Completeness } from '../../core/turn.ts';
import type { Expecting } from '../../core/dialog.ts';
import type { SpelledReading } from '../../core/recognition.ts';
import { captureAmount } from './amounts.ts';
import { captureAddress, missingPart, partsOf, type AddressPartName } from './address.ts';
import { captureCode, charactersIn } from './code.ts';
import { fitBeginning, fitWhole, type CodeShape } from './code-shape.ts';
import { captureChoice } from './choice.ts';
import { captureDate } from './dates.ts';
import { homophonesAsDigits } from './digit-homophones.ts';
import { captureEmail, isBeginningOfEmail } from './email.ts';
import { captureDigits, captureNumber, capturePhoneNumber } from './numbers.ts';
import { capturePersonName, hasNameCue } from './person-name.ts';
import { nothing, type Captured, type CaptureInput } from './captured.ts';
import { captureTaxNumber } from './tax-number.ts';
import { beginningSpelled, wholeSpelled } from './spelled-code.ts';
import { captureYesNo } from './yes-no.ts';

/** What capture knows of the shop. */
export interface CaptureSettings {
  readonly orderNumber: CodeShape;
  readonly postalCode: CodeShape;
  readonly phoneRegion: string;
}

/** Reads a value of `kind` from an answer. Kinds that are no values (yes_no, choice, anything) have their own readers. */
export function captureValue(kind: string, heard: CaptureInput, settings: CaptureSettings): Captured {
  const input = hasDigits.has(kind) ? withDigits(heard) : heard;
  switch (kind) {
    case 'order_number':
      return captureCode(input, settings.orderNumber);
    case 'postal_code':
      return captureCode(input, settings.postalCode);
    case 'email':
      return captureEmail(input);
    case 'person_name':
      return capturePersonName(input);
    case 'phone_number':
      return capturePhoneNumber(input, settings.phoneRegion);
    case 'digits':
      return captureDigits(input);
    case 'tax_number':
      return captureTaxNumber(input);
    case 'number':
      return captureNumber(input);
    case 'amount':
      return captureAmount(input);
    case 'address':
      return captureAddress(input, addressPart(input));
    case 'date':
      return input.today ? captureDate(input, input.today) : nothing;
    default:
      return nothing;
  }
}

/** Kinds of which digits are a part. */
const hasDigits: ReadonlySet<string> = new Set([
  'order_number',
  'postal_code',
  'email',
  'phone_number',
  'digits',
  'tax_number',
  'address',
]);

/** The words with digits that were heard as other words of the same sound put right. */
function withDigits(input: CaptureInput): CaptureInput {
  const putRight = (text: string) => homophonesAsDigits(text, input.language);
  return { ...input, text: putRight(input.text), alternatives: input.alternatives.map(putRight) };
}

/** The part of an address that was asked for. */
function addressPart({ partial }: CaptureInput): AddressPartName | undefined {
  return partial === '' ? undefined : missingPart(partsOf(partial));
}

/**
 * A value that stands in a sentence without having been asked for: only what cannot well be anything else (a whole code of
 * the shop's format, a whole e-mail address, a name after "my name is").
 */
export function captureUnasked(kind: string, heard: CaptureInput, settings: CaptureSettings): Captured {
  const input = hasDigits.has(kind) ? withDigits(heard) : heard;
  const { text, language } = input;
  if (kind === 'email') return captureEmail(input);
  if (kind === 'address') {
    // "It's about my other order" names no address.
    const captured = captureAddress({ ...input, plausible: [] }, undefined);
    return captured.type === 'value' ? captured : nothing;
  }
  // "My name is" gives the whole name, never a first or a last one alone.
  if (kind === 'person_name')
    return hasNameCue(text, language) && input.oneName !== true ? capturePersonName(input) : nothing;
  if (kind !== 'order_number' && kind !== 'postal_code') return nothing;
  // A few digits could be anything: they are a postal code when the words say so or come with a name.
  if (
    kind === 'postal_code' &&
    !postalCue.test(text) &&
    input.asked !== 'person_name' &&
    !hasNameCue(text, language)
  ) {
    return nothing;
  }
  const shape = kind === 'order_number' ? settings.orderNumber : settings.postalCode;
  if (!shape.format) return nothing;
  const isWholeRun = charactersIn(text, language).some(
    (characters) => (fitWhole(characters, shape)?.cost ?? 1) < 0.3,
  );
  return isWholeRun ? captureCode(input, shape) : nothing;
}

const postalCue = /\b(?:zip|post(?:al)? ?code|postcode)\b|邮编|邮政编码/i;

const trailing: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:is|and|um|uh|er|erm|hmm|the|my|it's|then|dot|at|underscore|double|triple|number|address|name)[\s,.…]*$/i,
  zh: /(?:是|嗯|呃|那个|然后|点|我的|号码|地址)[\s,，.。…]*$/u,
};

/** How complete a text is as an answer to what is expected. */
export function assessCompleteness(
  said: string,
  expecting: Expecting | null,
  language: Language,
  settings: CaptureSettings,
  spelled?: SpelledReading,
): Completeness {
  if (!expecting || said.trim() === '') return 'unknown';
  const text = hasDigits.has(expecting.kind) ? homophonesAsDigits(said, language) : said;
  const input: CaptureInput = {
    text,
    language,
    alternatives: [],
    partial: expecting.collected ?? '',
    plausible: [],
    rejected: [],
  };
  switch (expecting.kind) {
    case 'yes_no':
      return captureYesNo(text, language)
        ? 'complete'
        : trailing[language].test(text)
          ? 'incomplete'
          : 'unknown';
    case 'order_number':
    case 'postal_code': {
      const shape = expecting.kind === 'order_number' ? settings.orderNumber : settings.postalCode;
      return assessCode({ ...input, spelled }, shape);
    }
    case 'email':
      if (captureEmail(input).type === 'value' && !trailing[language].test(text)) return 'complete';
      return isBeginningOfEmail(text, language) || trailing[language].test(text) ? 'incomplete' : 'unknown';
    case 'choice':
      return assessChoice(text, expecting, language);
    case 'tax_number':
      return captureTaxNumber(input).type === 'none' ? 'unknown' : 'incomplete';
    case 'phone_number':
    case 'person_name': {
      const captured = captureValue(expecting.kind, input, settings);
      if (captured.type === 'value' && !trailing[language].test(text)) {
        return expecting.kind === 'phone_number' ? 'complete' : 'unknown';
      }
      return captured.type === 'partial' || trailing[language].test(text) ? 'incomplete' : 'unknown';
    }
    case 'address': {
      const captured = captureValue('address', { ...input, partial: '' }, settings);
      if (captured.type === 'value') return 'complete';
      return captured.type === 'partial' || trailing[language].test(text) ? 'incomplete' : 'unknown';
    }
    case 'date': {
      // Which day it is does not matter for whether one is named.
      const today = { day: '2026-01-01', past: false };
      return captureDate(input, today).type === 'value' ? 'complete' : 'unknown';
    }
    case 'amount': {
      const captured = captureAmount(input);
      return captured.type === 'value' && captured.certain ? 'complete' : 'unknown';
    }
    case 'digits': {
      const [digits = ''] = charactersIn(text, language);
      const wanted = expecting.keys?.max;
      if (digits === '' || wanted === undefined) return 'unknown';
      return digits.length >= wanted ? 'complete' : 'incomplete';
    }
    default:
      return trailing[language].test(text) ? 'incomplete' : 'unknown';
  }
}

function assessCode(input: CaptureInput, shape: CodeShape): Completeness {
  const characters = charactersIn(input.text, input.language);
  if (!shape.format) return characters.length > 0 ? 'incomplete' : 'unknown';
  if (input.spelled) {
    if (wholeSpelled(input.spelled, input.partial, shape)) return 'complete';
    if (beginningSpelled(input.spelled, input.partial, shape) !== undefined) return 'incomplete';
  }
  const candidates = characters.flatMap((each) => [each, input.partial + each]);
  if (candidates.some((each) => (fitWhole(each, shape)?.cost ?? 1) < 0.5)) return 'complete';
  if (candidates.some((each) => fitBeginning(each, shape) !== undefined)) return 'incomplete';
  return trailing[input.language].test(input.text) ? 'incomplete' : 'unknown';
}

function assessChoice(text: string, expecting: Expecting, language: Language): Completeness {
  const options = (expecting.choices ?? []).map(({ id, label }) => ({ id, label, words: [] }));
  const chosen = captureChoice({
    text,
    language,
    options,
    page: 0,
    pageSize: options.length,
    newestFirst: false,
  });
  return chosen.type === 'unclear' ? 'unknown' : 'complete';
}
