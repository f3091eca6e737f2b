import type { AgentState, QueueChange, QueueEntry, QueueSnapshot, Versioned } from '../core/handoff.ts';

/** What the store held at one moment, and changes to it that are not committed yet: all of them are, or none. */
export class Draft {
  readonly #snapshot: QueueSnapshot;
  readonly #entries = new Map<string, QueueEntry | null>();
  readonly #agents = new Map<string, AgentState>();

  constructor(snapshot: QueueSnapshot) {
    this.#snapshot = snapshot;
  }

  get liveNodes(): ReadonlySet<string> {
    return this.#snapshot.liveNodes;
  }

  entry(id: string): QueueEntry | undefined {
    const changed = this.#entries.get(id);
    return changed === undefined ? this.#snapshot.entries.get(id)?.value : (changed ?? undefined);
  }

  agent(id: string): AgentState | undefined {
    return this.#agents.get(id) ?? this.#snapshot.agents.get(id)?.value;
  }

  entries(): QueueEntry[] {
    return current(this.#snapshot.entries, this.#entries);
  }

  agents(): AgentState[] {
    return current(this.#snapshot.agents, this.#agents);
  }

  setEntry(entry: QueueEntry): void {
    this.#entries.set(entry.id, entry);
  }

  removeEntry(id: string): void {
    this.#entries.set(id, null);
  }

  setAgent(agent: AgentState): void {
    this.#agents.set(agent.id, agent);
  }

  changes(): QueueChange[] {
    return [
      ...[...this.#entries].map(([id, value]): QueueChange => ({
        kind: 'entry',
        id,
        expects: this.#snapshot.entries.get(id)?.version ?? 0,
        value,
      })),
      ...[...this.#agents].map(([id, value]): QueueChange => ({
        kind: 'agent',
        id,
        expects: this.#snapshot.agents.get(id)?.version ?? 0,
        value,
      })),
    ];
  }
}

function current<T>(stored: ReadonlyMap<string, Versioned<T>>, changed: ReadonlyMap<string, T | null>): T[] {
  const values: T[] = [];
  for (const [id, { value }] of stored) {
    const change = changed.get(id);
    if (change === undefined) values.push(value);
    else if (change !== null) values.push(change);
  }
  for (const [id, value] of changed) if (value !== null && !stored.has(id)) values.push(value);
  return values;
}
