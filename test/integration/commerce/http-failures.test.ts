import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CommerceBackend, ShopCallOptions } from '../../../src/core/commerce.ts';
import { KefuError } from '../../../src/core/errors.ts';
import { createDemoShop } from '../../../src/commerce/demo-shop/demo-shop.ts';
import { createDemoShopServer } from '../../../src/commerce/demo-shop/http-server.ts';
import { createHttpBackend, type HttpBackendOptions } from '../../../src/commerce/http-backend.ts';
import { FlakyServer, hang, json, resetMidBody, text, type Behaviour } from '../../support/flaky-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** For what happens soon, on a slow day too. */
const patience = { timeout: 10_000, interval: 20 };
const shipments = json(200, { shipments: [] });
const quick: Partial<HttpBackendOptions> = {
  backoff: { baseMs: 2 },
  timeoutMs: 5_000,
  totalTimeoutMs: 20_000,
};

function backendAt(baseUrl: string, options: Partial<HttpBackendOptions> = {}): CommerceBackend {
  const backend = createHttpBackend({ baseUrl, token: 'secret', ...quick, ...options });
  cleanups.push(() => backend.close());
  return backend;
}

async function open(script: Behaviour[], options: Partial<HttpBackendOptions> = {}) {
  const server = await FlakyServer.start(...script);
  cleanups.push(() => server.close());
  const backend = backendAt(server.baseUrl, options);
  const read = (signal = new AbortController().signal) =>
    backend.call('listShipments', { orderId: 'A' }, { signal });
  const write = (more: Partial<ShopCallOptions> = {}) =>
    backend.call(
      'expedite',
      { orderId: 'A' },
      { signal: new AbortController().signal, idempotencyKey: 'wish', ...more },
    );
  return { server, backend, read, write };
}

describe('a request', () => {
  it('carries the token always and the idempotency key with writes only', async () => {
    const { server, read, write } = await open([shipments, json(200, { accepted: true })]);
    await read();
    await write();
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer secret',
      'Bearer secret',
    ]);
    expect(server.seen.map(({ headers }) => headers['idempotency-key'])).toEqual([undefined, 'wish']);
  });

  it('without a body says nothing of a content type', async () => {
    const { server, write } = await open([json(200, { accepted: true })]);
    await write();
    expect(server.seen[0]?.headers['content-type']).toBeUndefined();
    expect(server.seen[0]?.body).toBe('');
  });

  it('uses connections again', async () => {
    const { server, read } = await open([shipments]);
    for (let count = 0; count < 8; count += 1) await read();
    // The client's pool may open a second one while the first is being put back.
    expect(server.connectionsMade).toBeLessThanOrEqual(2);
  });
});

describe('a shop that fails for a moment', () => {
  it.each([
    ['a 500', json(500, {})],
    ['a 503 with an HTML page', text(503, '<html>', { 'content-type': 'text/html' })],
    ['a 429', json(429, { code: 'slow_down' })],
    ['a connection reset in the middle of the body', resetMidBody],
    ['a connection reset before any answer', (request) => void request.socket.destroy()],
  ] as [string, Behaviour][])('is asked again after %s, for reads and for writes', async (_what, failure) => {
    const { server, read, write } = await open([failure, shipments, failure, json(200, { accepted: true })]);
    expect(await read()).toEqual({ shipments: [] });
    expect(await write()).toEqual({ accepted: true });
    expect(server.seen).toHaveLength(4);
    expect(server.seen[2]?.headers['idempotency-key']).toBe('wish');
    expect(server.seen[3]?.headers['idempotency-key']).toBe('wish');
  });

  it('is asked again when it does not answer in time', async () => {
    const { server, read } = await open([hang, shipments], { timeoutMs: 1_500 });
    expect(await read()).toEqual({ shipments: [] });
    expect(server.seen).toHaveLength(2);
  });

  it('is left alone for as long as Retry-After says', async () => {
    const { read } = await open([json(429, {}, { 'retry-after': '1' }), shipments]);
    const startedMs = performance.now();
    await read();
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
  });

  it('has one effect for a write whose answer was lost', async () => {
    const shop = createDemoShop({ seed: 7 });
    const draws = [0, 0.9]; // The first request fails after it has taken effect.
    const server = createDemoShopServer({
      shop,
      token: 'secret',
      failRate: 0.5,
      random: () => draws.shift() ?? 0.99,
    });
    cleanups.push(() => server.close());
    const backend = backendAt(await server.listen({ host: '127.0.0.1', port: 0 }));
    const created = await backend.call(
      'createReturn',
      {
        orderId: '#W1093627',
        items: [{ itemId: 'P131-01', quantity: 1, reason: 'damaged' }],
        refundTo: 'card_10001',
        method: 'mail',
      },
      { signal: new AbortController().signal, idempotencyKey: 'wish' },
    );
    expect(draws).toEqual([]);
    expect(shop.data.returns.get('#W1093627')?.map(({ id }) => id)).toEqual([created.id]);
  });
});

