import { KefuError } from '../../core/errors.ts';
import type { DialOptions, VoiceMedia } from '../../core/telephony.ts';
import { VoiceSession } from '../voice-session.ts';
import { answerChallenge } from './digest.ts';
import { capabilities } from './core.ts';
import { failed } from './dialer.ts';
import { contactFor, Dialog, newCallId } from './dialog.ts';
import type { SipFlow } from './flow.ts';
import { hostText, parseAddress, parseCseq, parseUri } from './grammar.ts';
import type { CallParts } from './incoming.ts';
import { Leg } from './leg.ts';
import { SipMedia } from './media.ts';
import { SipHeaders, type SipRequest, type SipResponse } from './message.ts';
import { parseSessionExpires } from './session-timer.ts';
import { numberOf, transferTarget } from './targets.ts';
import { cancelOf, newTag, type ClientTransaction } from './transactions.ts';
import type { OutboundRules, Trunk } from './trunks.ts';

export interface PlaceCall extends CallParts, DialOptions {
  readonly trunk: Trunk & { readonly outbound: OutboundRules };
  readonly uri: string;
  /** The way to the server that is to be asked; by default to the first of the trunk. */
  readonly flow?: SipFlow | undefined;
  /** Called once, after the call was answered and has ended. */
  readonly onEnded: () => void;
}

const maxRedirects = 3;
/** A CANCEL ends the ringing within this time, or the call is left to its fate. */
const cancelLimitMs = 5_000;
/** A server that has not said anything within this time is taken for dead: another one may be asked. */
const silenceLimitMs = 5_000;

/**
 * Calls somebody.
 *
 *     INVITE ─▶ 401, 407: once more with the password     ─▶ 1xx: rings, up to `ringMs`, then CANCEL
 *            ─▶ 302: to the new number, if it is allowed   ─▶ 2xx: ACK, VoiceMedia
 *            ─▶ 4xx-6xx: `transfer_failed` with the cause
 */
