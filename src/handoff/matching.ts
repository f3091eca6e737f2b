import type { AgentState, ContactChannel, QueueEntry } from '../core/handoff.ts';
import { isOpen } from '../core/hours.ts';
import { inOrder } from './priority.ts';
import type { RoutingRules } from './rules.ts';

export interface Offer {
  readonly entryId: string;
  readonly agentId: string;
}

/** How well an agent suits; the smaller, the better. Of equals, the one who has been free the longest is asked. */
interface Fit {
  /** True when the agent belongs to the queue that the entry overflows into. */
  readonly overflow: boolean;
  /** Levels that are missing to what was asked for at first, over all skills. */
  readonly missingLevels: number;
}

/** How an agent suits an entry at a moment, leaving aside what they are doing; undefined when not at all. */
export function fitOf(
  entry: QueueEntry,
  agent: AgentState,
  rules: RoutingRules,
  nowEpochMs: number,
): Fit | undefined {
  if (!canJoin(entry, agent)) return undefined;
  if (entry.direct && isAskedFor(entry, nowEpochMs))
    return agent.id === entry.direct.agentId ? { overflow: false, missingLevels: 0 } : undefined;
  if (!agent.languages.includes(entry.language)) return undefined;
  if (entry.channel === 'text' && agent.textCapacity === 0) return undefined;
  const waitedMs = nowEpochMs - entry.enqueuedAtEpochMs;
  const overflow = teamFit(entry.queue, agent, rules, waitedMs);
  if (overflow === undefined) return undefined;
  const lower = rules.widening.findLast(({ afterMs }) => waitedMs >= afterMs)?.lower ?? 0;
  let missingLevels = 0;
  for (const { skill, level } of entry.skills) {
    const missing = level - (agent.skills[skill] ?? 0);
    if (missing > lower) return undefined;
    // Who has not learnt a skill at all is no match until nothing but the language counts.
    if (agent.skills[skill] === undefined && Number.isFinite(lower)) return undefined;
    missingLevels += Math.max(0, missing);
  }
  return { overflow, missingLevels };
}

/** Whether caller and desk can hear each other: on one node, or over a link. Who is called back is called by the desk's node. */
export function canJoin({ nodeId }: Pick<QueueEntry, 'nodeId'>, agent: AgentState): boolean {
  return nodeId === null || agent.nodeId === nodeId || (agent.reaches?.includes(nodeId) ?? false);
}

/** Whether a person may ever be asked for a contact, whatever they are doing and however good they are. */
export function maySuit(
  { queue: name, language }: Pick<QueueEntry, 'queue' | 'language'>,
  { teams, languages }: Pick<AgentState, 'teams' | 'languages'>,
  rules: RoutingRules,
): boolean {
  if (!languages.includes(language)) return false;
  const queue = rules.queues[name];
  const overflow = queue?.overflow && rules.queues[queue.overflow.queue];
  return [queue, overflow].some((each) => each !== undefined && serves({ teams }, each.teams));
}

/** False for a team of the queue itself, true for one it overflows into, undefined for any other. */
function teamFit(
  queueName: string,
  agent: AgentState,
  rules: RoutingRules,
  waitedMs: number,
): boolean | undefined {
  const queue = rules.queues[queueName];
  // A queue that was taken out of the rules while callers wait in it is everybody's.
  if (!queue || serves(agent, queue.teams)) return false;
  const { overflow } = queue;
  if (!overflow || waitedMs < overflow.afterMs) return undefined;
  return serves(agent, rules.queues[overflow.queue]?.teams ?? []) ? true : undefined;
}

function serves(agent: Pick<AgentState, 'teams'>, teams: readonly string[]): boolean {
  return teams.length === 0 || agent.teams.some((team) => teams.includes(team));
}

/** Whether an agent can be offered one more contact now: a call with free hands only, a text beside other texts. */
export function hasRoom(agent: AgentState, channel: ContactChannel): boolean {
  if (agent.holding.length === 0) return agent.state === 'available';
  return (
    channel === 'text' &&
    agent.state === 'talking' &&
    agent.afterwards === null &&
    agent.holding.length < agent.textCapacity &&
    agent.holding.every((held) => held.channel === 'text')
  );
}

/**
 * Whether an entry may be offered now. Nobody is called back while their queue is closed, unless somebody has asked for it; who already
 * waits is still served.
 */
export function isOfferable(entry: QueueEntry, rules: RoutingRules, nowEpochMs: number): boolean {
  return (
    entry.progress.state === 'waiting' &&
    entry.awaySinceEpochMs === null &&
    (isAskedFor(entry, nowEpochMs) ||
      (nowEpochMs >= (entry.notBeforeEpochMs ?? 0) &&
        (entry.channel !== 'callback' || isOpen(rules.queues[entry.queue]?.hours, nowEpochMs))))
  );
}

/** An agent has taken it from those that wait, and shall have it next. */
function isAskedFor({ direct }: QueueEntry, nowEpochMs: number): boolean {
  return direct !== undefined && nowEpochMs < direct.untilEpochMs;
}

/** The best offers at a moment: first entries first, each to the agent who suits best, every agent at most one. */
export function match(
  entries: Iterable<QueueEntry>,
  agents: Iterable<AgentState>,
  rules: RoutingRules,
  nowEpochMs: number,
): Offer[] {
  const free = new Set([...agents].filter((agent) => hasRoom(agent, 'voice') || hasRoom(agent, 'text')));
  if (free.size === 0) return [];
  const offerable = [...entries].filter((entry) => isOfferable(entry, rules, nowEpochMs));
  const offers: Offer[] = [];
  for (const entry of inOrder(offerable, rules)) {
    const agent = bestAgent(entry, free, rules, nowEpochMs);
    if (!agent) continue;
    offers.push({ entryId: entry.id, agentId: agent.id });
    free.delete(agent);
    if (free.size === 0) break;
  }
  return offers;
}

function bestAgent(
  entry: QueueEntry,
  free: Iterable<AgentState>,
  rules: RoutingRules,
  nowEpochMs: number,
): AgentState | undefined {
  let best: { readonly agent: AgentState; readonly order: readonly (number | string)[] } | undefined;
  for (const agent of free) {
    if (!hasRoom(agent, entry.channel) || hasJustDeclined(entry, agent, rules, nowEpochMs)) continue;
    const fit = fitOf(entry, agent, rules, nowEpochMs);
    if (!fit) continue;
    const order = [
      fit.overflow ? 1 : 0,
      fit.missingLevels,
      agent.holding.length,
      agent.idleSinceEpochMs,
      agent.id,
    ];
    if (!best || isBefore(order, best.order)) best = { agent, order };
  }
  return best?.agent;
}

function isBefore(left: readonly (number | string)[], right: readonly (number | string)[]): boolean {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? value;
    if (value !== other) return value < other;
  }
  return false;
}

function hasJustDeclined(
  entry: QueueEntry,
  agent: AgentState,
  rules: RoutingRules,
  nowEpochMs: number,
): boolean {
  return entry.declines.some(
    ({ agentId, atEpochMs }) => agentId === agent.id && nowEpochMs - atEpochMs < rules.declinePauseMs,
  );
}
