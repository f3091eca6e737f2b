import type { AgentProfile, Contact, HandoffEvent, HandoffRouter } from '../../../src/core/handoff.ts';
import type { Staffer } from '../../../src/handoff/admission.ts';
import { createHandoffRouter } from '../../../src/handoff/router.ts';
import { toRoutingRules, type RoutingRulesSource } from '../../../src/handoff/rules.ts';
import { createMemoryQueueStore } from '../../../src/store/memory-handoff.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { contactOf, profileOf } from '../../support/handoff-fixtures.ts';
import { severable, type SeveredStore } from '../../support/handoff-network.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Seconds everywhere, as in the rules; after-call work and head starts are off unless asked for. */
const plainRules: RoutingRulesSource = { afterCallSeconds: 0, headStartSeconds: {}, ringSeconds: 20 };

export interface Node {
  readonly router: HandoffRouter;
  readonly store: SeveredStore;
  readonly events: HandoffEvent[];
  /** Signs an agent in who is available at once. */
  readonly agent: (id: string, overrides?: Partial<AgentProfile>) => Promise<void>;
  readonly caller: (id: string, overrides?: Partial<Contact>) => Promise<void>;
}

export interface CallCentre {
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof createCapturedLog>;
  /** Starts another node on the same store; its agents can be joined with callers of the nodes `reaches`. */
  node(nodeId: string, reaches?: readonly string[]): Promise<Node>;
}

export interface CallCentreOptions {
  /** Where the clock begins. */
  readonly startsAt?: string;
  readonly staff?: () => readonly Staffer[];
}

/** Nodes with one store in memory and one clock. */
export async function openCallCentre(
  source: RoutingRulesSource = {},
  { startsAt = '2026-01-01T00:00:00Z', staff }: CallCentreOptions = {},
): Promise<CallCentre> {
  const clock = new ManualClock(Date.parse(startsAt));
  const log = createCapturedLog();
  const shared = await createMemoryQueueStore({ clock, log });
  const rules = toRoutingRules({ ...plainRules, ...source });
  return {
    clock,
    log,
    async node(nodeId, reaches = ['n1', 'n2']) {
      const store = severable(shared);
      const router = await createHandoffRouter({ store, clock, log, nodeId, rules: () => rules, staff });
      const events: HandoffEvent[] = [];
      router.subscribe((event) => events.push(event));
      return {
        router,
        store,
        events,
        async agent(id, overrides) {
          await router.signIn(profileOf(id, overrides));
          // As if all nodes were linked.
          await router.reach(id, reaches);
          await router.setState(id, { state: 'available' });
          await settle();
        },
        async caller(id, overrides) {
          await router.enqueue(contactOf(id, overrides));
          await settle();
        },
      };
    },
  };
}

/** Lets everything that waits for nothing but promises happen. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What happened to entries, in words such as `offered a>x`; what happened to agents is left out. */
export function storyOf(events: readonly HandoffEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'agent-changed':
        return [];
      case 'entry-added':
        return [`added ${event.entry.id}`];
      case 'callback-promised':
        return [`callback ${event.entry.id}`];
      case 'requeued':
        return [`${event.broken ? 'broken' : 'requeued'} ${event.entry.id}`];
      case 'entry-removed':
        return [`${event.served ? 'served' : 'gone'} ${event.entry.id}`];
      default:
        return [`${event.type} ${event.entry.id}>${event.agentId}`];
    }
  });
}
