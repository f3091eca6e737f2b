import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { contactFor } from './dialog.ts';
import { dialFailureOf, type DialFailure } from '../dialling.ts';
import type { SipDialer } from './dialer.ts';
import { parseAddress, parseUri, userOf } from './grammar.ts';
import type { Leg } from './leg.ts';
import { reasonOf, SipHeaders } from './message.ts';
import { parseReplaces } from './replaces.ts';
import type { ServerTransaction } from './server-transaction.ts';
import type { SipCall } from './sip-call.ts';
import { mayCall, numberOf } from './targets.ts';

/** How long the new far side may ring. */
const ringMs = 30_000;
/** What the implicit subscription of a REFER is told to last, in seconds; it ends with the result. */
const subscriptionSeconds = 60;

/** What the far side is told about a call that came to nothing. */
const statusOf: Readonly<Record<DialFailure, number>> = {
  ...{ busy: 486, 'no-answer': 480, declined: 603, 'not-found': 404, 'not-allowed': 403 },
  ...{ limit: 503, unreachable: 503, failed: 500 },
};

interface IncomingReferralParts {
  readonly call: SipCall;
  readonly leg: Leg;
  readonly dialer: Pick<SipDialer, 'place'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly mediaTimeoutMs: number;
  /** Aborted when the call is over. */
  readonly signal: AbortSignal;
  readonly onDone: () => void;
}

/**
 * The far side has somebody else called in its place, such as an agent with the transfer key of their telephone (RFC 3515).
 *
 *     REFER ─▶ 202, NOTIFY 100 ─▶ INVITE over the trunk ─▶ NOTIFY 180 ... ─▶ answered: the call moves, NOTIFY 200, BYE
 *                                    └──▶ NOTIFY 4xx-6xx: the call stays, or ends when who asked has hung up
 *
 * Allowed by the trunk's `acceptRefer`, only to numbers of its `outbound.numbers`, and within their limits.
 */
export class IncomingReferral {
  readonly #parts: IncomingReferralParts;
  readonly #tells: boolean;
  /** NOTIFYs go out one after the other, so that none overtakes another. */
  #told: Promise<void> = Promise.resolve();
  #cancelBeat: () => void = () => undefined;
  #referrerGone = false;
  #lastTold = 0;

  /** Answers a REFER; undefined when it was refused. */
  static take(transaction: ServerTransaction, parts: IncomingReferralParts): IncomingReferral | undefined {
    const { headers } = transaction.request;
    const { trunk } = parts.call.side;
    const targets = headers.lines('refer-to');
    const target = parseAddress(targets[0] ?? '')?.uri ?? '';
    const uri = parseUri(target);
    const replaces = replacesIn(uri?.headers ?? '');
    if (targets.length !== 1 || !uri || !replaces) {
      transaction.respond(400);
      return undefined;
    }
    if (!trunk.acceptRefer) {
      transaction.respond(603);
      return undefined;
    }
    const number = numberOf(userOf(target));
    const isCall = (uri.params.get('method') ?? 'INVITE').toUpperCase() === 'INVITE';
    if (number === undefined || !isCall || !mayCall(trunk, number)) {
      parts.log.warn({ pii: { target } }, 'Refused to call somebody in place of the far side');
      transaction.respond(403);
      return undefined;
    }
    // RFC 4488: who does not want to be told is not told.
    const silent = /^\s*false\b/i.test(headers.get('refer-sub') ?? '');
    transaction.respond(202, {
      headers: { Contact: contactFor(transaction.flow), ...(silent && { 'Refer-Sub': 'false' }) },
    });
    const referral = new IncomingReferral(parts, !silent);
    void referral.#run(number, replaces.value);
    return referral;
  }

  private constructor(parts: IncomingReferralParts, tells: boolean) {
    this.#parts = parts;
    this.#tells = tells;
  }

  /** Who asked has hung up without waiting: the call waits for who is called. */
  referrerLeft(): void {
    this.#referrerGone = true;
    this.#beat();
  }

  async #run(number: string, replaces: string | undefined): Promise<void> {
    const { call, leg, dialer, signal, log, onDone } = this.#parts;
    this.#tell(100);
    try {
      const side = await dialer.place(number, {
        ...{ trunk: call.side.trunk, signal, ringMs, replaces },
        codec: call.side.media.codec,
        onProgress: (status) => this.#tell(status),
      });
      if (signal.aborted) {
        await side.leave();
        return;
      }
      log.info({}, 'The far side has called somebody else in its place');
      call.moveTo(side);
      this.#tell(200);
      void this.#told.then(() => leg.bye());
    } catch (error) {
      if (signal.aborted) return;
      const { message } = toKefuError(error);
      log.info({ why: message }, 'Nobody could be called in place of the far side');
      this.#tell(statusOf[dialFailureOf(message) ?? 'failed']);
      if (this.#referrerGone)
        call.session.finish('caller-hung-up', 'nobody took the call that was passed on');
    } finally {
      this.#cancelBeat();
      onDone();
    }
  }

  /** While nobody is there, the silence is no fault of the network. */
  #beat(): void {
    const { call, clock, mediaTimeoutMs, signal } = this.#parts;
    this.#cancelBeat();
    if (signal.aborted) return;
    call.session.heard();
    this.#cancelBeat = clock.setTimer(() => this.#beat(), mediaTimeoutMs / 2);
  }

  /** Tells how far the other call is, by its status (RFC 3515 section 2.4.5). */
  #tell(status: number): void {
    if (!this.#tells || status === this.#lastTold) return;
    this.#lastTold = status;
    const { leg } = this.#parts;
    const state = status < 200 ? `active;expires=${subscriptionSeconds}` : 'terminated;reason=noresource';
    this.#told = this.#told.then(
      () =>
        new Promise((resolve) => {
          if (leg.state !== 'confirmed') {
            resolve();
            return;
          }
          const headers = {
            Event: 'refer',
            'Subscription-State': state,
            Contact: contactFor(leg.flow),
            'Content-Type': 'message/sipfrag;version=2.0',
          };
          const body = Buffer.from(`SIP/2.0 ${status} ${reasonOf(status)}\r\n`);
          leg.send(leg.dialog.request('NOTIFY', headers, body), {
            onResponse: (response) => {
              if (response.status >= 200) resolve();
            },
            onFailed: () => resolve(),
          });
        }),
    );
  }
}

/**
 * The Replaces that is to stand in our INVITE: a consultation of who asks, which the new call takes over. It is read before it is passed on,
 * so that it can bring nothing else with it; undefined when it cannot be read.
 */
function replacesIn(uriHeaders: string): { readonly value: string | undefined } | undefined {
  const headers = new SipHeaders();
  for (const [name, text] of new URLSearchParams(uriHeaders.replaceAll('+', '%2B')))
    if (name.toLowerCase() === 'replaces') headers.add('Replaces', text);
  const value = headers.get('replaces');
  const isHeader = value === undefined || /^[\x20-\x7e]+$/.test(value);
  return parseReplaces(headers) === 'malformed' || !isHeader ? undefined : { value };
}
