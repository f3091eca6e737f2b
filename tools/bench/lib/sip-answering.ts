import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SipInUse } from '../../../src/telephony/sip/gateway.ts';
import { openLocalGateway } from './sip-gateway.ts';

/**
 * A process of its own that answers every SIP call at once and says nothing, so that signalling alone is measured. Run by
 * `npm run bench -- sip`, which asks over the channel: `begin` forgets what was measured, `report` tells it, `close` ends.
 */
export type AnsweringRequest = 'begin' | 'report' | 'close';

export type AnsweringMessage =
  { readonly type: 'listening'; readonly udp: number } | ({ readonly type: 'report' } & AnsweringReport);

export interface AnsweringReport {
  readonly taken: number;
  /** Calls by the reason they ended for. */
  readonly ended: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly inUse: SipInUse;
  /** How late a timer of the main thread fired, in milliseconds. */
  readonly latenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** CPU time of the process since `begin`, in seconds. */
  readonly cpuS: number;
}

const sampleEveryMs = 5;
const portsFrom = 30_000;

const delay = monitorEventLoopDelay({ resolution: sampleEveryMs });
const ended = new Map<string, number>();
let taken = 0;
let cpu = process.cpuUsage();
const { gateway, udp, errors } = await openLocalGateway([portsFrom, portsFrom + 9_999]);
gateway.start((call) => {
  taken += 1;
  const media = call.accept(`call_${taken}`);
  if (media.kind !== 'voice') throw new Error('A SIP call is a voice call.');
  void (async () => {
    for await (const event of media.events) {
      if (event.type === 'ended') ended.set(event.reason, (ended.get(event.reason) ?? 0) + 1);
    }
  })();
});

const send = (message: AnsweringMessage): void => void process.send?.(message);

/** The monitor measures from one firing to the next: what is over its own interval is lateness. */
const lateness = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - sampleEveryMs);

process.on('message', (request: AnsweringRequest) => {
  if (request === 'begin') {
    taken = 0;
    ended.clear();
    errors.clear();
    cpu = process.cpuUsage();
    delay.enable();
    delay.reset();
  } else if (request === 'report') {
    const used = process.cpuUsage(cpu);
    send({
      type: 'report',
      ...{
        taken,
        ended: Object.fromEntries(ended),
        errors: Object.fromEntries(errors),
        inUse: gateway.inUse,
      },
      latenessMs: {
        p50: lateness(delay.percentile(50)),
        p99: lateness(delay.percentile(99)),
        max: lateness(delay.max),
      },
      cpuS: (used.user + used.system) / 1e6,
    });
  } else {
    void gateway.close().then(() => process.disconnect());
  }
});
send({ type: 'listening', udp });
