import { KefuError } from '../../core/errors.ts';
import type { HandOver } from '../voice-session.ts';
import { Bridge, type BridgeParts } from './bridge.ts';
import type { SipDialer } from './dialer.ts';
import { relayCodec } from './relay.ts';
import { replacingUri } from './replaces.ts';
import { RingBack, type RingTone } from './ring-back.ts';
import type { Side } from './side.ts';

/** How long the number is rung that a caller is given to. */
const ringMs = 30_000;

export interface PassingOnParts extends BridgeParts {
  readonly dialer: Pick<SipDialer, 'place'>;
  /** What callers hear while it rings. */
  readonly ringTone?: RingTone | undefined;
}

/**
 * Gives a call to a number that has answered (RFC 5589 section 7): Kefu calls it over the same trunk, then asks the caller's exchange to
 * put the caller into Kefu's place there. Who is busy or does not answer costs nobody the call.
 *
 * @param signal - Aborted when the caller has gone.
 * @throws KefuError `transfer_failed`; the call goes on with Kefu.
 */
export async function transferAttended(
  caller: Side,
  number: string,
  parts: PassingOnParts & { readonly signal: AbortSignal },
): Promise<HandOver> {
  const { side, ringBack } = await callFor(caller, number, { ...parts, trunk: caller.trunk });
  try {
    const { leg } = side;
    if (leg?.state !== 'confirmed' || caller.leg?.state !== 'confirmed')
      throw new KefuError('transfer_failed', 'One of the two has hung up.');
    return await caller.leg.refer(replacingUri(leg.dialog));
  } finally {
    // Replaced, or of no use any more. Until then the caller hears who has answered.
    void side.leave();
    ringBack.end();
  }
}

/**
 * Gives a call to a number over whichever trunk may call it, and carries the sound between the two until one of them hangs up: for exchanges
 * that know no REFER. From then on the bridge has both sides.
 *
 * @param signal - Aborted when the caller has gone.
 * @throws KefuError `transfer_failed`; the call goes on with Kefu.
 */
export async function transferBridged(
  caller: Side,
  number: string,
  parts: PassingOnParts & { readonly signal: AbortSignal },
): Promise<Bridge> {
  const { side: callee, ringBack } = await callFor(caller, number, parts);
  ringBack.end();
  if (callee.leg?.state !== 'confirmed' || caller.leg?.state !== 'confirmed') {
    void callee.leave();
    throw new KefuError('transfer_failed', 'One of the two has hung up.');
  }
  return new Bridge(caller, callee, parts);
}

/** Calls a number for a caller, who hears meanwhile how it rings, and then who has answered, until the ring-back is ended. */
async function callFor(
  caller: Side,
  number: string,
  parts: PassingOnParts & Pick<Parameters<SipDialer['place']>[1], 'signal' | 'trunk'>,
): Promise<{ readonly side: Side; readonly ringBack: RingBack }> {
  const { dialer, trunk, signal, ringTone, createTranscoder, clock } = parts;
  const ringBack = new RingBack(caller, { tone: ringTone, createTranscoder, clock });
  try {
    const side = await dialer.place(number, {
      ...{ trunk, signal, ringMs, codec: relayCodec(caller.media.codec), listener: ringBack },
      onProgress: (status) => ringBack.progressed(status),
    });
    ringBack.answered();
    return { side, ringBack };
  } catch (error) {
    ringBack.end();
    throw error;
  }
}
