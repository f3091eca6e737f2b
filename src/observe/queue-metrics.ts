import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { FigureFact, QueueWatch } from '../core/figures.ts';

/** Bounds in seconds; 20 is the usual goal. */
const answerBucketsS = [5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800];
const handleBucketsS = [30, 60, 120, 180, 240, 300, 420, 600, 900, 1800, 3600];

/**
 * Metrics of the queue for people. Counters and histograms are of this node: add nodes up. Gauges show the whole queue, which every
 * node sees alike: take the largest. Returns the function that ends the counting.
 */
export function registerQueueMetrics(registry: Registry, watch: QueueWatch): () => void {
  const registers = [registry];
  new Gauge({
    name: 'kefu_queue_waiting',
    help: 'Callers who wait for a person now, without callbacks. The same on every node.',
    labelNames: ['queue'],
    registers,
    collect() {
      this.reset();
      for (const { queue, waiting } of watch.waiting()) this.set({ queue }, waiting);
    },
  });
  new Gauge({
    name: 'kefu_queue_longest_wait_seconds',
    help: 'How long the caller who waits longest has waited. The same on every node.',
    labelNames: ['queue'],
    registers,
    collect() {
      this.reset();
      for (const { queue, longestWaitMs } of watch.waiting()) this.set({ queue }, longestWaitMs / 1000);
    },
  });
  new Gauge({
    name: 'kefu_agents',
    help: 'Agents by what they do now. The same on every node.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(watch.agentsByState())) this.set({ state }, count);
    },
  });
  const counter = (name: string, help: string): Counter<'queue'> =>
    new Counter({ name, help, labelNames: ['queue'], registers });
  const offered = counter('kefu_contacts_offered_total', 'Callers who got a place in the queue.');
  const answered = counter('kefu_contacts_answered_total', 'Callers whom a person answered.');
  const abandoned = counter('kefu_contacts_abandoned_total', 'Callers who left before anybody answered.');
  const promised = counter('kefu_callbacks_promised_total', 'Callbacks promised.');
  const kept = counter('kefu_callbacks_kept_total', 'Callbacks that an agent has had.');
  const speed = new Histogram({
    name: 'kefu_speed_of_answer_seconds',
    help: 'From the place in the queue to the first answer of a person.',
    labelNames: ['queue'],
    buckets: answerBucketsS,
    registers,
  });
  const handle = new Histogram({
    name: 'kefu_handle_time_seconds',
    help: 'A conversation with the after-call work that followed it.',
    labelNames: ['queue'],
    buckets: handleBucketsS,
    registers,
  });
  const handedOver = new Counter({
    name: 'kefu_handovers_total',
    help: 'Calls that went to a person (into the queue, or to a number outside), by reason.',
    labelNames: ['reason'],
    registers,
  });
  const contained = new Counter({
    name: 'kefu_calls_contained_total',
    help: 'Calls that Kefu finished without a person.',
    registers,
  });

  return watch.subscribe((fact: FigureFact) => {
    switch (fact.type) {
      case 'offered':
        offered.inc({ queue: fact.queue });
        return;
      case 'answered':
        answered.inc({ queue: fact.queue });
        speed.observe({ queue: fact.queue }, fact.waitMs / 1000);
        return;
      case 'abandoned':
        abandoned.inc({ queue: fact.queue });
        return;
      case 'wrapped-up':
        if (fact.last)
          handle.observe({ queue: fact.last.queue }, (fact.last.talkMs + fact.afterCallMs) / 1000);
        return;
      case 'callback-promised':
        promised.inc({ queue: fact.queue });
        return;
      case 'callback-kept':
        kept.inc({ queue: fact.queue });
        return;
      case 'transferred':
        handedOver.inc({ reason: fact.reason });
        return;
      case 'call-ended':
        if (fact.contained) contained.inc();
        return;
      case 'talked':
      case 'agent-time':
        return;
      default:
        fact satisfies never;
    }
  });
}
