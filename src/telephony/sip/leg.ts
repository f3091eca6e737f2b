import type { Clock } from '../../core/clock.ts';
import { KefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { HandOver } from '../voice-session.ts';
import { sessionBody, sessionBytes } from './bodies.ts';
import { capabilities, type DialogOwner, type SipCore } from './core.ts';
import { contactFor, type Dialog } from './dialog.ts';
import type { SipFlow } from './flow.ts';
import { takeInfo } from './info-keys.ts';
import type { SipMedia } from './media.ts';
import { noBody, type SipRequest } from './message.ts';
import { Negotiation, sdpType } from './negotiation.ts';
import { Referral } from './referral.ts';
import type { ReliableResponse } from './reliable.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { SessionExpiry } from './session-timer.ts';
import type { SipCall } from './sip-call.ts';

/** Who has the call, and is told what the far side does. */
export interface LegListener {
  readonly onDigit: (digit: string) => void;
  /** The far side has hung up. */
  readonly onBye: () => void;
  /** The call is broken: nobody acknowledged or refreshed it. */
  readonly onLost: (detail: string) => void;
  /** The far side asks us to call somebody else instead; who listens must answer it. */
  readonly onRefer: (transaction: ServerTransaction) => void;
}

export interface LegOptions {
  readonly core: SipCore;
  readonly dialog: Dialog;
  readonly flow: SipFlow;
  readonly media: SipMedia;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long a hang-up is waited for. */
const byeLimitMs = 2_000;

/**
 * The signalling of one call with one far side, from the ringing on: requests both ways until one side hangs up. The sound belongs to
 * who has the call.
 *
 *     early ──awaitAck, confirm──▶ confirmed ──bye──▶ leaving (our BYE may wait for the ACK) ──▶ over
 *       └──BYE of the far side, bye, close──────────────────────────────────────────────────────▶ over
 */
export class Leg implements DialogOwner {
  readonly dialog: Dialog;
  readonly flow: SipFlow;
  readonly negotiation: Negotiation;
  /** Set before the far side can say anything. */
  listener: LegListener | undefined;
  /** The call whose far side this is, once it has one. */
  call: SipCall | undefined;
  readonly #options: LegOptions;
  #reliable: ReliableResponse | undefined;
  #onAnswerInPrack: ((body: Uint8Array) => void) | undefined;
  #referral: Referral | undefined;
  #state: 'early' | 'confirmed' | 'leaving' | 'over' = 'early';

  constructor(options: LegOptions) {
    this.#options = options;
    this.dialog = options.dialog;
    this.flow = options.flow;
    this.negotiation = new Negotiation({
      ...options,
      onLost: (detail) => {
        if (this.#state !== 'leaving') this.listener?.onLost(detail);
      },
    });
    options.core.own(this);
  }

  get peerHost(): string {
    return this.flow.remote.host;
  }

  /** `early`: it rings; `confirmed`: it was answered and goes on; `ended`: one of the sides has hung up. */
  get state(): 'early' | 'confirmed' | 'ended' {
    return this.#state === 'early' || this.#state === 'confirmed' ? this.#state : 'ended';
  }

  /** Ringing that the far side confirms; `onAnswer` gets the answer to an offer that it had. */
  ringReliably(response: ReliableResponse, onAnswer?: (body: Uint8Array) => void): void {
    this.#reliable = response;
    this.#onAnswerInPrack = onAnswer;
  }

  /** Our INVITE was answered and acknowledged. */
  confirm(expiry: SessionExpiry | undefined): void {
    this.#state = 'confirmed';
    this.negotiation.answered(expiry);
  }

  /** The far side's INVITE was answered with a 2xx and waits for its ACK. */
  awaitAck(transaction: ServerTransaction, lateOffer: boolean, expiry: SessionExpiry | undefined): void {
    this.#reliable?.stop();
    this.negotiation.awaitAck(transaction, lateOffer);
    this.confirm(expiry);
  }

  receiveAck(request: SipRequest): void {
    this.negotiation.receiveAck(request);
  }

  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (this.#state === 'leaving' && request.method === 'BYE') {
      // Both hung up in the same moment.
      transaction.respond(200);
      return;
    }
    if (this.state === 'ended') {
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
        this.negotiation.receive(transaction);
        return;
      case 'INFO':
        takeInfo(transaction, (digit) => this.listener?.onDigit(digit));
        return;
      case 'NOTIFY':
        this.#notified(transaction);
        return;
      case 'OPTIONS':
        transaction.respond(200, { headers: capabilities() });
        return;
      case 'PRACK':
        this.#prack(transaction);
        return;
      case 'REFER':
        if (this.listener && this.#state === 'confirmed') this.listener.onRefer(transaction);
        else transaction.respond(603);
        return;
      default:
        transaction.respond(405, { headers: { Allow: capabilities().Allow } });
    }
  }

  /**
   * Hangs up; while it still rings only takes part no more. Resolves when the far side has confirmed it, or after 2 s; the request is
   * repeated for longer.
   */
  async bye(): Promise<void> {
    if (this.#state === 'early') this.close();
    if (this.state === 'ended') return;
    this.#state = 'leaving';
    this.negotiation.close();
    this.#referral?.farSideLeft();
    await new Promise<void>((resolve) => {
      const cancelLimit = this.#options.clock.setTimer(resolve, byeLimitMs);
      const finish = (): void => {
        cancelLimit();
        this.close();
        resolve();
      };
      this.negotiation.whenAcknowledged(() => {
        this.send(this.dialog.request('BYE'), {
          onResponse: ({ status }) => {
            if (status >= 200) finish();
          },
          onFailed: finish,
        });
      });
    });
  }

  /** Asks the far side to call somebody else instead (RFC 3515); see `VoiceWire.handOver`. */
  async refer(target: string): Promise<HandOver> {
    if (this.#state !== 'confirmed' || this.#referral)
      throw new KefuError('transfer_failed', 'The call has ended.');
    const referral = new Referral(this.#options.clock);
    this.#referral = referral;
    const headers = {
      'Refer-To': `<${target}>`,
      'Referred-By': contactFor(this.flow),
      Contact: contactFor(this.flow),
    };
    this.send(this.dialog.request('REFER', headers), {
      onResponse: (response) => referral.answered(response),
      onFailed: () => referral.timedOut(),
    });
    try {
      return await referral.result;
    } finally {
      this.#referral = undefined;
    }
  }

  /** Sends a request within the call. */
  send(request: SipRequest, handlers: Parameters<SipCore['sendWithin']>[3]): void {
    this.#options.core.sendWithin(this.dialog, this.flow, request, handlers);
  }

  /** Takes part in nothing any more. Idempotent. */
  close(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#reliable?.stop();
    this.#referral?.farSideLeft();
    this.negotiation.abandon();
    this.#options.core.disown(this);
  }

  /** The far side has hung up. While the call is given away, that is part of the transfer. */
  #farSideLeft(): void {
    const referred = this.#referral !== undefined;
    this.close();
    if (!referred) this.listener?.onBye();
  }

  #notified(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (!/^refer\s*(;|$)/i.test(request.headers.get('event') ?? ''))
      transaction.respond(489, { headers: { 'Allow-Events': 'refer' } });
    else if (this.#referral) {
      this.#referral.notified(request);
      transaction.respond(200);
    } else transaction.respond(481);
  }

  /** The far side has heard the ringing (RFC 3262); its PRACK may answer the offer that came with it, or offer anew (section 5). */
  #prack(transaction: ServerTransaction): void {
    const offer = sessionBody(transaction.request);
    if (offer.type === 'unsupported') {
      transaction.respond(415, { headers: { Accept: sdpType } });
      return;
    }
    const reliable = this.#reliable;
    if (!reliable?.fits(transaction.request)) {
      transaction.respond(481);
      return;
    }
    let answer: Uint8Array = noBody;
    if (offer.type === 'sdp' && !this.#onAnswerInPrack) {
      if (this.negotiation.openOffer !== 'none') {
        transaction.respond(491);
        return;
      }
      const made = this.#options.media.answer(offer.bytes);
      if (made.type === 'refused') {
        transaction.respond(made.status);
        return;
      }
      answer = made.body;
    }
    transaction.respond(200, {
      ...(answer.length > 0 && { headers: { 'Content-Type': sdpType } }),
      body: answer,
    });
    this.#onAnswerInPrack?.(sessionBytes(transaction.request));
    reliable.confirm();
  }
}
