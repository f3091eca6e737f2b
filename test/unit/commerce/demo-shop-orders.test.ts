import { describe, expect, it } from 'vitest';
import type { DemoShop } from '../../../src/commerce/demo-shop/demo-shop.ts';
import { cents, money } from '../../../src/commerce/demo-shop/money.ts';
import { isoTime } from '../../../src/commerce/demo-shop/calendar.ts';
import type { StoredOrder } from '../../../src/commerce/demo-shop/state.ts';
import { openTestShop, orderWhere, otherVariant, shopStartEpochMs } from '../../support/demo-shop.ts';

const dayMs = 86_400_000;
const pending = '#W4410273';
const shipped = '#W2378156';
const returnable = '#W1093627';
const card = 'card_10001';
const gift = 'gift_10001';
const address = {
  line1: '1 Oak Avenue',
  city: 'Boston',
  state: 'Massachusetts',
  country: 'USA',
  postalCode: '02116',
};

const priceOf = (order: Pick<StoredOrder, 'items'>) =>
  order.items.reduce((sum, item) => sum + cents(item.price) * item.quantity, 0);
const balanceOf = (shop: DemoShop) => {
  const method = shop.data.customers.get('C10001')?.paymentMethods.find(({ id }) => id === gift);
  return method?.balance ? cents(method.balance) : Number.NaN;
};
const giveGiftCard = (shop: DemoShop, amountCents: number) => {
  const method = shop.data.customers.get('C10001')?.paymentMethods.find(({ id }) => id === gift);
  if (method) method.balance = money(amountCents);
};
const order = (shop: DemoShop, orderId: string) => orderWhere(shop, orderId, ({ id }) => id === orderId);

describe('cancelling', () => {
  it('gives all money back to what paid it: to a card within days', async () => {
    const { call } = openTestShop();
    const cancelled = await call('cancelOrder', { orderId: pending, reason: 'no_longer_needed' });
    expect(cancelled.status).toBe('cancelled');
    expect((await call('listPayments', { orderId: pending })).payments).toMatchObject([
      { method: card, amount: { amount: '129.00' }, status: 'authorized' },
      { method: card, amount: { amount: '-129.00' }, status: 'refund_pending' },
    ]);
  });

  it('gives money back to a gift card at once', async () => {
    const { shop, call } = openTestShop();
    giveGiftCard(shop, 50_000);
    await call('setOrderPayment', { orderId: pending, paymentMethodId: gift });
    expect(balanceOf(shop)).toBe(50_000 - 12_900);
    await call('cancelOrder', { orderId: pending, reason: 'ordered_by_mistake' });
    expect(balanceOf(shop)).toBe(50_000);
  });

  it('is done once: the second wish, with a key of its own, is refused', async () => {
    const { call } = openTestShop();
    await call('cancelOrder', { orderId: pending, reason: 'no_longer_needed' });
    const again = call('cancelOrder', { orderId: pending, reason: 'no_longer_needed' });
    await expect(again).rejects.toMatchObject({ code: 'order_not_pending' });
  });

  it('is too late once items were changed', async () => {
    const { shop, call } = openTestShop();
    const changes = [otherVariant(shop, order(shop, pending))];
    await call('changeItems', { orderId: pending, changes, paymentMethodId: card });
    const attempt = call('cancelOrder', { orderId: pending, reason: 'no_longer_needed' });
    await expect(attempt).rejects.toMatchObject({ code: 'items_already_changed' });
  });
});

describe('the payment of a pending order', () => {
  it('moves to another method, and back', async () => {
    const { shop, call } = openTestShop();
    giveGiftCard(shop, 12_900);
    await call('setOrderPayment', { orderId: pending, paymentMethodId: gift });
    expect(balanceOf(shop)).toBe(0);
    await call('setOrderPayment', { orderId: pending, paymentMethodId: card });
    expect(balanceOf(shop)).toBe(12_900);
    const { payments } = await call('listPayments', { orderId: pending });
    expect(payments.reduce((sum, { amount }) => sum + cents(amount), 0)).toBe(12_900);
  });

  it('does not move to a gift card that holds a cent too little', async () => {
    const { shop, call } = openTestShop();
    giveGiftCard(shop, 12_899);
    const attempt = call('setOrderPayment', { orderId: pending, paymentMethodId: gift });
    await expect(attempt).rejects.toMatchObject({ code: 'insufficient_gift_card_balance', status: 409 });
  });

  it('stays once the order is packed', async () => {
    const { call } = openTestShop();
    const attempt = call('setOrderPayment', { orderId: shipped, paymentMethodId: gift });
    await expect(attempt).rejects.toMatchObject({ code: 'order_not_pending' });
  });
});

