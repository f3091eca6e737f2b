import type { CallEvent, CallEventBody } from '../../src/core/events.ts';
import { newCallId } from '../../src/core/ids.ts';

/** A call's events made one after the other, numbered as a call numbers them. */
export interface EventScript {
  readonly callId: string;
  next(body: CallEventBody): CallEvent;
}

/** 2026-01-01 00:00 UTC. */
export const scriptStartEpochMs = Date.UTC(2026, 0, 1);

export function eventScript(startEpochMs: number = scriptStartEpochMs): EventScript {
  const callId = newCallId(startEpochMs);
  let seq = 0;
  return {
    callId,
    next(body) {
      seq += 1;
      return { callId, seq, atEpochMs: startEpochMs + seq * 10, body };
    },
  };
}

export function callStarted(
  fields: Partial<Extract<CallEventBody, { type: 'call-started' }>> = {},
): CallEventBody {
  return {
    type: 'call-started',
    gateway: 'twilio',
    gatewayCallId: 'CA1',
    channel: 'voice',
    from: '+15551230001',
    to: '+15559870001',
    language: 'en',
    resumed: false,
    flowsVersion: '1',
    ...fields,
  };
}

export const callEnded = (outcome = 'resolved'): CallEventBody => ({
  type: 'call-ended',
  reason: 'caller-hung-up',
  outcome,
  durationMs: 1234,
});

export const noted = (data: Record<string, unknown>): CallEventBody => ({ type: 'note', name: 'test', data });
