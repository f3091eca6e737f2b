import { afterEach, describe, expect, it } from 'vitest';
import {
  shopOperations,
  ShopProblem,
  type CommerceBackend,
  type ShopInput,
  type ShopOperation,
} from '../../../src/core/commerce.ts';
import {
  createDemoShop,
  type DemoShop,
  type DemoShopOptions,
} from '../../../src/commerce/demo-shop/demo-shop.ts';
import { createDemoShopServer } from '../../../src/commerce/demo-shop/http-server.ts';
import { createHttpBackend } from '../../../src/commerce/http-backend.ts';
import { otherVariant, orderWhere, shopCaller, shopStartEpochMs, shopText } from '../../support/demo-shop.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Opened {
  readonly shop: DemoShop;
  readonly backend: CommerceBackend;
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const newShop = (options: DemoShopOptions = {}) =>
  createDemoShop({ seed: 7, clock: new ManualClock(shopStartEpochMs), ...options });

function inProcess(options?: DemoShopOptions): Promise<Opened> {
  const shop = newShop(options);
  cleanups.push(() => shop.backend.close());
  return Promise.resolve({ shop, backend: shop.backend });
}

/** The same shop behind a real web server and the HTTP backend. */
async function overHttp(options?: DemoShopOptions, prefix = ''): Promise<Opened> {
  const shop = newShop(options);
  const server = createDemoShopServer({ shop, token: 'secret', prefix });
  cleanups.push(() => server.close());
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  const backend = createHttpBackend({ baseUrl: `${address}${prefix}`, token: 'secret' });
  cleanups.push(() => backend.close());
  return { shop, backend };
}

const backends = [
  ['in this process', inProcess],
  ['over HTTP', (options?: DemoShopOptions) => overHttp(options)],
  ['over HTTP below a path', (options?: DemoShopOptions) => overHttp(options, '/platform/kefu')],
] as const;

const pending = '#W4410273';
const returnable = '#W1093627';
const card = 'card_10001';
const address = { line1: '1 Oak Avenue', city: 'Boston', state: 'MA', country: 'US', postalCode: '02116' };
const returning = {
  orderId: returnable,
  items: [{ itemId: 'P131-01', quantity: 1, reason: 'damaged' }],
  refundTo: card,
  method: 'pickup',
};

/** For every operation an input that the shop takes, after whatever must have happened before. */
const inputs: {
  readonly [Name in ShopOperation]: (opened: Opened) => ShopInput<Name> | Promise<ShopInput<Name>>;
} = {
  getCapabilities: () => ({}),
  findCustomers: () => ({ firstName: 'emma', lastName: 'carter', postalCode: '10011' }),
  getCustomer: () => ({ customerId: 'C10001' }),
  setCustomerAddress: () => ({ customerId: 'C10001', address }),
  listOrders: () => ({ customerId: 'C10001', limit: 2 }),
  getOrder: () => ({ orderId: '#W2378156' }),
  findProducts: () => ({ query: '保温杯' }),
  getProduct: () => ({ productId: 'P101' }),
  quote: () => ({ kind: 'return', orderId: returnable, items: [{ itemId: 'P122-01', quantity: 1 }] }),
  cancelOrder: () => ({ orderId: pending, reason: 'no_longer_needed' }),
  setOrderAddress: () => ({ orderId: pending, address }),
  async setOrderPayment({ shop }) {
    const customer = shop.data.customers.get('C10001');
    customer?.paymentMethods.push({ id: 'paypal_10001', kind: 'paypal' });
    return Promise.resolve({ orderId: pending, paymentMethodId: 'paypal_10001' });
  },
  changeItems({ shop }) {
    const order = orderWhere(shop, pending, ({ id }) => id === pending);
    return { orderId: pending, changes: [otherVariant(shop, order)], paymentMethodId: card };
  },
  createReturn: () => returning,
  createExchange({ shop }) {
    const order = orderWhere(shop, returnable, ({ id }) => id === returnable);
    return { orderId: returnable, changes: [otherVariant(shop, order)], paymentMethodId: card };
  },
  async listReturns({ backend }) {
    await shopCaller(backend)('createReturn', returning, 'before');
    return { orderId: returnable };
  },
  listShipments: () => ({ orderId: '#W2378156' }),
  expedite: () => ({ orderId: pending }),
  async createPickup({ backend }) {
    const { id } = await shopCaller(backend)('createReturn', returning, 'before');
    const window = { windowStart: '2026-05-13T09:00:00Z', windowEnd: '2026-05-13T11:00:00Z' };
    return { orderId: returnable, returnId: id, ...window, address };
  },
  createInvoice: () => ({ orderId: returnable, title: 'Carter Ltd', email: 'books@example.com' }),
  requestPriceProtection: () => ({ orderId: pending, itemIds: ['P107-02'] }),
  listCoupons: ({ shop }) => ({ customerId: [...shop.data.coupons.keys()][0] ?? '' }),
  listPayments: () => ({ orderId: pending }),
  startVerification: () => ({ customerId: 'C10001', channel: 'sms' }),
  async checkVerification({ shop, backend }) {
    const { id } = await shopCaller(backend)(
      'startVerification',
      { customerId: 'C10001', channel: 'sms' },
      'before',
    );
    const code = shop.data.verifications.get(id)?.code ?? '';
    return { customerId: 'C10001', verificationId: id, code };
  },
};
const names = Object.keys(shopOperations) as ShopOperation[];
const signal = () => new AbortController().signal;
/** Calls an operation with the input the table has for it. */
async function callWith<Name extends ShopOperation>(name: Name, opened: Opened, key: string) {
  const input: ShopInput<Name> = await inputs[name](opened);
  return { input, answer: await opened.backend.call(name, input, { signal: signal(), idempotencyKey: key }) };
}

