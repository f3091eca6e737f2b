import { describe, expect, it } from 'vitest';
import { isAlwaysTaken, isTaken, problemsOf, scenarioSchema } from '../../support/spoken-scenario.ts';

const scenario = scenarioSchema.parse({
  scenario: 'A caller spells when asked to.',
  turns: [
    { say: 'My address is this.', kefu: ['your order'] },
    { if: 'spell', say: 'O, L, I.' },
    { say: 'Yes.', kefu: ['delayed'] },
  ],
  expect: { outcome: 'resolved', endedBy: 'caller' },
});

const played = (words: readonly string[]) => ({
  events: [],
  end: { by: 'caller' as const, detail: undefined, said: [], streams: 1, transfers: [] },
  answers: words.map((each) => ({ words: each, expecting: undefined, events: [] })),
  recognised: '',
  transcript: '',
});

describe('a turn that is said only when it is asked for', () => {
  const [first, spelled] = scenario.turns;

  it('is said after words that ask for it, and left unsaid after others', () => {
    if (!first || !spelled) throw new Error('The scenario has no turns.');
    expect(isTaken(spelled, 'Please SPELL the part before the at sign.')).toBe(true);
    expect(isTaken(spelled, 'Is it about your order?')).toBe(false);
    expect(isTaken(first, '')).toBe(true);
    expect(scenario.turns.map(isAlwaysTaken)).toEqual([true, false, true]);
  });

  it('leaves what is expected to the turn before, and shifts nothing that comes after', () => {
    const problems = problemsOf(scenario, played(['Hello.', 'Is it about your order?', 'It is delayed.']));
    expect(problems.filter((problem) => problem.startsWith('turn'))).toEqual([]);
    const wrong = problemsOf(scenario, played(['Hello.', 'Please spell it.', 'It is delayed.']));
    expect(wrong[0]).toMatch(/^turn 1 .*"your order" is missing in: Please spell it\./);
  });

  it('has no expectations of its own', () => {
    const turns = [{ if: 'spell', say: 'O.', kefu: ['order'] }];
    expect(() => scenarioSchema.parse({ ...scenario, turns })).toThrow();
  });
});