export async function placeCall(options: PlaceCall): Promise<VoiceMedia> {
  const { core, trunk, clock, ringMs, signal } = options;
  const flow = options.flow ?? (await core.flowToUri(trunk.outbound.server));
  const sockets = await options.ports.take();
  const callId = newCallId();
  const log = options.log.child({ trunk: trunk.name, gatewayCallId: callId });
  const ourTag = newTag();
  let session: VoiceSession | undefined;
  let offered: Uint8Array | undefined;
  /** Acknowledges the answer, each time it comes. */
  let acknowledge: (() => void) | undefined;
  const media = new SipMedia({
    ...{ sockets, trunk, clock, log },
    ...{ localHost: options.soundHost(flow.remote.host), peerHost: flow.remote.host },
    sink: () => session,
    tap: () => options.tap?.(callId),
  });
  try {
    if (signal.aborted) throw aborted();
    const { answer, invite } = await ring();
    return connect(answer, invite);
  } catch (error) {
    media.close();
    throw error;
  }

  /** Rings until somebody answers; rejects with what came instead. */
  function ring(): Promise<{ answer: SipResponse; invite: SipRequest }> {
    return new Promise((resolve, reject) => {
      let cseq = 1;
      let uri = options.uri;
      let redirects = 0;
      let proof: readonly [string, string] | undefined;
      let current: ClientTransaction;
      let rings = false;
      let givenUp: KefuError | undefined;
      let cancelled = false;
      const finish = (settle: () => void): void => {
        cancelRingLimit();
        cancelPatience();
        cancelSilenceLimit();
        signal.removeEventListener('abort', onAbort);
        settle();
      };
      /** Nobody is to answer any more: the CANCEL goes out once the far side has said anything (section 9.1). */
      const giveUp = (error: KefuError): void => {
        if (givenUp) return;
        givenUp = error;
        if (rings) cancel();
        cancelPatience = clock.setTimer(() => {
          current.abandon();
          finish(() => reject(error));
        }, cancelLimitMs);
      };
      const cancel = (): void => {
        if (cancelled) return;
        cancelled = true;
        core.transactions.send(cancelOf(current.request), flow, {
          onResponse: () => undefined,
          onFailed: () => undefined,
        });
      };
      const onAbort = (): void => giveUp(aborted());
      let cancelPatience = (): void => undefined;
      let cancelSilenceLimit = (): void => undefined;
      const cancelRingLimit = clock.setTimer(() => giveUp(failed('no-answer', 'Nobody answered')), ringMs);
      signal.addEventListener('abort', onAbort);

      const send = (): void => {
        const request = inviteTo(uri, cseq, proof);
        rings = false;
        cancelSilenceLimit();
        cancelSilenceLimit = clock.setTimer(() => {
          current.abandon();
          finish(() => reject(givenUp ?? failed('unreachable', 'The server did not answer')));
        }, silenceLimitMs);
        current = core.transactions.send(request, flow, {
          onResponse: (response) => received(request, response),
          onFailed: () => finish(() => reject(givenUp ?? failed('unreachable', 'The server did not answer'))),
        });
      };
      const received = (request: SipRequest, response: SipResponse): void => {
        const { status, headers } = response;
        cancelSilenceLimit();
        if (status < 200) {
          rings = true;
          if (givenUp) cancel();
        } else if (acknowledge) {
          acknowledge();
        } else if (status < 300) {
          if (givenUp) hangUpAtOnce(request, response);
          finish(() => (givenUp ? reject(givenUp) : resolve({ answer: response, invite: request })));
        } else if ((status === 401 || status === 407) && !proof && !givenUp) {
          proof = proofFor(response, request.uri);
          cseq += 1;
          if (proof) send();
          else
            finish(() =>
              reject(failed('not-allowed', 'The server wants a password that the trunk does not have')),
            );
        } else if (status >= 300 && status < 400 && redirects < maxRedirects && !givenUp) {
          const next = redirectOf(headers.list('contact')[0]);
          redirects += 1;
          cseq += 1;
          if (next !== undefined) {
            uri = next;
            send();
          } else
            finish(() =>
              reject(failed('not-allowed', 'The call was diverted to a number that may not be called')),
            );
        } else finish(() => reject(givenUp ?? refusalOf(status)));
      };
      send();
    });
  }

  /** The call was answered: from now on it is one like any other. */
  function connect(answer: SipResponse, invite: SipRequest): VoiceMedia {
    const dialog = Dialog.fromAnswer(invite, answer);
    acknowledge = () => void core.sendAck(dialog, flow, dialog.ack(cseqOf(invite)));
    acknowledge();
    const leg = new Leg({
      ...{ core, dialog, flow, media, clock, log },
      onDigit: (digit) => session?.digit(digit),
      onBye: () => session?.finish('caller-hung-up'),
      onLost: (detail) => session?.finish('gateway-lost', detail),
    });
    const problem = media.takeAnswer(answer.body);
    const { format } = media;
    if (problem !== undefined || !format) {
      void leg.bye();
      throw failed('failed', `The sound of the call cannot be carried (${problem ?? 'no codec'})`);
    }
    const voice: VoiceSession = new VoiceSession({
      format,
      wire: {
        send: (payload) => media.send(payload),
        mark: (name) => media.mark(name),
        clear: () => media.clear(),
        sendKeys: (keys) => media.sendKeys(keys),
        returnsClearedMarks: false,
        checkTarget: (target) => void transferTarget(target, flow),
        handOver: (target) => leg.refer(transferTarget(target, flow)),
        leave: async () => {
          options.sessions.delete(voice);
          options.onEnded();
          await leg.bye();
        },
      },
      ...{ clock, log, mediaTimeoutMs: options.mediaTimeoutMs },
    });
    session = voice;
    options.sessions.add(voice);
    voice.accepted(log);
    leg.watch(parseSessionExpires(answer.headers, 'uac'));
    media.start();
    return voice;
  }

  /** Somebody answered in the moment we gave up: the call is ended properly. */
  function hangUpAtOnce(invite: SipRequest, answer: SipResponse): void {
    const dialog = Dialog.fromAnswer(invite, answer);
    acknowledge = () => void core.sendAck(dialog, flow, dialog.ack(cseqOf(invite)));
    acknowledge();
    core.sendWithin(dialog, flow, dialog.request('BYE'), {
      onResponse: () => undefined,
      onFailed: () => undefined,
    });
  }

  function inviteTo(uri: string, cseq: number, proof: readonly [string, string] | undefined): SipRequest {
    const from = options.from ?? trunk.outbound.from ?? trunk.outbound.credentials?.user ?? 'kefu';
    const domain = trunk.register?.domain ?? trunk.outbound.server.host;
    const headers = new SipHeaders()
      .add('Max-Forwards', '70')
      .add('From', `<sip:${from}@${hostText(domain)}>;tag=${ourTag}`)
      .add('To', `<${uri}>`)
      .add('Call-ID', callId)
      .add('CSeq', `${cseq} INVITE`)
      .add('Contact', contactFor(flow))
      .add('Content-Type', 'application/sdp');
    for (const [name, value] of Object.entries(capabilities())) headers.add(name, value);
    if (proof) headers.add(...proof);
    return { type: 'request', method: 'INVITE', uri, headers, body: (offered ??= media.offer()) };
  }

  function proofFor({ status, headers }: SipResponse, uri: string): readonly [string, string] | undefined {
    const { credentials } = trunk.outbound;
    const challenges = headers.lines(status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate');
    const answer = credentials && answerChallenge(challenges, credentials, { method: 'INVITE', uri });
    return answer === undefined
      ? undefined
      : [status === 401 ? 'Authorization' : 'Proxy-Authorization', answer];
  }

  /** Where a 302 sends us, as long as the trunk may call that number; always by way of the trunk's own server. */
  function redirectOf(contact: string | undefined): string | undefined {
    const uri = parseUri(parseAddress(contact ?? '')?.uri ?? '');
    const number = uri && numberOf(uri.user);
    if (number === undefined || !trunk.outbound.numbers.some((pattern) => pattern.test(number)))
      return undefined;
    return options.uri.replace(/^(sips?:)[^@]*@/, `$1${number}@`);
  }
}

function cseqOf(request: SipRequest): number {
  return parseCseq(request.headers.get('cseq') ?? '')?.number ?? 0;
}

function aborted(): KefuError {
  return new KefuError('aborted', 'Dialling was stopped.');
}

function refusalOf(status: number): KefuError {
  const told = `The far side answered with ${status}`;
  // Another server may well take the call (RFC 3263 section 4.3).
  if (status === 503) return failed('unreachable', told);
  if (status === 486 || status === 600) return failed('busy', told);
  if (status === 408 || status === 480) return failed('no-answer', told);
  if (status === 603) return failed('declined', told);
  if (status === 404 || status === 410 || status === 484 || status === 604) return failed('not-found', told);
  return status === 401 || status === 403 || status === 407
    ? failed('not-allowed', told)
    : failed('failed', told);
}
