import type { Clock } from '../../core/clock.ts';
import type { SipHeaders, SipRequest } from './message.ts';
import {
  newSequenceStart,
  t1Ms,
  transactionLimitMs,
  type RespondParts,
  type ServerTransaction,
} from './server-transaction.ts';

/** True when a header of this name (`Supported`, `Require`) lists the option. */
export function lists(headers: SipHeaders, name: 'supported' | 'require', option: string): boolean {
  return headers.list(name).some((entry) => entry.toLowerCase() === option);
}

/**
 * One ringing that the caller confirms by PRACK (RFC 3262 section 3). It is repeated after 0.5, 1, 2 ... s until then, or until the
 * INVITE has its final answer; after 32 s nobody is there.
 */
export class ReliableResponse {
  readonly #transaction: ServerTransaction;
  readonly #clock: Clock;
  readonly #sequence = newSequenceStart();
  readonly #waiting: (() => void)[] = [];
  #state: 'sent' | 'confirmed' | 'over' = 'sent';
  #cancelRepeat: () => void = () => undefined;
  #cancelLimit: () => void = () => undefined;

  /** @param onUnconfirmed - The caller has confirmed nothing within 32 s; the INVITE is to be refused. */
  constructor(parts: {
    readonly transaction: ServerTransaction;
    readonly clock: Clock;
    readonly status: 180 | 183;
    readonly response: RespondParts;
    readonly onUnconfirmed: () => void;
  }) {
    const { transaction, clock, status, response } = parts;
    this.#transaction = transaction;
    this.#clock = clock;
    const headers = { ...response.headers, Require: '100rel', RSeq: String(this.#sequence) };
    this.#repeat(() => transaction.respond(status, { ...response, headers }), t1Ms);
    this.#cancelLimit = clock.setTimer(() => {
      this.stop();
      parts.onUnconfirmed();
    }, transactionLimitMs);
  }

  /** Whether a PRACK confirms this one, for the first time. */
  fits(prack: SipRequest): boolean {
    const [sequence, number, method] = (prack.headers.get('rack') ?? '').trim().split(/\s+/);
    const [inviteNumber] = (this.#transaction.request.headers.get('cseq') ?? '').trim().split(/\s+/);
    if (this.#state === 'confirmed' || method !== 'INVITE') return false;
    return Number(sequence) === this.#sequence && Number(number) === Number(inviteNumber);
  }

  /** The caller has confirmed it. */
  confirm(): void {
    this.stop();
    this.#state = 'confirmed';
    for (const run of this.#waiting.splice(0)) run();
  }

  /** Runs something once the caller has confirmed, at once when that has happened; never after `stop`. */
  whenConfirmed(run: () => void): void {
    if (this.#state === 'confirmed') run();
    else if (this.#state === 'sent') this.#waiting.push(run);
  }

  /** Is not repeated any more. Idempotent. */
  stop(): void {
    if (this.#state === 'sent') this.#state = 'over';
    this.#cancelRepeat();
    this.#cancelLimit();
  }

  #repeat(send: () => void, delayMs: number): void {
    if (this.#transaction.answered) return;
    send();
    this.#cancelRepeat = this.#clock.setTimer(() => this.#repeat(send, delayMs * 2), delayMs);
  }
}

/** Which ringing of one callee comes next (RFC 3262 section 4): repeats and what has overtaken another are left alone. */
export class ReliableOrder {
  #last: number | undefined;

  /** The value of RAck for a ringing that is to be confirmed now; undefined for one that is not. */
  confirmation(headers: SipHeaders): string | undefined {
    const sequence = Number(headers.get('rseq') ?? Number.NaN);
    if (!lists(headers, 'require', '100rel') || !Number.isInteger(sequence)) return undefined;
    if (this.#last !== undefined && sequence !== this.#last + 1) return undefined;
    this.#last = sequence;
    return `${sequence} ${headers.get('cseq') ?? ''}`;
  }
}
