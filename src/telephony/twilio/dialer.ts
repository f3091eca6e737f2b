import { randomUUID } from 'node:crypto';
import twilio from 'twilio';
import type { Clock } from '../../core/clock.ts';
import { KefuError, toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { DialOptions, OutboundDialer, VoiceMedia } from '../../core/telephony.ts';
import { dialAborted, DialAllowance, failed, type DialFailure, type DialLimits } from '../dialling.ts';
import { dialTarget } from './twiml.ts';

/** How Kefu may dial through a Twilio account. */
export interface TwilioDialling extends DialLimits {
  readonly accountSid: string;
  /** An API key with its secret, or the account itself with its auth token. */
  readonly user: string;
  readonly password: string;
  /** What is shown to whoever is called: a number of the account. */
  readonly number: string;
  /** Whole numbers that may be called; nothing else ever is. */
  readonly numbers: readonly RegExp[];
  /** Where Twilio's API is reached, such as `ie1` and `dublin`; by default in the United States. */
  readonly region?: string | undefined;
  readonly edge?: string | undefined;
}

export interface TwilioDialerOptions {
  readonly dialling: TwilioDialling;
  /** The address Twilio asks when somebody has answered, and tells how the call went; `?dial=` is added. */
  readonly webhooks: { readonly answered: string; readonly status: string };
  /** What sends the requests; by default the client's own. */
  readonly httpClient?: TwilioHttpClient | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export type TwilioHttpClient = NonNullable<
  NonNullable<ConstructorParameters<typeof twilio.Twilio>[2]>['httpClient']
>;

/** What the webhooks and streams need of the calls that Kefu makes. */
export interface DialledCalls {
  /** Somebody has answered: what the stream of the call is to claim. Undefined when nobody waits for it any more. */
  connecting(dial: string): { readonly callId: string | undefined } | undefined;
  /** The stream of the call has begun. False when nobody waits for it any more. */
  answered(dial: string, media: VoiceMedia): boolean;
  /** Twilio has said how a call ended, in its own word, with the SIP status of the far side if it had one. */
  over(dial: string, status: string, sipStatus: number | undefined): void;
  /** The stream of the call has ended. */
  left(dial: string): void;
}

interface Ringing {
  readonly callId: string | undefined;
  connecting(): void;
  answered(media: VoiceMedia): void;
  /** The call is over at Twilio. */
  over(error: KefuError): void;
  /** Nobody wants the call any more: Twilio is told to end it. */
  giveUp(error: KefuError): void;
}

/** Twilio opens the stream within a second or two of being told to. */
const connectLimitMs = 10_000;
/** How long Twilio's API may take to answer. */
const requestLimitMs = 10_000;
/** The longest that Twilio lets a telephone ring, in seconds. */
const maxRingSeconds = 600;

/**
 * Calls numbers through Twilio's API (Voice, Calls resource).
 *
 *     POST Calls ──▶ Twilio rings ──answered──▶ webhook: <Connect><Stream> ──▶ stream ──▶ VoiceMedia
 *                         └─ busy, no answer, failed ──▶ status webhook ──▶ `transfer_failed` with the cause
 */
export class TwilioDialer implements OutboundDialer, DialledCalls {
  readonly #options: TwilioDialerOptions;
  readonly #client: twilio.Twilio;
  readonly #allowance: DialAllowance;
  readonly #ringing = new Map<string, Ringing>();
  /** What to call when a call that was answered is over, by dial. */
  readonly #releases = new Map<string, () => void>();
  /** Calls that Twilio is being told to end. */
  readonly #endings = new Set<Promise<void>>();

  constructor(options: TwilioDialerOptions) {
    const { user, password, accountSid, region, edge } = options.dialling;
    this.#options = options;
    this.#client = new twilio.Twilio(user, password, {
      ...{ accountSid, timeout: requestLimitMs },
      ...(region !== undefined && { region }),
      ...(edge !== undefined && { edge }),
      ...(options.httpClient && { httpClient: options.httpClient }),
    });
    this.#allowance = new DialAllowance(options.dialling, options);
  }

  async dial(target: string, options: DialOptions): Promise<VoiceMedia> {
    const { type, address } = dialTarget(target);
    if (type !== 'number') {
      throw new KefuError('transfer_unsupported', 'Only numbers such as +15551234567 can be called.');
    }
    if (!this.#options.dialling.numbers.some((pattern) => pattern.test(address))) {
      throw failed('not-allowed', 'Twilio may not call this number: see KEFU_TWILIO_DIAL_NUMBERS');
    }
    if (options.signal.aborted) throw dialAborted();
    const release = this.#allowance.take();
    const dial = `dial_${randomUUID()}`;
    this.#releases.set(dial, release);
    try {
      return await this.#ring(dial, address, options);
    } catch (error) {
      this.left(dial);
      throw toKefuError(error, 'transfer_failed');
    }
  }

  /** Stops all ringing; resolves once Twilio has been told. */
  async close(): Promise<void> {
    for (const ringing of [...this.#ringing.values()]) ringing.giveUp(dialAborted());
    await Promise.all(this.#endings);
  }

  connecting(dial: string): { readonly callId: string | undefined } | undefined {
    const ringing = this.#ringing.get(dial);
    ringing?.connecting();
    return ringing && { callId: ringing.callId };
  }

  answered(dial: string, media: VoiceMedia): boolean {
    const ringing = this.#ringing.get(dial);
    ringing?.answered(media);
    return ringing !== undefined;
  }

  over(dial: string, status: string, sipStatus: number | undefined): void {
    const cause = causeOf(status, sipStatus);
    const told = sipStatus === undefined ? status : `${status}, SIP ${sipStatus}`;
    this.#ringing.get(dial)?.over(failed(cause, `Twilio reports the call as ${told}`));
  }

  left(dial: string): void {
    this.#releases.get(dial)?.();
    this.#releases.delete(dial);
  }

  /** Rings until the stream of the call begins; rejects with what came instead. */
  #ring(dial: string, number: string, { signal, ringMs, callId }: DialOptions): Promise<VoiceMedia> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const created = this.#create(dial, number, ringMs);
      const settle = (): void => {
        cancelLimit();
        signal.removeEventListener('abort', onAbort);
        this.#ringing.delete(dial);
      };
      const over = (error: KefuError): void => {
        settle();
        reject(error);
      };
      const giveUp = (error: KefuError): void => {
        over(error);
        this.#endLater(created);
      };
      const onAbort = (): void => giveUp(dialAborted());
      let cancelLimit = clock.setTimer(() => giveUp(failed('no-answer', 'Nobody answered')), ringMs);
      signal.addEventListener('abort', onAbort);
      this.#ringing.set(dial, {
        callId,
        connecting: () => {
          cancelLimit();
          cancelLimit = clock.setTimer(
            () => giveUp(failed('failed', 'Twilio did not open the stream of the call')),
            connectLimitMs,
          );
        },
        answered: (media) => {
          settle();
          resolve(media);
        },
        over,
        giveUp,
      });
      created.catch((error: unknown) => {
        // Given up meanwhile: whoever dialled has been told already.
        if (this.#ringing.has(dial)) over(refusalOf(error));
      });
    });
  }

  /** @returns Twilio's id of the new call. */
  async #create(dial: string, number: string, ringMs: number): Promise<string> {
    const { dialling, webhooks, log } = this.#options;
    const query = `?${new URLSearchParams({ dial }).toString()}`;
    const { sid } = await this.#client.calls.create({
      to: number,
      from: dialling.number,
      url: webhooks.answered + query,
      statusCallback: webhooks.status + query,
      // Twilio then tells of the end, whatever it was: completed, busy, no-answer, canceled, failed.
      statusCallbackEvent: ['completed'],
      timeout: Math.min(maxRingSeconds, Math.ceil(ringMs / 1000)),
    });
    log.info({ callSid: sid, dial, pii: { to: number } }, 'Twilio rings somebody');
    return sid;
  }

  /** `completed` ends a call that rings as well as one that has just been answered; a call that is over is left alone. */
  #endLater(created: Promise<string>): void {
    const ending = created
      .then(async (sid) => {
        await this.#client.calls(sid).update({ status: 'completed' });
      })
      .catch((error: unknown) => {
        this.#options.log.warn({ error: toKefuError(error).message }, 'A call could not be ended at Twilio');
      })
      .finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }
}

