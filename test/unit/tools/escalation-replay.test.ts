import { describe, expect, it } from 'vitest';
import type { CallEvent, CallEventBody } from '../../../src/core/events.ts';
import { parseEscalation } from '../../../src/dialog/escalation-rules.ts';
import { describeReplay, replayCall } from '../../../tools/escalation/replay.ts';

const rules = parseEscalation(
  'rules.yaml',
  `flows: { offer: offer-colleague, transfer: handover }
topics:
  law: { en: [lawyer], zh: [律师] }
rules:
  - { rule: law, about: Law., if: said.law, do: offer, reason: law, skill: complaints }
  - { rule: angry, about: Anger., if: call.emotion.score > 0.8, do: transfer, reason: angry, skill: complaints }
`,
);

const mood = (turns: number, score: number, text: string): CallEventBody => ({
  type: 'note',
  name: 'emotion',
  data: {
    text,
    facts: {
      mood: score > 0.5 ? 'angry' : 'neutral',
      emotion: { score, now: score, upset: 0, voice: 0, behaviour: 0, angryTurns: 0, tenseTurns: 0 },
      turns,
      failedTurns: 0,
      failedNow: 0,
      requests: 1,
      amount: 0,
      channel: 'voice',
      language: 'en',
    },
  },
});
const events = (...bodies: CallEventBody[]): CallEvent[] =>
  bodies.map((body, index) => ({ callId: 'c1', seq: index + 1, atEpochMs: 0, body }));

describe('replaying rules on a recorded call', () => {
  const recorded = events(
    mood(1, 0.1, 'where is it'),
    mood(2, 0.2, 'I will tell my lawyer'),
    mood(3, 0.9, 'you crooks'),
    mood(4, 0.95, 'crooks, all of you'),
  );

  it('tells what they would have done, up to a transfer', () => {
    expect(replayCall('c1', recorded, rules)?.now.map(({ turn, rule }) => [turn, rule])).toEqual([
      [2, 'law'],
      [3, 'angry'],
    ]);
  });

  it('takes the last note of a turn that went on', () => {
    const call = replayCall('c1', events(mood(1, 0.9, 'you'), mood(1, 0.1, 'you are kind')), rules);
    expect(call).toMatchObject({ turns: 1, now: [] });
  });

  it('sets it beside what was done then', () => {
    const then = events(mood(1, 0.9, 'you crooks'), {
      type: 'note',
      name: 'escalation',
      data: { rule: 'old', do: 'offer', reason: 'angry', skill: 'x', facts: { turns: 1 } },
    });
    const call = replayCall('c1', then, rules);
    expect(call?.then).toMatchObject([{ turn: 1, rule: 'old', text: 'you crooks' }]);
    const report = describeReplay(call ? [call] : [], rules);
    expect(report).toContain('c1  differs');
    expect(report).toContain('now:  turn 1 transfer (angry)');
    expect(report).toMatch(/together +offers in 0 of 1 calls, transfers in 1 of 1 calls/);
  });

  it('leaves out calls whose record holds no moods', () => {
    expect(replayCall('c1', events({ type: 'no-input' }), rules)).toBeUndefined();
  });
});
