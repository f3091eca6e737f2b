import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { sessionBody, sessionBytes } from './bodies.ts';
import { capabilities, type SipCore } from './core.ts';
import { contactFor, type Dialog } from './dialog.ts';
import type { SipFlow } from './flow.ts';
import { parseCseq } from './grammar.ts';
import type { SipMedia } from './media.ts';
import { noBody, type SipRequest, type SipResponse } from './message.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { minSessionSeconds, parseSessionExpires, SessionTimer, type SessionExpiry } from './session-timer.ts';

export interface NegotiationOptions {
  readonly core: SipCore;
  readonly dialog: Dialog;
  readonly flow: SipFlow;
  readonly media: SipMedia;
  readonly clock: Clock;
  readonly log: Logger;
  /** The call is broken: nobody acknowledged or refreshed it. */
  readonly onLost: (detail: string) => void;
}

export const sdpType = 'application/sdp';
/** The interval we propose when we refresh, in seconds. */
const refreshSeconds = 1800;
/** How often a refresh that was refused for the moment is tried again within one interval. */
const maxTries = 3;

/**
 * What the two ends of a call agree on after the first agreement: offers and answers both ways (RFC 3264), by re-INVITE and UPDATE
 * (RFC 3311), and how long the agreement lasts (RFC 4028). One offer is open at a time: who offers into an open one is told to wait.
 */
export class Negotiation {
  /** Whose offer waits for an answer while the call is not answered. */
  openOffer: 'ours' | 'theirs' | 'none' = 'none';
  #isAnswered = false;
  readonly #options: NegotiationOptions;
  readonly #timer: SessionTimer;
  /** INVITEs of the far side that wait for its ACK, by their number; a late offer is answered in the ACK. */
  readonly #unacknowledged = new Map<number, { transaction: ServerTransaction; lateOffer: boolean }>();
  readonly #whenAcknowledged: (() => void)[] = [];
  #pending: 'INVITE' | 'UPDATE' | undefined;
  #interval = { seconds: refreshSeconds, tries: 0 };
  #cancelRetry: () => void = () => undefined;
  #over = false;