describe.each(backends)('the shop %s', (_where, open) => {
  it.each(names)('does %s', async (name) => {
    const opened = await open();
    const before = shopText(opened.shop.data);
    const { answer } = await callWith(name, opened, 'wish');
    // The same wish in a shop of the same seed tells what the answer must be.
    const twin = await inProcess();
    expect(answer).toEqual((await callWith(name, twin, 'wish')).answer);
    expect(shopText(opened.shop.data)).toBe(shopText(twin.shop.data));
    if (!shopOperations[name].write && name !== 'listReturns')
      expect(shopText(opened.shop.data)).toBe(before);
  });

  it.each(names.filter((name) => shopOperations[name].write && name !== 'requestPriceProtection'))(
    'does %s once however often it is asked with the same key',
    async (name) => {
      const opened = await open();
      const { input, answer } = await callWith(name, opened, 'wish');
      const after = shopText(opened.shop.data);
      const again = await opened.backend.call(name, input, { signal: signal(), idempotencyKey: 'wish' });
      expect(again).toEqual(answer);
      expect(shopText(opened.shop.data)).toBe(after);
    },
  );

  it('refuses with a problem of status, code and detail', async () => {
    const { backend } = await open();
    const attempt = shopCaller(backend)('cancelOrder', { orderId: '#W2378156', reason: 'no_longer_needed' });
    await expect(attempt).rejects.toBeInstanceOf(ShopProblem);
    await expect(attempt).rejects.toMatchObject({
      status: 409,
      code: 'order_not_pending',
      detail: 'the order is shipped',
    });
  });

  it('refuses a key that was used for another wish', async () => {
    const { backend } = await open();
    const call = shopCaller(backend);
    await call('expedite', { orderId: pending }, 'wish');
    const attempt = call('expedite', { orderId: '#W2378156' }, 'wish');
    await expect(attempt).rejects.toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });

  it('refuses what it does not offer', async () => {
    const { backend } = await open({ without: ['coupons'] });
    const call = shopCaller(backend);
    expect(await call('getCapabilities', {})).not.toContain('coupons');
    const attempt = call('listCoupons', { customerId: 'C10001' });
    await expect(attempt).rejects.toMatchObject({ status: 404, code: 'unsupported_operation' });
  });

  it('refuses an input of the wrong shape, naming the field', async () => {
    const { backend } = await open();
    const wrong = { orderId: pending, reason: 7 } as unknown as ShopInput<'cancelOrder'>;
    const attempt = backend.call('cancelOrder', wrong, { signal: signal(), idempotencyKey: 'wish' });
    await expect(attempt).rejects.toMatchObject({ status: 422, code: 'invalid_request' });
    await expect(attempt).rejects.toThrow('reason');
  });

  it('does not write without an idempotency key', async () => {
    const { shop, backend } = await open();
    const before = shopText(shop.data);
    const attempt = backend.call('expedite', { orderId: pending }, { signal: signal() });
    await expect(attempt).rejects.toMatchObject({ name: 'KefuError', code: 'internal' });
    expect(shopText(shop.data)).toBe(before);
  });

  it('does nothing for a call that was stopped before', async () => {
    const { shop, backend } = await open();
    const before = shopText(shop.data);
    const attempt = backend.call(
      'expedite',
      { orderId: pending },
      { signal: AbortSignal.abort(), idempotencyKey: 'wish' },
    );
    await expect(attempt).rejects.toMatchObject({ name: 'KefuError', code: 'aborted' });
    expect(shopText(shop.data)).toBe(before);
  });

  it('closes as often as it is told to, and does nothing afterwards', async () => {
    const { backend } = await open();
    await backend.close();
    await backend.close();
    const attempt = backend.call('getOrder', { orderId: pending }, { signal: signal() });
    await expect(attempt).rejects.toMatchObject({ name: 'KefuError', code: 'aborted' });
  });

  it('says that there is no such order for an id of any characters', async () => {
    const { backend } = await open();
    for (const orderId of ['#W0000000', 'a/b', '../capabilities', '?x=1', '100%', '订单', 'a b', '\u0000']) {
      const attempt = shopCaller(backend)('getOrder', { orderId });
      await expect(attempt, orderId).rejects.toMatchObject({ status: 404, code: 'order_not_found' });
    }
  });
});
