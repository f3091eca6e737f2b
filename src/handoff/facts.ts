import type { FigureFact } from '../core/figures.ts';
import type { AgentState, HandoffEvent, QueueEntry } from '../core/handoff.ts';

/** Turns what happens in the queue into what counts. */
export interface FactReader {
  /** Nothing for what other nodes did: they count it. */
  read(event: HandoffEvent, nowEpochMs: number): readonly FigureFact[];
}

/**
 * An agent's state as working time; undefined when they are not at work. A ring counts as being ready: the contact is not theirs yet,
 * unless they write with somebody else meanwhile.
 */
export function workOf({ state, holding }: AgentState): 'busy' | 'ready' | undefined {
  switch (state) {
    case 'talking':
    case 'after-call':
      return 'busy';
    case 'ringing':
      return holding.length > 1 ? 'busy' : 'ready';
    case 'available':
      return 'ready';
    case 'offline':
    case 'break':
      return undefined;
    default:
      return state satisfies never;
  }
}

/** A callback is nobody who waits on the line. */
export const waitsInPerson = ({ channel }: QueueEntry): boolean => channel !== 'callback';

/** At the very front are only those whose conversation broke off: somebody had answered them. */
const wasAnswered = ({ boost }: QueueEntry): boolean => boost === 'very-front';

/**
 * Follows the events of one node's router, beginning with what `state` holds. The node that acts has seen everything up to its own act,
 * so what an act ends is measured from what was seen before.
 */
export function createFactReader(state: {
  readonly entries: readonly QueueEntry[];
  readonly agents: readonly AgentState[];
}): FactReader {
  const serving = new Map<string, { readonly agentId: string; readonly sinceEpochMs: number }>();
  const agents = new Map(state.agents.map((agent) => [agent.id, agent]));
  /** The contact that an agent had last, until the work after it is done. */
  const lastOf = new Map<string, { readonly queue: string; readonly talkMs: number }>();
  const remember = ({ id, progress }: QueueEntry): void => {
    if (progress.state === 'serving')
      serving.set(id, { agentId: progress.agentId, sinceEpochMs: progress.sinceEpochMs });
  };
  /** Callers who were promised a call: once Kefu has dialled them, their entry is that of a call again. */
  const promised = new Set<string>();
  for (const entry of state.entries) {
    remember(entry);
    if (!waitsInPerson(entry)) promised.add(entry.id);
  }
  const wasPromised = (entry: QueueEntry): boolean => !waitsInPerson(entry) || promised.has(entry.id);

  const conversationEnds = (entry: QueueEntry, nowEpochMs: number, finished: boolean): FigureFact[] => {
    const conversation = serving.get(entry.id);
    serving.delete(entry.id);
    if (!conversation) return [];
    const { agentId, sinceEpochMs } = conversation;
    const talkMs = Math.max(0, nowEpochMs - sinceEpochMs);
    lastOf.set(agentId, { queue: entry.queue, talkMs });
    return [{ type: 'talked', queue: entry.queue, agentId, talkMs, finished }];
  };

  const agentChanges = (agent: AgentState): FigureFact[] => {
    const before = agents.get(agent.id);
    agents.set(agent.id, agent);
    if (!before) return [];
    const facts: FigureFact[] = [];
    const spentMs = agent.sinceEpochMs - before.sinceEpochMs;
    const work = workOf(before);
    if (work && spentMs > 0)
      facts.push({
        type: 'agent-time',
        agentId: agent.id,
        busy: work === 'busy',
        fromEpochMs: before.sinceEpochMs,
        toEpochMs: agent.sinceEpochMs,
      });
    const last = lastOf.get(agent.id);
    const hadAfterCall = before.state === 'after-call';
    if ((last || hadAfterCall) && agent.state !== 'after-call') {
      lastOf.delete(agent.id);
      const afterCallMs = hadAfterCall ? Math.max(0, spentMs) : 0;
      facts.push({ type: 'wrapped-up', agentId: agent.id, afterCallMs, last });
    }
    return facts;
  };

  const read = (event: HandoffEvent, nowEpochMs: number): FigureFact[] => {
    if (event.type === 'agent-changed') return agentChanges(event.agent);
    const { entry } = event;
    const { queue } = entry;
    switch (event.type) {
      case 'entry-added':
        return [
          { type: 'transferred', reason: entry.reason },
          ...(waitsInPerson(entry) ? [{ type: 'offered', queue } as const] : []),
        ];
      case 'callback-promised':
        promised.add(entry.id);
        return [{ type: 'callback-promised', queue }];
      case 'accepted': {
        remember(entry);
        if (wasPromised(entry) || wasAnswered(entry)) return [];
        const answeredEpochMs = entry.progress.state === 'serving' ? entry.progress.sinceEpochMs : nowEpochMs;
        return [{ type: 'answered', queue, waitMs: Math.max(0, answeredEpochMs - entry.enqueuedAtEpochMs) }];
      }
      case 'requeued':
        return event.broken ? conversationEnds(entry, nowEpochMs, false) : [];
      case 'entry-removed': {
        const isCallback = wasPromised(entry);
        promised.delete(entry.id);
        if (event.served)
          return [
            ...conversationEnds(entry, nowEpochMs, true),
            ...(isCallback ? [{ type: 'callback-kept', queue } as const] : []),
          ];
        // Only a person takes a message out of the queue.
        if (isCallback && entry.reason === 'voicemail') return [{ type: 'callback-kept', queue }];
        if (isCallback || wasAnswered(entry)) return [];
        return [{ type: 'abandoned', queue, waitMs: Math.max(0, nowEpochMs - entry.enqueuedAtEpochMs) }];
      }
      case 'offered':
      case 'offer-withdrawn':
        return [];
      default:
        return event satisfies never;
    }
  };

  return {
    read(event, nowEpochMs) {
      const facts = read(event, nowEpochMs);
      return event.here ? facts : [];
    },
  };
}
