import type { AgentState } from '../core/handoff.ts';
import { isOpen } from '../core/hours.ts';
import { finishOne, rest, stopRinging, withinHours } from './agent-changes.ts';
import type { Draft } from './draft.ts';
import {
  goAway,
  leave,
  loseDesk,
  noAnswer,
  partUnjoined,
  setChoice,
  waiting,
  type Moment,
} from './transitions.ts';

export interface Upkeep extends Moment {
  /** Whether nodes without a lease count as dead; not just after the store was away, when all leases have run out. */
  readonly judgeNodes: boolean;
  /** The node that looks. It lives, even if it was held up for longer than its lease: else it would bury and welcome its own callers for ever. */
  readonly nodeId: string;
}

/** Everything that falls due by time or by the death of a node: any node may do it, whoever is first. */
export function upkeep(draft: Draft, at: Upkeep): void {
  if (at.judgeNodes) buryNodes(draft, (nodeId) => nodeId !== at.nodeId && !draft.liveNodes.has(nodeId), at);
  for (const entry of draft.entries()) {
    const { progress, awaySinceEpochMs } = entry;
    if (awaySinceEpochMs !== null && at.nowEpochMs - awaySinceEpochMs >= at.rules.returnMs)
      leave(draft, entry.id, at);
    else if (
      progress.state === 'offered' &&
      at.nowEpochMs - (progress.heardAtEpochMs ?? progress.sinceEpochMs) >= at.rules.ringMs
    )
      noAnswer(draft, progress.agentId, entry.id, at);
    else if (progress.state !== 'waiting' && at.judgeNodes && !isHeld(draft, progress.agentId, entry.id))
      // The agents of one node alone are not kept when its process ends: their callers are.
      draft.setEntry(waiting(entry, progress.state === 'serving' ? 'very-front' : 'front'));
  }
  // A caller has come back on another node than the desk's: nobody shall sit in silence.
  for (const agent of draft.agents()) partUnjoined(draft, agent, at);
  if (at.judgeNodes) for (const agent of draft.agents()) letGo(draft, agent, at);
  for (const agent of draft.agents()) {
    if (agent.state === 'after-call' && at.nowEpochMs - agent.sinceEpochMs >= at.rules.afterCallMs)
      draft.setAgent(rest(agent, at.nowEpochMs));
  }
  for (const agent of draft.agents()) keepHours(draft, agent, at);
}

/** Signs an agent off whose hours are over, once their conversations and the work after them are done. */
function keepHours(draft: Draft, agent: AgentState, at: Moment): void {
  const { hours, beyondHours, state, afterwards } = agent;
  if (hours === undefined || state === 'offline') return;
  if (isOpen(hours, at.nowEpochMs)) {
    // Who came early goes home at the end of the hours like everybody else.
    if (beyondHours === true) draft.setAgent(withinHours(agent));
    return;
  }
  if (beyondHours === true || afterwards?.state === 'offline') return;
  if (state === 'after-call') draft.setAgent({ ...agent, afterwards: { state: 'offline' } });
  else setChoice(draft, agent.id, { state: 'offline' }, at);
}

/** Signs the desks of nodes off and marks their callers as away. */
export function buryNodes(draft: Draft, isGone: (nodeId: string) => boolean, at: Moment): void {
  for (const agent of draft.agents())
    if (agent.nodeId !== null && isGone(agent.nodeId)) loseDesk(draft, agent, at);
  for (const entry of draft.entries())
    if (entry.nodeId !== null && isGone(entry.nodeId)) goAway(draft, entry, at);
}

/** After the store lost its data, an agent may hold somebody whom no node brought back. */
function letGo(draft: Draft, agent: AgentState, { rules, nowEpochMs }: Moment): void {
  let current = agent;
  for (const { entryId } of agent.holding) {
    const progress = draft.entry(entryId)?.progress;
    if (progress && progress.state !== 'waiting' && progress.agentId === agent.id) continue;
    current =
      current.state === 'ringing'
        ? stopRinging(current, entryId, nowEpochMs)
        : finishOne(current, entryId, rules, nowEpochMs);
  }
  if (current !== agent) draft.setAgent(current);
}

function isHeld(draft: Draft, agentId: string, entryId: string): boolean {
  return draft.agent(agentId)?.holding.some((held) => held.entryId === entryId) ?? false;
}
