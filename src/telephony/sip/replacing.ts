import { sessionBody } from './bodies.ts';
import { Dialog } from './dialog.ts';
import type { CallParts } from './incoming.ts';
import { Leg } from './leg.ts';
import { answerHeaders } from './negotiation.ts';
import { replacedKey, type Replaces } from './replaces.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { parseSessionExpires } from './session-timer.ts';
import type { Trunk } from './trunks.ts';

/**
 * An INVITE, one that can be answered, that takes the place of the far side of a call of ours (RFC 3891 section 3): the call goes on with who sent it, and the one
 * who was there before gets a BYE. Only a peer of the same trunk may do so.
 */
export function takeReplacing(
  transaction: ServerTransaction,
  trunk: Trunk,
  replaces: Replaces,
  parts: Pick<CallParts, 'core' | 'clock' | 'log'>,
): void {
  const { core, clock } = parts;
  const { request, flow } = transaction;
  const replaced = core.ownerOf(replacedKey(replaces));
  // While it rings there is nobody yet whose call could be taken over.
  if (!(replaced instanceof Leg) || replaced.state === 'early') {
    transaction.respond(481);
    return;
  }
  const { call } = replaced;
  if (replaced.state === 'ended' || !call || call.session.over || call.session.handingOver) {
    transaction.respond(603);
    return;
  }
  if (call.side.trunk.name !== trunk.name) {
    transaction.respond(403);
    return;
  }
  if (replaces.earlyOnly) {
    transaction.respond(486);
    return;
  }
  const log = parts.log.child({ trunk: trunk.name, gatewayCallId: request.headers.get('call-id') ?? '' });
  const { side } = call;
  const offer = sessionBody(request);
  const lateOffer = offer.type !== 'sdp';
  // The sound follows the new peer from its first agreement on.
  const before = side.flow;
  side.flow = flow;
  const answer = lateOffer
    ? { type: 'answer' as const, body: side.media.offer() }
    : side.media.answer(offer.bytes);
  if (answer.type === 'refused') {
    side.flow = before;
    log.warn({ detail: answer.detail }, 'Refused a call whose sound cannot be carried');
    transaction.respond(answer.status);
    return;
  }
  const dialog = Dialog.fromInvite(request, transaction.toTag);
  const leg = new Leg({ core, dialog, flow, media: side.media, clock, log });
  const expiry = parseSessionExpires(request.headers, 'uas');
  const { body } = answer;
  call.replace(leg, flow);
  leg.awaitAck(transaction, lateOffer, expiry);
  transaction.respond(200, { headers: answerHeaders(flow, body, expiry), body });
  log.info({}, 'Somebody has taken the place of the far side');
}
