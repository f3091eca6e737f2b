import { z } from 'zod';
import type { CallEvent } from '../../src/core/events.ts';
import { moods } from '../../src/core/emotion.ts';
import { languageSchema } from '../../src/core/language.ts';
import { ruleFor, type Escalation } from '../../src/dialog/escalation-rules.ts';

/** The facts of a turn as a call's record keeps them (the note `emotion`). */
const factsSchema = z.object({
  mood: z.enum(moods),
  emotion: z.object({
    score: z.number(),
    now: z.number(),
    upset: z.number(),
    voice: z.number(),
    behaviour: z.number(),
    angryTurns: z.number(),
    tenseTurns: z.number(),
  }),
  turns: z.number(),
  failedTurns: z.number(),
  failedNow: z.number(),
  requests: z.number(),
  amount: z.number(),
  channel: z.enum(['voice', 'text']),
  language: languageSchema,
});
const moodNoteSchema = z.object({
  facts: factsSchema,
  text: z.string(),
  /** The caller was being offered a person, or connected with one: rules were not asked. */
  nearPerson: z.boolean().default(false),
  emotion: z
    .object({ parts: z.object({ behaviour: z.object({ signs: z.array(z.string()) }) }) })
    .nullable()
    .default(null),
});
type MoodNote = z.infer<typeof moodNoteSchema>;
const escalationNoteSchema = z.object({
  rule: z.string(),
  do: z.enum(['offer', 'transfer']),
  reason: z.string(),
  facts: z.object({ turns: z.number() }),
});

/** Something that was done, or would have been, at a turn of the caller. */
export interface Step {
  readonly turn: number;
  readonly rule: string;
  readonly do: 'offer' | 'transfer';
  readonly reason: string;
  readonly text: string;
}

export interface ReplayedCall {
  readonly callId: string;
  readonly turns: number;
  /** What Kefu did by the rules it had then. */
  readonly then: readonly Step[];
  /** What it would have done by these rules. */
  readonly now: readonly Step[];
  /** Where the call was really handed over, by whatever way. */
  readonly handedOver: string | undefined;
}

/**
 * What rules would have done in a recorded call; undefined when its record holds no moods. What callers would have answered to
 * another offer nobody knows: the turns are those that were recorded, up to the first transfer that these rules make.
 */
export function replayCall(
  callId: string,
  events: readonly CallEvent[],
  rules: Escalation,
): ReplayedCall | undefined {
  const turns = new Map<number, MoodNote>();
  const then: Step[] = [];
  let handedOver: string | undefined;
  for (const { body } of events) {
    if (body.type === 'transfer') handedOver = body.briefing.reason;
    if (body.type !== 'note') continue;
    if (body.name === 'emotion') {
      const note = moodNoteSchema.safeParse(body.data);
      // A turn that went on before an answer was heard is noted twice: the last note holds.
      if (note.success) turns.set(note.data.facts.turns, note.data);
    } else if (body.name === 'escalation') {
      const note = escalationNoteSchema.safeParse(body.data);
      if (!note.success) continue;
      const turn = note.data.facts.turns;
      then.push({ ...note.data, turn, text: turns.get(turn)?.text ?? '' });
    }
  }
  if (turns.size === 0) return undefined;
  return { callId, turns: turns.size, then, now: steps([...turns.values()], rules), handedOver };
}

function steps(turns: readonly MoodNote[], rules: Escalation): Step[] {
  const made: Step[] = [];
  let used: Readonly<Record<string, number>> = {};
  for (const { facts, text, nearPerson, emotion } of turns) {
    if (nearPerson) continue;
    const rule = ruleFor(rules, facts, text, used);
    if (!rule) continue;
    used = { ...used, [rule.rule]: facts.turns };
    // As in a call: whoever asks for a person is connected without an offer.
    const deed = emotion?.parts.behaviour.signs.includes('asked-for-person') === true ? 'transfer' : rule.do;
    made.push({ turn: facts.turns, rule: rule.rule, do: deed, reason: rule.reason, text });
    if (deed === 'transfer') break;
  }
  return made;
}

/** The report for people: calls in which anything happens or happened, then how often each rule holds. */
export function describeReplay(calls: readonly ReplayedCall[], rules: Escalation): string {
  const lines: string[] = [];
  const told = (steps: readonly Step[]) =>
    steps.length === 0
      ? 'nothing'
      : steps.map((step) => `turn ${String(step.turn)} ${step.do} (${step.rule})`).join(', ');
  for (const call of calls) {
    if (call.now.length === 0 && call.then.length === 0) continue;
    lines.push(`${call.callId}  ${told(call.then) === told(call.now) ? 'as before' : 'differs'}`);
    lines.push(
      `  then: ${told(call.then)}${call.handedOver === undefined ? '' : `; handed over: ${call.handedOver}`}`,
    );
    lines.push(`  now:  ${told(call.now)}`);
    for (const { turn, text } of call.now) lines.push(`        turn ${String(turn)}: ${text}`);
  }
  if (lines.length > 0) lines.push('');
  const share = (count: number) => `${String(count)} of ${String(calls.length)} calls`;
  for (const { rule, do: what } of rules.source.rules) {
    const count = calls.filter(({ now }) => now.some((step) => step.rule === rule)).length;
    lines.push(`${rule.padEnd(20)} ${what.padEnd(9)} ${share(count)}`);
  }
  const transfers = calls.filter(({ now }) => now.some((step) => step.do === 'transfer')).length;
  const offers = calls.filter(({ now }) => now.some((step) => step.do === 'offer')).length;
  lines.push(`${'together'.padEnd(20)} offers in ${share(offers)}, transfers in ${share(transfers)}`);
  return lines.join('\n');
}
