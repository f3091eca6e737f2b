import { describe, expect, it } from 'vitest';
import { orderSchema, customerSchema, productSchema, shipmentSchema } from '../../../src/core/commerce.ts';
import { checkAddress } from '../../../src/commerce/demo-shop/addresses.ts';
import { demoCallers } from '../../../src/commerce/demo-shop/callers.ts';
import { makeShop } from '../../../src/commerce/demo-shop/make-shop.ts';
import { cents } from '../../../src/commerce/demo-shop/money.ts';
import type { ShopData } from '../../../src/commerce/demo-shop/state.ts';
import { shopStartEpochMs, shopText } from '../../support/demo-shop.ts';

const dayMs = 86_400_000;
const startEpochMs = shopStartEpochMs;
const data = makeShop(7, startEpochMs);
const orders = [...data.orders.values()];
const customers = [...data.customers.values()];
const shipmentsOf = (orderId: string) => data.shipments.get(orderId) ?? [];

/** Everything in the shop as text, with each time replaced by its distance from the start. */
function relativeTo(shop: ShopData, epochMs: number): string {
  return shopText(shop).replace(/\d{4}-\d{2}-\d{2}T[\d:]+Z/g, (time) => String(Date.parse(time) - epochMs));
}

describe('the demo shop as it opens', () => {
  it('has 200 customers, 1,000 orders of every state and 50 products', () => {
    expect(customers).toHaveLength(200);
    expect(orders).toHaveLength(1_000);
    expect(data.products.size).toBe(50);
    for (const status of ['pending', 'processed', 'shipped', 'delivered', 'cancelled'] as const) {
      expect(orders.filter((order) => order.status === status).length, status).toBeGreaterThan(50);
    }
  });

  it('is the same for the same seed and start, and another for another seed', () => {
    expect(relativeTo(makeShop(7, startEpochMs), 0)).toBe(relativeTo(data, 0));
    expect(relativeTo(makeShop(8, startEpochMs), 0)).not.toBe(relativeTo(data, 0));
  });

  it('moves all times along with the day it is started on', () => {
    const later = startEpochMs + 400 * dayMs;
    expect(relativeTo(makeShop(7, later), later)).toBe(relativeTo(data, startEpochMs));
  });

  it('keeps to the shapes of the interface', () => {
    for (const order of orders) expect(orderSchema.safeParse(order).error).toBeUndefined();
    for (const customer of customers) expect(customerSchema.safeParse(customer).error).toBeUndefined();
    for (const product of data.products.values())
      expect(productSchema.safeParse(product).error).toBeUndefined();
    for (const shipment of [...data.shipments.values()].flat()) {
      expect(shipmentSchema.safeParse(shipment).error).toBeUndefined();
    }
  });

  it('numbers orders as #W and seven digits', () => {
    for (const { id } of orders) expect(id).toMatch(/^#W\d{7}$/);
  });

  it('gives every customer an order, and every order a customer', () => {
    const withOrders = new Set(orders.map(({ customerId }) => customerId));
    expect([...withOrders].sort()).toEqual(customers.map(({ id }) => id).sort());
  });

  it('has no two customers with the same e-mail address or phone', () => {
    const emails = customers.flatMap((customer) => customer.emails);
    const phones = customers.flatMap((customer) => customer.phones);
    expect(new Set(emails).size).toBe(emails.length);
    expect(new Set(phones).size).toBe(phones.length);
  });

  it('uses only addresses that reach nobody', () => {
    for (const { emails, phones } of customers) {
      for (const email of emails) expect(email).toMatch(/^[a-z0-9.]+@example\.(com|org|net)$/);
      for (const phone of phones) expect(phone).toMatch(/^(\+1\d{3}55501\d{2}|\+86141055501?\d{2,3})$/);
    }
  });

  it('has customers in China, with Chinese names, towns and products', () => {
    const chinese = customers.filter(({ language }) => language === 'zh');
    expect(chinese.length).toBeGreaterThan(15);
    for (const { id, name, address } of chinese) {
      expect(name.first + name.last + address.city).toMatch(/^\p{Script=Han}+$/u);
      for (const order of orders.filter(({ customerId }) => customerId === id)) {
        for (const item of order.items) expect(item.name).toMatch(/^\p{Script=Han}+$/u);
      }
    }
  });

  it('gives every address a postal code of its state', () => {
    for (const { address } of customers) expect(checkAddress(address)).toEqual(address);
  });

  it('lets every product be bought in at least two variants', () => {
    for (const { name, variants } of data.products.values()) {
      expect(variants.filter(({ available }) => available).length, name).toBeGreaterThanOrEqual(2);
    }
    const out = [...data.products.values()]
      .flatMap(({ variants }) => variants)
      .filter(({ available }) => !available);
    expect(out.length).toBeGreaterThan(20);
  });
});

describe('every order', () => {
  it('was placed before the shop opened and holds variants of the catalogue', () => {
    for (const { id, placedAt, items } of orders) {
      expect(Date.parse(placedAt), id).toBeLessThan(startEpochMs);
      expect(items.length, id).toBeGreaterThan(0);
      for (const item of items) {
        const variant = data.products
          .get(item.productId)
          ?.variants.find(({ itemId }) => itemId === item.itemId);
        expect(variant?.options, id).toEqual(item.options);
      }
    }
  });

  it('sends each of its items in exactly one parcel once it is packed', () => {
    for (const { id, status, items } of orders) {
      const sent = shipmentsOf(id).flatMap(({ itemIds }) => itemIds);
      const packed = ['processed', 'shipped', 'delivered'].includes(status);
      expect(sent.sort(), id).toEqual(packed ? items.map(({ itemId }) => itemId).sort() : []);
    }
  });

  it('is paid in full, or paid back in full when it is cancelled', () => {
    for (const { id, status, items, payments } of orders) {
      const price = items.reduce((sum, item) => sum + cents(item.price) * item.quantity, 0);
      const paid = payments
        .filter(({ amount }) => cents(amount) > 0)
        .reduce((sum, { amount }) => sum + cents(amount), 0);
      const back = payments
        .filter(({ amount }) => cents(amount) < 0)
        .reduce((sum, { amount }) => sum - cents(amount), 0);
      const refunds = (data.returns.get(id) ?? []).filter(({ refund }) => refund?.status === 'completed');
      const refunded = refunds.reduce((sum, { refund }) => sum + (refund ? cents(refund.amount) : 0), 0);
      expect(paid, id).toBe(price);
      expect(back, id).toBe(status === 'cancelled' ? price : refunded);
    }
  });

  it('is paid with methods of its customer', () => {
    for (const { id, customerId, payments } of orders) {
      const methods = data.customers.get(customerId)?.paymentMethods.map((method) => method.id) ?? [];
      for (const { method } of payments) expect(methods, id).toContain(method);
    }
  });

  it('is delivered exactly when all its parcels are', () => {
    for (const { id, status, deliveredAt } of orders) {
      const parcels = shipmentsOf(id);
      const arrived = parcels.length > 0 && parcels.every((parcel) => parcel.status === 'delivered');
      expect(status === 'delivered', id).toBe(arrived);
      const last = parcels
        .map(({ events }) => events.at(-1)?.at ?? '')
        .sort()
        .at(-1);
      expect(deliveredAt, id).toBe(arrived ? last : null);
    }
  });

  it('has flags that match what was done to it', () => {
    for (const { id, flags, status } of orders) {
      expect(flags.includes('return_requested'), id).toBe(data.returns.has(id));
      expect(flags.includes('exchange_requested'), id).toBe(data.exchanges.has(id));
      if (flags.includes('items_changed')) expect(status, id).toBe('pending');
    }
    for (const flag of ['return_requested', 'exchange_requested', 'items_changed']) {
      expect(orders.filter(({ flags }) => flags.includes(flag)).length, flag).toBeGreaterThan(3);
    }
  });
});

describe('every parcel', () => {
  const parcels = orders.flatMap((order) => shipmentsOf(order.id).map((shipment) => ({ order, shipment })));

  it('has events in order of time, after the order and before the shop opened', () => {
    for (const { order, shipment } of parcels) {
      const times = shipment.events.map(({ at }) => Date.parse(at));
      expect(times, shipment.id).toEqual([...times].sort((left, right) => left - right));
      expect(times[0], shipment.id).toBeGreaterThan(Date.parse(order.placedAt));
      expect(times.at(-1), shipment.id).toBeLessThanOrEqual(startEpochMs);
    }
  });

  it('is expected in the future unless it has arrived', () => {
    for (const { shipment } of parcels) {
      const expectedMs = Date.parse(shipment.estimatedAt ?? '');
      if (shipment.status === 'delivered') expect(expectedMs).toBeLessThan(startEpochMs);
      else expect(expectedMs, shipment.id).toBeGreaterThan(startEpochMs);
    }
  });

  it('ends its story with what its status says', () => {
    const last = {
      label_created: /label|面单/,
      in_transit: /carrier|sorting centre|揽收|分拨/,
      delayed: /weather|天气/,
      out_for_delivery: /Out for delivery|正在派送/,
      delivered: /^Delivered|已签收/,
    };
    const seen = new Set<string>();
    for (const { shipment } of parcels) {
      seen.add(shipment.status);
      expect(shipment.events.at(-1)?.text).toMatch(last[shipment.status as keyof typeof last]);
    }
    expect([...seen].sort()).toEqual(Object.keys(last).sort());
  });

  it('has a tracking number of its own', () => {
    const numbers = parcels.map(({ shipment }) => shipment.trackingNumber);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('is one of several for some orders, one of them arrived and one on its way', () => {
    const split = orders.filter(({ id }) => {
      const states = new Set(shipmentsOf(id).map(({ status }) => status));
      return states.size > 1 && states.has('delivered');
    });
    expect(split.length).toBeGreaterThan(10);
  });
});

describe('the demo callers', () => {
  it.each([1, 2, 99])('have the same orders in the same state with seed %i', (seed) => {
    const shop = makeShop(seed, startEpochMs);
    for (const caller of demoCallers) {
      const customer = shop.customers.get(caller.customerId);
      expect(customer?.emails).toEqual([caller.email]);
      expect(customer?.phones).toEqual([caller.phone]);
      expect(customer?.name).toEqual({ first: caller.firstName, last: caller.lastName });
      expect(customer?.address.postalCode).toBe(caller.postalCode);
      const kept = [...shop.orders.values()].filter(({ customerId }) => customerId === caller.customerId);
      expect(kept.map(({ id, status }) => ({ id, status }))).toEqual(
        caller.orders.map(({ id, status }) => ({ id, status })),
      );
    }
  });

  it('include #W2378156 in two parcels: one delivered yesterday, one arriving tomorrow', () => {
    const [first, second] = shipmentsOf('#W2378156');
    const dayOf = (time: string | null | undefined) => Math.floor(Date.parse(time ?? '') / dayMs);
    const today = Math.floor(startEpochMs / dayMs);
    expect(first?.status).toBe('delivered');
    expect(dayOf(first?.events.at(-1)?.at)).toBe(today - 1);
    expect(second?.status).toBe('in_transit');
    expect(dayOf(second?.estimatedAt)).toBe(today + 1);
  });
});
