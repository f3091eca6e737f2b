import type { AgentChoice, AgentProfile, AgentState, QueueEntry } from '../core/handoff.ts';
import type { RoutingRules } from './rules.ts';

/** What happens to an agent, purely: each function takes the state before and gives the one after. */

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Older handle times say little about today. */
const handleTimesKept = 10;

export function newAgent(profile: AgentProfile, nowEpochMs: number): AgentState {
  return {
    ...profile,
    state: 'offline',
    breakReason: null,
    sinceEpochMs: nowEpochMs,
    idleSinceEpochMs: nowEpochMs,
    holding: [],
    busy: null,
    afterwards: null,
    recentHandleMs: [],
    nodeId: null,
  };
}

/** The agent's desk is on a node, with what is known of them now. */
export function seat(agent: AgentState, profile: AgentProfile, nodeId: string): AgentState {
  const seated: Writable<AgentState> = { ...agent, ...profile, nodeId };
  if (profile.hours === undefined) delete seated.hours;
  return seated;
}

export function ring(agent: AgentState, entry: QueueEntry, nowEpochMs: number): AgentState {
  return {
    ...agent,
    state: 'ringing',
    sinceEpochMs: nowEpochMs,
    holding: [...agent.holding, { entryId: entry.id, channel: entry.channel }],
    busy: agent.busy ?? { sinceEpochMs: nowEpochMs, finished: 0 },
  };
}

export function talk(agent: AgentState, nowEpochMs: number): AgentState {
  return { ...agent, state: 'talking', sinceEpochMs: nowEpochMs };
}

/** An offer is taken back: the agent goes on as before it, and does not lose their turn. */
export function stopRinging(agent: AgentState, entryId: string, nowEpochMs: number): AgentState {
  const holding = agent.holding.filter((held) => held.entryId !== entryId);
  if (holding.length > 0) return { ...talk(agent, nowEpochMs), holding };
  return { ...agent, state: 'available', sinceEpochMs: nowEpochMs, holding, busy: null };
}

/** A conversation of the agent is over; after the last one comes the after-call work. */
export function finishOne(
  agent: AgentState,
  entryId: string,
  rules: RoutingRules,
  nowEpochMs: number,
): AgentState {
  const holding = agent.holding.filter((held) => held.entryId !== entryId);
  const busy = agent.busy && { ...agent.busy, finished: agent.busy.finished + 1 };
  if (holding.length > 0) return { ...agent, holding, busy };
  const after: AgentState = { ...agent, state: 'after-call', sinceEpochMs: nowEpochMs, holding, busy };
  return rules.afterCallMs === 0 ? rest(after, nowEpochMs) : after;
}

/** The work is done: what the agent chose meanwhile begins, or they are available. */
export function rest(agent: AgentState, nowEpochMs: number): AgentState {
  return choose(agent, agent.afterwards ?? { state: 'available' }, nowEpochMs);
}

/** An agent who holds nothing begins what they chose. */
export function choose(agent: AgentState, choice: AgentChoice, nowEpochMs: number): AgentState {
  const staysFree = agent.state === 'available' && choice.state === 'available';
  const current = choice.state === 'offline' ? withinHours(agent) : agent;
  return {
    ...withHandleTime(current, nowEpochMs),
    state: choice.state,
    breakReason: choice.state === 'break' ? choice.reason : null,
    sinceEpochMs: staysFree ? agent.sinceEpochMs : nowEpochMs,
    idleSinceEpochMs: staysFree ? agent.idleSinceEpochMs : nowEpochMs,
    afterwards: null,
  };
}

/** Signed off without being asked; what they held is brought back by whoever calls this. */
export function vanish(agent: AgentState, nowEpochMs: number): AgentState {
  const gone = choose({ ...agent, holding: [] }, { state: 'offline' }, nowEpochMs);
  return { ...gone, nodeId: null, reaches: [] };
}

/** The agent no longer works beyond their hours. */
export function withinHours(agent: AgentState): AgentState {
  if (agent.beyondHours === undefined) return agent;
  const within: Writable<AgentState> = { ...agent };
  delete within.beyondHours;
  return within;
}

function withHandleTime(agent: AgentState, nowEpochMs: number): AgentState {
  const { busy } = agent;
  if (!busy || busy.finished === 0) return { ...agent, busy: null };
  const handleMs = (nowEpochMs - busy.sinceEpochMs) / busy.finished;
  return {
    ...agent,
    busy: null,
    recentHandleMs: [...agent.recentHandleMs, handleMs].slice(-handleTimesKept),
  };
}
