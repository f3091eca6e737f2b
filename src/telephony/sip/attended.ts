import { KefuError } from '../../core/errors.ts';
import type { HandOver } from '../voice-session.ts';
import type { SipDialer } from './dialer.ts';
import { replacingUri } from './replaces.ts';
import type { Side } from './side.ts';

/** How long the number is rung that a caller is given to. */
const ringMs = 30_000;

/**
 * Gives a call to a number that has answered (RFC 5589 section 7): Kefu calls it over the same trunk, then asks the caller's exchange to
 * put the caller into Kefu's place there. Who is busy or does not answer costs nobody the call.
 * @throws KefuError `transfer_failed`; the call goes on with Kefu.
 */
export async function transferAttended(
  caller: Side,
  number: string,
  parts: {
    readonly dialer: Pick<SipDialer, 'place'>;
    /** Aborted when the caller has gone. */
    readonly signal: AbortSignal;
  },
): Promise<HandOver> {
  const { dialer, signal } = parts;
  const { trunk, media } = caller;
  const consulted = await dialer.place(number, {
    ...{ trunk, signal, ringMs, codec: media.codec },
    // The caller hears what an exchange plays while it rings.
    listener: {
      packet: (payload) => media.send(payload),
      digit: () => undefined,
      markPlayed: () => undefined,
      heard: () => undefined,
    },
  });
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
