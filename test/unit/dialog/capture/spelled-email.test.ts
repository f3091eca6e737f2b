import { describe, expect, it } from 'vitest';
import { captureEmail } from '../../../../src/dialog/capture/email.ts';

function read(text: string, spelled: string, otherTexts: readonly string[] = []) {
  return captureEmail({
    text,
    language: 'en',
    alternatives: [],
    partial: '',
    plausible: [],
    rejected: [],
    spelled: { text: spelled, otherTexts, best: undefined, plausible: [] },
  });
}

describe('an address that was spelled', () => {
  it('has its letters from the one recogniser and its domain from the other', () => {
    expect(read('And dot m a r f h at example dot net', 'B E N dot M A R S H at example dot')).toMatchObject({
      value: 'ben.marsh@example.net',
    });
    expect(
      read('D-I-E-T-O dot C-L-L-P-E-R at example.org', 'D I E G O dot C O O P E R at example dot'),
    ).toMatchObject({
      value: 'diego.cooper@example.org',
    });
  });

  it('is read though "at" was heard as "as", or not at all', () => {
    expect(read('simple', 'S I M O N dot K H A N as example dot net')).toMatchObject({
      value: 'simon.khan@example.net',
    });
    expect(read('simple', 'S I M O N dot K H A N gmail dot com')).toMatchObject({
      value: 'simon.khan@gmail.com',
    });
  });

  it('keeps the nearest other readings for looking up', () => {
    const captured = read('x at example.net', 'D E N dot M A R S H at example dot net', [
      'B E N dot M A R S H at example dot net',
    ]);
    expect(captured).toMatchObject({ value: 'den.marsh@example.net' });
    expect(captured.type === 'value' ? captured.others[0] : '').toBe('ben.marsh@example.net');
  });

  it('may have letters with a word: "B as in boy"', () => {
    expect(read('b at gmail dot com', 'B as in boy E N at gmail dot com')).toMatchObject({
      value: 'ben@gmail.com',
    });
  });

  it('is the text alone when nothing was spelled', () => {
    expect(read('ben dot marsh at example dot net', 'dot march at example dot')).toMatchObject({
      value: 'ben.marsh@example.net',
      others: [],
    });
  });
});
