import { describe, expect, it } from 'vitest';
import type { GoalReport } from '../../../tools/callers/caller.ts';
import type { ConversationEnd, Line } from '../../../tools/callers/conversation.ts';
import { contains, judge } from '../../../tools/callers/judge.ts';
import type { RecordedWrite } from '../../../tools/callers/recorded-shop.ts';

const write = (atEpochMs: number, more: Partial<RecordedWrite> = {}): RecordedWrite => ({
  callId: 'call_1',
  operation: 'cancelOrder',
  input: { orderId: '#W1', reason: 'no_longer_needed' },
  status: 200,
  code: undefined,
  atEpochMs,
  ...more,
});
const yes: Line = { who: 'caller', text: 'Yes.', agrees: true, atEpochMs: 10 };
const question: Line = { who: 'caller', text: 'Where is it?', agrees: false, atEpochMs: 20 };
const resolved: ConversationEnd = { by: 'kefu', outcome: 'resolved', detail: undefined };
const played = (
  writes: RecordedWrite[],
  goals: GoalReport[] = [],
  lines = [yes, question],
  end = resolved,
) => ({
  conversation: { callId: 'call_1', lines, end, tookMs: 1 },
  goals,
  writes,
});
const cancelled = [{ cancelOrder: { orderId: '#W1' } }];

describe('the judgement of a call', () => {
  it('is right when the writes are the expected ones, whatever else stands in them', () => {
    expect(judge({ outcome: ['resolved'], writes: cancelled }, played([write(11)]))).toMatchObject({
      right: true,
      cause: '',
    });
  });

  it('names what is missing and what is too much', () => {
    const other = write(11, { operation: 'expedite', input: { orderId: '#W1' } });
    const { right, cause } = judge({ writes: cancelled }, played([other]));
    expect(right).toBe(false);
    expect(cause).toContain('no cancelOrder');
    expect(cause).toContain('unexpected expedite');
  });

  it('does not count a write that the shop refused, and says so', () => {
    const refused = write(11, { status: 409, code: 'order_not_pending' });
    expect(judge({ writes: cancelled }, played([refused])).cause).toContain(
      'refused cancelOrder: order_not_pending',
    );
  });

  it('is wrong when something was changed without a yes just before', () => {
    const verdict = judge({ writes: cancelled }, played([write(21)]));
    expect(verdict.unagreed).toHaveLength(1);
    expect(verdict.cause).toContain('changed without a yes: cancelOrder');
  });

  it('names the outcome that was not expected', () => {
    const end: ConversationEnd = { by: 'caller', outcome: undefined, detail: 'asked for email too often' };
    const { cause } = judge({ outcome: ['resolved'] }, played([], [], [], end));
    expect(cause).toContain('ended as caller hung up, not resolved');
    expect(cause).toContain('asked for email too often');
  });

  it.each([
    ['not understood', "Sorry, I didn't get that.", 'was not understood'],
    ['refused', 'For that, a colleague will help you.', 'handed to a person'],
    ['refused', "I'm sorry, I couldn't find you in our system.", 'not identified'],
    ['refused', "I'm sorry, that order can't be returned.", 'refused, at confirm'],
    ['unclear', 'Your order was delivered.', 'taken for something else'],
    ['not reached', '', 'was not reached'],
  ] as const)('tells why a goal was %s: "%s"', (result, lastWords, cause) => {
    const goal: GoalReport = { want: 'return_item', order: '#W1', result, lastSlot: 'confirm', lastWords };
    expect(judge({ writes: cancelled }, played([], [goal])).cause).toContain(cause);
  });

  it('compares lists in any order, and not only in part', () => {
    expect(contains({ list: [{ a: 1, b: 2 }, { a: 3 }] }, { list: [{ a: 3 }, { a: 1 }] })).toBe(true);
    expect(contains({ list: [{ a: 1 }, { a: 3 }] }, { list: [{ a: 1 }] })).toBe(false);
    expect(contains({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  });
});
