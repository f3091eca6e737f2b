import type { Customer } from '../../core/commerce.ts';
import { createCalendar, daysAfter } from './calendar.ts';
import { demoCallers } from './callers.ts';
import { createCatalogue } from './catalogue.ts';
import { makeCustomers } from './make-customers.ts';
import { placeOrder, type OrderMaker } from './make-orders.ts';
import { cents, money } from './money.ts';
import { planOrder } from './order-plan.ts';
import { createRandom, type Random } from './random.ts';
import { append, emptyShopData, type ShopData, type StoredOrder } from './state.ts';

const customerCount = 200;
const orderCount = 1_000;

/**
 * Fills a shop: 50 products, 200 customers, 1,000 orders. The same seed and start give the same shop; another start moves all
 * times along with it, so that parcels arrive "tomorrow" on whatever day the demo is shown.
 */
export function makeShop(seed: number, startEpochMs: number): ShopData {
  const random = createRandom(seed);
  const data = emptyShopData();
  for (const product of createCatalogue(random.fork())) data.products.set(product.id, product);
  for (const customer of makeCustomers(customerCount, random.fork()))
    data.customers.set(customer.id, customer);

  const callerIds = new Set<string>(demoCallers.map(({ customerId }) => customerId));
  const others = [...data.customers.values()].filter(({ id }) => !callerIds.has(id));
  const maker: OrderMaker = {
    data,
    calendar: createCalendar(startEpochMs, random.fork()),
    random: random.fork(),
  };
  for (const caller of demoCallers) {
    const customer = data.customers.get(caller.customerId);
    for (const order of caller.orders) if (customer) placeOrder(maker, customer, order);
  }
  placeOrders(maker, others, random.fork());
  for (const customer of data.customers.values()) giveCoupons(maker, customer);
  return data;
}

/** Every customer gets one order, the rest go to anybody. */
function placeOrders(maker: OrderMaker, customers: readonly Customer[], random: Random): void {
  const { data } = maker;
  const products = [...data.products.values()];
  for (let index = 0; data.orders.size < orderCount; index += 1) {
    const customer = customers[index] ?? random.pick(customers);
    let id: string;
    do id = `#W${random.int(1_000_000, 9_999_999)}`;
    while (data.orders.has(id));
    const order = placeOrder(maker, customer, planOrder(id, products, random));
    addHistory(maker, order, random);
  }
}

/** Some orders have had something done to them already. */
function addHistory(maker: OrderMaker, order: StoredOrder, random: Random): void {
  if (order.status === 'pending' && random.chance(0.06)) order.flags.push('items_changed');
  if (order.status !== 'delivered') return;
  if (random.chance(0.08)) addReturn(maker, order, random);
  else if (random.chance(0.05)) addExchange(maker.data, order);
}

/** Returns of old orders are through; recent ones are somewhere between the request and the refund. */
function addReturn({ data, calendar }: OrderMaker, order: StoredOrder, random: Random): void {
  const item = order.items[0];
  const paid = order.payments.at(-1);
  if (!item || !paid || order.deliveredAt === null) return;
  const returnId = `R${order.id.slice(2)}-1`;
  const amountCents = Math.min(cents(item.price), cents(paid.amount));
  const refundDay = daysAfter(order.deliveredAt, 14);
  const done = Date.parse(refundDay) < calendar.startEpochMs;
  if (done) {
    const id = `pay_${order.id.slice(2)}_${order.payments.length + 1}`;
    order.payments.push({
      id,
      method: paid.method,
      amount: money(-amountCents),
      status: 'refunded',
      at: refundDay,
    });
  }
  order.flags.push('return_requested');
  append(data.returns, order.id, {
    id: returnId,
    orderId: order.id,
    status: done ? 'refunded' : random.pick(['requested', 'in_transit', 'received']),
    method: random.pick(['mail', 'pickup']),
    items: [{ itemId: item.itemId, quantity: 1, reason: 'no_longer_needed' }],
    refund: {
      status: done ? 'completed' : 'pending',
      amount: money(amountCents),
      to: paid.method,
      expectedBy: done ? refundDay : calendar.at(random.int(2, 9), 'US'),
    },
  });
}

/** The first item is exchanged for another variant of the same price, as most exchanges are for a size or colour. */
function addExchange(data: ShopData, order: StoredOrder): void {
  const paid = order.payments.at(-1);
  for (const item of order.items) {
    const variants = data.products.get(item.productId)?.variants ?? [];
    const other = variants.find(
      ({ itemId, available, price }) =>
        itemId !== item.itemId && available && price.amount === item.price.amount,
    );
    if (!other || !paid) continue;
    order.flags.push('exchange_requested');
    append(data.exchanges, order.id, {
      id: `E${order.id.slice(2)}-1`,
      orderId: order.id,
      status: 'requested',
      changes: [{ itemId: item.itemId, newItemId: other.itemId }],
      difference: money(0),
      paymentMethodId: paid.method,
    });
    return;
  }
}

const couponKinds = [
  {
    code: 'WELCOME10',
    description: '10 dollars off your next order',
    amountCents: 1_000,
    minimumCents: 5_000,
  },
  {
    code: 'SPRING25',
    description: '25 dollars off orders over 150 dollars',
    amountCents: 2_500,
    minimumCents: 15_000,
  },
  { code: 'THANKS5', description: '5 dollars off any order', amountCents: 500, minimumCents: 0 },
] as const;

/** Demo callers who have a coupon whatever the seed: one of each language. */
const sureCoupons: ReadonlyMap<string, string> = new Map([
  ['C10001', 'SPRING25'],
  ['C10004', 'WELCOME10'],
]);

function giveCoupons({ data, calendar, random }: OrderMaker, customer: Customer): void {
  for (const kind of couponKinds) {
    if (!random.chance(0.3) && sureCoupons.get(customer.id) !== kind.code) continue;
    append(data.coupons, customer.id, {
      id: `CP${customer.id.slice(1)}-${kind.code}`,
      code: kind.code,
      description: kind.description,
      amount: money(kind.amountCents),
      minimumSpend: money(kind.minimumCents),
      expiresAt: calendar.at(random.int(5, 90), 'US'),
    });
  }
}
