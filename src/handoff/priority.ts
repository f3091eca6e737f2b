import type { QueueEntry } from '../core/handoff.ts';
import type { RoutingRules } from './rules.ts';

/**
 * A priority is a head start in milliseconds: how much longer an entry counts as having waited. All entries grow older at the same
 * pace, so the order of two never changes while they wait, equal ones are served in the order they came, and nobody can be
 * overtaken by someone who came later than the longest head start: nobody starves.
 */
export function headStartMs(entry: QueueEntry, rules: RoutingRules): number {
  const { full, mostMs } = rules.value;
  return (
    (rules.headStartMs[entry.reason] ?? 0) +
    entry.anger * rules.angerMs +
    Math.min(1, entry.value / full) * mostMs
  );
}

/** The moment from which an entry counts as waiting; the earliest is served first. */
export function countsFromEpochMs(entry: QueueEntry, rules: RoutingRules): number {
  return entry.enqueuedAtEpochMs - headStartMs(entry, rules);
}

const boostRank = { 'very-front': 0, front: 1, none: 2 } as const;

/** Entries in the order in which they shall be served. */
export function inOrder(entries: Iterable<QueueEntry>, rules: RoutingRules): QueueEntry[] {
  return [...entries]
    .map((entry) => ({ entry, rank: boostRank[entry.boost], fromMs: countsFromEpochMs(entry, rules) }))
    .sort(
      (left, right) =>
        left.rank - right.rank ||
        left.fromMs - right.fromMs ||
        (left.entry.id < right.entry.id ? -1 : left.entry.id > right.entry.id ? 1 : 0),
    )
    .map(({ entry }) => entry);
}