describe('changing items', () => {
  it('takes the new variant at its price and settles the difference', async () => {
    const { shop, call } = openTestShop();
    const wanted = orderWhere(shop, 'pending with a dearer variant', (candidate) => {
      const item = candidate.items[0];
      const variants = item ? (shop.data.products.get(item.productId)?.variants ?? []) : [];
      const open =
        candidate.status === 'pending' && candidate.flags.length === 0 && candidate.payments.length === 1;
      return (
        open &&
        variants.some((variant) => variant.available && item && cents(variant.price) > cents(item.price))
      );
    });
    const item = structuredClone(wanted.items[0]);
    if (!item) throw new Error('no item');
    const dearer = (shop.data.products.get(item.productId)?.variants ?? []).find(
      (variant) => variant.available && cents(variant.price) > cents(item.price),
    );
    if (!dearer) throw new Error('no variant');
    const change = { itemId: item.itemId, newItemId: dearer.itemId };
    const paymentMethodId = wanted.payments[0]?.method ?? '';
    const quote = await call('quote', { kind: 'item-change', orderId: wanted.id, changes: [change] });
    const difference = (cents(dearer.price) - cents(item.price)) * item.quantity;
    expect(quote).toMatchObject({ eligible: true, direction: 'charge', total: money(difference) });
    const changed = await call('changeItems', { orderId: wanted.id, changes: [change], paymentMethodId });
    expect(changed.items[0]).toMatchObject({
      itemId: dearer.itemId,
      price: dearer.price,
      options: dearer.options,
    });
    expect(changed.flags).toContain('items_changed');
    const { payments } = await call('listPayments', { orderId: wanted.id });
    expect(payments.reduce((sum, { amount }) => sum + cents(amount), 0)).toBe(priceOf(wanted));
  });

  it('names every item at most once, and at least one', async () => {
    const { shop, call } = openTestShop();
    const change = otherVariant(shop, order(shop, pending));
    for (const changes of [[], [change, change]]) {
      const attempt = call('changeItems', { orderId: pending, changes, paymentMethodId: card });
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
});

describe('returns', () => {
  const items = [{ itemId: 'P122-01', quantity: 1, reason: 'damaged' }];
  const wanted = { orderId: returnable, items, refundTo: card, method: 'mail' };

  it('promise the price of the pieces sent back, and flag the order', async () => {
    const { call } = openTestShop();
    const created = await call('createReturn', wanted);
    const refund = { status: 'pending', amount: money(1_800), to: card };
    expect(created).toMatchObject({ status: 'requested', refund });
    expect((await call('listReturns', { orderId: returnable })).returns).toMatchObject([
      { id: created.id, refund },
    ]);
    expect((await call('getOrder', { orderId: returnable })).flags).toEqual(['return_requested']);
  });

  it('may be paid to a gift card that did not pay the order', async () => {
    const { call } = openTestShop();
    const created = await call('createReturn', { ...wanted, refundTo: gift });
    expect(created.refund?.to).toBe(gift);
  });

  it('are possible until thirty days after delivery, and not a second longer', async () => {
    const { shop, call, clock } = openTestShop();
    const { window } = await call('quote', { kind: 'return', orderId: returnable });
    const untilMs = Date.parse(window?.until ?? '');
    expect(untilMs).toBe(Date.parse(order(shop, returnable).deliveredAt ?? '') + 30 * dayMs);
    clock.advance(untilMs - shopStartEpochMs);
    expect((await call('quote', { kind: 'return', orderId: returnable })).eligible).toBe(true);
    clock.advance(1_000);
    const late = await call('quote', { kind: 'return', orderId: returnable });
    expect(late).toMatchObject({ eligible: false, code: 'window_passed', direction: 'none' });
    await expect(call('createReturn', wanted)).rejects.toMatchObject({ code: 'window_passed' });
  });

  it.each([
    [
      'more pieces than were bought',
      [{ itemId: 'P122-01', quantity: 3, reason: 'damaged' }],
      'invalid_request',
    ],
    ['an item twice', [...items, ...items], 'invalid_request'],
    ['nothing', [], 'invalid_request'],
    ['no reason', [{ itemId: 'P122-01', quantity: 1, reason: ' ' }], 'invalid_reason'],
  ])('are refused for %s', async (_what, wrong, code) => {
    const { call } = openTestShop();
    await expect(call('createReturn', { ...wanted, items: wrong })).rejects.toMatchObject({ code });
  });

  it('are collected where and when the customer says, and a later wish replaces the first', async () => {
    const { shop, call } = openTestShop();
    const { id: returnId } = await call('createReturn', { ...wanted, method: 'pickup' });
    const hour = (hours: number) => isoTime(shopStartEpochMs + hours * 3_600_000);
    const pickup = { orderId: returnable, returnId, address };
    await call('createPickup', { ...pickup, windowStart: hour(20), windowEnd: hour(22) });
    await call('createPickup', { ...pickup, windowStart: hour(44), windowEnd: hour(46) });
    expect(shop.data.pickups.get(returnable)).toMatchObject([
      { returnId, windowStart: hour(44), status: 'scheduled' },
    ]);
  });

  it.each([
    ['over', -5, -3],
    ['backwards', 5, 3],
    ['too far ahead', 24 * 15, 24 * 15 + 2],
  ])('are not collected in a window that is %s', async (_what, startHours, endHours) => {
    const { call } = openTestShop();
    const { id: returnId } = await call('createReturn', wanted);
    const windowStart = isoTime(shopStartEpochMs + startHours * 3_600_000);
    const windowEnd = isoTime(shopStartEpochMs + endHours * 3_600_000);
    const attempt = call('createPickup', { orderId: returnable, returnId, windowStart, windowEnd, address });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('are not collected at a time that is none, and not for another order', async () => {
    const { call } = openTestShop();
    const { id: returnId } = await call('createReturn', wanted);
    const window = { windowStart: 'tomorrow', windowEnd: 'later', address };
    const vague = call('createPickup', { orderId: returnable, returnId, ...window });
    await expect(vague).rejects.toMatchObject({ code: 'invalid_request' });
    const elsewhere = call('createPickup', { orderId: shipped, returnId, ...window });
    await expect(elsewhere).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('exchanges', () => {
  it('are for delivered orders, once, and settle the difference', async () => {
    const { shop, call } = openTestShop();
    const changes = [otherVariant(shop, order(shop, returnable))];
    const wanted = { orderId: returnable, changes, paymentMethodId: card };
    const exchange = await call('createExchange', wanted);
    expect(exchange).toMatchObject({ status: 'requested', changes, difference: money(0) });
    expect((await call('getOrder', { orderId: returnable })).flags).toEqual(['exchange_requested']);
    await expect(call('createExchange', wanted)).rejects.toMatchObject({
      code: 'return_or_exchange_already_requested',
    });
    await expect(call('createExchange', { ...wanted, orderId: shipped })).rejects.toMatchObject({
      code: 'order_not_delivered',
    });
  });

  it('are not paid from a gift card that holds too little', async () => {
    const { shop, call } = openTestShop();
    giveGiftCard(shop, 0);
    // The cheaper mug was bought; the large one costs four dollars more apiece.
    const changes = [{ itemId: 'P122-01', newItemId: 'P122-04' }];
    const variant = shop.data.products.get('P122')?.variants.find(({ itemId }) => itemId === 'P122-04');
    if (!variant) throw new Error('the catalogue has no P122-04');
    variant.available = true;
    const attempt = call('createExchange', { orderId: returnable, changes, paymentMethodId: gift });
    await expect(attempt).rejects.toMatchObject({ code: 'insufficient_gift_card_balance' });
    const quote = await call('quote', { kind: 'exchange', orderId: returnable, changes });
    expect(quote).toMatchObject({
      eligible: true,
      direction: 'charge',
      total: money(800),
      refundOptions: [card],
    });
  });
});

describe('quotes', () => {
  it('tell what a cancellation brings back, without doing anything', async () => {
    const { shop, call } = openTestShop();
    const before = structuredClone(order(shop, pending));
    expect(await call('quote', { kind: 'cancel', orderId: pending })).toMatchObject({
      eligible: true,
      direction: 'refund',
      lines: [{ itemId: 'P107-02', amount: money(12_900) }],
      total: money(12_900),
      refundOptions: [card],
    });
    expect(order(shop, pending)).toEqual(before);
  });

  it('tell what a return of some pieces brings back, and where it can go', async () => {
    const { call } = openTestShop();
    const quote = await call('quote', {
      kind: 'return',
      orderId: returnable,
      items: [{ itemId: 'P122-01', quantity: 1 }],
    });
    expect(quote).toMatchObject({ direction: 'refund', total: money(1_800), refundOptions: [card, gift] });
  });

  it('give money back when the new variant is cheaper', async () => {
    const { shop, call } = openTestShop();
    const item = order(shop, returnable).items[1];
    if (!item) throw new Error('no item');
    item.price = money(2_500);
    const changes = [{ itemId: 'P122-01', newItemId: 'P122-02' }];
    const variant = shop.data.products.get('P122')?.variants.find(({ itemId }) => itemId === 'P122-02');
    expect(variant?.price).toEqual(money(1_800));
    const quote = await call('quote', { kind: 'exchange', orderId: returnable, changes });
    expect(quote).toMatchObject({ direction: 'refund', total: money(-1_400) });
  });

  it.each([
    ['cancel', shipped, 'order_not_pending'],
    ['item-change', shipped, 'order_not_pending'],
    ['return', pending, 'order_not_delivered'],
    ['exchange', '#W5061948', 'window_passed'],
  ] as const)(
    'for a %s that cannot be are an answer with the code, not an error',
    async (kind, orderId, code) => {
      const { call } = openTestShop();
      expect(await call('quote', { kind, orderId })).toMatchObject({ eligible: false, code });
    },
  );

  it('without wishes tell whether the order allows any', async () => {
    const { call } = openTestShop();
    expect(await call('quote', { kind: 'exchange', orderId: returnable })).toMatchObject({
      eligible: true,
      direction: 'none',
      lines: [],
    });
  });
});

describe('services', () => {
  it.each([
    [pending, true],
    [shipped, false],
    [returnable, false],
  ])('speed up %s: %s', async (orderId, accepted) => {
    const { call } = openTestShop();
    expect(await call('expedite', { orderId })).toMatchObject({ accepted });
  });

  it('write invoices over the price of the order', async () => {
    const { call } = openTestShop();
    const wish = { orderId: returnable, title: ' Carter Ltd ', taxId: 'US-1', email: 'books@example.com' };
    const invoice = await call('createInvoice', wish);
    expect(invoice).toMatchObject({ title: 'Carter Ltd', amount: money(17_900 + 2 * 1_800), status: 'sent' });
  });

  it.each([
    ['no title', { title: ' ' }],
    ['no e-mail address', { email: 'books at example' }],
  ])('write no invoice with %s', async (_what, wrong) => {
    const { call } = openTestShop();
    const wish = { orderId: returnable, title: 'Carter Ltd', email: 'books@example.com', ...wrong };
    await expect(call('createInvoice', wish)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('pay back once what a price has dropped', async () => {
    const { shop, call } = openTestShop();
    const bought = order(shop, pending).items[0];
    if (!bought) throw new Error('no item');
    bought.price = money(14_000);
    const wish = { orderId: pending, itemIds: ['P107-02'] };
    expect(await call('requestPriceProtection', wish)).toEqual({ granted: true, amount: money(1_100) });
    expect(await call('requestPriceProtection', wish)).toEqual({ granted: false, amount: money(0) });
  });

  it('pay nothing back for a price that has not dropped, or an old order', async () => {
    const { call } = openTestShop();
    const wish = { orderId: pending, itemIds: ['P107-02'] };
    expect(await call('requestPriceProtection', wish)).toMatchObject({ granted: false });
    const old = call('requestPriceProtection', { orderId: '#W5061948', itemIds: ['P141-01'] });
    await expect(old).rejects.toMatchObject({ code: 'window_passed' });
  });

  it('have orders whose price has dropped, so that a demo can show it', async () => {
    const { shop, call } = openTestShop();
    const candidates = [...shop.data.orders.values()]
      .filter(({ status }) => status === 'pending')
      .slice(0, 60);
    const answers = await Promise.all(
      candidates.map(({ id, items }) =>
        call(
          'requestPriceProtection',
          { orderId: id, itemIds: items.map(({ itemId }) => itemId) },
          `price-${id}`,
        ),
      ),
    );
    expect(answers.some(({ granted }) => granted)).toBe(true);
  });
});
