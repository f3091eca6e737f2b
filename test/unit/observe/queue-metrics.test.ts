import { describe, expect, it } from 'vitest';
import type { FigureFact, QueueWatch } from '../../../src/core/figures.ts';
import { createEventBus } from '../../../src/observe/bus.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { createCapturedLog } from '../../support/captured-log.ts';

function open() {
  const listeners = new Set<(fact: FigureFact) => void>();
  let waiting: ReturnType<QueueWatch['waiting']> = [];
  const metrics = createMetrics(createEventBus(createCapturedLog()), {
    activeCalls: () => 0,
    capacityCalls: () => 20,
  });
  metrics.watchQueue({
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    waiting: () => waiting,
    agentsByState: () => ({
      offline: 1,
      available: 2,
      ringing: 0,
      talking: 3,
      'after-call': 0,
      break: 0,
    }),
  });
  return {
    metrics,
    listeners,
    happen: (...facts: FigureFact[]) => {
      for (const fact of facts) for (const listener of listeners) listener(fact);
    },
    setWaiting: (now: typeof waiting) => (waiting = now),
    /** Lines of our own metrics about the queue. */
    lines: async () =>
      (await metrics.render())
        .split('\n')
        .filter((line) =>
          /^kefu_(queue|agents|contacts|callbacks|speed|handle|handovers|calls_contained)/.test(line),
        ),
  };
}

describe('metrics of the queue', () => {
  it('show who waits now, and forget queues where nobody does', async () => {
    const { metrics, setWaiting, lines } = open();
    setWaiting([{ queue: 'general', waiting: 3, longestWaitMs: 61_500 }]);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'kefu_queue_waiting{queue="general"} 3',
        'kefu_queue_longest_wait_seconds{queue="general"} 61.5',
        'kefu_agents{state="talking"} 3',
        'kefu_agents{state="break"} 0',
      ]),
    );
    setWaiting([]);
    expect((await lines()).filter((line) => line.startsWith('kefu_queue'))).toEqual([]);
    metrics.close();
  });

  it('count what happens', async () => {
    const { metrics, happen, lines } = open();
    const queue = 'general';
    happen(
      { type: 'offered', queue },
      { type: 'offered', queue },
      { type: 'transferred', reason: 'angry' },
      { type: 'answered', queue, waitMs: 12_000 },
      { type: 'abandoned', queue, waitMs: 5_000 },
      { type: 'talked', queue, agentId: 'x', talkMs: 100_000, finished: true },
      { type: 'wrapped-up', agentId: 'x', afterCallMs: 30_000, last: { queue, talkMs: 100_000 } },
      { type: 'wrapped-up', agentId: 'y', afterCallMs: 30_000, last: undefined },
      { type: 'agent-time', agentId: 'x', busy: true, fromEpochMs: 0, toEpochMs: 1 },
      { type: 'callback-promised', queue },
      { type: 'callback-kept', queue },
      { type: 'call-ended', contained: true },
      { type: 'call-ended', contained: false },
    );
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'kefu_contacts_offered_total{queue="general"} 2',
        'kefu_contacts_answered_total{queue="general"} 1',
        'kefu_contacts_abandoned_total{queue="general"} 1',
        'kefu_callbacks_promised_total{queue="general"} 1',
        'kefu_callbacks_kept_total{queue="general"} 1',
        'kefu_handovers_total{reason="angry"} 1',
        'kefu_calls_contained_total 1',
        'kefu_speed_of_answer_seconds_bucket{le="10",queue="general"} 0',
        'kefu_speed_of_answer_seconds_bucket{le="20",queue="general"} 1',
        'kefu_handle_time_seconds_sum{queue="general"} 130',
        'kefu_handle_time_seconds_count{queue="general"} 1',
      ]),
    );
    metrics.close();
  });

  it('let go of the queue when they are closed', () => {
    const { metrics, listeners } = open();
    expect(listeners.size).toBe(1);
    metrics.close();
    expect(listeners.size).toBe(0);
  });
});
