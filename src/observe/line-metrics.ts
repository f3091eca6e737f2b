import { Counter, Histogram, type Registry } from 'prom-client';
import type { CallEventBody } from '../core/events.ts';

type LineQualityEvent = Extract<CallEventBody, { readonly type: 'line-quality' }>;

const delayBucketsS = [0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.2, 0.4, 0.8];
/** Share of packets: 0.01 is not heard, beyond 0.05 words are lost. */
const lossBuckets = [0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2];

/** Metrics of lines that carry packets of sound, by line (such as a trunk), counted as each call ends. */
export function registerLineMetrics(registry: Registry): (quality: LineQualityEvent) => void {
  const registers = [registry];
  const labelNames = ['line'];
  const packets = new Counter({
    name: 'kefu_line_packets_total',
    help: 'Packets of sound: received, sent, lost on the way to Kefu, too late to be heard (among the lost), lost on the way to the peer.',
    labelNames: ['line', 'fate'],
    registers,
  });
  const loss = new Histogram({
    name: 'kefu_line_loss_ratio',
    help: 'Share of the packets of a call that were lost, by direction.',
    labelNames: ['line', 'direction'],
    buckets: lossBuckets,
    registers,
  });
  const jitter = new Histogram({
    name: 'kefu_line_jitter_seconds',
    help: 'Interarrival jitter at the end of a call (RFC 3550), by direction.',
    labelNames: ['line', 'direction'],
    buckets: delayBucketsS,
    registers,
  });
  const roundTrip = new Histogram({
    name: 'kefu_line_round_trip_seconds',
    help: 'From Kefu to the peer and back, by the last report of a call.',
    labelNames,
    buckets: delayBucketsS,
    registers,
  });
  const wait = new Histogram({
    name: 'kefu_line_reorder_wait_seconds',
    help: 'How long a missing packet was waited for at the end of a call.',
    labelNames,
    buckets: delayBucketsS,
    registers,
  });
  const oneWay = new Counter({
    name: 'kefu_one_way_calls_total',
    help: 'Calls whose sound went only one way.',
    labelNames: ['line', 'what'],
    registers,
  });

  return (quality) => {
    const { line, received, lost, sent, tooLate, lostByPeer, jitterByPeerMs, roundTripMs } = quality;
    packets.inc({ line, fate: 'received' }, received);
    packets.inc({ line, fate: 'sent' }, sent);
    packets.inc({ line, fate: 'lost' }, lost);
    packets.inc({ line, fate: 'too-late' }, tooLate);
    if (received + lost > 0) {
      loss.observe({ line, direction: 'in' }, lost / (received + lost));
      jitter.observe({ line, direction: 'in' }, quality.jitterMs / 1000);
      wait.observe({ line }, quality.waitMs / 1000);
    }
    if (lostByPeer !== null && sent > 0) {
      // Doubled packets make the far side count below zero.
      const lostThere = Math.max(0, lostByPeer);
      packets.inc({ line, fate: 'lost-by-peer' }, lostThere);
      loss.observe({ line, direction: 'out' }, Math.min(1, lostThere / sent));
    }
    if (jitterByPeerMs !== null) jitter.observe({ line, direction: 'out' }, jitterByPeerMs / 1000);
    if (roundTripMs !== null) roundTrip.observe({ line }, roundTripMs / 1000);
    if (quality.oneWay !== null) oneWay.inc({ line, what: quality.oneWay });
  };
}
