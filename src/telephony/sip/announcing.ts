import type { Clock } from '../../core/clock.ts';
import type { Leg } from './leg.ts';
import { noBody } from './message.ts';
import { answerHeaders } from './negotiation.ts';
import { lists, ReliableResponse } from './reliable.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { Side } from './side.ts';

/** What the caller has been told while the call is not answered. */
export interface Announcement {
  /** True once the two sides have agreed on the sound, so that the answer has nothing to say about it. */
  readonly isAgreed: boolean;
  /** Runs something once the INVITE may be answered with a 2xx. */
  whenAnswerable(run: () => void): void;
}

/**
 * Tells the caller that it rings: by 180, or by 183 with our side of the sound where the trunk has `earlyMedia`. Who requires 100rel, or
 * can confirm and is told more than that it rings, gets it reliably (RFC 3262 section 3); the answer then waits until the sound is
 * confirmed. Without an offer of theirs the first reliable response has ours (RFC 3261 section 13.2.1).
 */
export function announce(parts: {
  readonly transaction: ServerTransaction;
  readonly leg: Leg;
  readonly side: Side;
  /** Our answer to the caller's offer; undefined when there was none. */
  readonly answer: Uint8Array | undefined;
  readonly clock: Clock;
}): Announcement {
  const { transaction, leg, side, answer, clock } = parts;
  const { request, flow } = transaction;
  const { headers } = request;
  const isRequired = lists(headers, 'require', '100rel');
  const lateOffer = answer === undefined;
  const early = side.trunk.earlyMedia ? answer : undefined;
  const isReliable = isRequired || (lists(headers, 'supported', '100rel') && !lateOffer);
  leg.negotiation.openOffer = 'theirs';
  if (!isReliable) {
    const body = early ?? noBody;
    transaction.respond(early ? 183 : 180, { headers: answerHeaders(flow, body, undefined), body });
    return { isAgreed: false, whenAnswerable: (run) => run() };
  }
  const body = lateOffer ? side.media.offer({ oneCodec: true }) : (early ?? noBody);
  // An answer that is repeated until it is confirmed closes the offer (RFC 3311 section 5.1).
  if (body.length > 0) leg.negotiation.openOffer = lateOffer ? 'ours' : 'none';
  const response = new ReliableResponse({
    ...{ transaction, clock, status: body.length > 0 ? 183 : 180 },
    response: { headers: answerHeaders(flow, body, undefined), body },
    onUnconfirmed: () => {
      transaction.respond(504);
      leg.listener?.onLost('the far side never confirmed that it rings');
    },
  });
  leg.ringReliably(
    response,
    lateOffer
      ? (sound) => {
          const problem = sound.length === 0 ? 'no answer in the PRACK' : side.media.takeAnswer(sound);
          if (problem !== undefined) leg.listener?.onLost(`the far side's answer cannot be used: ${problem}`);
        }
      : undefined,
  );
  if (lateOffer)
    response.whenConfirmed(() => {
      leg.negotiation.openOffer = 'none';
    });
  return {
    isAgreed: body.length > 0,
    whenAnswerable: (run) => {
      if (body.length > 0) response.whenConfirmed(run);
      else run();
    },
  };
}
