import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { answerChallenge } from './digest.ts';
import type { SipCore } from './core.ts';
import { contactFor, newCallId } from './dialog.ts';
import type { SipFlow } from './flow.ts';
import { hostText, parseAddress } from './grammar.ts';
import { noBody, SipHeaders, type SipRequest, type SipResponse } from './message.ts';
import { newTag } from './transactions.ts';
import type { RegistrationSettings } from './trunks.ts';

export interface RegistrationParts {
  readonly core: SipCore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Calls of the line come from this address. */
  readonly onServer: (host: string) => void;
}

/** After a failure it is tried again after so long, doubled each time up to the limit. */
const firstRetryMs = 5_000;
const maxRetryMs = 5 * 60_000;
/** NATs forget a way over UDP after half a minute of silence; an empty line keeps it open (RFC 5626 section 3.5.1). */
const keepOpenMs = 25_000;
/** How long unregistering may take when Kefu stops. */
const stopLimitMs = 2_000;

/** Keeps one line registered (RFC 3261 section 10), so that the carrier knows where its calls go. */
export class Registration {
  readonly #settings: RegistrationSettings;
  readonly #parts: RegistrationParts;
  readonly #callId = newCallId();
  readonly #tag = newTag();
  #cseq = 0;
  #expiresSeconds: number;
  #retryMs = firstRetryMs;
  #registered = false;
  #stopped = false;
  #cancelTimer: () => void = () => undefined;
  #cancelKeepOpen: () => void = () => undefined;

  constructor(settings: RegistrationSettings, parts: RegistrationParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#expiresSeconds = settings.expiresSeconds;
  }

  get registered(): boolean {
    return this.#registered;
  }

  start(): void {
    void this.#round();
  }

  /** Unregisters. Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelTimer();
    this.#cancelKeepOpen();
    if (!this.#registered) return;
    this.#registered = false;
    await new Promise<void>((resolve) => {
      const cancelLimit = this.#parts.clock.setTimer(resolve, stopLimitMs);
      void this.#register(0).finally(() => {
        cancelLimit();
        resolve();
      });
    });
  }

  async #round(): Promise<void> {
    let delayMs: number;
    try {
      const seconds = await this.#register(this.#expiresSeconds);
      if (!this.#registered) this.#parts.log.info({ seconds }, 'A SIP line is registered');
      this.#registered = true;
      this.#retryMs = firstRetryMs;
      // Early enough for a second try.
      delayMs = Math.max(seconds * 500, seconds * 1000 - 60_000);
    } catch (error) {
      if (!this.#stopped) {
        this.#parts.log.warn(
          { error: toKefuError(error).message, retryMs: this.#retryMs },
          'A SIP line could not be registered',
        );
      }
      this.#registered = false;
      delayMs = this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs);
    }
    if (!this.#stopped) this.#cancelTimer = this.#parts.clock.setTimer(() => void this.#round(), delayMs);
  }

  /** Registers once and resolves with how long it lasts, in seconds. */
  async #register(expires: number): Promise<number> {
    const { core, onServer } = this.#parts;
    const { server } = this.#settings;
    const flow = await core.flowToUri(server);
    onServer(flow.remote.host);
    let response = await this.#send(this.#request(expires, flow), flow);
    if (response.status === 401 || response.status === 407) {
      const header = response.status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
      const answer = answerChallenge(response.headers.lines(header), this.#settings, {
        method: 'REGISTER',
        uri: this.#domainUri(),
      });
      if (answer === undefined)
        throw new Error('the server asks for a proof that is neither MD5 nor SHA-256');
      const name = response.status === 401 ? 'Authorization' : 'Proxy-Authorization';
      response = await this.#send(this.#request(expires, flow, [name, answer]), flow);
    }
    if (response.status === 423) {
      const least = Number(response.headers.get('min-expires'));
      if (least > expires && least <= 86_400) {
        this.#expiresSeconds = least;
        return this.#register(least);
      }
    }
    if (response.status < 200 || response.status >= 300) {
      const why = response.status === 401 || response.status === 403 ? ' (user or password is wrong)' : '';
      throw new Error(`the server answered with ${response.status}${why}`);
    }
    this.#keepOpen(flow);
    return grantedSeconds(response, contactFor(flow)) ?? expires;
  }

  #keepOpen(flow: SipFlow): void {
    this.#cancelKeepOpen();
    if (this.#stopped) return;
    this.#cancelKeepOpen = this.#parts.clock.setTimer(() => {
      flow.send(Buffer.from('\r\n\r\n'));
      this.#keepOpen(flow);
    }, keepOpenMs);
  }

  #send(request: SipRequest, flow: SipFlow): Promise<SipResponse> {
    return new Promise((resolve, reject) => {
      this.#parts.core.transactions.send(request, flow, {
        onResponse: (response) => {
          if (response.status >= 200) resolve(response);
        },
        onFailed: () => reject(new Error('the server did not answer within 32 s')),
      });
    });
  }

  #request(expires: number, flow: SipFlow, proof?: readonly [string, string]): SipRequest {
    this.#cseq += 1;
    const { user, domain } = this.#settings;
    const who = `<sip:${user}@${hostText(domain)}>`;
    const headers = new SipHeaders()
      .add('Max-Forwards', '70')
      .add('From', `${who};tag=${this.#tag}`)
      .add('To', who)
      .add('Call-ID', this.#callId)
      .add('CSeq', `${this.#cseq} REGISTER`)
      .add('Contact', contactFor(flow))
      .add('Expires', String(expires));
    if (proof) headers.add(...proof);
    return { type: 'request', method: 'REGISTER', uri: this.#domainUri(), headers, body: noBody };
  }

  #domainUri(): string {
    return `sip:${hostText(this.#settings.domain)}`;
  }
}

/** What the registrar grants: the expiry of our own contact, else Expires. */
function grantedSeconds(response: SipResponse, contact: string): number | undefined {
  const ours = response.headers
    .list('contact')
    .flatMap((value) => parseAddress(value) ?? [])
    .find(({ uri }) => `<${uri}>` === contact);
  const seconds = Number(ours?.params.get('expires') ?? response.headers.get('expires'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
