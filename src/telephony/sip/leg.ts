import type { Clock } from '../../core/clock.ts';
import { KefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { HandOver } from '../voice-session.ts';
import { sessionBody } from './bodies.ts';
import { capabilities, type DialogOwner, type SipCore } from './core.ts';
import { contactFor, type Dialog } from './dialog.ts';
import type { SipFlow } from './flow.ts';
import { parseCseq } from './grammar.ts';
import type { SipMedia } from './media.ts';
import { noBody, type SipRequest } from './message.ts';
import { Referral } from './referral.ts';
import { minSessionSeconds, parseSessionExpires, SessionTimer, type SessionExpiry } from './session-timer.ts';
import type { ServerTransaction } from './transactions.ts';

export interface LegOptions {
  readonly core: SipCore;
  readonly dialog: Dialog;
  readonly flow: SipFlow;
  readonly media: SipMedia;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onDigit: (digit: string) => void;
  /** The far side has hung up. */
  readonly onBye: () => void;
  /** The call is broken: nobody acknowledged or refreshed it. */
  readonly onLost: (detail: string) => void;
}

/** How long a hang-up is waited for. */
const byeLimitMs = 2_000;
const sdpType = 'application/sdp';

/** An answered call, after its first agreement: requests both ways until one side hangs up. */
export class Leg implements DialogOwner {
  readonly dialog: Dialog;
  readonly peerHost: string;
  readonly #options: LegOptions;
  readonly #timer: SessionTimer;
  /** INVITEs of the far side that wait for its ACK, by their number; a late offer is answered in the ACK. */
  readonly #unacknowledged = new Map<number, { transaction: ServerTransaction; lateOffer: boolean }>();
  #referral: Referral | undefined;
  #inviting = false;
  #over = false;

  constructor(options: LegOptions) {
    this.#options = options;
    this.dialog = options.dialog;
    this.peerHost = options.flow.remote.host;
    this.#timer = new SessionTimer(
      options.clock,
      () => this.#refresh(),
      () => options.onLost('the far side did not refresh the session'),
    );
    options.core.own(this);
  }

  /** Watches the session that the two sides have agreed to refresh. */
  watch(expiry: SessionExpiry | undefined): void {
    this.#timer.restart(expiry);
  }

  /** An INVITE was answered with a 2xx and waits for its ACK. */
  awaitAck(transaction: ServerTransaction, lateOffer: boolean): void {
    const number = cseqOf(transaction.request);
    this.#unacknowledged.set(number, { transaction, lateOffer });
    transaction.onUnacknowledged = () => {
      this.#unacknowledged.delete(number);
      this.#options.onLost('the far side never acknowledged the call');
    };
  }

  receiveAck(request: SipRequest): void {
    const waiting = this.#unacknowledged.get(cseqOf(request));
    if (!waiting) return;
    this.#unacknowledged.delete(cseqOf(request));
    waiting.transaction.acknowledged();
    if (!waiting.lateOffer) return;
    const problem =
      request.body.length === 0 ? 'no answer in the ACK' : this.#options.media.takeAnswer(request.body);
    if (problem !== undefined) this.#options.onLost(`the far side's answer cannot be used: ${problem}`);
  }

  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (this.#over) {
      transaction.respond(481);
      return;
    }
    if (!this.dialog.accepts(request)) {
      // An older request came late (RFC 3261 section 12.2.2).
      transaction.respond(500, { headers: { 'Retry-After': '1' } });
      return;
    }
    switch (request.method) {
      case 'BYE':
        transaction.respond(200);
        this.#farSideLeft();
        return;
      case 'INVITE':
      case 'UPDATE':
        this.#renegotiate(transaction);
        return;
      case 'INFO':
        this.#info(transaction);
        return;
      case 'NOTIFY':
        if (this.#referral?.notified(request)) transaction.respond(200);
        else transaction.respond(489, { headers: { 'Allow-Events': 'refer' } });
        return;
      case 'OPTIONS':
        transaction.respond(200, { headers: capabilities() });
        return;
      case 'PRACK':
        transaction.respond(481);
        return;
      case 'REFER':
        // Kefu gives calls away itself; nobody may make it dial.
        transaction.respond(603);
        return;
      default:
        transaction.respond(405, { headers: { Allow: capabilities().Allow } });
    }
  }

  /** Hangs up. Resolves when the far side has confirmed it, or after 2 s; the request is repeated for longer. */
  async bye(): Promise<void> {
    if (this.#over) return;
    const request = this.dialog.request('BYE');
    const done = new Promise<void>((resolve) => {
      const cancelLimit = this.#options.clock.setTimer(resolve, byeLimitMs);
      const finish = (): void => {
        cancelLimit();
        resolve();
      };
      this.#send(request, {
        onResponse: ({ status }) => {
          if (status >= 200) finish();
        },
        onFailed: finish,
      });
    });
    this.close();
    await done;
  }

  /** Asks the far side to call somebody else instead (RFC 3515); see `VoiceWire.handOver`. */
  async refer(target: string): Promise<HandOver> {
    if (this.#over || this.#referral) throw new KefuError('transfer_failed', 'The call has ended.');
    const referral = new Referral(this.#options.clock);
    this.#referral = referral;
    const headers = {
      'Refer-To': `<${target}>`,
      'Referred-By': contactFor(this.#options.flow),
      Contact: contactFor(this.#options.flow),
    };
    this.#send(this.dialog.request('REFER', headers), {
      onResponse: ({ status }) => referral.answered(status),
      onFailed: () => referral.answered(408),
    });
    try {
      return await referral.result;
    } finally {
      this.#referral = undefined;
    }
  }

  /** The far side has hung up. While the call is given away, that is part of the transfer. */
  #farSideLeft(): void {
    const referred = this.#referral !== undefined;
    this.close();
    if (!referred) this.#options.onBye();
  }

  /** Takes part in nothing any more; the sound goes too. Idempotent. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.stop();
    this.#referral?.farSideLeft();
    for (const { transaction } of this.#unacknowledged.values()) transaction.acknowledged();
    this.#unacknowledged.clear();
    this.#options.core.disown(this);
    this.#options.media.close();
  }

  /** A new offer within the call: hold, resume, another address. */
  #renegotiate(transaction: ServerTransaction): void {
    const { request } = transaction;
    const invite = request.method === 'INVITE';
    const { media, flow, log } = this.#options;
    if (this.#inviting || this.#unacknowledged.size > 0) {
      // Two offers at once (RFC 3261 section 14.2): the far side tries again.
      transaction.respond(this.#inviting ? 491 : 500, { headers: { 'Retry-After': '1' } });
      return;
    }
    const offer = sessionBody(request);
    if (offer.type === 'unsupported') {
      transaction.respond(415, { headers: { Accept: sdpType } });
      return;
    }
    const expiry = parseSessionExpires(request.headers, 'uas');
    if (expiry && expiry.seconds < minSessionSeconds) {
      transaction.respond(422, { headers: { 'Min-SE': String(minSessionSeconds) } });
      return;
    }
    this.dialog.refreshTarget(request);
    const lateOffer = invite && offer.type === 'none';
    let body: Uint8Array = noBody;
    if (offer.type === 'sdp') {
      const held = media.held;
      const answer = media.answer(offer.bytes);
      if (answer.type === 'refused') {
        log.info({ detail: answer.detail }, 'Refused a change of the call');
        transaction.respond(answer.status);
        return;
      }
      body = answer.body;
      if (media.held !== held) log.info({ held: media.held }, 'The call was put on hold or taken back');
    } else if (lateOffer) {
      body = media.offer();
    }
    this.watch(expiry);
    transaction.respond(200, { headers: answerHeaders(flow, body, expiry), body });
    if (invite) this.awaitAck(transaction, lateOffer);
  }

  /** Keys as texts (`application/dtmf-relay`: `Signal=5`; `application/dtmf`: `5`). */
  #info(transaction: ServerTransaction): void {
    const { headers, body } = transaction.request;
    const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
    const text = Buffer.from(body).toString('latin1').trim();
    if (type === 'application/dtmf-relay' || type === 'application/dtmf') {
      const signal = type === 'application/dtmf' ? text : (/^signal\s*=\s*(\S+)/im.exec(text)?.[1] ?? '');
      const key = { '10': '*', '11': '#' }[signal] ?? signal.toUpperCase();
      if (!/^[0-9*#A-D]$/.test(key)) {
        transaction.respond(400);
        return;
      }
      transaction.respond(200);
      this.#options.onDigit(key);
      return;
    }
    if (body.length === 0) transaction.respond(200);
    else transaction.respond(415, { headers: { Accept: 'application/dtmf-relay, application/dtmf' } });
  }

  /** Repeats the agreement unchanged, so that the far side and its proxies know that the call is alive. */
  #refresh(): void {
    const { flow, media, onLost } = this.#options;
    if (this.#over || this.#unacknowledged.size > 0) return;
    this.#inviting = true;
    const body = media.offer();
    const request = this.dialog.request(
      'INVITE',
      {
        Contact: contactFor(flow),
        'Content-Type': sdpType,
        Supported: 'timer',
        'Session-Expires': `${refreshSeconds};refresher=uac`,
      },
      body,
    );
    this.#send(request, {
      onResponse: (response) => {
        if (response.status < 200) return;
        this.#inviting = false;
        if (response.status >= 300) {
          // A far side that does not know the call any more has none (section 12.2.1.2); others keep what they have.
          if (response.status === 481 || response.status === 408)
            onLost('the far side does not know the call any more');
          else this.watch({ seconds: refreshSeconds, refresher: 'us' });
          return;
        }
        this.dialog.refreshTarget(response);
        void this.#options.core.sendAck(this.dialog, flow, this.dialog.ack(cseqOf(request)));
        if (response.body.length > 0) media.takeAnswer(response.body);
        this.watch(
          parseSessionExpires(response.headers, 'uac') ?? { seconds: refreshSeconds, refresher: 'us' },
        );
      },
      onFailed: () => {
        this.#inviting = false;
        onLost('the far side did not answer when the session was refreshed');
      },
    });
  }

  #send(request: SipRequest, handlers: Parameters<SipCore['sendWithin']>[3]): void {
    this.#options.core.sendWithin(this.dialog, this.#options.flow, request, handlers);
  }
}

/** The interval we propose when we refresh. */
const refreshSeconds = 1800;

function cseqOf(request: SipRequest): number {
  return parseCseq(request.headers.get('cseq') ?? '')?.number ?? 0;
}

/** Headers of a 2xx to an INVITE or UPDATE. */
export function answerHeaders(
  flow: SipFlow,
  body: Uint8Array,
  expiry: SessionExpiry | undefined,
): Readonly<Record<string, string>> {
  return {
    Contact: contactFor(flow),
    ...capabilities(),
    ...(expiry && {
      'Session-Expires': `${expiry.seconds};refresher=${expiry.refresher === 'us' ? 'uas' : 'uac'}`,
      ...(expiry.refresher === 'them' && { Require: 'timer' }),
    }),
    ...(body.length > 0 && { 'Content-Type': sdpType }),
  };
}
