import { describe, expect, it } from 'vitest';
import type { CallEventBody } from '../../../src/core/events.ts';
import { createEventBus } from '../../../src/observe/bus.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { createCapturedLog } from '../../support/captured-log.ts';

const quality = {
  ...{
    type: 'line-quality',
    line: 'carrier',
    codec: 'PCMU',
    received: 950,
    lost: 50,
    jitterMs: 12,
    sent: 1000,
  },
  ...{ lostByPeer: 30, jitterByPeerMs: 4, roundTripMs: 90, oneWay: null },
  ...{ tooLate: 5, concealedMs: 1000, filledMs: 0, waitMs: 40 },
} satisfies CallEventBody;

describe('the metrics of lines', () => {
  it('count packets, loss, jitter, round trips and one-way sound by line', async () => {
    const bus = createEventBus(createCapturedLog());
    const metrics = createMetrics(bus, { activeCalls: () => 0, capacityCalls: () => 20 });
    const publish = (body: CallEventBody): void =>
      bus.publish('call-event', { callId: 'call_1', seq: 1, atEpochMs: 0, body });
    publish(quality);
    // Nothing came, and the far side sent no report.
    publish({
      ...quality,
      ...{ received: 0, lost: 0, tooLate: 0, oneWay: 'nothing-comes' },
      ...{ lostByPeer: null, jitterByPeerMs: null, roundTripMs: null },
    });
    const lines = (await metrics.render()).split('\n').filter((line) => /^kefu_(line|one_way)/.test(line));
    expect(lines).toEqual(
      expect.arrayContaining([
        'kefu_line_packets_total{line="carrier",fate="received"} 950',
        'kefu_line_packets_total{line="carrier",fate="lost"} 50',
        'kefu_line_packets_total{line="carrier",fate="too-late"} 5',
        'kefu_line_packets_total{line="carrier",fate="lost-by-peer"} 30',
        'kefu_line_packets_total{line="carrier",fate="sent"} 2000',
        'kefu_line_loss_ratio_sum{line="carrier",direction="in"} 0.05',
        'kefu_line_loss_ratio_sum{line="carrier",direction="out"} 0.03',
        'kefu_line_jitter_seconds_sum{line="carrier",direction="in"} 0.012',
        'kefu_line_jitter_seconds_count{line="carrier",direction="out"} 1',
        'kefu_line_round_trip_seconds_sum{line="carrier"} 0.09',
        'kefu_line_reorder_wait_seconds_sum{line="carrier"} 0.04',
        'kefu_one_way_calls_total{line="carrier",what="nothing-comes"} 1',
      ]),
    );
    metrics.close();
  });
});