describe('a shop that goes on failing', () => {
  it('is asked three times, then is not available', async () => {
    const { server, read } = await open([json(502, {})]);
    await expect(read()).rejects.toMatchObject({ name: 'KefuError', code: 'shop_unavailable' });
    expect(server.seen).toHaveLength(3);
  });

  it('is not available when nobody listens', async () => {
    const server = await FlakyServer.start(shipments);
    const { baseUrl } = server;
    await server.close();
    const attempt = backendAt(baseUrl).call(
      'getOrder',
      { orderId: 'A' },
      { signal: new AbortController().signal },
    );
    await expect(attempt).rejects.toMatchObject({ code: 'shop_unavailable' });
    await expect(attempt).rejects.toThrow('ECONNREFUSED');
  });

  it('is not available when a connection is never completed', async () => {
    // A server that takes the connection but never answers the TLS greeting: connecting hangs.
    const sockets = new Set<Socket>();
    const deaf = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => deaf.close(resolve));
    });
    const { port } = deaf.address() as AddressInfo;
    const backend = backendAt(`https://127.0.0.1:${port}`, { timeoutMs: 200, maxAttempts: 2 });
    const attempt = backend.call('getOrder', { orderId: 'A' }, { signal: new AbortController().signal });
    await expect(attempt).rejects.toMatchObject({ code: 'shop_unavailable' });
    await expect(attempt).rejects.toThrow('no complete answer within 200 ms');
  });

  it('is given up when the body never ends', async () => {
    const endless: Behaviour = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"shipments":[');
    };
    const { read, server } = await open([endless], { timeoutMs: 200, maxAttempts: 1 });
    await expect(read()).rejects.toMatchObject({ code: 'shop_unavailable' });
    await vi.waitFor(() => expect(server.seen.every(({ abandoned }) => abandoned)).toBe(true), patience);
  });

  it('is given up at the total limit, however many attempts are left', async () => {
    const { read, server } = await open([hang], { timeoutMs: 300, totalTimeoutMs: 500, maxAttempts: 100 });
    await expect(read()).rejects.toMatchObject({ code: 'shop_unavailable' });
    expect(server.seen.length).toBeLessThanOrEqual(2);
  });

  it('is given up at once when Retry-After lies beyond the limit', async () => {
    const { server, read } = await open([json(503, {}, { 'retry-after': '3600' })]);
    await expect(read()).rejects.toMatchObject({ code: 'shop_unavailable' });
    expect(server.seen).toHaveLength(1);
  });
});

describe('an answer that cannot be used', () => {
  it.each([
    ['an HTML page', text(200, '<html>Please log in</html>', { 'content-type': 'text/html' }), 'not JSON'],
    [
      'JSON that is cut off',
      text(200, '{"shipments": [', { 'content-type': 'application/json' }),
      'not JSON',
    ],
    ['the wrong shape', json(200, { shipments: [{ id: 1 }] }), 'shipments.0.id'],
    ['more than a megabyte', json(200, { shipments: [], filler: 'x'.repeat(1_100_000) }), 'larger than'],
  ] as [string, Behaviour, string][])(
    'such as %s is not asked for again',
    async (_what, behaviour, message) => {
      const { server, read } = await open([behaviour]);
      const attempt = read();
      await expect(attempt).rejects.toMatchObject({ name: 'KefuError', code: 'shop_answer_invalid' });
      await expect(attempt).rejects.toThrow(message);
      expect(server.seen).toHaveLength(1);
    },
  );

  it('frees the connection of a body that is too large', async () => {
    const flood: Behaviour = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const { server, read } = await open([flood]);
    await expect(read()).rejects.toMatchObject({ code: 'shop_answer_invalid' });
    await vi.waitFor(() => expect(server.seen.every(({ abandoned }) => abandoned)).toBe(true), patience);
  });

  it('to a wrong token is no reason to ask again', async () => {
    const { server, read } = await open([json(401, { code: 'unauthorized' })]);
    await expect(read()).rejects.toMatchObject({ name: 'KefuError', code: 'shop_unauthorized' });
    expect(server.seen).toHaveLength(1);
  });

  it('is a problem when the shop refuses, and is not asked for again', async () => {
    const { server, write } = await open([json(409, { code: 'order_not_pending' })]);
    await expect(write()).rejects.toMatchObject({ name: 'ShopProblem', code: 'order_not_pending' });
    expect(server.seen).toHaveLength(1);
  });
});

