import { ShopProblem, type Quote } from '../../core/commerce.ts';
import { problem } from '../problems.ts';
import { checkAddress } from './addresses.ts';
import { daysAfter, isoTime } from './calendar.ts';
import { customerById, orderById, paymentMethodOf, type Handlers, type ShopContext } from './context.ts';
import { checkReturnable, checkReturnItems, checkUnchangedPending, returnWindowEnd } from './eligibility.ts';
import { cents, money } from './money.ts';
import { checkCanPay, paidByMethod, settle } from './settlement.ts';
import { append, type StoredOrder, type StoredReturn } from './state.ts';
import { checkChanges, sumCents } from './variant-changes.ts';

const pickupHorizonDays = 14;
const refundDays = 14;

interface QuoteLine {
  readonly itemId: string;
  readonly cents: number;
}

/** Quotes, returns, exchanges and pickups. */
export const returnOperations: Handlers<
  'quote' | 'createReturn' | 'createExchange' | 'listReturns' | 'createPickup'
> = {
  quote(shop, input) {
    const order = orderById(shop, input.orderId);
    try {
      return makeQuote(shop, order, input);
    } catch (thrown) {
      // A request that makes no sense stays an error; what the order's state forbids is the answer to the question.
      if (!(thrown instanceof ShopProblem) || thrown.code === 'invalid_request') throw thrown;
      return { eligible: false, code: thrown.code, direction: 'none', lines: [], total: money(0), fees: [] };
    }
  },

  createReturn(shop, { orderId, items, refundTo, method }) {
    const order = orderById(shop, orderId);
    checkReturnable(shop, order);
    if (items.length === 0) throw problem('invalid_request', 'no item is named');
    if (method.trim() === '') throw problem('invalid_request', 'method must not be empty');
    const checked = checkReturnItems(order, items);
    if (items.some(({ reason }) => reason.trim() === ''))
      throw problem('invalid_reason', 'a reason is empty');
    const target = paymentMethodOf(shop, order, refundTo);
    if (target.kind !== 'gift_card' && !paidByMethod(order).has(target.id)) {
      throw problem('refund_method_not_allowed', 'money goes back to what paid the order, or to a gift card');
    }
    const created: StoredReturn = {
      id: shop.newId('R'),
      orderId: order.id,
      status: 'requested',
      method,
      items: items.map(({ itemId, quantity, reason }) => ({ itemId, quantity, reason })),
      refund: {
        status: 'pending',
        amount: money(checked.reduce((sum, { item, quantity }) => sum + cents(item.price) * quantity, 0)),
        to: target.id,
        expectedBy: daysAfter(isoTime(shop.nowEpochMs()), refundDays),
      },
    };
    order.flags.push('return_requested');
    append(shop.data.returns, order.id, created);
    return created;
  },

  createExchange(shop, { orderId, changes, paymentMethodId }) {
    const order = orderById(shop, orderId);
    checkReturnable(shop, order);
    if (changes.length === 0) throw problem('invalid_request', 'no change is named');
    const differenceCents = sumCents(checkChanges(shop, order, changes));
    const method = paymentMethodOf(shop, order, paymentMethodId);
    settle(shop, order, method, differenceCents);
    const exchange = {
      id: shop.newId('E'),
      orderId: order.id,
      status: 'requested',
      changes,
      difference: money(differenceCents),
      paymentMethodId,
    };
    order.flags.push('exchange_requested');
    append(shop.data.exchanges, order.id, exchange);
    return exchange;
  },

  listReturns: (shop, { orderId }) => ({ returns: shop.data.returns.get(orderById(shop, orderId).id) ?? [] }),

  createPickup(shop, { orderId, returnId, windowStart, windowEnd, address }) {
    const order = orderById(shop, orderId);
    if (!shop.data.returns.get(order.id)?.some(({ id }) => id === returnId)) {
      throw problem('not_found', 'the order has no such return');
    }
    checkWindow(windowStart, windowEnd, shop.nowEpochMs());
    const pickup = {
      id: shop.newId('PU'),
      orderId: order.id,
      returnId,
      status: 'scheduled',
      windowStart,
      windowEnd,
      address: checkAddress(address),
    };
    // A new pickup of the same return takes the place of the one before.
    const others = (shop.data.pickups.get(order.id) ?? []).filter((other) => other.returnId !== returnId);
    shop.data.pickups.set(order.id, [...others, pickup]);
    return pickup;
  },
};

