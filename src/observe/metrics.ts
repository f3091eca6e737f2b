import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { CallEvent, EventBus } from '../core/events.ts';
import type { QueueWatch } from '../core/figures.ts';
import type { SipFigures } from '../core/trunks.ts';
import { registerLineMetrics } from './line-metrics.ts';
import { registerQueueMetrics } from './queue-metrics.ts';
import { registerSipMetrics } from './sip-metrics.ts';

/** Bucket bounds in seconds around what callers notice: 0.6 s is quick, beyond 1.2 s is dead air. */
const gapBucketsS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.2, 1.5, 2, 3, 5];

export interface Metrics {
  /** All metrics in Prometheus' text format, and its content type. */
  readonly contentType: string;
  render(): Promise<string>;
  /** Shows the queue for people, too. Once, when there is a queue. */
  watchQueue(watch: QueueWatch): void;
  /** Shows the telephone lines over SIP, too. Once, when there are any. */
  watchTrunks(figures: () => SipFigures): void;
  close(): void;
}

/** What is asked at each scrape. */
export interface CallFigures {
  activeCalls(): number;
  /** How many calls are taken at once. */
  capacityCalls(): number;
}

/** Prometheus metrics made from what passes over the bus and from the figures of calls. */
export function createMetrics(bus: EventBus, figures: CallFigures): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const eventLoop = monitorEventLoopDelay({ resolution: 10 });
  eventLoop.enable();

  new Gauge({
    name: 'kefu_calls_active',
    help: 'Calls going on now.',
    registers,
    collect() {
      this.set(figures.activeCalls());
    },
  });
  new Gauge({
    name: 'kefu_capacity_calls',
    help: 'Calls that are taken at once: measured at the start, or set.',
    registers,
    collect() {
      this.set(figures.capacityCalls());
    },
  });
  new Gauge({
    name: 'kefu_event_loop_delay_p99_seconds',
    help: 'Lateness of timers on the main thread since the last scrape, 99th percentile.',
    registers,
    collect() {
      this.set(eventLoop.percentile(99) / 1e9);
      eventLoop.reset();
    },
  });
  const started = new Counter({
    name: 'kefu_calls_started_total',
    help: 'Calls answered.',
    labelNames: ['gateway'],
    registers,
  });
  const refused = new Counter({
    name: 'kefu_calls_refused_total',
    help: 'Calls not taken: full, a part of the machine too busy (event-loop, recognizer), or closing.',
    labelNames: ['reason'],
    registers,
  });
  const ended = new Counter({
    name: 'kefu_calls_ended_total',
    help: 'Calls ended, by outcome.',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  const duration = new Histogram({
    name: 'kefu_call_duration_seconds',
    help: 'Length of calls.',
    buckets: [5, 15, 30, 60, 120, 300, 600, 1800],
    registers,
  });
  const gap = new Histogram({
    name: 'kefu_response_gap_seconds',
    help: "End of the caller's speech to the first audible packet of the answer.",
    buckets: gapBucketsS,
    registers,
  });
  const recognition = new Histogram({
    name: 'kefu_recognition_seconds',
    help: 'What recognition took beyond the end of the turn.',
    buckets: [0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2],
    registers,
  });
  const understanding = new Histogram({
    name: 'kefu_understanding_seconds',
    help: 'From text to intents.',
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
    registers,
  });
  const intents = new Counter({
    name: 'kefu_intents_total',
    help: 'Turns by best intent.',
    labelNames: ['intent'],
    registers,
  });
  const interruptions = new Counter({
    name: 'kefu_interruptions_total',
    help: 'Playbacks cut by the caller, by kind.',
    labelNames: ['kind'],
    registers,
  });
  const shop = new Histogram({
    name: 'kefu_shop_seconds',
    help: 'Answers of the shop, by operation and result code.',
    labelNames: ['operation', 'code'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    registers,
  });
  const transfers = new Counter({
    name: 'kefu_transfers_total',
    help: 'Calls handed over, by reason and success.',
    labelNames: ['reason', 'ok'],
    registers,
  });
  const errors = new Counter({
    name: 'kefu_call_errors_total',
    help: 'Errors within calls, by code.',
    labelNames: ['code'],
    registers,
  });
  const late = new Histogram({
    name: 'kefu_packet_lateness_seconds',
    help: 'Lateness of packets that missed their time.',
    buckets: [0.005, 0.01, 0.02, 0.04, 0.08, 0.16],
    registers,
  });
  const countLine = registerLineMetrics(registry);
  const restarts = new Counter({
    name: 'kefu_worker_restarts_total',
    help: 'Worker threads that ended unexpectedly and were started again.',
    labelNames: ['worker'],
    registers,
  });

  function count({ body }: CallEvent): void {
    switch (body.type) {
      case 'call-started':
        started.inc({ gateway: body.gateway });
        break;
      case 'call-ended':
        ended.inc({ outcome: body.outcome, reason: body.reason });
        duration.observe(body.durationMs / 1000);
        break;
      case 'response-gap':
        gap.observe(body.gapMs / 1000);
        break;
      case 'turn':
        recognition.observe(Math.max(0, body.recognitionMs) / 1000);
        break;
      case 'understood':
        understanding.observe(body.tookMs / 1000);
        intents.inc({ intent: body.understanding.intents[0]?.intent ?? 'out_of_scope' });
        break;
      case 'barge-in':
      case 'false-barge-in':
        interruptions.inc({ kind: body.type });
        break;
      case 'task-finished':
        shop.observe({ operation: body.operation, code: body.code ?? 'ok' }, body.tookMs / 1000);
        break;
      case 'transfer':
        if (body.ok !== null) transfers.inc({ reason: body.briefing.reason, ok: String(body.ok) });
        break;
      case 'line-quality':
        countLine(body);
        break;
      case 'error':
        errors.inc({ code: body.code });
        break;
      default:
        break;
    }
  }

  const unsubscribe = [
    bus.subscribe('call-event', count),
    bus.subscribe('call-refused', ({ reason }) => refused.inc({ reason })),
    bus.subscribe('packet-late', ({ lateMs }) => late.observe(lateMs / 1000)),
    bus.subscribe('worker-restarted', ({ worker }) => restarts.inc({ worker })),
  ];
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    watchQueue(watch) {
      unsubscribe.push(registerQueueMetrics(registry, watch));
    },
    watchTrunks(figures) {
      registerSipMetrics(registry, figures);
    },
    close() {
      for (const stop of unsubscribe) stop();
      eventLoop.disable();
      registry.clear();
    },
  };
}
