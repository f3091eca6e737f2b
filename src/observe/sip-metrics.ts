import { Counter, Gauge, type Registry } from 'prom-client';
import type { SipCount, SipFigures } from '../core/trunks.ts';

/** Metrics of the telephone lines, taken from the gateway's own counts at each scrape. */
export function registerSipMetrics(registry: Registry, figures: () => SipFigures): void {
  const registers = [registry];
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    counts: () => readonly SipCount<Label>[],
  ): void => {
    new Counter({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const { labels, count } of counts()) this.inc(labels as Record<Label, string>, count);
      },
    });
  };
  counter(
    'kefu_sip_requests_total',
    'SIP requests by method.',
    ['direction', 'method'],
    () => figures().requests,
  );
  counter(
    'kefu_sip_responses_total',
    'SIP responses by status.',
    ['direction', 'status'],
    () => figures().responses,
  );
  counter('kefu_sip_dropped_total', 'SIP messages that got no answer.', ['reason'], () => figures().dropped);
  counter('kefu_sip_calls_total', 'Calls begun, by trunk.', ['trunk', 'direction'], () => figures().calls);
  new Gauge({
    name: 'kefu_sip_bridged_calls',
    help: 'Callers who speak with a number through this node, and no longer with Kefu.',
    registers,
    collect() {
      this.set(figures().bridged);
    },
  });
  new Gauge({
    name: 'kefu_sip_registered',
    help: 'Whether a trunk that registers is registered now: 1 or 0.',
    labelNames: ['trunk'],
    registers,
    collect() {
      this.reset();
      for (const { name, registration } of figures().lines)
        if (registration) this.set({ trunk: name }, registration.registered ? 1 : 0);
    },
  });
  new Gauge({
    name: 'kefu_sip_server_up',
    help: 'Whether a server of a trunk with `probeSeconds` answers: 1 or 0.',
    labelNames: ['trunk', 'server'],
    registers,
    collect() {
      this.reset();
      for (const { name, servers } of figures().lines)
        for (const { server, problem } of servers ?? [])
          this.set({ trunk: name, server }, problem === null ? 1 : 0);
    },
  });
}
