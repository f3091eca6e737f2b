import type { Clock } from '../../core/clock.ts';
import { KefuError } from '../../core/errors.ts';
import type { HandOver } from '../voice-session.ts';
import type { SipRequest, SipResponse } from './message.ts';

/** How long the new destination may ring, beyond what anybody waits for. */
const referralLimitMs = 60_000;

/**
 * One transfer by REFER, told by the NOTIFYs that follow it:
 *
 *     REFER ──2xx──▶ NOTIFY 100, 180 ... ──▶ NOTIFY 200: taken   NOTIFY 4xx-6xx: failed, the call goes on
 *       └──3xx-6xx: refused, the call goes on     └──BYE: taken once it rang, else the caller has gone
 */
export class Referral {
  readonly result: Promise<HandOver>;
  readonly #cancelLimit: () => void;
  #resolve: (result: HandOver) => void = () => undefined;
  #reject: (error: KefuError) => void = () => undefined;
  #rang = false;

  constructor(clock: Clock) {
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#cancelLimit = clock.setTimer(
      () => this.#fail('nobody told within 60 s what became of it'),
      referralLimitMs,
    );
  }

  /** The far side has answered the REFER itself. */
  answered({ status, headers }: SipResponse): void {
    if (status >= 300) this.#fail(`the far side refused it with ${status}`);
    // Who tells that nothing will be told (RFC 4488) has taken it over.
    else if (status >= 200 && /^\s*false\b/i.test(headers.get('refer-sub') ?? '')) this.#settle('taken');
  }

  /** The far side did not answer at all. */
  timedOut(): void {
    this.#fail('the far side did not answer');
  }

  /** Takes a NOTIFY with the progress (`message/sipfrag`). It may come before the answer to the REFER. */
  notified(request: SipRequest): void {
    const status = Number(
      /^SIP\/2\.0 (\d{3})/.exec(Buffer.from(request.body).toString('latin1').trim())?.[1] ?? 0,
    );
    if (status > 100 && status < 200) this.#rang = true;
    if (status >= 200 && status < 300) this.#settle('taken');
    if (status >= 300) this.#fail(`the destination answered with ${status}`);
    // A subscription that ends without a word says that the far side follows it no further.
    const over = /^terminated/i.test(request.headers.get('subscription-state') ?? '');
    if (over && status < 200) this.#fail('the far side stopped telling what becomes of it');
  }

  /** The far side has hung up meanwhile. */
  farSideLeft(): void {
    this.#settle(this.#rang ? 'taken' : 'caller-gone');
  }

  #settle(result: HandOver): void {
    this.#cancelLimit();
    this.#resolve(result);
  }

  #fail(detail: string): void {
    this.#cancelLimit();
    this.#reject(new KefuError('transfer_failed', `The transfer failed: ${detail}.`));
  }
}
