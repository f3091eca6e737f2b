import { describe, expect, it } from 'vitest';
import { openTestShop } from '../../support/demo-shop.ts';

const dayMs = 86_400_000;
const pending = '#W4410273';
const shipped = '#W2378156';
const returnable = '#W1093627';
const address = {
  line1: '1 Oak Avenue',
  city: 'Boston',
  state: 'Massachusetts',
  country: 'USA',
  postalCode: '02116',
};

describe('finding customers', () => {
  it.each([
    ['an e-mail address in capitals', { email: 'EMMA.CARTER@EXAMPLE.COM' }],
    ['an e-mail address without its punctuation', { email: 'emmacarter example com' }],
    ['a phone number', { phone: '+12125550101' }],
    ['a phone number without its country code, as people write it', { phone: '(212) 555-0101' }],
    ['a phone number dialled from abroad', { phone: '001 212 555 0101' }],
    ['name and postal code in any case', { firstName: 'emma', lastName: 'CARTER', postalCode: ' 10011 ' }],
    [
      'name and a nine-digit postal code',
      { firstName: 'Emma', lastName: 'Carter', postalCode: '10011-2345' },
    ],
  ])('works with %s', async (_what, query) => {
    const { call } = openTestShop();
    const { customers } = await call('findCustomers', query);
    expect(customers.map(({ id }) => id)).toEqual(['C10001']);
  });

  it('works with a Chinese phone number with and without its country code, and a Chinese name', async () => {
    const { call } = openTestShop();
    for (const query of [
      { phone: '+86 141 0555 0101' },
      { phone: '14105550101' },
      { firstName: '芳', lastName: '王', postalCode: '200040' },
    ]) {
      expect((await call('findCustomers', query)).customers.map(({ id }) => id)).toEqual(['C10004']);
    }
  });

  it('takes a name without its accents', async () => {
    const { shop, call } = openTestShop();
    const plain = (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '');
    const customer = [...shop.data.customers.values()].find(({ name }) => plain(name.first) !== name.first);
    if (!customer) throw new Error('The demo shop has nobody with an accent in the name');
    const { name, address: home } = customer;
    const query = {
      firstName: plain(name.first),
      lastName: plain(name.last),
      postalCode: home.postalCode,
    };
    expect((await call('findCustomers', query)).customers.map(({ id }) => id)).toContain(customer.id);
  });

  it.each([
    ['a stranger', { email: 'nobody@example.com' }],
    ['an e-mail address of punctuation only', { email: '@.' }],
    ['the end of a phone number', { phone: '50101' }],
    ['the right name at another place', { firstName: 'Emma', lastName: 'Carter', postalCode: '10012' }],
  ])('finds nobody for %s', async (_what, query) => {
    const { call } = openTestShop();
    expect(await call('findCustomers', query)).toEqual({ customers: [] });
  });
});

describe('looking things up', () => {
  it('lists orders newest first, and only as many as asked for', async () => {
    const { call } = openTestShop();
    const all = await call('listOrders', { customerId: 'C10001' });
    expect(all.orders.map(({ id }) => id)).toEqual([pending, shipped, returnable]);
    const one = await call('listOrders', { customerId: 'C10001', limit: 1 });
    expect(one.orders.map(({ id }) => id)).toEqual([pending]);
  });

  it('finds products by words of their English or Chinese name, and names them in that language', async () => {
    const { call } = openTestShop();
    const names = async (query: string) =>
      (await call('findProducts', { query })).products.map(({ name }) => name);
    expect(await names('thermos')).toEqual(['Thermos Flask']);
    expect(await names('wireless HEADPHONES')).toEqual(['Wireless Headphones']);
    expect(await names('保温杯')).toEqual(['保温杯']);
    expect(await names('submarine')).toEqual([]);
  });

  it('lists coupons until they expire', async () => {
    const { shop, call, clock } = openTestShop();
    const customerId = [...shop.data.coupons.keys()][0] ?? '';
    expect((await call('listCoupons', { customerId })).coupons.length).toBeGreaterThan(0);
    clock.advance(91 * dayMs);
    expect((await call('listCoupons', { customerId })).coupons).toEqual([]);
  });

  it('gives every reader an own copy, so that nobody can change the shop by accident', async () => {
    const { call } = openTestShop();
    const first = await call('getOrder', { orderId: shipped });
    first.items.length = 0;
    first.address.city = 'Nowhere';
    expect((await call('getOrder', { orderId: shipped })).items).toHaveLength(2);
    expect((await call('getOrder', { orderId: shipped })).address.city).toBe('New York');
  });
});