  constructor(options: NegotiationOptions) {
    this.#options = options;
    this.#timer = new SessionTimer(
      options.clock,
      () => this.#refresh(),
      () => options.onLost('the far side did not refresh the session'),
    );
  }

  /** Watches the session that the two sides have agreed to refresh. */
  watch(expiry: SessionExpiry | undefined): void {
    this.#interval = { seconds: expiry?.seconds ?? refreshSeconds, tries: 0 };
    this.#timer.restart(expiry);
  }

  /** The call was answered: from now on both sides may begin an agreement. */
  answered(expiry: SessionExpiry | undefined): void {
    this.#isAnswered = true;
    this.openOffer = 'none';
    this.watch(expiry);
  }

  /** An INVITE was answered with a 2xx and waits for its ACK. */
  awaitAck(transaction: ServerTransaction, lateOffer: boolean): void {
    const number = cseqOf(transaction.request);
    this.#unacknowledged.set(number, { transaction, lateOffer });
    transaction.onUnacknowledged = () => {
      this.#unacknowledged.delete(number);
      this.#acknowledged();
      this.#options.onLost('the far side never acknowledged the call');
    };
  }

  receiveAck(request: SipRequest): void {
    const waiting = this.#unacknowledged.get(cseqOf(request));
    if (!waiting) return;
    this.#unacknowledged.delete(cseqOf(request));
    waiting.transaction.acknowledged();
    if (waiting.lateOffer && !this.#over) {
      const sound = sessionBytes(request);
      const problem = sound.length === 0 ? 'no answer in the ACK' : this.#options.media.takeAnswer(sound);
      if (problem !== undefined) this.#options.onLost(`the far side's answer cannot be used: ${problem}`);
    }
    this.#acknowledged();
  }

  /** Runs something once no INVITE waits for its ACK any more: a BYE must not overtake it (RFC 3261 section 15). */
  whenAcknowledged(run: () => void): void {
    if (this.#unacknowledged.size === 0) run();
    else this.#whenAcknowledged.push(run);
  }

  /** A re-INVITE or UPDATE: hold, resume, another codec or address, or only a sign of life. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { media, flow, log, dialog } = this.#options;
    const isInvite = request.method === 'INVITE';
    const wait = this.#mustWait(request);
    if (wait !== undefined) {
      transaction.respond(wait, wait === 500 ? { headers: { 'Retry-After': retryAfterSeconds() } } : {});
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
    dialog.refreshTarget(request);
    const lateOffer = isInvite && offer.type === 'none';
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
    // An UPDATE while it rings says nothing about the session that is not there yet.
    if (this.#isAnswered) this.watch(expiry);
    transaction.respond(200, { headers: answerHeaders(flow, body, expiry), body });
    if (isInvite) this.awaitAck(transaction, lateOffer);
  }

  /** Idempotent. INVITEs that wait for their ACK still get it. */
  close(): void {
    this.#over = true;
    this.#timer.stop();
    this.#cancelRetry();
  }

  /** The call is forgotten altogether. Idempotent. */
  abandon(): void {
    this.close();
    for (const { transaction } of this.#unacknowledged.values()) transaction.acknowledged();
    this.#unacknowledged.clear();
    this.#whenAcknowledged.length = 0;
  }

  /** The status that makes the far side wait with its request, if it must (RFC 3261 section 14.2, RFC 3311 section 5.2). */
  #mustWait({ method, body }: SipRequest): 491 | 500 | undefined {
    if (method === 'UPDATE' && body.length === 0) return undefined;
    if (this.#pending === 'INVITE' || this.openOffer === 'ours') return 491;
    if (this.openOffer === 'theirs' || (method === 'INVITE' && !this.#isAnswered)) return 500;
    const lateOffer = [...this.#unacknowledged.values()].some((waiting) => waiting.lateOffer);
    if (method === 'UPDATE') return lateOffer ? 491 : undefined;
    return this.#unacknowledged.size > 0 ? 500 : undefined;
  }

  #acknowledged(): void {
    if (this.#unacknowledged.size === 0) for (const run of this.#whenAcknowledged.splice(0)) run();
  }

  /**
   * Says that the call is alive: by UPDATE where the far side knows it, which needs no agreement anew (RFC 4028 section 7.4), else by
   * repeating the agreement unchanged.
   */
  #refresh(): void {
    const { flow, media, dialog, core, onLost } = this.#options;
    if (this.#over || this.#pending) return;
    if (this.#unacknowledged.size > 0) {
      this.whenAcknowledged(() => this.#refresh());
      return;
    }
    const method = dialog.allows('UPDATE') ? 'UPDATE' : 'INVITE';
    const body = method === 'INVITE' ? media.offer() : noBody;
    const { seconds } = this.#interval;
    this.#pending = method;
    const request = dialog.request(
      method,
      {
        Contact: contactFor(flow),
        ...(body.length > 0 && { 'Content-Type': sdpType }),
        ...capabilities(),
        'Session-Expires': `${seconds};refresher=uac`,
        ...(seconds < refreshSeconds && { 'Min-SE': String(Math.min(seconds, minSessionSeconds)) }),
      },
      body,
    );
    core.sendWithin(dialog, flow, request, {
      onResponse: (response) => {
        if (response.status < 200) return;
        this.#pending = undefined;
        if (response.status < 300 && method === 'INVITE')
          void core.sendAck(dialog, flow, dialog.ack(cseqOf(request)));
        if (!this.#over) this.#refreshed(response);
      },
      onFailed: () => {
        this.#pending = undefined;
        if (!this.#over) onLost('the far side did not answer when the session was refreshed');
      },
    });
  }

  #refreshed(response: SipResponse): void {
    const { media, dialog, onLost } = this.#options;
    const { status, headers } = response;
    const fallback: SessionExpiry = { seconds: this.#interval.seconds, refresher: 'us' };
    if (status < 300) {
      dialog.refreshTarget(response);
      const sound = sessionBytes(response);
      if (sound.length > 0) media.takeAnswer(sound);
      this.watch(parseSessionExpires(headers, 'uac') ?? fallback);
    } else if (status === 481 || status === 408) {
      // A far side that does not know the call any more has none (RFC 3261 section 12.2.1.2).
      onLost('the far side does not know the call any more');
    } else if (status === 422) {
      // RFC 4028 section 7.3: once more, with the interval that was asked for.
      const minSeconds = Number(/^\d{1,9}/.exec(headers.get('min-se') ?? '')?.[0] ?? 0);
      this.#interval.seconds = Math.max(this.#interval.seconds, minSeconds, minSessionSeconds);
      this.#retry(0, fallback);
    } else if (status === 491) {
      this.#retry(glarePauseMs(dialog.isCaller), fallback);
    } else if (status === 500 && headers.get('retry-after') !== undefined) {
      this.#retry(Number(/^\d{1,3}/.exec(headers.get('retry-after') ?? '')?.[0] ?? 1) * 1000, fallback);
    } else {
      // Others keep what they have.
      this.watch(fallback);
    }
  }

  #retry(delayMs: number, fallback: SessionExpiry): void {
    this.#interval.tries += 1;
    if (this.#interval.tries > maxTries) {
      this.watch(fallback);
      return;
    }
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.setTimer(() => this.#refresh(), delayMs);
  }
}

/**
 * How long to wait after two offers have met (RFC 3261 section 14.1), in milliseconds: who has made the Call-ID waits longer, so that the
 * two do not meet again.
 */
export function glarePauseMs(isCaller: boolean): number {
  const steps = isCaller ? 210 + Math.floor(Math.random() * 191) : Math.floor(Math.random() * 201);
  return steps * 10;
}

/** Between 0 and 10 s, at random (RFC 3261 section 14.2). */
function retryAfterSeconds(): string {
  return String(Math.floor(Math.random() * 11));
}

export function cseqOf(request: SipRequest): number {
  return parseCseq(request.headers.get('cseq') ?? '')?.number ?? 0;
}

/** Headers of a 1xx or 2xx to an INVITE, or of a 2xx to an UPDATE. */
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
