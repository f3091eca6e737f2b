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
  const consulted = await callFor(caller, number, { ...parts, trunk: caller.trunk });
  try {
    const { leg } = consulted;
    if (leg?.state !== 'confirmed' || caller.leg?.state !== 'confirmed')
      throw new KefuError('transfer_failed', 'One of the two has hung up.');
    return await caller.leg.refer(replacingUri(leg.dialog));
  } finally {
    // Replaced, or of no use any more.
    void consulted.leave();
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
  const callee = await callFor(caller, number, parts);
  if (callee.leg?.state !== 'confirmed' || caller.leg?.state !== 'confirmed') {
    void callee.leave();
    throw new KefuError('transfer_failed', 'One of the two has hung up.');
  }
  return new Bridge(caller, callee, parts);
}

/** Calls a number for a caller, who hears meanwhile how it rings. */
async function callFor(
  caller: Side,
  number: string,
  parts: PassingOnParts & Pick<Parameters<SipDialer['place']>[1], 'signal' | 'trunk'>,
): Promise<Side> {
  const { dialer, trunk, signal, ringTone, createTranscoder, clock } = parts;
  const ringBack = new RingBack(caller, { tone: ringTone, createTranscoder, clock });
  try {
    return await dialer.place(number, {
      ...{ trunk, signal, ringMs, codec: relayCodec(caller.media.codec), listener: ringBack },
      onProgress: (status) => ringBack.progressed(status),
    });
  } finally {
    ringBack.end();
  }
}
