import type { AgentProfile, AgentState, Contact, QueueEntry } from '../../src/core/handoff.ts';
import { newAgent } from '../../src/handoff/agent-changes.ts';
import { newEntry } from '../../src/handoff/transitions.ts';

/** The wall-clock time at which a `ManualClock` begins. */
export const startEpochMs = Date.UTC(2026, 0, 1);

export function contactOf(id: string, overrides: Partial<Contact> = {}): Contact {
  return {
    id,
    queue: 'general',
    channel: 'voice',
    reason: 'asked-for-person',
    anger: 0,
    value: 0,
    language: 'en',
    skills: [],
    ...overrides,
  };
}

/** A waiting entry of node `n1`, since `waitedMs` before the start of the clock. */
export function entryOf(id: string, overrides: Partial<QueueEntry> = {}, waitedMs = 0): QueueEntry {
  return { ...newEntry(contactOf(id, overrides), 'n1', startEpochMs - waitedMs), ...overrides };
}

export function profileOf(id: string, overrides: Partial<AgentProfile> = {}): AgentProfile {
  return { id, teams: [], languages: ['en'], skills: {}, textCapacity: 0, ...overrides };
}

/** An available agent of node `n1`, free since `idleMs` before the start of the clock. */
export function agentOf(id: string, overrides: Partial<AgentState> = {}, idleMs = 0): AgentState {
  return {
    ...newAgent(profileOf(id), startEpochMs - idleMs),
    state: 'available',
    nodeId: 'n1',
    ...overrides,
  };
}
