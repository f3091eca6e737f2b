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

  it.each([
    ['Mea. Garcia2723 at example.com.', 'dot R C 8 2 7 2 3 8 example dot com', 'mea.garcia2723@example.com'],
    ['James.kim1995 at example.com.', 'dot M 1 9 9 5 at example dot com', 'james.kim1995@example.com'],
    [
      'Use of Dot Hernandez 8836 at example.com.',
      'dot 8 8 3 6 at example dot com',
      'useof.hernandez8836@example.com',
    ],
    ['R.Dot Santos, a 320 at example.com.', 'R dot 8 3 2 0 at example dot com', 'r.santos8320@example.com'],
    ['Anna underscore Lee77@gmail.com', 'N underscore lima 7 7 at gmail dot com', 'anna_lee77@gmail.com'],
    ['Emma Carter at example.com', 'dot at example dot com', 'emma.carter@example.com'],
  ])('is put together from both where its words were said as words: "%s"', (text, spelled, address) => {
    expect(read(text, spelled)).toMatchObject({ type: 'value', value: address });
  });

  it('has the number that the letters have among its further readings', () => {
    const captured = read('Lucas.brown934 at example.com', 'dot 9 3 4 4 at example dot com');
    expect(captured).toMatchObject({
      value: 'lucas.brown934@example.com',
      others: ['lucas.brown9344@example.com'],
    });
  });

  it('is the text alone when nothing was spelled', () => {
    expect(read('ben dot marsh at example dot net', 'dot march at example dot')).toMatchObject({
      value: 'ben.marsh@example.net',
      others: [],
    });
  });
});
