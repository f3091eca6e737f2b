import { describe, expect, it } from 'vitest';
import { capturePersonName } from '../../../../src/dialog/capture/person-name.ts';
import type { CaptureInput } from '../../../../src/dialog/capture/captured.ts';
import type { SpelledReading } from '../../../../src/core/recognition.ts';

const reading = (text: string, otherTexts: readonly string[] = []): SpelledReading => ({
  text,
  otherTexts,
  best: undefined,
  plausible: [],
});

function capture(text: string, spelled?: SpelledReading, more: Partial<CaptureInput> = {}) {
  return capturePersonName({
    text,
    alternatives: [],
    language: 'en',
    partial: '',
    plausible: [],
    rejected: [],
    oneName: true,
    spelled,
    ...more,
  });
}

describe('a first or a last name alone', () => {
  it.each([
    ['Y, U, S, U, F', 'Y U S U F', 'Yusuf'],
    ['Yusa, why you as you F', 'Y U S U F', 'Yusuf'],
    ['Kovax, K, O, V, A, C, S', 'K O V A C S', 'Kovacs'],
    ['L I', 'L I', 'Li'],
    ['M double O R E', 'M double O R E', 'Moore'],
    ['Wilson', undefined, 'Wilson'],
    ['My last name is Wilson', undefined, 'Wilson'],
    ['W I L S O N', undefined, 'Wilson'],
    ['May, am be height', undefined, 'May'],
    ['Van der Berg', undefined, 'Van Der Berg'],
  ])('"%s" with the letters "%s" is %s', (text, letters, name) => {
    expect(capture(text, letters === undefined ? undefined : reading(letters))).toMatchObject({
      type: 'value',
      value: name,
    });
  });

  it('keeps other readings of the letters for the shop to be asked about, and leaves out what was turned down', () => {
    const spelled = reading('K O V A Z', ['K O V A C S', 'T O V A Z']);
    expect(capture('Kovas', spelled)).toMatchObject({ value: 'Kovaz', others: ['Kovacs', 'Tovaz', 'Kovas'] });
    expect(capture('Kovas', spelled, { rejected: ['Kovaz'] })).toMatchObject({
      value: 'Kovacs',
      certain: false,
    });
  });

  it.each([
    ['我姓张', '张'],
    ['弓长张', '张'],
    ['张，弓长张', '张'],
    ['欧阳', '欧阳'],
    ['名字叫小明', '小明'],
  ])('%s is %s', (text, name) => {
    expect(capture(text, undefined, { language: 'zh' })).toMatchObject({ type: 'value', value: name });
  });

  it.each([
    ['I do not know', 'en'],
    ['不知道', 'zh'],
  ] as const)('"%s" is no name', (text, language) => {
    expect(capture(text, undefined, { language }).type).toBe('none');
  });
});
