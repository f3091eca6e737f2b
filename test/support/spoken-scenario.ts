import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { capabilities } from '../../src/core/commerce.ts';
import type { CallEvent } from '../../src/core/events.ts';
import type { CallEnd } from '../../tools/lib/caller.ts';

/** Spoken conversations as data: what a caller does, and what must come of it. */

/**
 * What must be found in words: a plain text is found in any case, `/.../` is a regular expression (any case), and a list is met by any
 * one of its members, for words that a recogniser may write in several ways.
 */
const pattern = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
export type Pattern = z.infer<typeof pattern>;

const answer = {
  /** Found in Kefu's words, as heard to their end or cut, from here to the caller's next turn. */
  kefu: z.array(pattern).optional(),
  /** Not found there. */
  notKefu: z.array(pattern).optional(),
  /** The slot that Kefu waits for afterwards. */
  expecting: z.string().optional(),
  /** Found among the names of the events that this turn caused. */
  events: z.array(z.string()).optional(),
  notEvents: z.array(z.string()).optional(),
};
/** The caller does not wait for Kefu to finish, but begins this long after Kefu's answer has become audible. */
const during = z.strictObject({ afterMs: z.number().int().positive() }).optional();

const turnSchema = z.union([
  /**
   * Words that the caller says only if Kefu's last words ask for them, and leaves unsaid otherwise. What is expected stands at the turn
   * before: it is looked for in the answer to whichever of them came last.
   */
  z.strictObject({ if: pattern, say: z.string().min(1) }),
  /** Words, said by the built-in voice. `{order_number:W2378156}` is read as people read such values to each other. */
  z.strictObject({
    say: z.string().min(1),
    /** It says nothing: Kefu may hesitate for it, but gives it no answer. */
    hum: z.boolean().optional(),
    during,
    ...answer,
  }),
  z.strictObject({ keys: z.string().regex(/^[0-9*#]+$/), during, ...answer }),
  /** The caller says nothing until Kefu has asked again, or has ended the call. */
  z.strictObject({ silent: z.literal(true), ...answer }),
  /** White noise from the caller's side. */
  z.strictObject({
    noise: z.strictObject({ ms: z.number().positive(), dbfs: z.number().max(0) }),
    during,
    ...answer,
  }),
]);
export type Turn = z.infer<typeof turnSchema>;

export const scenarioSchema = z.strictObject({
  scenario: z.string(),
  /** The calling number. The default is nobody's. */
  from: z.string().default('+15550009999'),
  /** The language the call begins in. */
  language: z.enum(['en', 'zh']).default('en'),
  /** Only by voice: it is about what can be heard. The others are typed, and spoken on demand. */
  voice: z.boolean().default(false),
  /** What the shop cannot do; typed conversations only. */
  without: z.array(z.enum(capabilities)).optional(),
  /** How the shop's people take a transfer; without it Kefu has nobody to transfer to. Typed, there is always somebody. */
  people: z.enum(['answer', 'do not answer']).optional(),
  turns: z.array(turnSchema).min(1),
  expect: z.strictObject({
    outcome: z.string(),
    endedBy: z.enum(['kefu', 'caller']),
    /** Found in what a recogniser makes of the sound that the caller really received. */
    hears: z.array(pattern).optional(),
    /** Not found in Kefu's words of the whole call. */
    never: z.array(pattern).optional(),
    /** Operations of the shop that were carried out and succeeded, in this order, others between them allowed. */
    tasks: z.array(z.string()).optional(),
    /** Events that must, or must not, stand in the record. */
    events: z.array(z.string()).optional(),
    notEvents: z.array(z.string()).optional(),
    /** Names of notes that must stand in the record, each with values that must be found in its data. */
    notes: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    transfers: z.array(z.string()).optional(),
    /** How many streams the call had: 2 when it came back from a transfer. */
    streams: z.number().int().default(1),
  }),
});
export type Scenario = z.infer<typeof scenarioSchema>;

/** A turn that comes in any case, with what is expected of the answer. */
export type OwnTurn = Exclude<Turn, { if: Pattern }>;

export function isAlwaysTaken(turn: Turn): turn is OwnTurn {
  return !('if' in turn);
}

/** Whether a turn comes, after these words of Kefu. */
export function isTaken(turn: Turn, words: string): boolean {
  return isAlwaysTaken(turn) || matches(words, turn.if);
}

/** Reads every scenario of a folder; a mistake in one is refused naming the file. */
export function readScenarios(directory: string): Scenario[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => {
      const parsed = scenarioSchema.safeParse(parse(readFileSync(join(directory, name), 'utf8')));
      if (!parsed.success) throw new Error(`${name}: ${z.prettifyError(parsed.error)}`);
      return parsed.data;
    });
}

/** A scenario that was played. */
export interface PlayedScenario {
  readonly events: readonly CallEvent[];
  readonly end: CallEnd;
  /**
   * Kefu's words of each turn that comes in any case, and what went with them, those after a turn that was asked for counting for the one
   * before; before the first turn stands the greeting.
   */
  readonly answers: readonly Answer[];
  /** What a recogniser makes of all the sound that was received. */
  readonly recognised: string;
  /** The conversation, for people who look at a failure. */
  readonly transcript: string;
}

export interface Answer {
  readonly words: string;
  readonly expecting: string | undefined;
  readonly events: readonly CallEvent[];
}

/** Everything in which a call differs from its scenario, in words. */
export function problemsOf({ turns, expect: wanted }: Scenario, played: PlayedScenario): string[] {
  const { answers, events, end, recognised } = played;
  const bodies = events.map(({ body }) => body);
  const ended = bodies.findLast((body) => body.type === 'call-ended');
  const words = answers.map((answer) => answer.words).join(' ');
  const types = new Set<string>(bodies.map(({ type }) => type));
  const done = bodies.flatMap((body) => (body.type === 'task-finished' && body.ok ? [body.operation] : []));
  const problems: string[] = [];
  const check = (good: boolean, problem: string) => {
    if (!good) problems.push(problem);
  };
  const find = (where: string, text: string, patterns: readonly Pattern[] = [], there = true) => {
    for (const each of patterns) {
      check(
        matches(text, each) === there,
        `${where}: "${[each].flat().join('" or "')}" ${there ? 'is missing' : 'must not be there'} in: ${text}`,
      );
    }
  };
  for (const [index, turn] of turns.filter(isAlwaysTaken).entries()) {
    const answer = answers[index + 1];
    if (!answer) continue;
    const place = `turn ${index + 1} (${JSON.stringify('say' in turn ? turn.say : turn)})`;
    const own = new Set<string>(answer.events.map(({ body }) => body.type));
    find(place, answer.words, turn.kefu);
    find(place, answer.words, turn.notKefu, false);
    if (turn.expecting !== undefined) {
      check(answer.expecting === turn.expecting, `${place}: Kefu waits for ${answer.expecting ?? 'nothing'}`);
    }
    for (const type of turn.events ?? []) check(own.has(type), `${place}: no event ${type}`);
    for (const type of turn.notEvents ?? []) check(!own.has(type), `${place}: an event ${type}`);
  }
  find('what was received', recognised, wanted.hears);
  find('the whole call', words, wanted.never, false);
  for (const type of wanted.events ?? []) check(types.has(type), `no event ${type}`);
  for (const type of wanted.notEvents ?? []) check(!types.has(type), `an event ${type}`);
  check(inOrder(done, wanted.tasks ?? []), `the shop was asked for ${done.join(', ')}`);
  check(
    ended?.type === 'call-ended' && ended.outcome === wanted.outcome,
    `it ended as ${JSON.stringify(ended)}`,
  );
  check(end.by === wanted.endedBy, `it was ended by ${end.by}: ${end.detail ?? ''}`);
  check(end.streams === wanted.streams, `it had ${end.streams} streams`);
  check(
    end.transfers.join() === (wanted.transfers ?? []).join(),
    `it was transferred to ${end.transfers.join()}`,
  );
  for (const [name, data] of Object.entries(wanted.notes ?? {})) {
    const note = bodies.findLast((body) => body.type === 'note' && body.name === name);
    const values = note?.type === 'note' ? note.data : undefined;
    for (const [key, value] of Object.entries(data)) {
      check(values?.[key] === value, `the note ${name} says ${JSON.stringify(values)}`);
    }
  }
  check(!types.has('error'), `errors: ${JSON.stringify(bodies.filter(({ type }) => type === 'error'))}`);
  return problems;
}

/** True when `wanted` is found in `all` in this order, with others between allowed. */
function inOrder(all: readonly string[], wanted: readonly string[]): boolean {
  let at = 0;
  for (const each of all) if (each === wanted[at]) at += 1;
  return at === wanted.length;
}

/** True when the pattern is found. */
export function matches(words: string, wanted: Pattern): boolean {
  return [wanted].flat().some((one) => {
    const expression = /^\/(.*)\/$/s.exec(one)?.[1];
    if (expression !== undefined) return new RegExp(expression, 'i').test(words);
    return words.toLowerCase().includes(one.toLowerCase());
  });
}
