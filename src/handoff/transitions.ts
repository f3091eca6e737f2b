import { KefuError } from '../core/errors.ts';
import type { AgentChoice, AgentState, Contact, QueueEntry } from '../core/handoff.ts';
import { isOpen } from '../core/hours.ts';
import { choose, finishOne, ring, stopRinging, talk, vanish } from './agent-changes.ts';
import type { Draft } from './draft.ts';
import { canJoin } from './matching.ts';
import type { RoutingRules } from './rules.ts';

/** What happens to entries and the agents who hold them, as changes of a draft. Those that find no such offer change nothing. */

export interface Moment {
  readonly rules: RoutingRules;
  readonly nowEpochMs: number;
}

export function newEntry(contact: Contact, nodeId: string, nowEpochMs: number): QueueEntry {
  return {
    ...contact,
    enqueuedAtEpochMs: nowEpochMs,
    boost: 'none',
    progress: { state: 'waiting' },
    nodeId: contact.channel === 'callback' ? null : nodeId,
    awaySinceEpochMs: null,
    declines: [],
  };
}

/** The caller is (again) on `nodeId`, perhaps with other wishes or on another channel; their place stays. */
export function renew(draft: Draft, entry: QueueEntry, contact: Contact, nodeId: string, at: Moment): void {
  if (contact.channel !== entry.channel) withdraw(draft, entry, at);
  const current = draft.entry(entry.id) ?? entry;
  draft.setEntry({
    ...current,
    ...contact,
    nodeId: contact.channel === 'callback' ? null : nodeId,
    awaySinceEpochMs: null,
  });
}

export function offer(draft: Draft, entry: QueueEntry, agent: AgentState, { nowEpochMs }: Moment): void {
  draft.setEntry({
    ...entry,
    progress: { state: 'offered', agentId: agent.id, sinceEpochMs: nowEpochMs },
  });
  draft.setAgent(ring(agent, entry, nowEpochMs));
}

/** True when the agent has the entry by now, also when they had it before. */
export function accept(draft: Draft, agentId: string, entryId: string, { nowEpochMs }: Moment): boolean {
  const entry = draft.entry(entryId);
  const agent = draft.agent(agentId);
  if (!entry || !agent || entry.progress.state === 'waiting' || entry.progress.agentId !== agentId)
    return false;
  if (entry.progress.state === 'serving') return true;
  draft.setEntry({ ...entry, progress: { state: 'serving', agentId, sinceEpochMs: nowEpochMs } });
  draft.setAgent(talk(agent, nowEpochMs));
  return true;
}

/** The agent listens to what is offered: it is not taken from them as if they were not there. */
export function renewOffer(draft: Draft, agentId: string, entryId: string, { nowEpochMs }: Moment): boolean {
  const entry = draft.entry(entryId);
  if (entry?.progress.state !== 'offered' || entry.progress.agentId !== agentId) return false;
  draft.setEntry({ ...entry, progress: { ...entry.progress, heardAtEpochMs: nowEpochMs } });
  return true;
}

/** The offer that rings at an agent comes to nothing: the entry goes to the front, and is not offered to them again for a while. */
export function decline(draft: Draft, agentId: string, entryId: string, { nowEpochMs }: Moment): boolean {
  const entry = draft.entry(entryId);
  if (entry?.progress.state !== 'offered' || entry.progress.agentId !== agentId) return false;
  draft.setEntry({
    ...waiting(entry.direct?.agentId === agentId ? withoutDirect(entry) : entry, 'front'),
    declines: [
      ...entry.declines.filter((declined) => declined.agentId !== agentId),
      { agentId, atEpochMs: nowEpochMs },
    ],
  });
  const agent = draft.agent(agentId);
  if (agent) draft.setAgent(stopRinging(agent, entryId, nowEpochMs));
  return true;
}

/** Nobody answered in time: as declined, and the agent is sent on a break, lest the next caller waits in vain. */
export function noAnswer(draft: Draft, agentId: string, entryId: string, at: Moment): void {
  if (!decline(draft, agentId, entryId, at)) return;
  setChoice(draft, agentId, { state: 'break', reason: 'no-answer' }, at);
}

/** The conversation is over; true when there was one. */
export function finish(draft: Draft, agentId: string, entryId: string, at: Moment): boolean {
  const entry = draft.entry(entryId);
  if (entry?.progress.state !== 'serving' || entry.progress.agentId !== agentId) return false;
  draft.removeEntry(entryId);
  release(draft, entry, at);
  return true;
}

/** The agent lets go of the caller, who goes before all that wait and is asked for by whom `to` says; true when they had them. */
export function handOver(
  draft: Draft,
  agentId: string,
  entryId: string,
  to: Pick<Contact, 'queue' | 'direct'>,
  at: Moment,
): boolean {
  const entry = draft.entry(entryId);
  if (entry?.progress.state !== 'serving' || entry.progress.agentId !== agentId) return false;
  draft.setEntry({
    ...withoutDirect(entry),
    ...to,
    boost: 'front',
    progress: { state: 'waiting' },
    // Whoever hands a caller over to others is not asked next.
    declines: [{ agentId, atEpochMs: at.nowEpochMs }],
  });
  release(draft, entry, at);
  return true;
}

