import type {
  Address,
  Customer,
  Money,
  Order,
  Payment,
  PaymentMethod,
  Product,
  Return,
  Shipment,
} from '../../src/core/commerce.ts';
import { problem } from '../../src/commerce/problems.ts';
import type { Tau2Address, Tau2Data, Tau2Order, Tau2PaymentMethod, Tau2Product, Tau2User } from './data.ts';
import { itemsModified } from './rules.ts';

/** tau2's data in the shapes of the shop's interface, and back. */

const currency = 'USD';

/** Dollars as the interface writes them. */
export function money(dollars: number): Money {
  return { amount: dollars.toFixed(2), currency };
}

export function toAddress(address: Tau2Address): Address {
  const { address1, address2, city, state, zip } = address;
  return {
    line1: address1,
    ...(address2 !== '' && { line2: address2 }),
    city,
    state,
    country: address.country === 'USA' ? 'US' : address.country,
    postalCode: zip,
  };
}

// prettier-ignore
const stateNames: Readonly<Record<string, string>> = {
  arizona: 'AZ', california: 'CA', colorado: 'CO', florida: 'FL', illinois: 'IL', indiana: 'IN', 'new york': 'NY',
  'north carolina': 'NC', ohio: 'OH', pennsylvania: 'PA', texas: 'TX', washington: 'WA', 'district of columbia': 'DC',
};

/**
 * An address as the shop keeps it: country and state by their short names.
 * @throws ShopProblem `invalid_address` when a part is missing or the country is another.
 */
export function fromAddress(given: Address): Tau2Address {
  const parts = { line1: given.line1.trim(), city: given.city.trim(), zip: given.postalCode.trim() };
  for (const [name, value] of Object.entries(parts)) {
    if (value === '') throw problem('invalid_address', `${name} is empty`);
  }
  if (!/^(us|usa|united states( of america)?)$/i.test(given.country.trim())) {
    throw problem('invalid_address', 'the shop delivers to the United States only');
  }
  const state = (given.state ?? '').trim();
  return {
    address1: parts.line1,
    address2: (given.line2 ?? '').trim(),
    city: parts.city,
    country: 'USA',
    state: stateNames[state.toLowerCase()] ?? state.toUpperCase(),
    zip: parts.zip,
  };
}

export function toPaymentMethod(method: Tau2PaymentMethod): PaymentMethod {
  return {
    id: method.id,
    kind: method.source,
    ...(method.brand !== undefined && { brand: method.brand }),
    ...(method.last_four !== undefined && { last4: method.last_four }),
    ...(method.balance !== undefined && { balance: money(method.balance) }),
  };
}

export function toCustomer(user: Tau2User): Customer {
  return {
    id: user.user_id,
    name: { first: user.name.first_name, last: user.name.last_name },
    emails: [user.email],
    phones: [],
    address: toAddress(user.address),
    paymentMethods: Object.values(user.payment_methods).map(toPaymentMethod),
  };
}

type Status = Pick<Order, 'status' | 'flags'>;
const statuses: Readonly<Record<string, Status>> = {
  pending: { status: 'pending', flags: [] },
  [itemsModified]: { status: 'pending', flags: ['items_changed'] },
  processed: { status: 'processed', flags: [] },
  delivered: { status: 'delivered', flags: [] },
  cancelled: { status: 'cancelled', flags: [] },
  'return requested': { status: 'delivered', flags: ['return_requested'] },
  'exchange requested': { status: 'delivered', flags: ['exchange_requested'] },
};

/** How fresh an order is by its status: the data has no dates, and "just ordered" is not yet delivered. */
const freshness = ['pending', 'processed', 'delivered', 'cancelled'];
const dayMs = 86_400_000;
const firstDayEpochMs = Date.UTC(2024, 4, 15, 12);

/**
 * The user's orders, newest first. tau2's data tells no dates, but the interface asks for them: orders count as placed two days apart,
 * pending ones last. The rank an order has when the data is read stays, whatever happens to it later.
 */
export function placingTimes(data: Tau2Data): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const user of Object.values(data.users)) {
    const rank = (orderId: string) => freshness.indexOf(data.orders[orderId]?.status ?? '');
    for (const [index, orderId] of [...user.orders].sort((one, two) => rank(one) - rank(two)).entries()) {
      times.set(orderId, firstDayEpochMs - index * 2 * dayMs);
    }
  }
  return times;
}

const time = (epochMs: number) => new Date(epochMs).toISOString();

/** Pieces of the same variant are one line with a quantity. */
export function toOrder(order: Tau2Order, placedAtEpochMs: number): Order {
  const { status, flags } = statuses[order.status] ?? { status: 'processed', flags: [] };
  const itemIds = [...new Set(order.items.map(({ item_id }) => item_id))];
  return {
    id: order.order_id,
    customerId: order.user_id,
    placedAt: time(placedAtEpochMs),
    status,
    flags,
    address: toAddress(order.address),
    items: itemIds.flatMap((itemId) => {
      const pieces = order.items.filter(({ item_id }) => item_id === itemId);
      return pieces.slice(0, 1).map(({ product_id, name, price, options }) => ({
        itemId,
        productId: product_id,
        name,
        quantity: pieces.length,
        price: money(price),
        options,
      }));
    }),
    payments: order.payment_history.map((_payment, index) => `${order.order_id}-${index + 1}`),
  };
}

export function toPayments(order: Tau2Order, placedAtEpochMs: number): Payment[] {
  return order.payment_history.map(({ transaction_type, amount, payment_method_id }, index) => ({
    id: `${order.order_id}-${index + 1}`,
    method: payment_method_id,
    amount: money(transaction_type === 'refund' ? -amount : amount),
    status: transaction_type === 'refund' ? 'refunded' : 'captured',
    at: time(placedAtEpochMs + index * dayMs),
  }));
}

const shipmentStatuses: Readonly<Record<string, string>> = { processed: 'in_transit', cancelled: 'returned' };

/** tau2 knows a tracking number for each parcel and nothing of its way. */
export function toShipments(order: Tau2Order): Shipment[] {
  return order.fulfillments.flatMap(({ tracking_id, item_ids }, index) =>
    tracking_id.map((trackingNumber) => ({
      id: `${order.order_id}-S${index + 1}`,
      carrier: 'the carrier',
      trackingNumber,
      status: shipmentStatuses[order.status] ?? 'delivered',
      itemIds: item_ids,
      events: [],
    })),
  );
}

export function toReturns(order: Tau2Order): Return[] {
  const { return_items: returned, return_payment_method_id: to } = order;
  if (!returned || to === undefined) return [];
  const amount = returned.reduce((sum, itemId) => {
    return sum + (order.items.find(({ item_id }) => item_id === itemId)?.price ?? 0);
  }, 0);
  return [
    {
      id: `${order.order_id}-R1`,
      status: 'requested',
      refund: { status: 'pending', amount: money(amount), to },
    },
  ];
}

export function toProduct(product: Tau2Product): Product {
  return {
    id: product.product_id,
    name: product.name,
    variants: Object.values(product.variants).map(({ item_id, options, price, available }) => {
      return { itemId: item_id, options, price: money(price), available };
    }),
  };
}
