import type { FastifyInstance } from 'fastify';
import { afterAll, describe, expect, it } from 'vitest';
import type { DemoShop } from '../../../src/commerce/demo-shop/demo-shop.ts';
import { createDemoShopServer } from '../../../src/commerce/demo-shop/http-server.ts';
import { problemStatus, type ProblemCode } from '../../../src/commerce/problems.ts';
import { openTestShop, orderWhere, otherVariant, shopText } from '../../support/demo-shop.ts';

interface Sent {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly payload?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

const get = (url: string): Sent => ({ method: 'GET', url });
const post = (url: string, payload: object): Sent => ({ method: 'POST', url, payload });
const put = (url: string, payload: object): Sent => ({ method: 'PUT', url, payload });
const path = (orderId: string, rest: string) => `/v1/orders/${encodeURIComponent(orderId)}/${rest}`;

const pending = '#W4410273';
const shipped = '#W2378156';
const returnable = '#W1093627';
const card = 'card_10001';
const gift = 'gift_10001';
const address = { line1: '1 Oak Avenue', city: 'Boston', state: 'MA', country: 'US', postalCode: '02116' };
const returning = (refundTo: string, more: object = {}) => ({
  items: [{ itemId: 'P131-01', quantity: 1, reason: 'damaged', ...more }],
  refundTo,
  method: 'mail',
});

/** For every code of the interface, a request that is refused with it. A code without one does not compile. */
const refusals: Readonly<Record<ProblemCode, (shop: DemoShop) => Sent | readonly Sent[]>> = {
  unauthorized: () => ({ ...get('/v1/capabilities'), headers: { authorization: 'Bearer wrong' } }),
  customer_not_found: () => get('/v1/customers/C1'),
  order_not_found: () => get('/v1/orders/%23W0000000'),
  product_not_found: () => get('/v1/products/P1'),
  not_found: () => put('/v1/customers/C10001/verifications/V1', { code: '123456' }),
  unsupported_operation: () => get('/v1/customers/C10001/coupons'),
  order_not_pending: () => post(path(shipped, 'cancel'), { reason: 'no_longer_needed' }),
  order_not_delivered: () => post(path(shipped, 'returns'), returning(card)),
  items_already_changed(shop) {
    const change = otherVariant(
      shop,
      orderWhere(shop, pending, ({ id }) => id === pending),
    );
    const first = { changes: [change], paymentMethodId: card };
    const back = { changes: [{ itemId: change.newItemId, newItemId: change.itemId }], paymentMethodId: card };
    return [post(path(pending, 'item-changes'), first), post(path(pending, 'item-changes'), back)];
  },
  return_or_exchange_already_requested: () => [
    post(path(returnable, 'returns'), returning(card)),
    post(path(returnable, 'returns'), returning(card)),
  ],
  window_passed: () =>
    post(path('#W5061948', 'returns'), {
      ...returning('card_10002'),
      items: [{ itemId: 'P141-01', quantity: 1, reason: 'damaged' }],
    }),
  variant_unavailable(shop) {
    const order = orderWhere(shop, 'pending with an item out of stock in another variant', (candidate) => {
      const variants = candidate.items.flatMap(
        ({ productId }) => shop.data.products.get(productId)?.variants ?? [],
      );
      const others = variants.filter(({ itemId }) => !candidate.items.some((item) => item.itemId === itemId));
      return (
        candidate.status === 'pending' &&
        candidate.flags.length === 0 &&
        others.some((variant) => !variant.available)
      );
    });
    const paymentMethodId = order.payments[0]?.method ?? '';
    return post(path(order.id, 'item-changes'), {
      changes: [otherVariant(shop, order, false)],
      paymentMethodId,
    });
  },
  insufficient_gift_card_balance: () => put(path(pending, 'payment'), { paymentMethodId: gift }),
  same_payment_method: () => put(path(pending, 'payment'), { paymentMethodId: card }),
  payment_not_changeable(shop) {
    const order = orderWhere(
      shop,
      'pending and paid twice',
      ({ status, payments }) => status === 'pending' && payments.length > 1,
    );
    return put(path(order.id, 'payment'), { paymentMethodId: order.payments[0]?.method });
  },
  invalid_request: () => post(path(pending, 'cancel'), {}),
  invalid_reason: () => post(path(pending, 'cancel'), { reason: 'bored' }),
  invalid_address: () => put(path(pending, 'address'), { ...address, postalCode: '90210' }),
  item_not_in_order: () => post(path(returnable, 'returns'), returning(card, { itemId: 'P150-01' })),
  variant_not_found: () =>
    post(path(pending, 'item-changes'), {
      changes: [{ itemId: 'P107-02', newItemId: 'P101-01' }],
      paymentMethodId: card,
    }),
  same_variant: () =>
    post(path(pending, 'item-changes'), {
      changes: [{ itemId: 'P107-02', newItemId: 'P107-02' }],
      paymentMethodId: card,
    }),
  payment_method_not_found: () => put(path(pending, 'payment'), { paymentMethodId: 'card_10002' }),
  refund_method_not_allowed(shop) {
    const order = orderWhere(
      shop,
      'returnable with a second card',
      ({ status, flags, deliveredAt, customerId, payments }) => {
        const methods = shop.data.customers.get(customerId)?.paymentMethods ?? [];
        const other = methods.find(
          ({ id, kind }) => kind !== 'gift_card' && !payments.some(({ method }) => method === id),
        );
        return (
          status === 'delivered' &&
          flags.length === 0 &&
          (deliveredAt ?? '') > '2026-04-20' &&
          other !== undefined
        );
      },
    );
    const methods = shop.data.customers.get(order.customerId)?.paymentMethods ?? [];
    const unused = methods.find(
      ({ id, kind }) => kind !== 'gift_card' && !order.payments.some(({ method }) => method === id),
    );
    return post(path(order.id, 'returns'), returning(unused?.id ?? '', { itemId: order.items[0]?.itemId }));
  },
  idempotency_key_missing: () => ({
    ...post(path(pending, 'expedite'), {}),
    headers: { 'idempotency-key': '' },
  }),
  idempotency_key_reused: () => [
    {
      ...post(path(pending, 'cancel'), { reason: 'no_longer_needed' }),
      headers: { 'idempotency-key': 'one' },
    },
    {
      ...post(path(pending, 'cancel'), { reason: 'ordered_by_mistake' }),
      headers: { 'idempotency-key': 'one' },
    },
  ],
};

describe('the demo shop over HTTP', () => {
  const opened: FastifyInstance[] = [];
  let keys = 0;

  afterAll(() => Promise.all(opened.map((server) => server.close())));

  /** A server over a fresh shop, and a way to send requests without a port. */
  function open(shop: DemoShop = openTestShop().shop) {
    const server = createDemoShopServer({ shop, token: 'secret', prefix: '/shop' });
    opened.push(server);
    return async ({ method, url, payload, headers }: Sent) => {
      const given = { authorization: 'Bearer secret', 'idempotency-key': `key-${(keys += 1)}`, ...headers };
      const type = payload === undefined ? {} : { 'content-type': 'application/json' };
      const all = Object.fromEntries(
        Object.entries({ ...type, ...given }).filter(([, value]) => value !== ''),
      );
      return server.inject({
        method,
        url: `/shop${url}`,
        headers: all,
        ...(payload === undefined ? {} : { payload }),
      });
    };
  }

  it.each(Object.entries(refusals))('refuses with %s and changes nothing', async (code, request) => {
    const { shop } = openTestShop(code === 'unsupported_operation' ? { without: ['coupons'] } : {});
    const send = open(shop);
    const requests = [request(shop)].flat();
    for (const earlier of requests.slice(0, -1)) expect((await send(earlier)).statusCode).toBe(200);
    const last = requests.at(-1);
    if (!last) throw new Error('no request');
    const before = shopText(shop.data);
    const response = await send(last);
    expect(response.json()).toMatchObject({ code, status: problemStatus[code as ProblemCode] });
    expect(response.statusCode).toBe(problemStatus[code as ProblemCode]);
    expect(response.headers['content-type']).toMatch('application/problem+json');
    expect(shopText(shop.data)).toBe(before);
  });

  it('names its capabilities', async () => {
    const { shop } = openTestShop({ without: ['coupons', 'expedite'] });
    const names: unknown = (await open(shop)(get('/v1/capabilities'))).json();
    expect(names).toContain('orders');
    expect(names).not.toContain('coupons');
    expect(names).not.toContain('expedite');
  });

  it('finds an order by its percent-encoded number', async () => {
    const response = await open()(get('/v1/orders/%23W2378156'));
    expect(response.json()).toMatchObject({ id: '#W2378156', status: 'shipped' });
  });

  it.each([
    ['a path that is not of the interface', get('/v1/nothing'), 404, 'not_found'],
    ['a broken percent-encoding', get('/v1/orders/%zz'), 404, 'not_found'],
    ['a method that the path does not have', put('/v1/capabilities', {}), 404, 'not_found'],
    ['a limit that is no number', get('/v1/customers/C10001/orders?limit=many'), 422, 'invalid_request'],
    ['a search by nothing', get('/v1/customers'), 422, 'invalid_request'],
    [
      'a body that is cut off',
      { ...post(path(pending, 'cancel'), {}), payload: '{"reason":' },
      422,
      'invalid_request',
    ],
    [
      'a body that is no object',
      { ...post(path(pending, 'cancel'), {}), payload: '[]' },
      422,
      'invalid_request',
    ],
    [
      'a body that is far too large',
      { ...post(path(pending, 'cancel'), {}), payload: 'x'.repeat(70_000) },
      413,
      'invalid_request',
    ],
  ] as const)('answers %s with a problem', async (_what, request, status, code) => {
    const response = await open()(request);
    expect(response.json()).toMatchObject({ status, code });
    expect(response.statusCode).toBe(status);
  });

  it('gives the same answer and has one effect when a write is repeated with its key', async () => {
    const { shop } = openTestShop();
    const send = open(shop);
    const request = {
      ...post(path(returnable, 'returns'), returning(gift)),
      headers: { 'idempotency-key': 'again' },
    };
    const first = await send(request);
    const second = await send(request);
    expect(first.statusCode).toBe(200);
    expect(second.body).toBe(first.body);
    expect(shop.data.returns.get(returnable)).toHaveLength(1);
  });

  it('repeats a refusal too when a write is repeated with its key', async () => {
    const { shop } = openTestShop();
    const send = open(shop);
    const request = {
      ...post(path(pending, 'cancel'), { reason: 'bored' }),
      headers: { 'idempotency-key': 'again' },
    };
    expect((await send(request)).json()).toMatchObject({ code: 'invalid_reason' });
    expect((await send(request)).json()).toMatchObject({ code: 'invalid_reason' });
  });

  it('fails as often as it is told to, and lets half of the failing writes take effect', async () => {
    const { shop } = openTestShop();
    const draws = [0.1, 0.9, 0.1, 0.1];
    const server = createDemoShopServer({
      shop,
      token: 'secret',
      failRate: 0.2,
      random: () => draws.shift() ?? 0.99,
    });
    opened.push(server);
    const send = (orderId: string, key: string) =>
      server.inject({
        method: 'POST',
        url: path(orderId, 'expedite'),
        headers: { authorization: 'Bearer secret', 'idempotency-key': key },
      });
    const expedited = () =>
      [...shop.data.orders.values()].filter((order) => order.expedited).map(({ id }) => id);
    expect((await send(pending, 'a')).statusCode).toBe(503);
    expect(expedited()).toEqual([pending]);
    const other = orderWhere(shop, 'pending', ({ status, id }) => status === 'pending' && id !== pending).id;
    expect((await send(other, 'b')).statusCode).toBe(503);
    expect(expedited()).toEqual([pending]);
    expect((await send(other, 'b')).statusCode).toBe(200);
  });
});