describe('a redirect', () => {
  it('is followed for a read', async () => {
    const { server, read } = await open([text(302, '', { location: '/moved' }), shipments]);
    expect(await read()).toEqual({ shipments: [] });
    expect(server.seen.map(({ url }) => url)).toEqual(['/v1/orders/A/shipments', '/moved']);
  });

  it('is refused for a write, which goes nowhere else', async () => {
    const other = await FlakyServer.start(json(200, { accepted: true }));
    cleanups.push(() => other.close());
    const { write } = await open([text(307, '', { location: `${other.baseUrl}/v1/orders/A/expedite` })]);
    await expect(write()).rejects.toMatchObject({ code: 'shop_answer_invalid' });
    expect(other.seen).toEqual([]);
  });

  it('to another host does not take the token along', async () => {
    const other = await FlakyServer.start(shipments);
    cleanups.push(() => other.close());
    const { read } = await open([
      text(302, '', { location: other.baseUrl.replace('127.0.0.1', 'localhost') }),
    ]);
    await read().catch(() => undefined); // Whether "localhost" is reached on IPv4 depends on the machine.
    for (const { headers } of other.seen) expect(headers.authorization).toBeUndefined();
  });
});

/** Lets a stopped call pass as done; everything else is thrown on. */
function failUnlessAborted(thrown: unknown): void {
  if (!(thrown instanceof KefuError && thrown.code === 'aborted')) throw thrown;
}

describe('the circuit', () => {
  const breaker = { errorPercent: 50, minAttempts: 3, windowMs: 60_000, resetMs: 300 };

  it('opens when the shop fails too often, fails fast meanwhile, and closes when the shop is back', async () => {
    const { server, read } = await open([json(500, {})], { breaker, maxAttempts: 1 });
    for (let count = 0; count < 3; count += 1) await expect(read()).rejects.toThrow('500');
    await expect(read()).rejects.toMatchObject({ code: 'shop_unavailable' });
    await expect(read()).rejects.toThrow('failed too often');
    expect(server.seen).toHaveLength(3);

    server.behave(shipments);
    await vi.waitFor(async () => expect(await read()).toEqual({ shipments: [] }), {
      timeout: 10_000,
      interval: 50,
    });
    await Promise.all([read(), read(), read()]);
    expect(server.seen.length).toBeGreaterThanOrEqual(7);
  });

  it('opens in the middle of a call, which then stops trying', async () => {
    const { server, read } = await open([json(500, {})], {
      breaker: { ...breaker, resetMs: 60_000 },
      maxAttempts: 10,
    });
    await expect(read()).rejects.toMatchObject({ code: 'shop_unavailable' });
    expect(server.seen).toHaveLength(3);
  });

  it.each([
    ['refusals', json(404, { code: 'order_not_found' }), 'ShopProblem'],
    ['broken answers', text(200, 'oops'), 'KefuError'],
    ['a limit on requests', json(429, {}), 'KefuError'],
  ])('stays closed through %s', async (_what, behaviour, name) => {
    const { server, read } = await open([behaviour], { breaker, maxAttempts: 1 });
    for (let count = 0; count < 8; count += 1) await expect(read()).rejects.toMatchObject({ name });
    expect(server.seen).toHaveLength(8);
  });

  it('stays closed when callers hang up', async () => {
    const { server, read } = await open([hang], { breaker, maxAttempts: 1 });
    for (let count = 1; count <= 5; count += 1) {
      const caller = new AbortController();
      const attempt = read(caller.signal);
      await vi.waitFor(() => expect(server.seen).toHaveLength(count), patience);
      caller.abort();
      await expect(attempt).rejects.toMatchObject({ code: 'aborted' });
    }
    server.behave(shipments);
    expect(await read()).toEqual({ shipments: [] });
  });

  it('stays open when the caller hangs up during the one attempt that tries the shop', async () => {
    const { server, read } = await open([json(500, {})], {
      breaker: { ...breaker, resetMs: 1_500 },
      maxAttempts: 1,
    });
    for (let count = 0; count < 3; count += 1) await expect(read()).rejects.toThrow('500');
    server.behave(hang);
    const caller = new AbortController();
    // Fails fast until the circuit lets one attempt through; that one hangs.
    const trial = vi.waitFor(() => read(caller.signal).catch(failUnlessAborted), patience);
    await vi.waitFor(() => expect(server.seen).toHaveLength(4), patience);
    caller.abort();
    await trial;
    await expect(read()).rejects.toThrow('failed too often');
    expect(server.seen).toHaveLength(4);
  });
});

