import { KefuError } from '../core/errors.ts';
import type { Admission, Contact, QueueEntry } from '../core/handoff.ts';
import { isOpen, nextOpening } from './hours.ts';
import type { RoutingRules } from './rules.ts';

/**
 * Why a new contact may not wait in its queue; undefined when it may. Callbacks always may: they wait until the queue opens.
 *
 * @throws KefuError `not_found` for a queue that the rules do not have.
 */
export function refusalOf(
  contact: Contact,
  entries: readonly QueueEntry[],
  rules: RoutingRules,
  nowEpochMs: number,
): Extract<Admission, { admitted: false }> | undefined {
  const queue = rules.queues[contact.queue];
  if (!queue) throw new KefuError('not_found', `There is no queue "${contact.queue}" in the routing rules.`);
  if (contact.channel === 'callback') return undefined;
  if (!isOpen(queue.hours, nowEpochMs))
    return {
      admitted: false,
      because: 'closed',
      instead: queue.closed,
      opensAtEpochMs: nextOpening(queue.hours, nowEpochMs),
    };
  const waiting = entries.filter(
    (entry) =>
      entry.queue === contact.queue && entry.channel !== 'callback' && entry.progress.state !== 'serving',
  );
  if (waiting.length < queue.maxWaiting) return undefined;
  return { admitted: false, because: 'full', instead: queue.full, opensAtEpochMs: null };
}
