import { createHash, timingSafeEqual } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { systemClock, type Clock } from '../../core/clock.ts';
import { ShopProblem } from '../../core/commerce.ts';
import { problem } from '../problems.ts';
import { problemResponse, type DemoShop, type DemoShopResponse } from './demo-shop.ts';

const maxBodyBytes = 65_536;

export interface DemoShopServerOptions {
  readonly shop: DemoShop;
  /** The bearer token that requests must carry. */
  readonly token: string;
  /** Path in front of `/v1/...`, such as `/api/shop`; default none. */
  readonly prefix?: string;
  /** Waits so long before each answer, to try how Kefu behaves with a slow shop. */
  readonly slowMs?: number;
  /**
   * Share of requests, from 0 to 1, answered with 503, to try how Kefu behaves with a failing shop. Half of the failing writes take
   * effect all the same, as happens when an answer is lost on its way.
   */
  readonly failRate?: number;
  /** Decides which requests fail; from 0 up to 1. */
  readonly random?: () => number;
  readonly clock?: Clock;
}

/**
 * The demo shop as a web server, ready to `listen`; `close()` it to stop. It keeps to docs/commerce-api.yaml in everything, and
 * answers each error, its own included, as `application/problem+json`.
 */
export function createDemoShopServer(options: DemoShopServerOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true, // A slow answer must not hold up the closing of the shop.
    // Requests that fastify itself cannot route, such as one with a broken percent-encoding.
    frameworkErrors: (error, _request, reply) => {
      void send(reply, problemResponse(problem('not_found', error.message)));
    },
  });
  // Bodies are passed on as text: the shop says itself, and in its own words, when one is no JSON.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    const code = status < 500 ? 'invalid_request' : 'internal';
    const detail = error instanceof Error ? error.message : String(error);
    return send(reply, problemResponse(new ShopProblem(status, code, detail)));
  });
  app.setNotFoundHandler((_request, reply) =>
    send(reply, problemResponse(problem('not_found', 'no request of the interface'))),
  );
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // Every slow answer listens to it.
  app.addHook('preClose', (done) => {
    closing.abort();
    done();
  });
  app.all(`${options.prefix ?? ''}/v1/*`, async (request, reply) =>
    send(reply, await answer(request, options, closing.signal)),
  );
  return app;
}

async function answer(
  request: FastifyRequest,
  options: DemoShopServerOptions,
  closing: AbortSignal,
): Promise<DemoShopResponse> {
  const { shop, token, prefix = '', slowMs = 0, failRate = 0, random = Math.random } = options;
  if (!sameSecret(request.headers.authorization ?? '', `Bearer ${token}`)) {
    return problemResponse(problem('unauthorized', 'the bearer token is missing or wrong'));
  }
  if (slowMs > 0) await wait(slowMs, options.clock ?? systemClock, closing);
  const fails = random() < failRate;
  if (fails && random() < 0.5) return unavailable;
  const key = request.headers['idempotency-key'];
  const response = shop.handle({
    method: request.method,
    target: request.raw.url?.slice(prefix.length) ?? '',
    idempotencyKey: typeof key === 'string' ? key : undefined,
    body: typeof request.body === 'string' ? request.body : undefined,
  });
  return fails ? unavailable : response;
}

const unavailable = problemResponse(
  new ShopProblem(503, 'service_unavailable', 'the shop was asked to fail now and then'),
);

function send(reply: FastifyReply, { status, contentType, body }: DemoShopResponse): FastifyReply {
  return reply.code(status).header('content-type', contentType).send(body);
}

/** Compared by hash, so that the time taken tells nothing about the token. */
function sameSecret(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}

/** Ends early when the server closes. */
function wait(delayMs: number, clock: Clock, closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      closing.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.setTimer(end, delayMs);
    closing.addEventListener('abort', end, { once: true });
  });
}
