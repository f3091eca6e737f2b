import { beforeEach, describe, expect, it } from 'vitest';
import { shopOperations, type ShopOperation } from '../../../src/core/commerce.ts';
import { createTau2Shop, type Tau2Shop } from '../../../tools/tau2/shop.ts';
import { askShop, smallTau2Data } from '../../support/tau2-data.ts';

const delivered = '/v1/orders/%23W1000001';
const pending = '/v1/orders/%23W1000002';
const processed = '/v1/orders/%23W1000003';
const elsewhere = {
  line1: '9 Lake St',
  line2: 'Apt 2',
  city: 'Austin',
  state: 'Texas',
  country: 'US',
  postalCode: '73301',
};

describe('the shop over tau2 data', () => {
  let shop: Tau2Shop;
  const gift = () => shop.state.users.ann_lee_1?.payment_methods.gift_1?.balance;
  const order = (id: string) => shop.state.orders[id];
  const code = (answer: ReturnType<typeof askShop>) => [answer.status, answer.body.code];

  beforeEach(() => {
    shop = createTau2Shop(smallTau2Data());
  });

  it.each<[ShopOperation, string]>([
    ['getCapabilities', '/v1/capabilities'],
    ['findCustomers', '/v1/customers?email=Ann.Lee%40example.com'],
    ['getCustomer', '/v1/customers/ann_lee_1'],
    ['listOrders', '/v1/customers/ann_lee_1/orders'],
    ['getOrder', delivered],
    ['findProducts', '/v1/products?query=lamps'],
    ['getProduct', '/v1/products/p1'],
    ['listShipments', `${delivered}/shipments`],
    ['listPayments', `${delivered}/payments`],
    ['listReturns', `${delivered}/returns`],
  ])('answers %s in the shape of the interface', (operation, target) => {
    const answer = askShop(shop, 'GET', target);
    expect(answer.status).toBe(200);
    expect(shopOperations[operation].output.safeParse(answer.body).error).toBeUndefined();
  });

  it('finds a customer by name and postal code, and nobody by another name', () => {
    const find = (name: string) =>
      askShop(shop, 'GET', `/v1/customers?firstName=${name}&lastName=lee&postalCode=02108`).body.customers;
    expect(find('ann')).toHaveLength(1);
    expect(find('bob')).toEqual([]);
  });

  it('lists pending orders as the newest and pieces of a variant as one line', () => {
    const { body } = askShop(shop, 'GET', '/v1/customers/ann_lee_1/orders');
    const orders = body.orders as { id: string; items: { itemId: string; quantity: number }[] }[];
    expect(orders.map(({ id }) => id)).toEqual(['#W1000002', '#W1000003', '#W1000001']);
    expect(orders[2]?.items.map(({ itemId, quantity }) => [itemId, quantity])).toEqual([
      ['l1', 2],
      ['m1', 1],
    ]);
  });

  it('cancels a pending order, and gives a gift card its money back at once', () => {
    expect(askShop(shop, 'POST', `${pending}/cancel`, { reason: 'ordered_by_mistake' }).status).toBe(200);
    expect(order('#W1000002')).toMatchObject({ status: 'cancelled', cancel_reason: 'ordered by mistake' });
    expect(order('#W1000002')?.payment_history[1]).toEqual({
      transaction_type: 'refund',
      amount: 28.4,
      payment_method_id: 'gift_1',
    });
    expect(gift()).toBe(33.4);
  });

  it('refuses to cancel what is not pending, and reasons it does not know', () => {
    const cancel = (target: string, reason: string) =>
      code(askShop(shop, 'POST', `${target}/cancel`, { reason }));
    expect(cancel(delivered, 'no_longer_needed')).toEqual([409, 'order_not_pending']);
    expect(cancel(processed, 'no_longer_needed')).toEqual([409, 'order_not_pending']);
    expect(cancel(pending, 'too_dear')).toEqual([422, 'invalid_reason']);
    expect(cancel('/v1/orders/%23W9', 'no_longer_needed')).toEqual([404, 'order_not_found']);
  });

  it('changes items once, settles the difference, and lets nothing but the address be changed afterwards', () => {
    const change = (newItemId: string, paymentMethodId = 'card_1') =>
      askShop(shop, 'POST', `${pending}/item-changes`, {
        changes: [{ itemId: 'l1', newItemId }],
        paymentMethodId,
      });
    expect(code(change('l3'))).toEqual([409, 'variant_unavailable']);
    expect(code(change('m1'))).toEqual([422, 'variant_not_found']);
    expect(code(change('l1'))).toEqual([422, 'same_variant']);
    expect(code(change('l2', 'gift_1'))).toEqual([409, 'insufficient_gift_card_balance']);
    expect(code(change('l2', 'card_9'))).toEqual([422, 'payment_method_not_found']);
    expect(change('l4', 'gift_1').body).toMatchObject({ status: 'pending', flags: ['items_changed'] });
    expect(gift()).toBe(12.75);
    expect(order('#W1000002')).toMatchObject({
      status: 'pending (item modified)',
      items: [{ item_id: 'l4', price: 12.25, options: { color: 'green', power: 'USB' } }, { item_id: 'm1' }],
    });
    expect(code(change('l2'))).toEqual([409, 'items_already_changed']);
    expect(code(askShop(shop, 'POST', `${pending}/cancel`, { reason: 'no_longer_needed' }))).toEqual([
      409,
      'items_already_changed',
    ]);
    expect(askShop(shop, 'PUT', `${pending}/address`, elsewhere).status).toBe(200);
  });

  it('sends a pending order elsewhere and keeps state and country by their short names', () => {
    expect(askShop(shop, 'PUT', `${pending}/address`, elsewhere).status).toBe(200);
    expect(order('#W1000002')?.address).toEqual({
      address1: '9 Lake St',
      address2: 'Apt 2',
      city: 'Austin',
      state: 'TX',
      country: 'USA',
      zip: '73301',
    });
    expect(code(askShop(shop, 'PUT', `${delivered}/address`, elsewhere))).toEqual([409, 'order_not_pending']);
    const french = { ...elsewhere, country: 'FR' };
    expect(code(askShop(shop, 'PUT', `${pending}/address`, french))).toEqual([422, 'invalid_address']);
  });

  it('changes the address of an account and leaves orders alone', () => {
    expect(askShop(shop, 'PUT', '/v1/customers/ann_lee_1/address', elsewhere).status).toBe(200);
    expect(shop.state.users.ann_lee_1?.address.city).toBe('Austin');
    expect(order('#W1000002')?.address.city).toBe('Boston');
  });

  it('takes another payment method for a pending order once', () => {
    const pay = (paymentMethodId: string) => askShop(shop, 'PUT', `${pending}/payment`, { paymentMethodId });
    expect(code(pay('gift_1'))).toEqual([409, 'same_payment_method']);
    expect(pay('paypal_1').status).toBe(200);
    expect(gift()).toBe(33.4);
    expect(code(pay('card_1'))).toEqual([409, 'payment_not_changeable']);
  });

  it('takes items of a delivered order back once, the money where it came from or on a gift card', () => {
    const back = (refundTo: string, itemId = 'l1', quantity = 2) =>
      askShop(shop, 'POST', `${delivered}/returns`, {
        items: [{ itemId, quantity, reason: 'other' }],
        refundTo,
        method: 'mail',
      });
    expect(code(back('paypal_1'))).toEqual([422, 'refund_method_not_allowed']);
    expect(code(back('card_1', 'l1', 3))).toEqual([422, 'item_not_in_order']);
    expect(back('gift_1').body).toMatchObject({ refund: { amount: { amount: '40.00' }, to: 'gift_1' } });
    expect(order('#W1000001')).toMatchObject({ status: 'return requested', return_items: ['l1', 'l1'] });
    expect(gift()).toBe(5);
    expect(code(back('card_1'))).toEqual([409, 'return_or_exchange_already_requested']);
  });

  it('exchanges two pieces of the same thing for different variants', () => {
    const swap = (paymentMethodId: string) =>
      askShop(shop, 'POST', `${delivered}/exchanges`, {
        changes: [
          { itemId: 'l1', newItemId: 'l2' },
          { itemId: 'l1', newItemId: 'l4' },
        ],
        paymentMethodId,
      });
    expect(swap('gift_1').body).toMatchObject({ difference: { amount: '-2.25' } });
    expect(order('#W1000001')).toMatchObject({
      status: 'exchange requested',
      exchange_items: ['l1', 'l1'],
      exchange_new_items: ['l2', 'l4'],
      exchange_price_difference: -2.25,
    });
    expect(code(swap('card_1'))).toEqual([409, 'return_or_exchange_already_requested']);
  });

  it('refuses returns and exchanges of what was not delivered', () => {
    const items = [{ itemId: 'l1', quantity: 1, reason: 'other' }];
    const back = askShop(shop, 'POST', `${pending}/returns`, { items, refundTo: 'gift_1', method: 'mail' });
    expect(code(back)).toEqual([409, 'order_not_delivered']);
    const changes = [{ itemId: 'l2', newItemId: 'l1' }];
    const swap = askShop(shop, 'POST', `${processed}/exchanges`, { changes, paymentMethodId: 'card_1' });
    expect(code(swap)).toEqual([409, 'order_not_delivered']);
  });

  it('quotes without changing anything, with the code the change would be refused with', () => {
    const quote = (body: object) => askShop(shop, 'POST', '/v1/quotes', body).body;
    const before = JSON.stringify(shop.state);
    expect(quote({ kind: 'cancel', orderId: '#W1000002' })).toMatchObject({
      eligible: true,
      direction: 'refund',
      total: { amount: '28.40' },
      refundOptions: ['gift_1'],
    });
    expect(quote({ kind: 'cancel', orderId: '#W1000001' })).toMatchObject({
      eligible: false,
      code: 'order_not_pending',
    });
    expect(
      quote({ kind: 'exchange', orderId: '#W1000001', changes: [{ itemId: 'l1', newItemId: 'l2' }] }),
    ).toMatchObject({
      direction: 'charge',
      total: { amount: '5.50' },
      refundOptions: ['card_1', 'paypal_1'],
    });
    expect(quote({ kind: 'return', orderId: '#W1000001', items: [{ itemId: 'm1' }] })).toMatchObject({
      total: { amount: '8.40' },
      refundOptions: ['card_1', 'gift_1'],
    });
    expect(JSON.stringify(shop.state)).toBe(before);
  });

  it('does a repeated write once, and refuses its key for another', () => {
    const cancel = () => askShop(shop, 'POST', `${pending}/cancel`, { reason: 'no_longer_needed' }, 'same');
    expect([cancel().status, cancel().status]).toEqual([200, 200]);
    expect(gift()).toBe(33.4);
    expect(code(askShop(shop, 'PUT', `${pending}/address`, elsewhere, 'same'))).toEqual([
      422,
      'idempotency_key_reused',
    ]);
  });

  it('does not offer what tau2 does not have, and forgets everything on reset', () => {
    expect(code(askShop(shop, 'POST', `${pending}/expedite`))).toEqual([404, 'unsupported_operation']);
    askShop(shop, 'POST', `${pending}/cancel`, { reason: 'no_longer_needed' });
    shop.reset();
    expect(shop.state).toEqual(smallTau2Data());
  });
});
