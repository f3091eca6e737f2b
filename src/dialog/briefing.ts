import type { Briefing } from '../core/handoff.ts';
import type { Json } from './state.ts';
import type { Turn } from './turn.ts';

/** What the person who takes the call over gets to read. */
export function briefingOf(turn: Turn, reason: string): Briefing {
  const { state } = turn;
  const wanted = turn.wanted();
  const customer = customerOf(turn);
  const done = [...state.done];
  const { order } = state.variables;
  return {
    callId: state.call.id,
    from: state.call.from,
    language: state.language,
    reason,
    mood: state.mood,
    wanted: wanted || state.wish,
    customer,
    slots: { ...state.slots },
    ...(isBlock(order) && { order: { ...order } }),
    done,
    summary: summaryOf(turn, reason, customer?.name ?? '', wanted, done),
  };
}

function isBlock(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The customer the flows have found, with how: who is verified, else whose order the call is about, else whose number is
 * calling.
 */
function customerOf(turn: Turn): Briefing['customer'] {
  const { variables } = turn.state;
  const candidates = [
    { customer: variables.customer, verifiedBy: variables.verified_by },
    { customer: variables.owner, verifiedBy: variables.verified_by },
    { customer: variables.candidate, verifiedBy: 'calling number' },
  ];
  for (const { customer, verifiedBy } of candidates) {
    if (typeof customer !== 'object' || customer === null || Array.isArray(customer)) continue;
    const { id, name } = customer;
    if (typeof id !== 'string' || typeof name !== 'object' || name === null || Array.isArray(name)) continue;
    const [first = '', last = ''] = [name.first, name.last].map((part) =>
      typeof part === 'string' ? part : '',
    );
    const full = /\p{Script=Han}/u.test(last) ? last + first : `${first} ${last}`.trim();
    return { id, name: full, verifiedBy: typeof verifiedBy === 'string' ? verifiedBy : '' };
  }
  return null;
}

/** Two sentences: who wants what, and why a person is needed; then what was done, if anything. */
function summaryOf(
  turn: Turn,
  reason: string,
  name: string,
  wanted: string,
  done: readonly string[],
): string {
  const { language } = turn.state;
  const wish = withoutFullStop(turn.state.wish);
  const label = turn.pack.settings.labels?.reason?.[reason]?.[language] ?? reason;
  const straw = withoutFullStop(strawOf(turn, reason, wanted));
  const last = done.at(-1) ?? '';
  if (language === 'zh') {
    const who = name === '' ? '来电客户' : name;
    const asked = wish === '' ? '没有说明来意' : `说：“${wish}”`;
    const first = sentence(`${who}${wanted === '' ? asked : `想要${wanted}`}`, '。');
    return `${first}转人工原因：${label}${straw === '' ? '' : `（“${straw}”）`}。${last}`;
  }
  const who = name === '' ? 'The caller' : name;
  const asked = wish === '' ? 'has not said what it is about' : `said: "${wish}"`;
  const first = sentence(`${who} ${wanted === '' ? asked : `wants ${wanted}`}`, '.');
  return `${first} Handed over because ${label}${straw === '' ? '' : ` ("${straw}")`}. ${last}`.trim();
}

/** Words to be quoted, or to stand within a sentence, without the full stop that the recogniser wrote. */
function withoutFullStop(words: string): string {
  return words.replace(/[\s.,;，；。…]+$/u, '');
}

/** Ends a sentence, unless it ends already, as with a question that is quoted. */
function sentence(words: string, fullStop: string): string {
  const text = withoutFullStop(words);
  return /[?!？！]["”]?$/u.test(text) ? text : text + fullStop;
}

/** The words that brought the person, where they are not told already as what the caller wants. */
function strawOf({ state }: Turn, reason: string, wanted: string): string {
  const { escalated, wish } = state;
  if (escalated?.reason !== reason) return '';
  return wanted === '' && escalated.text === wish ? '' : escalated.text;
}
