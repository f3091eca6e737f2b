import { createRandom } from '../../../src/commerce/demo-shop/random.ts';
import { partsOf } from '../../../src/dialog/capture/address.ts';
import { captureValue, type CaptureSettings } from '../../../src/dialog/capture/capture.ts';
import { captureChoices } from '../../../src/dialog/capture/choices.ts';
import type { CaptureInput } from '../../../src/dialog/capture/captured.ts';
import { captureYesNo } from '../../../src/dialog/capture/yes-no.ts';
import { caseDay, misheard, wordCases, type WordCase } from './word-cases.ts';

export interface WordOutcome extends WordCase {
  readonly line: 'as said' | 'misheard';
  readonly heard: string;
  readonly found: string | undefined;
  readonly right: boolean;
}

/** Reads what callers say in words, once as said and once as a recogniser may write it, without sound and without a flow. */
export function readWords(perKind: number, seed: number, settings: CaptureSettings): WordOutcome[] {
  const random = createRandom(seed);
  return wordCases(perKind, seed).flatMap((one) =>
    (['as said', 'misheard'] as const).map((line) => {
      const heard = line === 'as said' ? one.said : misheard(one, random);
      const readings = read(one, heard, settings);
      const wanted = one.wanted.toLowerCase();
      // What is looked up at the shop next is read as well as what is looked up first.
      const right = readings.slice(0, 3).some((reading) => reading.toLowerCase() === wanted);
      return { ...one, line, heard, found: readings[0], right };
    }),
  );
}

const things = {
  en: [
    { id: 'lamp', label: 'a desk lamp, white', words: ['Desk Lamp', 'white'], price: 45 },
    { id: 'mug', label: 'a ceramic mug, blue', words: ['Ceramic Mug', 'blue'], price: 18 },
    { id: 'tablet', label: 'a tablet stand, black', words: ['Tablet Stand', 'black'], price: 29 },
  ],
  zh: [
    { id: 'lamp', label: '台灯，白色', words: ['台灯', '白色'], price: 45 },
    { id: 'mug', label: '陶瓷杯子，蓝色', words: ['陶瓷杯子', '蓝色'], price: 18 },
    { id: 'tablet', label: '平板支架，黑色', words: ['平板支架', '黑色'], price: 29 },
  ],
} as const;

function read({ kind, language }: WordCase, text: string, settings: CaptureSettings): readonly string[] {
  if (kind === 'yes_no') return [captureYesNo(text, language)?.answer ?? ''];
  if (kind === 'choice') {
    const options = things[language];
    const chosen = captureChoices({ text, language, options, page: 0, pageSize: 3, newestFirst: false });
    return [chosen.type === 'chosen' ? chosen.ids.join(',') : chosen.type];
  }
  const input: CaptureInput = {
    text,
    language,
    alternatives: [],
    partial: '',
    plausible: [],
    rejected: [],
    today: { day: caseDay, past: false },
  };
  const captured = captureValue(kind === 'quantity' ? 'number' : kind, input, settings);
  if (captured.type !== 'value') return [];
  if (kind !== 'address') return [captured.value, ...captured.others];
  const { line1 = '', city = '', postalCode = '' } = partsOf(captured.value);
  return [`${line1}|${city.replace(/市$/, '')}|${postalCode}`];
}
