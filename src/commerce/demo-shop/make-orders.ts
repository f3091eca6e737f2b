import type { Customer, Payment } from '../../core/commerce.ts';
import type { Calendar } from './calendar.ts';
import { countryOf } from './make-customers.ts';
import { cents, money } from './money.ts';
import type { Random } from './random.ts';
import type { OrderPlan, PlannedItem } from './order-plan.ts';
import { buildShipment } from './shipments.ts';
import type { ShopData, StoredOrder } from './state.ts';

export interface OrderMaker {
  readonly data: ShopData;
  readonly calendar: Calendar;
  readonly random: Random;
}

type Item = StoredOrder['items'][number];

/** Puts an order that is laid out day by day into the shop, with its shipments and payments. */
export function placeOrder(maker: OrderMaker, customer: Customer, plan: OrderPlan): StoredOrder {
  const { data, calendar, random } = maker;
  const country = countryOf(customer);
  const items = plan.items.map((item) => orderItem(data, plan, item, customer.language === 'zh'));
  const placedAt = calendar.at(plan.placedDay, country);
  const shipments = plan.parcels.map((parcel, index) =>
    buildShipment(parcel.plan, {
      id: `S${plan.id.slice(2)}-${index + 1}`,
      itemIds: parcel.items.flatMap((position) => items[position]?.itemId ?? []),
      city: customer.address.city,
      country,
      calendar,
      random,
    }),
  );
  const arrivals = shipments.map((shipment) => shipment.events.at(-1)?.at ?? '').sort();
  const order: StoredOrder = {
    id: plan.id,
    customerId: customer.id,
    placedAt,
    status: plan.status,
    flags: [],
    address: { ...customer.address },
    items,
    payments: payments(maker, customer, plan, placedAt, totalCents(items)),
    deliveredAt: plan.status === 'delivered' ? (arrivals.at(-1) ?? null) : null,
  };
  data.orders.set(order.id, order);
  if (shipments.length > 0) data.shipments.set(order.id, shipments);
  return order;
}

/** The price of all items together. */
export function totalCents(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + cents(item.price) * item.quantity, 0);
}

function orderItem(
  data: ShopData,
  plan: OrderPlan,
  { itemId, quantity }: PlannedItem,
  inChinese: boolean,
): Item {
  const product = data.products.get(itemId.slice(0, itemId.indexOf('-')));
  const variant = product?.variants.find((candidate) => candidate.itemId === itemId);
  if (!product || !variant) throw new Error(`The catalogue has no item ${itemId}`);
  return {
    itemId,
    productId: product.id,
    name: inChinese ? product.nameZh : product.name,
    quantity,
    price: money(Math.round((cents(variant.price) * (plan.paidPercent ?? 100)) / 100)),
    options: { ...variant.options },
  };
}

/** One payment, or now and then two: what a gift card gave and the rest. A cancelled order has its money sent back. */
function payments(
  { random }: OrderMaker,
  customer: Customer,
  plan: OrderPlan,
  at: string,
  total: number,
): Payment[] {
  const gift = customer.paymentMethods.find(({ kind }) => kind === 'gift_card');
  const others = customer.paymentMethods.filter(({ kind }) => kind !== 'gift_card');
  const giftCents =
    gift && !plan.payWith && random.chance(0.25) ? Math.min(total, random.int(2, 8) * 1_000) : 0;
  const shares = [
    { method: gift?.id, share: giftCents },
    { method: plan.payWith ?? random.pick(others).id, share: total - giftCents },
  ];
  const paid: Payment[] = [];
  for (const { method, share } of shares) {
    if (method === undefined || share === 0) continue;
    const captured = method === gift?.id || plan.status !== 'pending';
    const id = `pay_${plan.id.slice(2)}_${paid.length + 1}`;
    paid.push({ id, method, amount: money(share), status: captured ? 'captured' : 'authorized', at });
  }
  if (plan.status !== 'cancelled') return paid;
  const back = paid.map((payment, index) => ({
    ...payment,
    id: `pay_${plan.id.slice(2)}_${paid.length + index + 1}`,
    amount: money(-cents(payment.amount)),
    status: 'refunded',
  }));
  return [...paid, ...back];
}
