import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { ask, outsideRequest } from './ask.ts';
import { answerChallenge } from './digest.ts';
import type { SipCore } from './core.ts';
import { contactFor, newCallId } from './dialog.ts';
import type { SipFlow } from './flow.ts';
import { hostText, parseAddress } from './grammar.ts';
import type { SipRequest, SipResponse } from './message.ts';
import type { SipServer } from './resolve.ts';
import { retryAfterMs } from './servers.ts';
import { newTag } from './transactions.ts';
import type { RegistrationSettings } from './trunks.ts';

export interface RegistrationParts {
  readonly core: SipCore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Calls of the line may come from each of these addresses. */
  readonly onServers: (hosts: readonly string[]) => void;
}

/** What became of the line, for monitors. */
export interface RegistrationState {
  readonly registered: boolean;
  /** The server that has taken the registration last, as an address; undefined before the first. */
  readonly server: string | undefined;
  /** Why the last try failed; undefined while all is well. */
  readonly problem: string | undefined;
}

/** After a failure it is tried again after so long, doubled each time up to the limit. */
const firstRetryMs = 5_000;
const maxRetryMs = 5 * 60_000;
/** NATs forget a way over UDP after half a minute of silence; an empty line keeps it open (RFC 5626 section 3.5.1). */
const keepOpenMs = 25_000;
/** How long unregistering may take when Kefu stops. */
const stopLimitMs = 2_000;
/** A server that has not answered within this time is taken for dead, and the next one is asked. */
const answerLimitMs = 8_000;
/** Answers after which another server may know better: it is overloaded, broken, or out of reach of its own registrar. */
const tryNext: readonly number[] = [408, 500, 502, 503, 504];

/** Another server may do better. */
class ServerFailed extends Error {
  readonly restMs: number | undefined;

  constructor(message: string, restMs?: number) {
    super(message);
    this.name = 'ServerFailed';
    this.restMs = restMs;
  }
}

/**
 * Keeps one line registered (RFC 3261 section 10), so that the carrier knows where its calls go: at the server that has taken it
 * before, as long as that one answers, else at the next.
 */
export class Registration {
  readonly #settings: RegistrationSettings;
  readonly #parts: RegistrationParts;
  readonly #callId = newCallId();
  readonly #tag = newTag();
  #cseq = 0;
  #expiresSeconds: number;
  #retryMs = firstRetryMs;
  #registered = false;
  #server: SipServer | undefined;
  #problem: string | undefined;
  #stopped = false;
  #cancelTimer: () => void = () => undefined;
  #cancelKeepOpen: () => void = () => undefined;
  /** Waits no longer for the answer to the request that is out. */
  #giveUp: () => void = () => undefined;

  constructor(settings: RegistrationSettings, parts: RegistrationParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#expiresSeconds = settings.expiresSeconds;
  }

  get registered(): boolean {
    return this.#registered;
  }

  get state(): RegistrationState {
    return { registered: this.#registered, server: this.#server?.host, problem: this.#problem };
  }

  start(): void {
    if (!this.#stopped) void this.#round();
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
      const cancelLimit = this.#parts.clock.setTimer(() => {
        this.#giveUp();
        // It may still look for the server.
        resolve();
      }, stopLimitMs);
      const farewell = this.#register(0).catch((error: unknown) => {
        this.#parts.log.info({ error: toKefuError(error).message }, 'A SIP line could not be unregistered');
      });
      void farewell.finally(() => {
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
      this.#problem = undefined;
      this.#retryMs = firstRetryMs;
      // Early enough for a second try.
      delayMs = Math.max(seconds * 500, seconds * 1000 - 60_000);
    } catch (error) {
      this.#problem = toKefuError(error).message;
      if (!this.#stopped) {
        this.#parts.log.warn(
          { error: this.#problem, retryMs: this.#retryMs },
          'A SIP line could not be registered',
        );
      }
      this.#registered = false;
      delayMs = this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs);
    }
    if (!this.#stopped) this.#cancelTimer = this.#parts.clock.setTimer(() => void this.#round(), delayMs);
  }

  /** Registers once, at the first server that can, and resolves with how long it lasts, in seconds. */
  async #register(expires: number): Promise<number> {
    const { core, onServers } = this.#parts;
    const { server, backups = [] } = this.#settings;
    const uris = [server, ...backups];
    onServers((await core.servers.locate(uris)).map(({ host }) => host));
    let failure: unknown;
    for await (const way of core.servers.ways(uris, this.#server)) {
      try {
        const seconds = await this.#registerAt(way.flow, expires);
        this.#server = way.server;
        return seconds;
      } catch (error) {
        failure = error;
        if (!(error instanceof ServerFailed) || this.#stopped) break;
        way.failed(error.restMs);
      }
    }
    throw failure instanceof Error ? failure : new Error('no server could be asked');
  }

  async #registerAt(flow: SipFlow, expires: number): Promise<number> {
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
        return this.#registerAt(flow, least);
      }
    }
    if (response.status < 200 || response.status >= 300) {
      const why = response.status === 401 || response.status === 403 ? ' (user or password is wrong)' : '';
      const told = `the server answered with ${response.status}${why}`;
      throw tryNext.includes(response.status)
        ? new ServerFailed(told, retryAfterMs(response))
        : new Error(told);
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

  async #send(request: SipRequest, flow: SipFlow): Promise<SipResponse> {
    const { answer, giveUp } = ask(request, flow, { ...this.#parts, limitMs: answerLimitMs });
    this.#giveUp = giveUp;
    const response = await answer;
    if (!response) throw new ServerFailed(`the server did not answer within ${answerLimitMs / 1000} s`);
    return response;
  }

  #request(expires: number, flow: SipFlow, proof?: readonly [string, string]): SipRequest {
    this.#cseq += 1;
    const { user, domain } = this.#settings;
    return outsideRequest({
      ...{ method: 'REGISTER', uri: this.#domainUri(), user, domain },
      ...{ tag: this.#tag, callId: this.#callId, cseq: this.#cseq },
      more: [['Contact', contactFor(flow)], ['Expires', String(expires)], ...(proof ? [proof] : [])],
    });
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