/** What Twilio's word for the end of a call, and the SIP status of the far side, mean to whoever dialled. */
function causeOf(status: string, sipStatus: number | undefined): DialFailure {
  if (sipStatus === 603 || sipStatus === 607) return 'declined';
  if (sipStatus === 404 || sipStatus === 410 || sipStatus === 484 || sipStatus === 604) return 'not-found';
  switch (status) {
    case 'busy':
    case 'no-answer':
      return status;
    case 'canceled':
      return 'no-answer';
    default:
      return 'failed';
  }
}

/** Twilio's error codes for numbers that do not exist or cannot be reached. */
const unknownNumbers: ReadonlySet<number> = new Set([21211, 21214, 21217, 21401]);

/** Why Twilio's API did not take a call. Its message is not passed on, since it names the number. */
function refusalOf(error: unknown): KefuError {
  if (!(error instanceof twilio.RestException)) {
    return failed('unreachable', `Twilio's API cannot be reached (${toKefuError(error).message})`);
  }
  const { status, code } = error;
  const told = `Twilio's API answered with ${status}${code === undefined ? '' : ` and its error ${code}`}`;
  if (code !== undefined && unknownNumbers.has(code)) return failed('not-found', told);
  if (status === 429) return failed('limit', told);
  return status >= 500 ? failed('unreachable', told) : failed('not-allowed', told);
}
