import type { Clock } from '../core/clock.ts';
import { KefuError, toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { CallMedia, IncomingCall } from '../core/telephony.ts';

export type RejectReason = Parameters<IncomingCall['reject']>[0];

/** A call that neither side has given up is answered or refused within this time; `CallTransport.start` promises it. */
export const offerLimitMs = 5_000;

export interface Offer {
  /** What the gateway tells of the call; `accept` and `reject` are added here. */
  readonly call: Omit<IncomingCall, 'accept' | 'reject'>;
  readonly media: CallMedia;
  readonly onCall: (call: IncomingCall) => void;
  readonly accepted: (callId: string) => void;
  readonly rejected: (reason: RejectReason) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Offers a call. One that is neither accepted nor rejected within 5 s, or whose taker throws, is rejected as `overloaded`;
 * accepting it later, or after the caller has gone, gives media that has already ended.
 * @returns a function that withdraws the offer, for when the call ends before the answer. Idempotent; of no effect after one.
 */
export function offerCall(offer: Offer): () => void {
  let state: 'offered' | 'accepted' | 'over' = 'offered';
  const withdraw = (): void => {
    cancelTimer();
    if (state === 'offered') state = 'over';
  };
  const reject = (reason: RejectReason): void => {
    if (state !== 'offered') return;
    withdraw();
    offer.log.info({ reason }, 'Rejected the call');
    offer.rejected(reason);
  };
  const cancelTimer = offer.clock.setTimer(() => {
    offer.log.error({ limitMs: offerLimitMs }, 'Nobody answered or refused the call in time');
    reject('overloaded');
  }, offerLimitMs);
  const call: IncomingCall = {
    ...offer.call,
    accept(callId) {
      if (state === 'accepted') throw new KefuError('internal', 'A call was accepted twice.');
      if (state === 'offered') {
        cancelTimer();
        state = 'accepted';
        offer.accepted(callId);
      }
      return offer.media;
    },
    reject,
  };
  try {
    offer.onCall(call);
  } catch (error) {
    offer.log.error({ error: toKefuError(error).message }, 'Whoever takes calls failed on this one');
    reject('overloaded');
  }
  return withdraw;
}
