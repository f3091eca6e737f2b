import type { CreateTranscoder } from '../../core/audio.ts';
import type { Clock } from '../../core/clock.ts';
import type { DialOptions } from '../../core/telephony.ts';
import type { Logger } from '../../core/log.ts';
import type { RtpPorts } from '../rtp/ports.ts';
import { dialAborted } from '../dialling.ts';
import type { RtpTap } from './capture.ts';
import type { SipCodec } from './codecs.ts';
import { capabilities, type SipCore } from './core.ts';
import { contactFor, newCallId } from './dialog.ts';
import { answerChallenge } from './digest.ts';
import type { SipFlow } from './flow.ts';
import { hostText, parseAddress, parseUri } from './grammar.ts';
import type { MediaSink } from './media.ts';
import { SipHeaders, type SipRequest, type SipResponse } from './message.ts';
import { Ringing, type InviteParts } from './ringing.ts';
import { newTag } from './server-transaction.ts';
import { Side } from './side.ts';
import { mayCall, numberOf } from './targets.ts';
import type { OutboundRules, Trunk } from './trunks.ts';

export interface OutgoingParts {
  readonly core: SipCore;
  readonly ports: Pick<RtpPorts, 'take'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly createTranscoder: CreateTranscoder;
  /** Who captures the sound of a call, by its Call-ID. */
  readonly tap?: RtpTap | undefined;
  /** The address at which a peer can send us sound. */
  readonly soundHost: (peer: string) => string;
}

export interface PlaceCall extends OutgoingParts, DialOptions {
  readonly trunk: Trunk & { readonly outbound: OutboundRules };
  readonly uri: string;
  /** The way to the server that is to be asked. */
  readonly flow: SipFlow;
  /** The codec of the call that goes on with who is called, if there is one. */
  readonly codec?: SipCodec | undefined;
  /** Whose place the call is to take there (RFC 3891). */
  readonly replaces?: string | undefined;
  /** Who hears what comes before the answer, if anybody. */
  readonly listener?: MediaSink | undefined;
  /** Called with the status of every ringing. */
  readonly onProgress?: ((status: number) => void) | undefined;
  /** Called once, after the call was answered and has ended. */
  readonly onEnded: () => void;
}

/** Calls somebody over a trunk; resolves once they have answered, when sound goes both ways. Rejects as `OutboundDialer.dial`. */
export async function placeCall(options: PlaceCall): Promise<Side> {
  const { core, trunk, flow, clock, ringMs, signal, uri, ports, soundHost, createTranscoder, codec } =
    options;
  const sockets = await ports.take();
  const callId = newCallId();
  const log = options.log.child({ trunk: trunk.name, gatewayCallId: callId });
  const ourTag = newTag();
  let answered = false;
  const side = new Side({
    ...{ sockets, trunk, flow, soundHost, createTranscoder, clock, log, codec },
    tap: () => options.tap?.(callId),
    release: () => {
      if (answered) options.onEnded();
    },
  });
  side.sink = options.listener;
  let offer: Uint8Array | undefined;
  try {
    if (signal.aborted) throw dialAborted();
    const ringing = new Ringing({
      ...{ core, clock, log, signal, ringMs, side, uri },
      write,
      prove,
      divert: (contact) => {
        // Always by way of the trunk's own server.
        const number = numberOf(parseUri(parseAddress(contact)?.uri ?? '')?.user ?? '');
        return number !== undefined && mayCall(trunk, number)
          ? uri.replace(/^(sips?:)[^@]*@/, `$1${number}@`)
          : undefined;
      },
      onProgress: options.onProgress,
    });
    side.leg = await ringing.answered;
    answered = true;
    side.media.start();
    return side;
  } catch (error) {
    side.close();
    throw error;
  }

  function write({ uri: to, cseq, more }: InviteParts): SipRequest {
    const from = options.from ?? trunk.outbound.from ?? trunk.outbound.credentials?.user ?? 'kefu';
    const domain = trunk.register?.domain ?? trunk.outbound.server.host;
    const headers = new SipHeaders()
      .add('Max-Forwards', '70')
      .add('From', `<sip:${from}@${hostText(domain)}>;tag=${ourTag}`)
      .add('To', `<${to}>`)
      .add('Call-ID', callId)
      .add('CSeq', `${cseq} INVITE`)
      .add('Contact', contactFor(flow))
      .add('Content-Type', 'application/sdp');
    for (const [name, value] of Object.entries(capabilities())) headers.add(name, value);
    if (options.replaces !== undefined) headers.add('Replaces', options.replaces).add('Require', 'replaces');
    for (const [name, value] of more) headers.add(name, value);
    return { type: 'request', method: 'INVITE', uri: to, headers, body: (offer ??= side.media.offer()) };
  }

  function prove({ status, headers }: SipResponse, to: string): readonly [string, string] | undefined {
    const { credentials } = trunk.outbound;
    const challenges = headers.lines(status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate');
    const answer = credentials && answerChallenge(challenges, credentials, { method: 'INVITE', uri: to });
    return answer === undefined
      ? undefined
      : [status === 401 ? 'Authorization' : 'Proxy-Authorization', answer];
  }
}