/** The entry waits on, without having been declined by anybody, and not before a time. */
export function postpone(draft: Draft, entryId: string, untilEpochMs: number, at: Moment): boolean {
  const entry = draft.entry(entryId);
  if (!entry) return false;
  draft.setEntry({ ...entry, boost: 'none', progress: { state: 'waiting' }, notBeforeEpochMs: untilEpochMs });
  release(draft, entry, at);
  return true;
}

/** The caller is gone for good. */
export function leave(draft: Draft, entryId: string, at: Moment): boolean {
  const entry = draft.entry(entryId);
  if (!entry) return false;
  draft.removeEntry(entryId);
  release(draft, entry, at);
  return true;
}

/** The caller's line is gone, but they may come back: nobody is offered them until then, and whoever had them is free again. */
export function goAway(draft: Draft, entry: QueueEntry, at: Moment): void {
  draft.setEntry({
    ...waiting(entry, entry.progress.state === 'serving' ? 'very-front' : entry.boost),
    nodeId: null,
    awaySinceEpochMs: at.nowEpochMs,
  });
  release(draft, entry, at);
}

/** An agent's desk is gone: whom they had goes to the very front, what rang there to the front. */
export function loseDesk(draft: Draft, agent: AgentState, { nowEpochMs }: Moment): void {
  for (const { entryId } of agent.holding) {
    const entry = draft.entry(entryId);
    if (!entry || entry.progress.state === 'waiting' || entry.progress.agentId !== agent.id) continue;
    draft.setEntry(waiting(entry, entry.progress.state === 'serving' ? 'very-front' : 'front'));
  }
  draft.setAgent(vanish(agent, nowEpochMs));
}

/** Whose callers the agent's desk can be joined with, besides those of its own node; nobody else stays with them. */
export function setReach(draft: Draft, agent: AgentState, nodeIds: readonly string[], at: Moment): void {
  const reached = { ...agent, reaches: [...nodeIds] };
  draft.setAgent(reached);
  partUnjoined(draft, reached, at);
}

/** Whom an agent holds although desk and caller cannot be joined (any more) goes to others, as when the desk is lost. */
export function partUnjoined(draft: Draft, agent: AgentState, at: Moment): void {
  for (const { entryId } of agent.holding) {
    const entry = draft.entry(entryId);
    if (!entry || entry.progress.state === 'waiting' || entry.progress.agentId !== agent.id) continue;
    if (canJoin(entry, agent)) continue;
    draft.setEntry(waiting(entry, entry.progress.state === 'serving' ? 'very-front' : 'front'));
    release(draft, entry, at);
  }
}

/**
 * What an agent chose to do begins now, or after their conversations.
 *
 * @throws KefuError `outside_hours` for who becomes available outside their hours and did not say that they mean it.
 */
export function setChoice(draft: Draft, agentId: string, choice: AgentChoice, at: Moment): void {
  if (choice.state === 'available') allowWork(draft, agentId, choice.anyway === true, at);
  const ringing = draft.agent(agentId);
  if (ringing?.state === 'ringing' && choice.state !== 'available') {
    for (const { entryId } of ringing.holding) decline(draft, agentId, entryId, at);
  }
  const agent = draft.agent(agentId);
  if (!agent) return;
  if (agent.holding.length === 0) draft.setAgent(choose(agent, choice, at.nowEpochMs));
  else draft.setAgent({ ...agent, afterwards: choice.state === 'available' ? null : choice });
}

function allowWork(draft: Draft, agentId: string, anyway: boolean, { nowEpochMs }: Moment): void {
  const agent = draft.agent(agentId);
  if (!agent || agent.beyondHours === true || isOpen(agent.hours, nowEpochMs)) return;
  if (!anyway) throw new KefuError('outside_hours', 'It is outside your working hours.');
  draft.setAgent({ ...agent, beyondHours: true });
}

/** The entry waits again, at least as far in front as before. */
export function waiting(entry: QueueEntry, boost: QueueEntry['boost']): QueueEntry {
  return {
    ...entry,
    boost: entry.boost === 'very-front' ? entry.boost : boost === 'none' ? entry.boost : boost,
    progress: { state: 'waiting' },
  };
}

function withoutDirect(entry: QueueEntry): QueueEntry {
  const others: { -readonly [Key in keyof QueueEntry]: QueueEntry[Key] } = { ...entry };
  delete others.direct;
  return others;
}

/** Whoever held the entry no longer does; what becomes of the entry is up to the caller of this. */
function release(draft: Draft, { id, progress }: QueueEntry, { rules, nowEpochMs }: Moment): void {
  if (progress.state === 'waiting') return;
  const agent = draft.agent(progress.agentId);
  if (!agent?.holding.some(({ entryId }) => entryId === id)) return;
  draft.setAgent(
    progress.state === 'offered'
      ? stopRinging(agent, id, nowEpochMs)
      : finishOne(agent, id, rules, nowEpochMs),
  );
}

/** Takes an offer back without anybody's fault; a conversation is not broken off. */
function withdraw(draft: Draft, entry: QueueEntry, at: Moment): void {
  if (entry.progress.state !== 'offered') return;
  draft.setEntry(waiting(entry, 'none'));
  release(draft, entry, at);
}
