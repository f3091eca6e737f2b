import { describe, expect, it } from 'vitest';
import { capturePersonName } from '../../../../src/dialog/capture/person-name.ts';
import { lettersApart, namesSoundAlike } from '../../../../src/dialog/capture/sound-alike.ts';

describe('names that sound alike', () => {
  it.each([
    ['Brooke Kelly', 'Brook Kelley'],
    ['Sophia Fisher', 'Sofia Fischer'],
    ['Yusuf Rossi', 'Youssef Rossi'],
    ['Catherine Lee', 'Kathryn Leigh'],
    ['Aarav Santos', 'Arav Santos'],
    ['张伟', '章伟'],
    ['李强', '李墙'],
  ])('are those of %s and %s', (left, right) => {
    expect(namesSoundAlike(left, right)).toBe(true);
  });

  it.each([
    ['Emma Carter', 'James Walker'],
    ['Emma Carter', 'Emma Walker'],
    ['Emma Carter', 'Emma'],
    ['Mei Chen', 'Mia Chan Lee'],
    ['张伟', '王伟'],
    ['', ''],
  ])('are not those of %s and %s', (left, right) => {
    expect(namesSoundAlike(left, right)).toBe(false);
  });

  it('counts letters to change, add or leave out', () => {
    expect(lettersApart('rossi', 'rosi')).toBe(1);
    expect(lettersApart('kitten', 'sitting')).toBe(3);
    expect(lettersApart('', 'abc')).toBe(3);
  });
});

describe('a name that was spelled', () => {
  const input = { language: 'en', alternatives: [], partial: '', plausible: [], rejected: [] } as const;
  const spelled = (text: string) => ({ text, otherTexts: [], best: undefined, plausible: [] });

  it('takes its letters from the recogniser that reads letters', () => {
    const text = 'Sophia Fisher, S-H-E-R-E-R.';
    const captured = capturePersonName({ ...input, text, spelled: spelled('F I S H E R') });
    expect(captured).toMatchObject({ type: 'value', value: 'Sophia Fisher' });
  });

  it('is left as it was heard when no letters were spelled', () => {
    const captured = capturePersonName({
      ...input,
      text: 'My name is Carla Sanders',
      spelled: spelled('5 A 8 for'),
    });
    expect(captured).toMatchObject({ value: 'Carla Sanders' });
  });

  it('is that of the known caller when it sounds like it', () => {
    const captured = capturePersonName({
      ...input,
      text: 'My name is Brook Kelley',
      plausible: ['Brooke Kelly'],
    });
    expect(captured).toMatchObject({ value: 'Brooke Kelly', certain: true });
  });
});
