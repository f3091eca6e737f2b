import type { Clock } from '../../core/clock.ts';
import { KefuError, toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { IncomingCall } from '../../core/telephony.ts';
import { offerCall } from '../offer.ts';
import type { RtpPorts } from '../rtp/ports.ts';
import { VoiceSession, type Farewell } from '../voice-session.ts';
import type { RtpTap } from './capture.ts';
import type { SipCore } from './core.ts';
import { Dialog } from './dialog.ts';
import { parseAddress, parseUri, userOf } from './grammar.ts';
import { answerHeaders, Leg } from './leg.ts';
import { SipMedia } from './media.ts';
import { noBody, type SipRequest } from './message.ts';
import { minSessionSeconds, parseSessionExpires } from './session-timer.ts';
import { transferTarget } from './targets.ts';
import type { ServerTransaction } from './transactions.ts';
import type { Trunk } from './trunks.ts';

export interface CallParts {
  readonly core: SipCore;
  readonly ports: Pick<RtpPorts, 'take'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly mediaTimeoutMs: number;
  /** The address at which a peer can send us sound. */
  readonly soundHost: (peer: string) => string;
  /** Who captures the sound of a call, by its Call-ID. */
  readonly tap?: RtpTap | undefined;
  /** Calls that go on, to be hung up when the gateway closes. */
  readonly sessions: Set<VoiceSession>;
}

/** Why an INVITE is refused before anybody is asked, or undefined. */
function refusalOf({
  headers,
  body,
}: SipRequest): { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | undefined {
  const sdp = { Accept: 'application/sdp' };
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (body.length > 0 && type !== 'application/sdp') return { status: 415, headers: sdp };
  if (headers.get('content-encoding') !== undefined)
    return { status: 415, headers: { 'Accept-Encoding': 'identity' } };
  const accepts = headers.list('accept').map((entry) => entry.split(';')[0]?.trim().toLowerCase());
  const sdpFits = ['application/sdp', 'application/*', '*/*'].some((kind) => accepts.includes(kind));
  if (accepts.length > 0 && !sdpFits) return { status: 406, headers: sdp };
  const expiry = parseSessionExpires(headers, 'uas');
  if (expiry && expiry.seconds < minSessionSeconds)
    return { status: 422, headers: { 'Min-SE': String(minSessionSeconds) } };
  return undefined;
}

/**
 * A call that comes in.
 *
 *     INVITE ─▶ 100 ─▶ ports ─▶ offer read ─▶ 180, IncomingCall ─accept─▶ 200 ─ACK─▶ Leg
 *        │                          └─▶ 488          ├─reject─▶ 403, 503
 *        └─CANCEL at any time before the 200 ─▶ 487 ─┘
 */
export async function takeInvite(
  transaction: ServerTransaction,
  trunk: Trunk,
  parts: CallParts & { readonly onCall: (call: IncomingCall) => void },
): Promise<void> {
  const { request, flow } = transaction;
  const { clock, sessions } = parts;
  const refusal = refusalOf(request);
  if (refusal) {
    transaction.respond(refusal.status, { headers: refusal.headers ?? {} });
    return;
  }
  const gatewayCallId = request.headers.get('call-id') ?? '';
  const log = parts.log.child({ trunk: trunk.name, gatewayCallId });
  transaction.onCancel = () => transaction.respond(487);
  transaction.respond(100);

  let media: SipMedia;
  try {
    const sockets = await parts.ports.take();
    media = new SipMedia({
      ...{ sockets, trunk, clock, log },
      ...{ localHost: parts.soundHost(flow.remote.host), peerHost: flow.remote.host },
      sink: () => session,
      tap: () => parts.tap?.(gatewayCallId),
    });
  } catch (error) {
    log.error({ error: toKefuError(error).message }, 'A call could not get ports for its sound');
    transaction.respond(503, { headers: { 'Retry-After': '10' } });
    return;
  }
  const lateOffer = request.body.length === 0;
  const answer = lateOffer ? { type: 'answer' as const, body: noBody } : media.answer(request.body);
  // It may have been cancelled meanwhile.
  if (transaction.answered || answer.type === 'refused') {
    media.close();
    if (answer.type === 'refused') {
      log.warn({ detail: answer.detail }, 'Refused a call whose sound cannot be carried');
      transaction.respond(answer.status);
    }
    return;
  }
  const dialog = Dialog.fromInvite(request, transaction.toTag);
  let leg: Leg | undefined;
  let withdraw = (): void => undefined;
  // Without an offer, ours has one codec: then it is known before the answer comes.
  const codec = trunk.codecs[0] === 'PCMA' ? 'alaw' : 'mulaw';
  const session: VoiceSession = new VoiceSession({
    format: media.format ?? { codec, sampleRateHz: 8000, packetMs: 20 },
    wire: {
      send: (payload) => media.send(payload),
      mark: (name) => media.mark(name),
      clear: () => media.clear(),
      sendKeys: (keys) => media.sendKeys(keys),
      returnsClearedMarks: false,
      checkTarget: (target) => void transferTarget(target, flow),
      handOver: (target) => {
        if (!leg) throw new KefuError('transfer_failed', 'The call was not answered.');
        return leg.refer(transferTarget(target, flow));
      },
      leave: async (farewell) => {
        withdraw();
        sessions.delete(session);
        if (!leg) media.close();
        if (!transaction.answered) transaction.respond(...refusalFor(farewell));
        await leg?.bye();
      },
    },
    ...{ clock, log, mediaTimeoutMs: parts.mediaTimeoutMs },
  });
  sessions.add(session);
  transaction.onCancel = () => {
    transaction.respond(487);
    session.finish('caller-hung-up', 'cancelled before the answer');
  };
  const from = callerOf(request);
  log.info({ transport: flow.transport, pii: { from } }, 'A call has come in');
  const reliable = request.headers.list('require').some((name) => name.toLowerCase() === '100rel');
  // Ringing would have to be confirmed by PRACK; the answer comes at once anyway.
  if (!reliable) {
    transaction.respond(180, { headers: { Contact: answerHeaders(flow, noBody, undefined).Contact } });
  }

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
      leg = new Leg({
        ...{ core: parts.core, dialog, flow, media, clock, log },
        onDigit: (digit) => session.digit(digit),
        onBye: () => session.finish('caller-hung-up'),
        onLost: (detail) => session.finish('gateway-lost', detail),
      });
      const body = lateOffer ? media.offer({ oneCodec: true }) : answer.body;
      leg.awaitAck(transaction, lateOffer);
      leg.watch(expiry);
      media.start();
      transaction.respond(200, { headers: answerHeaders(flow, body, expiry), body });
    },
    rejected: (reason) => session.rejected(reason),
    ...{ clock, log },
  });
}

/** How an INVITE that was not answered is refused. */
function refusalFor(
  farewell: Farewell,
): [status: number, parts: { headers: Readonly<Record<string, string>> }] {
  if (farewell.type === 'rejected' && farewell.reason === 'not-allowed') return [403, { headers: {} }];
  return farewell.type === 'rejected' ? [503, { headers: { 'Retry-After': '10' } }] : [480, { headers: {} }];
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