interface QuoteInput {
  readonly kind: 'return' | 'exchange' | 'item-change' | 'cancel';
  readonly orderId: string;
  readonly items?: { itemId: string; quantity?: number | undefined }[] | undefined;
  readonly changes?: { itemId: string; newItemId: string }[] | undefined;
}

/** What the same request would do, with nothing done. Without items or changes it tells whether the order allows any. */
function makeQuote(
  shop: ShopContext,
  order: StoredOrder,
  { kind, orderId, items, changes }: QuoteInput,
): Quote {
  const customer = customerById(shop, order.customerId);
  if (kind === 'cancel') {
    checkUnchangedPending(shop, orderId);
    const lines = order.items.map(({ itemId, price, quantity }) => ({
      itemId,
      cents: cents(price) * quantity,
    }));
    return quoteOf(lines, 'refund', [...paidByMethod(order).keys()], null);
  }
  if (kind === 'return') {
    checkReturnable(shop, order);
    const checked = checkReturnItems(order, items ?? order.items);
    const lines = checked.map(({ item, quantity }) => ({
      itemId: item.itemId,
      cents: cents(item.price) * quantity,
    }));
    const giftCards = customer.paymentMethods
      .filter((method) => method.kind === 'gift_card')
      .map(({ id }) => id);
    const options = [...new Set([...paidByMethod(order).keys(), ...giftCards])];
    return quoteOf(lines, 'refund', options, returnWindowEnd(order));
  }
  if (kind === 'item-change') checkUnchangedPending(shop, orderId);
  else checkReturnable(shop, order);
  const checked = checkChanges(shop, order, changes ?? []);
  const lines = checked.map(({ item, differenceCents }) => ({ itemId: item.itemId, cents: differenceCents }));
  const total = sumCents(checked);
  const able = customer.paymentMethods
    .filter((method) => canPay(() => checkCanPay(method, total)))
    .map(({ id }) => id);
  return quoteOf(lines, 'charge', able, kind === 'exchange' ? returnWindowEnd(order) : null);
}

function canPay(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (thrown) {
    if (thrown instanceof ShopProblem) return false;
    throw thrown;
  }
}

/** `positive` says which way a positive total goes. */
function quoteOf(
  lines: readonly QuoteLine[],
  positive: 'charge' | 'refund',
  refundOptions: string[],
  until: string | null,
): Quote {
  const total = lines.reduce((sum, line) => sum + line.cents, 0);
  const negative = positive === 'charge' ? 'refund' : 'charge';
  return {
    eligible: true,
    direction: total === 0 ? 'none' : total > 0 ? positive : negative,
    lines: lines.map((line) => ({ itemId: line.itemId, amount: money(line.cents) })),
    total: money(total),
    fees: [],
    refundOptions,
    window: { until },
  };
}

/** @throws ShopProblem `invalid_request` for a window that is no time, empty, over, or too far away. */
function checkWindow(windowStart: string, windowEnd: string, nowEpochMs: number): void {
  const [start, end] = [rfc3339(windowStart), rfc3339(windowEnd)];
  if (start >= end || end <= nowEpochMs) {
    throw problem('invalid_request', 'the pickup window must end after it starts, and not be over');
  }
  if (start > nowEpochMs + pickupHorizonDays * 86_400_000) {
    throw problem('invalid_request', `pickups are at most ${pickupHorizonDays} days ahead`);
  }
}

function rfc3339(text: string): number {
  const valid = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i.test(text);
  const epochMs = valid ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(epochMs)) throw problem('invalid_request', 'a pickup time is no RFC 3339 time');
  return epochMs;
}
