import type { AgentState, QueueEntry, QueueEstimate } from '../core/handoff.ts';
import { fitOf, hasRoom } from './matching.ts';
import { countsFromEpochMs, inOrder } from './priority.ts';
import type { Pace } from './pace.ts';
import type { RoutingRules } from './rules.ts';

export interface EstimateQuestion {
  readonly entry: QueueEntry;
  readonly entries: Iterable<QueueEntry>;
  readonly agents: Iterable<AgentState>;
  readonly rules: RoutingRules;
  readonly nowEpochMs: number;
  /** How fast the queue has moved of late. */
  readonly pace: Pace;
}

/** Skills widen while somebody waits, so the people who suit depend on the answer: it settles within a few rounds. */
const rounds = 3;

/**
 * Position and wait. The queue ahead shrinks by what the people who suit get done and by callers who give up; and it grows by those
 * who come later but with a longer head start. An entry ahead counts by the share of its people who also suit this one.
 */
export function estimate(question: EstimateQuestion): QueueEstimate {
  const { entry, rules, nowEpochMs, pace } = question;
  const onDuty = [...question.agents].filter(isOnDuty);
  const ordered = inOrder(
    [...question.entries].filter(
      (each) => each.progress.state !== 'serving' && each.awaySinceEpochMs === null,
    ),
    rules,
  );
  const ahead = ordered.slice(
    0,
    Math.max(
      0,
      ordered.findIndex(({ id }) => id === entry.id),
    ),
  );
  let waitMs = 0;
  let result: QueueEstimate = { position: 1, waitMs: null };
  for (let round = 0; round < rounds; round += 1) {
    const suiting = peopleBy(onDuty, rules, nowEpochMs + waitMs);
    const mine = suiting(entry);
    const share = shareWith(mine);
    // Nobody knows yet who will serve whom: all of the same queue are ahead.
    if (mine.size === 0)
      return { position: 1 + ahead.filter(({ queue }) => queue === entry.queue).length, waitMs: null };
    const rivals = ahead.map((each) => ({ each, part: share(suiting(each)) }));
    const position = 1 + rivals.filter(({ part }) => part > 0).length;
    const free = [...mine].filter((agent) => hasRoom(agent, entry.channel)).length;
    const inFront = rivals.reduce((sum, { part }) => sum + part, 0);
    const patient = rivals.reduce((sum, { each, part }) => sum + (each.channel === 'callback' ? part : 0), 0);
    const overtaking =
      entry.boost === 'none'
        ? pace.overtaking(nowEpochMs - countsFromEpochMs(entry, rules), waitMs, (arrival) =>
            share(suiting(arrival)),
          )
        : 0;
    const servedPerMs = mine.size / handleMs([...mine], rules);
    // Callbacks do not give up.
    const givingUpPerMs = pace.givingUpPerMs() * (inFront === 0 ? 1 : 1 - patient / inFront);
    const toGo = Math.max(0, inFront + overtaking + 1 - free);
    waitMs = timeToPass(toGo, servedPerMs, givingUpPerMs);
    result = { position, waitMs: Math.round(waitMs) };
  }
  return result;
}

/** How long until `count` are gone when so many are served and each who waits gives up at a rate: x' = -served - givingUp * x. */
function timeToPass(count: number, servedPerMs: number, givingUpPerMs: number): number {
  if (givingUpPerMs * count < 1e-6 * servedPerMs) return count / servedPerMs;
  return Math.log1p((givingUpPerMs * count) / servedPerMs) / givingUpPerMs;
}

function isOnDuty({ state }: AgentState): boolean {
  return state !== 'offline' && state !== 'break';
}

/** What an entry asks of people apart from how long it has waited; entries never change, so it is put together once. */
const demands = new WeakMap<QueueEntry, string>();

function demandOf(entry: QueueEntry): string {
  let demand = demands.get(entry);
  if (demand === undefined) {
    const skills = entry.skills.map(({ skill, level }) => `${skill}:${level}`).join();
    demand = `${entry.queue};${entry.channel === 'text' ? 'text' : 'call'};${entry.language};${skills};`;
    demands.set(entry, demand);
  }
  return demand;
}

/** The agents on duty who suit entries at a moment; entries that ask for the same are looked up once. */
function peopleBy(
  onDuty: readonly AgentState[],
  rules: RoutingRules,
  atEpochMs: number,
): (entry: QueueEntry) => ReadonlySet<AgentState> {
  const known = new Map<string, ReadonlySet<AgentState>>();
  return (entry) => {
    if (entry.direct)
      return new Set(onDuty.filter((agent) => fitOf(entry, agent, rules, atEpochMs) !== undefined));
    const waitedMs = atEpochMs - entry.enqueuedAtEpochMs;
    const step = rules.widening.findLastIndex(({ afterMs }) => waitedMs >= afterMs);
    const overflows = waitedMs >= (rules.queues[entry.queue]?.overflow?.afterMs ?? Number.POSITIVE_INFINITY);
    const key = `${demandOf(entry)}${step};${overflows}`;
    let people = known.get(key);
    if (!people) {
      people = new Set(onDuty.filter((agent) => fitOf(entry, agent, rules, atEpochMs) !== undefined));
      known.set(key, people);
    }
    return people;
  };
}

/** How large a part of their people also suits me, by group of people. */
function shareWith(mine: ReadonlySet<AgentState>): (theirs: ReadonlySet<AgentState>) => number {
  const known = new Map<ReadonlySet<AgentState>, number>();
  return (theirs) => {
    let share = known.get(theirs);
    if (share === undefined) {
      const both = [...theirs].filter((agent) => mine.has(agent)).length;
      share = theirs.size === 0 ? 0 : both / theirs.size;
      known.set(theirs, share);
    }
    return share;
  };
}

function handleMs(agents: readonly AgentState[], rules: RoutingRules): number {
  const times = agents.flatMap(({ recentHandleMs }) => recentHandleMs);
  if (times.length === 0) return rules.usualHandleMs;
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}
