import type { DialogEvent } from '../core/dialog.ts';
import type { IntentReader } from './commands.ts';
import { feel, isTense } from './emotion.ts';
import { factsOf, ruleFor, type EscalationFacts } from './escalation-rules.ts';
import { keepWish } from './obeying.ts';
import type { CallState, Heard, Json } from './state.ts';
import { enter } from './stack.ts';
import type { Turn } from './turn.ts';

/** What becomes of a caller's mood: it is followed from turn to turn, answered with an apology, and may bring a person. */

type Spoken = Extract<DialogEvent, { type: 'utterance' }>;

/** Takes what was said into the mood of the call, and records it with everything that rules can look at. */
export function noticeMood(turn: Turn, reader: IntentReader, event: Spoken, heard: Heard): void {
  const { state } = turn;
  // An agent who types for the caller shows nobody's mood.
  if (state.call.atDesk) return;
  const { emotion: reading } = event.understanding;
  const before = state.emotion.emotion?.label;
  state.emotion = feel(state.emotion, {
    reading: reading ?? {},
    sound: event.sound,
    text: heard.text,
    interrupted: event.interrupted === true,
    asksForPerson: reader.command(heard)?.pattern === 'agent',
    afterFailure: failedNow(state) > 0,
  });
  const { emotion } = state.emotion;
  state.mood = emotion?.label ?? 'neutral';
  turn.note('emotion', {
    emotion,
    facts: escalationFacts(turn),
    text: heard.text,
    nearPerson: isNearPerson(turn),
  });
  if (state.mood !== before && !isTense(state.mood)) state.apologised = false;
}

/**
 * Offers or brings a person when a rule says so. What the caller said is kept, and taken up if no person is wanted. Returns false
 * when no rule holds, or when the caller is on the way to a person already.
 */
export function escalate(turn: Turn, reader: IntentReader, heard: Heard): boolean {
  const { state, pack } = turn;
  const { escalation } = pack;
  if (state.call.atDesk) return false;
  if (!escalation || heard.byKeys || heard.considered || isNearPerson(turn)) return false;
  const facts = escalationFacts(turn);
  const rule = ruleFor(escalation, facts, heard.text, state.rulesUsed);
  if (!rule) return false;
  state.rulesUsed = { ...state.rulesUsed, [rule.rule]: state.emotion.turns };
  // Who asks for a person in these words is not asked whether one is wanted.
  const deed = reader.command(heard)?.pattern === 'agent' ? 'transfer' : rule.do;
  turn.note('escalation', { rule: rule.rule, do: deed, reason: rule.reason, skill: rule.skill, facts });
  state.apologised = true;
  state.waiting = null;
  state.heldBack = { heard: { ...heard, queued: true, considered: true }, depth: state.stack.length };
  state.escalated = { reason: rule.reason, text: heard.text };
  if (state.wish === '') keepWish(turn, heard.text);
  state.variables.handover_reason = rule.reason;
  state.variables.handover_skill = rule.skill;
  enter(turn, { flow: escalation.source.flows[deed] }, { resume: 'ask' });
  return true;
}

/** Says sorry once when a caller becomes upset or angry. */
export function apologise(turn: Turn): void {
  const { state, pack } = turn;
  const { mood } = state;
  if (state.apologised || (mood !== 'angry' && mood !== 'upset') || isNearPerson(turn)) return;
  const name = pack.escalation?.source.apologies?.[mood];
  if (name === undefined) return;
  state.apologised = true;
  turn.say(name);
}

/** Takes back what was held back for an offer, once the question that it answers has come up again. */
export function takeUpHeldBack(turn: Turn): Heard | undefined {
  const { state } = turn;
  if (!state.heldBack || state.waiting?.for !== 'answer' || state.stack.length > state.heldBack.depth)
    return undefined;
  const { heard } = state.heldBack;
  state.heldBack = null;
  return heard;
}

/** True when the caller is being offered a person, or connected with one. */
function isNearPerson(turn: Turn): boolean {
  const { state, pack } = turn;
  if (state.place) return true;
  const { patterns } = pack.settings;
  const near = new Set([
    patterns.agent.flow,
    patterns['no-match'].flow,
    ...Object.values(pack.escalation?.source.flows ?? {}),
  ]);
  return state.stack.some(({ flow }) => near.has(flow));
}

/** Everything that rules can look at, now. */
export function escalationFacts(turn: Turn): EscalationFacts {
  const { state } = turn;
  const { angryTurns, tenseTurns, turns } = state.emotion;
  return factsOf(state.emotion.emotion, {
    angryTurns,
    tenseTurns,
    turns,
    failedTurns: state.failedTurns,
    failedNow: failedNow(state),
    requests: state.asked.length,
    amount: amountOf(state.variables),
    channel: state.call.channel,
    language: state.language,
  });
}

function failedNow({ stack }: CallState): number {
  const tries = stack.at(-1)?.tries;
  return tries ? tries.noMatch + tries.unintelligible + tries.notFound : 0;
}

/** What is at stake, in the shop's main currency: the change that was worked out, or the order in hand. */
export function amountOf({ quote, order }: Readonly<Record<string, Json>>): number {
  const total = moneyOf(fieldOf(quote, 'total'));
  if (total > 0) return total;
  const items = fieldOf(order, 'items');
  if (!Array.isArray(items)) return 0;
  return items.reduce<number>((sum, item) => {
    const quantity = Number(fieldOf(item, 'quantity') ?? 1);
    return sum + moneyOf(fieldOf(item, 'price')) * (Number.isFinite(quantity) ? quantity : 1);
  }, 0);
}

function fieldOf(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

function moneyOf(value: Json | undefined): number {
  const amount = Number(fieldOf(value, 'amount') ?? 0);
  return Number.isFinite(amount) ? Math.abs(amount) : 0;
}
