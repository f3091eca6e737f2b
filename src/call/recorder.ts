import type { Clock } from '../core/clock.ts';
import type { CallEventBody, EventBus } from '../core/events.ts';
import type { Logger } from '../core/log.ts';
import type { CallStore } from '../core/store.ts';

/** Numbers the events of one call and hands them to the store and the bus. */
export interface CallRecorder {
  /** Keeps an event; never throws and never waits, since nothing recorded may hold up a call. */
  record(body: CallEventBody): void;
  readonly lastSeq: number;
  /** Settles when all events so far are durable or their failure is logged. */
  flush(): Promise<void>;
}

export function createRecorder(
  callId: string,
  parts: { readonly store: CallStore; readonly bus: EventBus; readonly clock: Clock; readonly log: Logger },
  lastSeq = 0,
): CallRecorder {
  const { store, bus, clock, log } = parts;
  let seq = lastSeq;
  const pending = new Set<Promise<void>>();
  return {
    record(body) {
      seq += 1;
      const event = { callId, seq, atEpochMs: clock.epochMs(), body };
      const kept = store.append(event).catch((error: unknown) => {
        log.error({ err: error, seq: event.seq, event: body.type }, 'an event of the call could not be kept');
      });
      pending.add(kept);
      void kept.finally(() => pending.delete(kept));
      bus.publish('call-event', event);
    },
    get lastSeq() {
      return seq;
    },
    async flush() {
      await Promise.all(pending);
    },
  };
}
