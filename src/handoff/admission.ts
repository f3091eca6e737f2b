import { KefuError } from '../core/errors.ts';
import type { Admission, AgentProfile, AgentState, Contact, QueueEntry } from '../core/handoff.ts';
import { isOpen, nextOpening, type OpeningHours } from '../core/hours.ts';
import { maySuit } from './matching.ts';
import type { QueueRules, RoutingRules } from './rules.ts';

/** What is known of a person whose work it is to answer, whether they are signed in or not. */
export type Staffer = Pick<AgentProfile, 'teams' | 'languages' | 'hours'>;

type Refusal = Extract<Admission, { admitted: false }>;

/** Who and what a new contact finds. */
export interface Situation {
  readonly entries: readonly QueueEntry[];
  readonly agents: readonly AgentState[];
  readonly staff: readonly Staffer[];
}

/**
 * Why a new contact may not wait in its queue; undefined when it may. Callbacks always may: they wait until the queue opens.
 *
 * @throws KefuError `not_found` for a queue that the rules do not have.
 */
export function refusalOf(
  contact: Contact,
  { entries, agents, staff }: Situation,
  rules: RoutingRules,
  nowEpochMs: number,
): Refusal | undefined {
  const queue = rules.queues[contact.queue];
  if (!queue) throw new KefuError('not_found', `There is no queue "${contact.queue}" in the routing rules.`);
  if (contact.channel === 'callback') return undefined;
  if (!isOpen(queue.hours, nowEpochMs)) return closed(queue, nextOpening(queue.hours, nowEpochMs));
  const suiting = staff.filter((person) => maySuit(contact, person, rules));
  const isSomebodyThere =
    contact.direct !== undefined ||
    suiting.length === 0 ||
    suiting.some(({ hours }) => isOpen(hours, nowEpochMs)) ||
    agents.some((agent) => agent.state !== 'offline' && maySuit(contact, agent, rules));
  if (!isSomebodyThere) return closed(queue, firstOpening(suiting, nowEpochMs));
  const waiting = entries.filter(
    (entry) =>
      entry.queue === contact.queue && entry.channel !== 'callback' && entry.progress.state !== 'serving',
  );
  if (waiting.length < queue.maxWaiting) return undefined;
  return { admitted: false, because: 'full', instead: queue.full, opensAtEpochMs: null };
}

function closed(queue: QueueRules, opensAtEpochMs: number | null): Refusal {
  return { admitted: false, because: 'closed', instead: queue.closed, opensAtEpochMs };
}

/** When the first of these people begins to work; null when none does within two weeks. */
function firstOpening(people: readonly Staffer[], nowEpochMs: number): number | null {
  // Many people share the same hours, and the search is long.
  const kinds = new Map<string, OpeningHours | undefined>();
  for (const { hours } of people) kinds.set(JSON.stringify(hours), hours);
  const openings = [...kinds.values()].flatMap((hours) => nextOpening(hours, nowEpochMs) ?? []);
  return openings.length === 0 ? null : Math.min(...openings);
}
