import type { QueueChange, QueueSnapshot } from '../core/handoff.ts';
import type { View } from './view.ts';

/**
 * What a node puts back into a store that came up without its data: its own callers and desks, and the callbacks, which every node
 * knows and the first one restores. To be committed one by one, since other nodes do the same.
 */
export function restoration(view: View, nodeId: string, { entries, agents }: QueueSnapshot): QueueChange[] {
  return [
    ...[...view.entries.values()]
      .filter((entry) => !entries.has(entry.id) && (entry.nodeId === nodeId || entry.nodeId === null))
      .map((value): QueueChange => ({ kind: 'entry', id: value.id, expects: 0, value })),
    ...[...view.agents.values()]
      .filter((agent) => !agents.has(agent.id) && agent.nodeId === nodeId)
      .map((value): QueueChange => ({ kind: 'agent', id: value.id, expects: 0, value })),
  ];
}
