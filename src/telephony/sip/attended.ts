import type { HandOver } from '../voice-session.ts';
import type { SipDialer } from './dialer.ts';
import { KefuError } from '../../core/errors.ts';
import type { Leg } from './leg.ts';
import { replacingUri } from './replaces.ts';
import type { Trunk } from './trunks.ts';

/** How long the number is rung that a caller is given to. */
const ringMs = 30_000;

/**
 * Gives a call to a number that has answered (RFC 5589 section 7): Kefu calls it over the same trunk, then asks the caller's exchange to
 * put the caller into Kefu's place there. Who is busy or does not answer costs nobody the call.
 * @throws KefuError `transfer_failed`; the call goes on with Kefu.
 */
export async function transferAttended(
  caller: Leg,
  number: string,
  parts: {
    readonly trunk: Trunk;
    readonly dialer: Pick<SipDialer, 'place'>;
    /** Aborted when the caller has gone. */
    readonly signal: AbortSignal;
  },
): Promise<HandOver> {
  const { trunk, dialer, signal } = parts;
  const consulted = await dialer.place(number, { trunk, signal, ringMs });
  try {
    const { leg } = consulted;
    if (leg?.state !== 'confirmed') throw new KefuError('transfer_failed', 'The number has hung up.');
    return await caller.refer(replacingUri(leg.dialog));
  } finally {
    // Replaced, or of no use any more.
    void consulted.leave();
  }
}
