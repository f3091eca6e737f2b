import { describe, expect, it } from 'vitest';
import { parseCallerScript } from '../../../tools/callers/script.ts';

const good = `caller: Somebody
goals:
  - want: cancel_order
    order: '#W1'
`;
const mistakes = (text: string): string => {
  try {
    parseCallerScript('one.yaml', text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'accepted';
};

describe('a caller script', () => {
  it('needs little: who calls and one goal', () => {
    const script = parseCallerScript('one.yaml', good);
    expect(script.goals[0]).toMatchObject({ want: 'cancel_order', agree: true, items: [], ifRefused: [] });
    expect(script).toMatchObject({ language: 'en', turns: 60, manner: { gives: 'asked', hesitates: 0 } });
  });

  it.each([
    ['what is no YAML', 'caller: [', /^one\.yaml:\d+: this is not YAML/],
    ['an unknown key', `${good}mood: bad\n`, /^one\.yaml:5: .*mood/],
    ['no goals', 'caller: Somebody\ngoals: []\n', /^one\.yaml:2: /],
    ['an unknown wish', 'caller: Somebody\ngoals:\n  - want: fly\n', /^one\.yaml:3: .*want/],
    ['"other" without words', 'caller: Somebody\ngoals:\n  - want: other\n', /^one\.yaml:3: .*add `say`/],
    [
      'an exchange of nothing',
      'caller: Somebody\ngoals:\n  - want: exchange_item\n',
      /^one\.yaml:3: .*changes/,
    ],
    [
      'a move without address',
      'caller: A\ngoals:\n  - want: change_order_address\n',
      /^one\.yaml:3: .*address/,
    ],
    ['a rule that never applies', `${good}rules:\n  - say: Hm.\n`, /^one\.yaml:6: .*add `slot` or `heard`/],
    [
      'a rule that does two things',
      `${good}rules:\n  - { slot: email, say: No., keys: '1' }\n`,
      /exactly one of/,
    ],
    ['keys no telephone has', `${good}rules:\n  - { slot: email, keys: 'A' }\n`, /only the keys/],
    ['a write that is none', `${good}expect:\n  writes:\n    - getOrder: {}\n`, /^one\.yaml:7: /],
    ['a share over one', `${good}manner: { hesitates: 2 }\n`, /^one\.yaml:5: .*hesitates/],
  ])('with %s is refused by file and line', (_what, text, sentence) => {
    expect(mistakes(text)).toMatch(sentence);
  });

  it('tells all its mistakes at once', () => {
    const lines = mistakes('caller: Somebody\nlanguage: fr\ngoals:\n  - want: fly\n').split('\n');
    expect(lines.map((line) => line.split(': ')[0])).toEqual(['one.yaml:2', 'one.yaml:4']);
  });
});
