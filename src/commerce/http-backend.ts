import { setMaxListeners } from 'node:events';
import CircuitBreaker from 'opossum';
import { systemClock, type Clock } from '../core/clock.ts';
import {
  shopOperations,
  type CommerceBackend,
  type ShopCallOptions,
  type ShopInput,
  type ShopOperation,
  type ShopOutput,
} from '../core/commerce.ts';
import { KefuError } from '../core/errors.ts';
import { mayRetryStatus, readAnswer } from './http-answer.ts';
import {
  NoAnswerError,
  sendOnce,
  type AttemptLimits,
  type HttpAnswer,
  type HttpRequest,
} from './http-attempt.ts';
import { prepareCall, stopped } from './prepared-call.ts';
import { backoffMs, retryAfterMs, type BackoffOptions } from './retry.ts';
import { toRequest } from './routes.ts';

/** What the backend needs of a log; a pino logger fits. Fields never hold a caller's or customer's values. */
export interface CommerceLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** When the circuit opens: it then fails fast instead of letting every caller wait for a shop that is down. */
export interface BreakerOptions {
  /** Share of failed attempts in the window that opens the circuit, in percent. */
  readonly errorPercent: number;
  /** Attempts in the window below which it never opens. */
  readonly minAttempts: number;
  readonly windowMs: number;
  /** How long it stays open before one attempt is let through to try the shop. */
  readonly resetMs: number;
}

export interface HttpBackendOptions {
  /** `https://shop.example/kefu` or the like; `/v1/...` is appended to its path. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token: string;
  /** Limit of one attempt, from connecting to the last byte. */
  readonly timeoutMs?: number;
  /** Limit of a whole call with its retries and waits. */
  readonly totalTimeoutMs?: number;
  /** Attempts of one call, the first included. */
  readonly maxAttempts?: number;
  readonly backoff?: Partial<BackoffOptions>;
  readonly breaker?: Partial<BreakerOptions>;
  readonly log?: CommerceLog;
  readonly clock?: Clock;
}

const defaultBreaker: BreakerOptions = { errorPercent: 50, minAttempts: 5, windowMs: 10_000, resetMs: 5_000 };
const defaultBackoff: BackoffOptions = { baseMs: 200, maxMs: 2_000, random: Math.random };
const silent: CommerceLog = { debug: () => undefined, warn: () => undefined };

/**
 * A shop behind HTTP, as docs/commerce-api.yaml describes it. Safe to share between calls; connections are kept alive.
 *
 * A call ends in one of these ways: the checked answer; `ShopProblem` when the shop refuses; `KefuError` with
 * `shop_unavailable` (no complete answer, 429 or 5xx after the retries, or the circuit is open), `shop_unauthorized`,
 * `shop_answer_invalid` (the answer breaks the interface), `aborted` (the call's signal or `close()`), `internal` (a write
 * without an idempotency key; nothing is sent). A write that ends in `shop_unavailable` may have taken effect: asking again with
 * the same key is safe.
 * @throws KefuError `config_invalid` when the address or the token cannot be used.
 */
export function createHttpBackend(options: HttpBackendOptions): CommerceBackend {
  return new HttpBackend(options);
}

/** The outcome of one attempt. An answer that asks to be tried again counts against the circuit like none at all. */
class FailedAttempt extends Error {
  readonly failure: NoAnswerError | HttpAnswer;

  constructor(failure: NoAnswerError | HttpAnswer) {
    super(failure instanceof Error ? failure.message : `the shop answered ${failure.status}`, {
      cause: failure,
    });
    this.failure = failure;
  }
}

class HttpBackend implements CommerceBackend {
  readonly #baseUrl: string;
  readonly #token: string;
  readonly #timeoutMs: number;
  readonly #totalTimeoutMs: number;
  readonly #maxAttempts: number;
  readonly #backoff: BackoffOptions;
  readonly #log: CommerceLog;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #pending = new Set<Promise<unknown>>();
  readonly #breaker: CircuitBreaker<[HttpRequest, AttemptLimits], HttpAnswer>;