describe('stopping', () => {
  it('ends a request that waits for its answer, and frees its connection', async () => {
    const { server, read } = await open([hang]);
    const caller = new AbortController();
    const attempt = read(caller.signal);
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), patience);
    caller.abort();
    await expect(attempt).rejects.toMatchObject({ name: 'KefuError', code: 'aborted' });
    await vi.waitFor(() => expect(server.seen.every(({ abandoned }) => abandoned)).toBe(true), patience);
  });

  it('ends the wait before the next attempt', async () => {
    const { server, read } = await open([json(503, {}, { 'retry-after': '15' })]);
    const caller = new AbortController();
    const attempt = read(caller.signal);
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), patience);
    caller.abort();
    await expect(attempt).rejects.toMatchObject({ code: 'aborted' });
    expect(server.seen).toHaveLength(1);
  });

  it('the whole backend ends every request under way', async () => {
    const { server, backend, read, write } = await open([hang]);
    const attempts = [read(), write(), read()];
    await vi.waitFor(() => expect(server.seen).toHaveLength(3), patience);
    const closed = backend.close();
    await Promise.all(attempts.map((attempt) => expect(attempt).rejects.toMatchObject({ code: 'aborted' })));
    await closed;
    await vi.waitFor(() => expect(server.seen.every(({ abandoned }) => abandoned)).toBe(true), patience);
  });

  it('leaves no listener on the signal of a call that goes on', async () => {
    const { read } = await open([json(500, {}), shipments]);
    const caller = new AbortController();
    const added = vi.spyOn(caller.signal, 'addEventListener');
    const removed = vi.spyOn(caller.signal, 'removeEventListener');
    await read(caller.signal);
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });
});

describe('many requests at once', () => {
  it('end together when backend and shop close, and bring no warning of Node about listeners', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    cleanups.push(() => process.off('warning', note));
    const server = createDemoShopServer({
      shop: createDemoShop({ seed: 7 }),
      token: 'secret',
      slowMs: 60_000,
    });
    cleanups.push(() => server.close());
    const arrived = vi.fn();
    server.addHook('preHandler', (_request, _reply, done) => {
      arrived();
      done();
    });
    const backend = backendAt(await server.listen({ host: '127.0.0.1', port: 0 }), { timeoutMs: 60_000 });
    const reads = Array.from({ length: 30 }, (_value, index) =>
      backend.call('getOrder', { orderId: String(index) }, { signal: new AbortController().signal }),
    );
    const ends = Promise.allSettled(reads);
    await vi.waitFor(() => expect(arrived).toHaveBeenCalledTimes(30), patience);
    await backend.close();
    await server.close();
    for (const end of await ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});

describe('the log', () => {
  it('holds no value of a caller', async () => {
    const lines: string[] = [];
    const note = (fields: object, message: string) => lines.push(JSON.stringify(fields) + message);
    const { backend } = await open([json(500, {}), json(404, {})], { log: { debug: note, warn: note } });
    const query = { email: 'private@example.com' };
    await expect(
      backend.call('findCustomers', query, { signal: new AbortController().signal }),
    ).rejects.toThrow();
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join()).not.toContain('private');
  });
});