describe('addresses', () => {
  it('are kept in the form of the post, the customer own and the order one apart', async () => {
    const { call } = openTestShop();
    const kept = { ...address, state: 'MA', country: 'US' };
    expect((await call('setCustomerAddress', { customerId: 'C10001', address })).address).toEqual(kept);
    expect((await call('getOrder', { orderId: pending })).address.city).toBe('New York');
    expect((await call('setOrderAddress', { orderId: pending, address })).address).toEqual(kept);
  });

  it('may be Chinese', async () => {
    const { call } = openTestShop();
    const given = {
      line1: '人民路1号',
      city: '杭州市',
      state: '浙江省',
      country: '中国',
      postalCode: '310012',
    };
    const kept = await call('setCustomerAddress', { customerId: 'C10004', address: given });
    expect(kept.address).toEqual({ ...given, country: 'CN' });
  });

  it.each([
    ['no street', { line1: ' ' }],
    ['no town', { city: '' }],
    ['a state that does not exist', { state: 'ZZ' }],
    ['a postal code of another state', { postalCode: '94103' }],
    ['a postal code with a digit too few', { postalCode: '0211' }],
    ['a country the shop does not deliver to', { country: 'Atlantis' }],
    ['a Chinese postal code with five digits', { country: 'CN', postalCode: '02116' }],
  ])('are refused with %s', async (_what, wrong) => {
    const { call } = openTestShop();
    const attempt = call('setOrderAddress', { orderId: pending, address: { ...address, ...wrong } });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_address', status: 422 });
  });

  it('of an order stay once it is packed', async () => {
    const { call } = openTestShop();
    const attempt = call('setOrderAddress', { orderId: shipped, address });
    await expect(attempt).rejects.toMatchObject({ code: 'order_not_pending' });
  });
});

describe('one-time codes', () => {
  it('are sent to the registered address, shown to whoever plays the customer, and checked', async () => {
    const sent: string[] = [];
    const { call, shop } = openTestShop({ onVerificationCode: ({ code }) => sent.push(code) });
    const started = await call('startVerification', { customerId: 'C10001', channel: 'sms' });
    expect(started).toMatchObject({ sentTo: '***0101' });
    expect(sent).toEqual([shop.data.verifications.get(started.id)?.code]);
    const check = (code: string) =>
      call('checkVerification', { customerId: 'C10001', verificationId: started.id, code });
    const wrong = sent[0] === '000000' ? '000001' : '000000';
    expect(await check(wrong)).toMatchObject({ verified: false, attemptsLeft: 4 });
    expect(await check(sent[0] ?? '')).toMatchObject({ verified: true });
  });

  it('can also go to the e-mail address, of which little is shown', async () => {
    const { call } = openTestShop();
    const started = await call('startVerification', { customerId: 'C10001', channel: 'email' });
    expect(started).toMatchObject({ sentTo: 'e***@example.com' });
  });

  it('are dead after five wrong tries, even for the right code', async () => {
    const { call, shop } = openTestShop();
    const { id } = await call('startVerification', { customerId: 'C10001', channel: 'sms' });
    const right = shop.data.verifications.get(id)?.code ?? '';
    const wrong = right === '000000' ? '000001' : '000000';
    for (let tries = 0; tries < 5; tries += 1) {
      await call('checkVerification', { customerId: 'C10001', verificationId: id, code: wrong });
    }
    const late = await call('checkVerification', { customerId: 'C10001', verificationId: id, code: right });
    expect(late).toMatchObject({ verified: false, attemptsLeft: 0 });
  });

  it('are dead after ten minutes', async () => {
    const { call, shop, clock } = openTestShop();
    const { id } = await call('startVerification', { customerId: 'C10001', channel: 'sms' });
    clock.advance(10 * 60_000);
    const code = shop.data.verifications.get(id)?.code ?? '';
    const late = await call('checkVerification', { customerId: 'C10001', verificationId: id, code });
    expect(late).toMatchObject({ verified: false, expired: true });
  });

  it('belong to one customer', async () => {
    const { call, shop } = openTestShop();
    const { id } = await call('startVerification', { customerId: 'C10001', channel: 'sms' });
    const code = shop.data.verifications.get(id)?.code ?? '';
    const other = call('checkVerification', { customerId: 'C10002', verificationId: id, code });
    await expect(other).rejects.toMatchObject({ code: 'not_found' });
  });
});
