import type { GoalReport } from './caller.ts';
import { unagreedWrites, type Conversation } from './conversation.ts';
import { handsOver, offersCallback, offersPerson, saysUnknown } from './reading.ts';
import type { RecordedWrite } from './recorded-shop.ts';
import type { CallerScript } from './script.ts';

/** Whether a call was right, and why not. */
export interface Verdict {
  readonly right: boolean;
  /** In words; empty for a right call. */
  readonly cause: string;
  /** Changes that the caller had not agreed to: there must be none, in right and wrong calls alike. */
  readonly unagreed: readonly RecordedWrite[];
}

export interface Played {
  readonly conversation: Conversation;
  readonly goals: readonly GoalReport[];
  /** The call's changes at the shop, refused ones too. */
  readonly writes: readonly RecordedWrite[];
}

/** Compares what happened with what the script expects. */
export function judge(expect: CallerScript['expect'], played: Played): Verdict {
  const { conversation, writes } = played;
  const problems: string[] = [];
  if (conversation.end.by === 'failure') problems.push(conversation.end.detail ?? 'the call failed');
  const { outcome } = conversation.end;
  if (expect.outcome && !expect.outcome.includes(outcome ?? 'caller hung up')) {
    problems.push(`ended as ${outcome ?? 'caller hung up'}, not ${expect.outcome.join(' or ')}`);
  }
  if (expect.writes) problems.push(...differences(expect.writes, writes));
  const unagreed = unagreedWrites(conversation.lines, writes);
  if (unagreed.length > 0) problems.push(`changed without a yes: ${namesOf(unagreed)}`);
  if (problems.length === 0) return { right: true, cause: '', unagreed };
  const why = causeOf(played);
  return { right: false, cause: [...problems, ...(why === '' ? [] : [why])].join('; '), unagreed };
}

type ExpectedWrites = NonNullable<CallerScript['expect']['writes']>;

/** What is missing and what is too much; an expected write is met by one that has all its fields. */
function differences(expected: ExpectedWrites, writes: readonly RecordedWrite[]): string[] {
  const left = writes.filter(({ status }) => status < 300);
  const missing: string[] = [];
  for (const entry of expected) {
    for (const [operation, fields] of Object.entries(entry)) {
      const at = left.findIndex((write) => write.operation === operation && contains(write.input, fields));
      if (at < 0) missing.push(`no ${operation} ${JSON.stringify(fields)}`);
      else left.splice(at, 1);
    }
  }
  return [
    ...missing,
    ...left.map(({ operation, input }) => `unexpected ${operation} ${JSON.stringify(input)}`),
  ];
}

/** Whether `value` has everything that `wanted` has; lists must be of the same length. */
export function contains(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(value) || value.length !== wanted.length) return false;
    const left: unknown[] = [...(value as unknown[])];
    return wanted.every((each) => {
      const at = left.findIndex((candidate) => contains(candidate, each));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof value !== 'object' || value === null) return false;
    const given = value as Readonly<Record<string, unknown>>;
    return Object.entries(wanted).every(([key, each]) => contains(given[key], each));
  }
  return Object.is(value, wanted);
}

function namesOf(writes: readonly RecordedWrite[]): string {
  return writes.map(({ operation }) => operation).join(', ');
}

/** Where the call went wrong, as far as the conversation tells. */
export function causeOf({ conversation, goals, writes }: Played): string {
  const refusedByShop = writes.find(({ status }) => status >= 300);
  if (refusedByShop) return `the shop refused ${refusedByShop.operation}: ${refusedByShop.code ?? ''}`;
  const { detail, by } = conversation.end;
  const hungUp = by === 'caller' && detail !== undefined ? `the caller hung up: ${detail}; ` : '';
  // Questions change nothing: a goal that should have changed something tells more.
  const open = goals.filter(({ result }) => result !== 'done');
  const goal = open.find(({ want }) => want !== 'other') ?? open[0];
  return goal ? hungUp + causeOfGoal(goal) : hungUp.replace(/; $/, '');
}

function causeOfGoal({ want, order, result, lastSlot, lastWords }: GoalReport): string {
  const name = order === undefined ? want : `${want} ${order}`;
  const at = lastSlot ?? 'the wish';
  const said = `"${shortened(lastWords)}"`;
  if (result === 'not reached') return `${name} was not reached`;
  if (result === 'not understood') return `${name}: the wish was not understood: ${said}`;
  if (handsOver(lastWords)) return `${name}: handed to a person, at ${at}: ${said}`;
  if (saysUnknown(lastWords)) return `${name}: not identified, at ${at}: ${said}`;
  if (result === 'refused') return `${name}: refused, at ${at}: ${said}`;
  if (offersPerson(lastWords) || offersCallback(lastWords)) return `${name}: given up, at ${at}: ${said}`;
  return `${name}: taken for something else or left, at ${at}: ${said}`;
}

function shortened(words: string): string {
  const text = words.replace(/\s+/g, ' ').trim();
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}