  constructor(options: HttpBackendOptions) {
    this.#baseUrl = checkBaseUrl(options.baseUrl);
    this.#token = checkToken(options.token);
    this.#timeoutMs = options.timeoutMs ?? 4_000;
    this.#totalTimeoutMs = options.totalTimeoutMs ?? 10_000;
    this.#maxAttempts = options.maxAttempts ?? 3;
    this.#backoff = { ...defaultBackoff, ...options.backoff };
    this.#log = options.log ?? silent;
    this.#clock = options.clock ?? systemClock;
    // Every request under way listens to it, and removes its listener at its end.
    setMaxListeners(0, this.#closing.signal);
    this.#breaker = this.#createBreaker({ ...defaultBreaker, ...options.breaker });
    const { protocol, hostname } = new URL(this.#baseUrl);
    if (protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
      this.#log.warn(
        { host: hostname },
        'the shop is asked over plain http: its token and customer data can be read on the way',
      );
    }
  }

  async call<Name extends ShopOperation>(
    name: Name,
    input: ShopInput<Name>,
    options: ShopCallOptions,
  ): Promise<ShopOutput<Name>> {
    if (this.#closing.signal.aborted) throw stopped(name, this.#closing.signal.reason);
    const request = this.#request(name, prepareCall(name, input, options), options.idempotencyKey);
    const answer = this.#bounded(name, request, options.signal);
    this.#pending.add(answer);
    try {
      return readAnswer(name, await answer);
    } finally {
      this.#pending.delete(answer);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the shop backend was closed'));
    this.#breaker.shutdown();
    await Promise.allSettled(this.#pending);
  }

  #request(
    name: ShopOperation,
    input: Readonly<Record<string, unknown>>,
    key: string | undefined,
  ): HttpRequest {
    const { method, target, body } = toRequest(name, input);
    const { write } = shopOperations[name];
    return {
      url: `${this.#baseUrl}${target}`,
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        authorization: `Bearer ${this.#token}`,
        'user-agent': 'kefu',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(write && key !== undefined ? { 'idempotency-key': key } : {}),
      },
      body,
      followRedirects: !write,
    };
  }

  /** The whole call under its three limits: the caller's signal, the closing of the backend and the total time. */
  async #bounded(name: ShopOperation, request: HttpRequest, callSignal: AbortSignal): Promise<HttpAnswer> {
    const controller = new AbortController();
    const stop = (event: Event) => controller.abort(stopped(name, (event.target as AbortSignal).reason));
    const sources = [callSignal, this.#closing.signal];
    for (const source of sources) source.addEventListener('abort', stop, { once: true });
    const deadlineMs = this.#clock.nowMs() + this.#totalTimeoutMs;
    try {
      return await this.#attempts(name, request, controller.signal, deadlineMs);
    } finally {
      for (const source of sources) source.removeEventListener('abort', stop);
    }
  }

  async #attempts(
    name: ShopOperation,
    request: HttpRequest,
    signal: AbortSignal,
    deadlineMs: number,
  ): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const startedMs = this.#clock.nowMs();
      const limits = {
        timeoutMs: Math.max(1, Math.min(this.#timeoutMs, deadlineMs - startedMs)),
        signal,
        clock: this.#clock,
      };
      try {
        const answer = await this.#breaker.fire(request, limits);
        const tookMs = Math.round(this.#clock.nowMs() - startedMs);
        this.#log.debug({ operation: name, attempt, status: answer.status, tookMs }, 'the shop answered');
        if (answer.status !== 429) return answer;
        throw new FailedAttempt(answer);
      } catch (thrown) {
        if (signal.aborted) throw signal.reason;
        const failure = failureOf(thrown, name);
        const waitMs = this.#waitMs(failure, attempt);
        const again = attempt < this.#maxAttempts && this.#clock.nowMs() + waitMs < deadlineMs;
        const what = failure instanceof Error ? failure.message : `status ${failure.status}`;
        this.#log.warn(
          { operation: name, attempt, again, failure: what },
          'the shop did not do what was asked',
        );
        if (!again) return giveUp(name, attempt, failure);
        await this.#wait(waitMs, signal);
      }
    }
  }

  #waitMs(failure: NoAnswerError | HttpAnswer, attempt: number): number {
    const asked =
      failure instanceof Error ? undefined : retryAfterMs(failure.retryAfter, this.#clock.epochMs());
    return Math.max(asked ?? 0, backoffMs(attempt, this.#backoff));
  }

  #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        cancel();
        reject(signal.reason as Error);
      };
      const cancel = this.#clock.setTimer(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, delayMs);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  #createBreaker(options: BreakerOptions): CircuitBreaker<[HttpRequest, AttemptLimits], HttpAnswer> {
    const breaker = new CircuitBreaker<[HttpRequest, AttemptLimits], HttpAnswer>(sendCounted, {
      name: 'shop',
      timeout: false, // Each attempt has its own limit, which also ends the request.
      errorThresholdPercentage: options.errorPercent,
      volumeThreshold: options.minAttempts,
      rollingCountTimeout: options.windowMs,
      resetTimeout: options.resetMs,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      // A caller who hangs up says nothing about the shop; on the one trial of a half-open circuit, though, it must not close it.
      errorFilter: (error: Error) => !(error instanceof FailedAttempt) && !this.#breaker.halfOpen,
    });
    breaker.on('open', () => {
      this.#log.warn({ resetMs: options.resetMs }, 'the shop fails too often: it is not asked for a while');
    });
    breaker.on('close', () => {
      this.#log.warn({}, 'the shop answers again');
    });
    return breaker;
  }
}

/** One attempt as the circuit sees it: only a missing answer and a fault of the shop (5xx) count as failures. */
async function sendCounted(request: HttpRequest, limits: AttemptLimits): Promise<HttpAnswer> {
  let answer: HttpAnswer;
  try {
    answer = await sendOnce(request, limits);
  } catch (thrown) {
    throw thrown instanceof NoAnswerError ? new FailedAttempt(thrown) : thrown;
  }
  if (answer.status !== 429 && mayRetryStatus(answer.status)) throw new FailedAttempt(answer);
  return answer;
}

/** What an attempt failed of, when trying again may help; everything else is thrown on. */
function failureOf(thrown: unknown, name: ShopOperation): NoAnswerError | HttpAnswer {
  if (thrown instanceof FailedAttempt) return thrown.failure;
  if (thrown instanceof Error && CircuitBreaker.isOurError(thrown)) {
    throw new KefuError('shop_unavailable', `${name} was not sent: the shop failed too often just now`, {
      cause: thrown,
    });
  }
  throw thrown;
}

/** An answer is given to `readAnswer`, which knows what it means; without one the call ends here. */
function giveUp(name: ShopOperation, attempts: number, failure: NoAnswerError | HttpAnswer): HttpAnswer {
  if (!(failure instanceof Error)) return failure;
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  throw new KefuError('shop_unavailable', `The shop was asked for ${name} ${times}: ${failure.message}`, {
    cause: failure,
  });
}

function checkBaseUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new KefuError(
      'config_invalid',
      'The shop address must be an http or https URL such as https://shop.example/api',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new KefuError('config_invalid', 'The shop address must have no user, password, query or fragment');
  }
  return url.href.replace(/\/+$/, '');
}

function checkToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new KefuError(
    'config_invalid',
    'The shop token must be printable ASCII without spaces, and not empty',
  );
}
