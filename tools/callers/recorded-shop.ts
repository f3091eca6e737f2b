import { fastify } from 'fastify';
import { request as httpRequest } from 'undici';
import { shopOperations, type ShopOperation } from '../../src/core/commerce.ts';
import {
  createDemoShop,
  type DemoShopRequest,
  type DemoShopResponse,
} from '../../src/commerce/demo-shop/demo-shop.ts';
import { isJsonObject } from '../../src/commerce/json.ts';
import { matchRoute, routeOf } from '../../src/commerce/routes.ts';

/** A change that Kefu made, or tried to make, at the shop. */
export interface RecordedWrite {
  /** The call it belongs to; empty when its idempotency key names none. */
  readonly callId: string;
  readonly operation: ShopOperation;
  readonly input: Readonly<Record<string, unknown>>;
  readonly status: number;
  /** The shop's problem code when it refused. */
  readonly code: string | undefined;
  readonly atEpochMs: number;
}

/** A shop as Kefu sees it, with everything that Kefu changes written down. */
export interface RecordedShop {
  readonly url: string;
  readonly token: string;
  readonly writes: readonly RecordedWrite[];
  /** The newest one-time code that was sent to a customer; undefined where the shop does not tell. */
  verificationCode(): string | undefined;
  close(): Promise<void>;
}

export type ShopHandler = (request: DemoShopRequest) => Promise<DemoShopResponse> | DemoShopResponse;

const token = 'callers';
const answerLimitMs = 30_000;

/** Serves a shop on a free port of this machine and writes its changes down. */
export async function recordShop(
  handle: ShopHandler,
  verificationCode: () => string | undefined = () => undefined,
): Promise<RecordedShop> {
  const writes: RecordedWrite[] = [];
  const app = fastify({ forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  app.all('/v1/*', async (request, reply) => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      return reply
        .code(401)
        .header('content-type', 'application/problem+json')
        .send('{"code":"unauthorized"}');
    }
    const key = request.headers['idempotency-key'];
    const asked: DemoShopRequest = {
      method: request.method,
      target: request.raw.url ?? '',
      idempotencyKey: typeof key === 'string' ? key : undefined,
      body: typeof request.body === 'string' ? request.body : undefined,
    };
    const answer = await handle(asked);
    const write = writeIn(asked, answer);
    if (write) writes.push(write);
    return reply.code(answer.status).header('content-type', answer.contentType).send(answer.body);
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, token, writes, verificationCode, close: () => app.close() };
}

/** The demo shop, fresh, with the tool listening. */
export function recordDemoShop(): Promise<RecordedShop> {
  let code: string | undefined;
  const shop = createDemoShop({ onVerificationCode: (sent) => (code = sent.code) });
  return recordShop(
    (asked) => shop.handle(asked),
    () => code,
  );
}

/** A shop elsewhere, by way of this tool. */
export function recordRemoteShop(url: string, shopToken: string): Promise<RecordedShop> {
  const base = url.replace(/\/+$/, '');
  return recordShop(async ({ method, target, idempotencyKey, body }) => {
    const response = await httpRequest(base + target, {
      method: method as 'GET' | 'POST' | 'PUT',
      headers: {
        authorization: `Bearer ${shopToken}`,
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(answerLimitMs),
    });
    const type = String(response.headers['content-type'] ?? '');
    return {
      status: response.statusCode,
      contentType: type.includes('problem') ? 'application/problem+json' : 'application/json',
      body: await response.body.text(),
    };
  });
}

/** The change a request asked for, with the answer it got; undefined for look-ups. */
function writeIn(asked: DemoShopRequest, answer: DemoShopResponse): RecordedWrite | undefined {
  const match = matchRoute(asked.method, asked.target.split('?')[0] ?? '');
  if (!match || !shopOperations[match.operation].write) return undefined;
  const { operation, params } = match;
  const sent = asked.body === undefined ? {} : parsed(asked.body);
  const { body } = routeOf(operation);
  const fields = body !== undefined && body !== 'fields' ? { [body]: sent } : sent;
  const refusal = answer.status < 300 ? {} : parsed(answer.body);
  return {
    callId: asked.idempotencyKey?.split(':')[0] ?? '',
    operation,
    input: { ...fields, ...params },
    status: answer.status,
    code: typeof refusal.code === 'string' ? refusal.code : undefined,
    atEpochMs: Date.now(),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    // The shop answers what is no JSON with a refusal of its own; there is nothing to write down then.
    return {};
  }
}
