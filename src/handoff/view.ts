import { isDeepStrictEqual } from 'node:util';
import type { AgentState, HandoffEvent, QueueEntry, QueueSnapshot } from '../core/handoff.ts';

type Happening = HandoffEvent extends infer Event
  ? Event extends HandoffEvent
    ? Omit<Event, 'here'>
    : never
  : never;

/**
 * The entries and agents as one node last saw them. Events are the differences between two looks, so a node learns what others did
 * without a message that could be lost; steps that follow each other between two looks are told as one.
 */
export class View {
  readonly #entries = new Map<string, QueueEntry>();
  readonly #agents = new Map<string, AgentState>();
  readonly #tell: (event: HandoffEvent) => void;

  constructor(tell: (event: HandoffEvent) => void) {
    this.#tell = tell;
  }

  get entries(): ReadonlyMap<string, QueueEntry> {
    return this.#entries;
  }

  get agents(): ReadonlyMap<string, AgentState> {
    return this.#agents;
  }

  /** Takes over what the store holds; differences are the doing of other nodes. */
  observe({ entries, agents }: QueueSnapshot): void {
    for (const id of [...this.#entries.keys()]) if (!entries.has(id)) this.setEntry(id, null, false);
    for (const [id, { value }] of entries) this.setEntry(id, value, false);
    for (const { value } of agents.values()) this.setAgent(value, false);
    for (const id of [...this.#agents.keys()]) if (!agents.has(id)) this.#agents.delete(id);
  }

  setEntry(id: string, after: QueueEntry | null, here: boolean): void {
    const before = this.#entries.get(id);
    if (isSame(before, after ?? undefined)) return;
    if (after) this.#entries.set(id, after);
    else this.#entries.delete(id);
    for (const event of entryEvents(before, after ?? undefined)) this.#tell({ ...event, here });
  }

  setAgent(after: AgentState, here: boolean): void {
    if (isSame(this.#agents.get(after.id), after)) return;
    this.#agents.set(after.id, after);
    this.#tell({ type: 'agent-changed', agent: after, here });
  }
}

/** Stores give out what has not changed as the same object, which makes a look at a long queue cheap. */
function isSame<T extends object>(before: T | undefined, after: T | undefined): boolean {
  return before === after || isDeepStrictEqual(before, after);
}

function entryEvents(before: QueueEntry | undefined, after: QueueEntry | undefined): Happening[] {
  const was = before?.progress ?? { state: 'waiting' };
  const is = after?.progress ?? { state: 'waiting' };
  const events: Happening[] = [];
  if (!before && after) events.push({ type: 'entry-added', entry: after });
  if (after?.channel === 'callback' && before?.channel !== 'callback')
    events.push({ type: 'callback-promised', entry: after });
  const sameAgent = was.state !== 'waiting' && is.state !== 'waiting' && was.agentId === is.agentId;
  const sameOffer = sameAgent && was.state === is.state && was.sinceEpochMs === is.sinceEpochMs;
  if (before && was.state === 'offered' && !sameOffer && !(sameAgent && is.state === 'serving'))
    events.push({ type: 'offer-withdrawn', entry: before, agentId: was.agentId });
  if (before && !after)
    events.push({ type: 'entry-removed', entry: before, served: was.state === 'serving' });
  if (!after) return events;
  if (was.state !== 'waiting' && !sameAgent)
    events.push({
      type: 'requeued',
      entry: after,
      broken: was.state === 'serving' && after.boost === 'very-front',
    });
  if (is.state === 'offered' && !sameOffer)
    events.push({ type: 'offered', entry: after, agentId: is.agentId });
  if (is.state === 'serving' && !(sameAgent && was.state === 'serving'))
    events.push({ type: 'accepted', entry: after, agentId: is.agentId });
  return events;
}
