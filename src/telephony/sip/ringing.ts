import type { Clock } from '../../core/clock.ts';
import type { KefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { sessionBytes } from './bodies.ts';
import type { SipCore } from './core.ts';
import { dialAborted, failed } from '../dialling.ts';
import { refusalOf } from './dial-failure.ts';
import { Dialog } from './dialog.ts';
import { parseAddress } from './grammar.ts';
import { Leg } from './leg.ts';
import { noBody, type SipRequest, type SipResponse } from './message.ts';
import { cseqOf } from './negotiation.ts';
import { Diversions } from './diversions.ts';
import { lists, ReliableOrder } from './reliable.ts';
import { minSessionSeconds, parseSessionExpires } from './session-timer.ts';
import type { Side } from './side.ts';
import { cancelOf, type ClientTransaction } from './transactions.ts';

/** What differs between the INVITEs of one call. */
export interface InviteParts {
  readonly uri: string;
  readonly cseq: number;
  /** Header lines besides the usual ones: a password, a session interval. */
  readonly more: readonly (readonly [name: string, value: string])[];
}

export interface RingingOptions {
  readonly core: SipCore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly ringMs: number;
  /** Whom it rings at, with the way to the server that places the call. */
  readonly side: Side;
  readonly uri: string;
  readonly write: (parts: InviteParts) => SipRequest;
  /** Answers the challenge of a 401 or 407; undefined when there is no password. */
  readonly prove: (response: SipResponse, uri: string) => readonly [string, string] | undefined;
  /** Where the call may go instead, by the Contact of a diversion; undefined where it may not. */
  readonly divert: (contact: string) => string | undefined;
  readonly onProgress?: ((status: number) => void) | undefined;
}

/** One of the telephones that ring for a call: a proxy may fork it. */
interface EarlyCall {
  readonly leg: Leg;
  readonly order: ReliableOrder;
  /** The answer to our offer that came with the ringing. */
  sound: Uint8Array;
}

/** A CANCEL ends the ringing within this time, or the call is left to its fate. */
const cancelLimitMs = 5_000;
/** A server that has not said anything within this time is taken for dead: another one may be asked. */
const silenceLimitMs = 5_000;

/**
 * The INVITE of a call that Kefu makes, until somebody answers.
 *
 *     INVITE ─▶ 401, 407: once more with the password       ─▶ 1xx: rings, up to `ringMs`, then CANCEL; PRACK where it is wanted
 *            ─▶ 422: once more with a longer interval       ─▶ 2xx: ACK; those of further telephones: ACK, BYE
 *            ─▶ 3xx: to the numbers named, where allowed    ─▶ 4xx-6xx: `transfer_failed` with the cause
 *            ─▶ 503, silence: `unreachable`, so that another server may be asked
 */
export class Ringing {
  readonly answered: Promise<Leg>;
  readonly #options: RingingOptions;
  readonly #early = new Map<string, EarlyCall>();
  /** Acknowledges an answer, each time it comes, by the tag of the telephone. */
  readonly #acknowledge = new Map<string, () => void>();
  readonly #more: (readonly [string, string])[] = [];
  readonly #diversions: Diversions;
  #resolve: (leg: Leg) => void = () => undefined;
  #reject: (error: KefuError) => void = () => undefined;
  #cseq = 0;
  #uri: string;
  #invite: SipRequest | undefined;
  #current: ClientTransaction | undefined;
  #rings = false;
  #cancelled = false;
  #proof: readonly [string, string] | undefined;
  #givenUp: KefuError | undefined;
  #settled = false;
  readonly #cancelRingLimit: () => void;
  #cancelPatience: () => void = () => undefined;
  #cancelSilenceLimit: () => void = () => undefined;
  readonly #onAbort = (): void => this.#giveUp(dialAborted());

  constructor(options: RingingOptions) {
    this.#options = options;
    this.#uri = options.uri;
    this.#diversions = new Diversions(options.uri, options.divert);
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#cancelRingLimit = options.clock.setTimer(
      () => this.#giveUp(failed('no-answer', 'Nobody answered')),
      options.ringMs,
    );
    options.signal.addEventListener('abort', this.#onAbort);
    this.#send();
  }

  #send(): void {
    const { core, clock, side, write } = this.#options;
    this.#cseq += 1;
    this.#rings = false;
    const more = this.#proof ? [...this.#more, this.#proof] : this.#more;
    const invite = write({ uri: this.#uri, cseq: this.#cseq, more });
    const silent = (): void =>
      this.#fail(this.#givenUp ?? failed('unreachable', 'The server did not answer'));
    this.#invite = invite;
    const current = core.transactions.send(invite, side.flow, {
      onResponse: (response) => this.#received(invite, response),
      onFailed: silent,
    });
    this.#current = current;
    this.#cancelSilenceLimit();
    this.#cancelSilenceLimit = clock.setTimer(() => {
      current.abandon();
      silent();
    }, silenceLimitMs);
  }

  #received(invite: SipRequest, response: SipResponse): void {
    this.#cancelSilenceLimit();
    const { status } = response;
    if (status >= 200 && status < 300) this.#answeredBy(invite, response);
    else if (this.#settled || invite !== this.#invite) return;
    else if (status < 200) {
      this.#rings = true;
      if (this.#givenUp) this.#cancel();
      else this.#provisional(invite, response);
    } else this.#refused(invite, response);
  }

  #provisional(invite: SipRequest, response: SipResponse): void {
    const tag = tagOf(response);
    if (response.status > 100 && tag !== undefined) {
      let early = this.#early.get(tag);
      if (early) early.leg.dialog.refreshTarget(response);
      else {
        const leg = this.#legFor(Dialog.fromAnswer(invite, response));
        leg.negotiation.openOffer = 'ours';
        early = { leg, order: new ReliableOrder(), sound: noBody };
        this.#early.set(tag, early);
      }
      if (lists(response.headers, 'require', '100rel')) {
        const confirmation = early.order.confirmation(response.headers);
        // A repeat, or one that has overtaken another: it comes again.
        if (confirmation === undefined) return;
        early.leg.send(early.leg.dialog.request('PRACK', { RAck: confirmation }), nobodyListens);
      }
      this.#soundBeforeAnswer(early, response);
    }
    this.#options.onProgress?.(response.status);
  }

  /** An answer to our offer that comes with the ringing: announcements, or the tone of a busy line far away. */
  #soundBeforeAnswer(early: EarlyCall, response: SipResponse): void {
    const { side } = this.#options;
    const isReliable = lists(response.headers, 'require', '100rel');
    const sound = sessionBytes(response);
    if (sound.length === 0) return;
    early.sound = sound;
    // What is not confirmed is said again by the answer, and counts only when somebody listens.
    if (!isReliable && !side.sink) return;
    if (side.media.takeAnswer(sound) !== undefined) return;
    if (isReliable) early.leg.negotiation.openOffer = 'none';
    if (side.sink) side.media.start();
  }

  #answeredBy(invite: SipRequest, response: SipResponse): void {
    const tag = tagOf(response) ?? '';
    const acknowledge = this.#acknowledge.get(tag);
    if (acknowledge) {
      acknowledge();
      return;
    }
    const { core, log, side } = this.#options;
    const early = this.#early.get(tag);
    const leg = this.#legFor(Dialog.fromAnswer(invite, response, early?.leg.dialog), side.flow);
    const ack = (): void => void core.sendAck(leg.dialog, leg.flow, leg.dialog.ack(cseqOf(invite)));
    this.#acknowledge.set(tag, ack);
    ack();
    leg.confirm(parseSessionExpires(response.headers, 'uac'));
    if (this.#settled || this.#givenUp) {
      // Another telephone was quicker, or somebody answered in the moment in which we gave up.
      if (!this.#givenUp) log.info({}, 'Another telephone answered the same call, and was hung up on');
      void leg.bye();
      this.#finish(() => this.#reject(this.#givenUp ?? dialAborted()));
      return;
    }
    const sound = sessionBytes(response);
    const problem = side.media.takeAnswer(sound.length > 0 ? sound : (early?.sound ?? noBody));
    if (problem !== undefined) {
      void leg.bye();
      this.#fail(failed('failed', `The sound of the call cannot be carried (${problem})`));
      return;
    }
    this.#finish(() => this.#resolve(leg));
  }

  #refused(invite: SipRequest, response: SipResponse): void {
    const { status, headers } = response;
    this.#forgetEarly();
    if (this.#givenUp) this.#fail(this.#givenUp);
    else if ((status === 401 || status === 407) && !this.#proof) {
      this.#proof = this.#options.prove(response, invite.uri);
      if (!this.#proof) {
        this.#fail(failed('not-allowed', 'The server wants a password that the trunk does not have'));
        return;
      }
      this.#send();
    } else if (status === 422 && !this.#more.some(([name]) => name === 'Min-SE')) {
      // RFC 4028 section 7.3.
      const seconds = Math.max(
        Number(/^\d{1,9}/.exec(headers.get('min-se') ?? '')?.[0] ?? 0),
        minSessionSeconds,
      );
      this.#more.push(['Session-Expires', String(seconds)], ['Min-SE', String(seconds)]);
      this.#send();
    } else {
      if (status < 400) this.#diversions.add(status, headers);
      // A 6xx speaks for everybody who could be rung (RFC 3261 section 21.6).
      const next = status < 600 ? this.#diversions.next() : undefined;
      if (next === undefined) {
        this.#fail(this.#diversions.problem ?? refusalOf(response));
        return;
      }
      this.#uri = next;
      // A proof is for one address.
      this.#proof = undefined;
      this.#send();
    }
  }

  /** Nobody is to answer any more: the CANCEL goes out once the far side has said anything (RFC 3261 section 9.1). */
  #giveUp(error: KefuError): void {
    if (this.#givenUp || this.#settled) return;
    this.#givenUp = error;
    if (this.#rings) this.#cancel();
    this.#cancelPatience = this.#options.clock.setTimer(() => {
      this.#current?.abandon();
      this.#fail(error);
    }, cancelLimitMs);
  }

  #cancel(): void {
    if (this.#cancelled || !this.#current) return;
    this.#cancelled = true;
    this.#options.core.transactions.send(cancelOf(this.#current.request), this.#current.flow, nobodyListens);
  }

  #fail(error: KefuError): void {
    this.#finish(() => this.#reject(error));
  }

  #finish(settle: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#cancelRingLimit();
    this.#cancelPatience();
    this.#cancelSilenceLimit();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#forgetEarly();
    settle();
  }

  #forgetEarly(): void {
    for (const { leg } of this.#early.values()) leg.close();
    if (this.#settled) return;
    this.#early.clear();
  }

  #legFor(dialog: Dialog, flow = this.#options.side.flow): Leg {
    const { core, clock, log, side } = this.#options;
    return new Leg({ ...{ core, dialog, flow, clock, log }, media: side.media });
  }
}

const nobodyListens = { onResponse: () => undefined, onFailed: () => undefined };

function tagOf({ headers }: SipResponse): string | undefined {
  return parseAddress(headers.get('to') ?? '')?.params.get('tag');
}
