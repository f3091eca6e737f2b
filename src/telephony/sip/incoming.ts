import { toKefuError } from '../../core/errors.ts';
import type { IncomingCall } from '../../core/telephony.ts';
import { offerCall } from '../offer.ts';
import type { Farewell } from '../voice-session.ts';
import { announce, type Announcement } from './announcing.ts';
import { sessionBody } from './bodies.ts';
import { factsOf } from './codecs.ts';
import { retryLater } from './core.ts';
import type { DialerParts, SipDialer } from './dialer.ts';
import { Dialog } from './dialog.ts';
import { parseAddress, parseUri, userOf } from './grammar.ts';
import { Leg } from './leg.ts';
import { refusalOf, type InviteRefusal } from './invite-refusal.ts';
import { noBody, type SipRequest } from './message.ts';
import { answerHeaders } from './negotiation.ts';
import { parseReplaces } from './replaces.ts';
import { takeReplacing } from './replacing.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { parseSessionExpires } from './session-timer.ts';
import { Side } from './side.ts';
import { SipCall } from './sip-call.ts';
import type { Trunk } from './trunks.ts';

export interface CallParts extends DialerParts {
  readonly dialer: Pick<SipDialer, 'place'>;
}

/**
 * A call that comes in.
 *
 *     INVITE ─▶ 100 ─▶ ports ─▶ offer read ─▶ IncomingCall ─▶ 180 or 183 ─accept─▶ (PRACK) ─▶ 200 ─ACK─▶ it goes on
 *        │                          └─▶ 488      └─reject, at once or while it rings─▶ 403, 503
 *        └─CANCEL or BYE at any time before the 200 ─▶ 487
 */
export async function takeInvite(
  transaction: ServerTransaction,
  trunk: Trunk,
  parts: CallParts & { readonly onCall: (call: IncomingCall) => void },
): Promise<void> {
  const { request, flow } = transaction;
  const { core, clock, soundHost, createTranscoder } = parts;
  const replaces = parseReplaces(request.headers);
  const refusal: InviteRefusal | undefined = replaces === 'malformed' ? { status: 400 } : refusalOf(request);
  if (refusal) {
    transaction.respond(refusal.status, { headers: refusal.headers ?? {} });
    return;
  }
  if (typeof replaces === 'object') {
    takeReplacing(transaction, trunk, replaces, parts);
    return;
  }
  const gatewayCallId = request.headers.get('call-id') ?? '';
  const log = parts.log.child({ trunk: trunk.name, gatewayCallId });
  transaction.onCancel = () => transaction.respond(487);
  transaction.respond(100);

  let side: Side;
  try {
    const sockets = await parts.ports.take();
    side = new Side({
      sockets,
      trunk,
      flow,
      soundHost,
      createTranscoder,
      clock,
      log,
      tap: () => parts.tap?.(gatewayCallId),
    });
  } catch (error) {
    log.error({ error: toKefuError(error).message }, 'A call could not get ports for its sound');
    transaction.respond(503, { headers: retryLater });
    return;
  }
  const { media } = side;
  const offer = sessionBody(request);
  const lateOffer = offer.type !== 'sdp';
  const answer = lateOffer ? { type: 'answer' as const, body: noBody } : media.answer(offer.bytes);
  // It may have been cancelled meanwhile.
  if (transaction.answered || answer.type === 'refused') {
    side.close();
    if (answer.type === 'refused') {
      log.warn({ detail: answer.detail }, 'Refused a call whose sound cannot be carried');
      transaction.respond(answer.status);
    }
    return;
  }
  const dialog = Dialog.fromInvite(request, transaction.toTag);
  const leg = new Leg({ core, dialog, flow, media, clock, log });
  let withdraw = (): void => undefined;
  const call = new SipCall({
    ...{ ...parts, side, log },
    // Without an offer, ours has one codec: then it is known before the answer comes.
    format: media.format ?? factsOf(trunk.codecs[0] ?? 'PCMU').format,
    onLeave: (farewell) => {
      withdraw();
      if (!transaction.answered) transaction.respond(...refusalFor(farewell));
    },
  });
  call.join(leg);
  const { session } = call;
  transaction.onCancel = () => {
    transaction.respond(487);
    session.finish('caller-hung-up', 'cancelled before the answer');
  };
  const from = callerOf(request);
  log.info({ transport: flow.transport, pii: { from } }, 'A call has come in');
  let ringing: Announcement | undefined;
  const ring = (): Announcement =>
    (ringing ??= announce({
      ...{ transaction, leg, side, clock },
      answer: lateOffer ? undefined : answer.body,
    }));
  const expiry = parseSessionExpires(request.headers, 'uas');
  withdraw = offerCall({
    call: {
      ...{ gateway: 'sip', gatewayCallId, from, to: userOf(request.uri) },
      ...{ language: trunk.language, resumes: undefined },
    },
    media: session,
    onCall: parts.onCall,
    accepted: (callId) => {
      session.accepted(log.child({ callId }));
      media.start();
      const told = ring();
      told.whenAnswerable(() => {
        if (transaction.answered || session.over) return;
        const body = told.isAgreed ? noBody : lateOffer ? media.offer({ oneCodec: true }) : answer.body;
        leg.awaitAck(transaction, lateOffer && !told.isAgreed, expiry);
        transaction.respond(200, { headers: answerHeaders(flow, body, expiry), body });
      });
    },
    rejected: (reason) => session.rejected(reason),
    ...{ clock, log },
  });
  // Where everybody is busy, nobody hears that it rings.
  if (!session.over) ring();
}

/** How an INVITE that was not answered is refused. */
function refusalFor(
  farewell: Farewell,
): [status: number, parts: { headers: Readonly<Record<string, string>> }] {
  if (farewell.type === 'ended') return [farewell.reason === 'caller-hung-up' ? 487 : 480, { headers: {} }];
  return farewell.reason === 'not-allowed' ? [403, { headers: {} }] : [503, { headers: retryLater }];
}

/** The caller's number: what the trunk itself vouches for, else From; empty when withheld. */
function callerOf({ headers }: SipRequest): string {
  const asserted = headers.list('p-asserted-identity').flatMap((value) => parseAddress(value) ?? []);
  const from = parseAddress(headers.get('from') ?? '');
  const hidden =
    /\bid\b|\buser\b|\bheader\b/i.test(headers.get('privacy') ?? '') ||
    parseUri(from?.uri ?? '')?.host === 'anonymous.invalid';
  if (hidden) return '';
  const user = userOf(asserted[0]?.uri ?? from?.uri ?? '');
  return /^(anonymous|unknown|restricted|unavailable)$/i.test(user) ? '' : user;
}
