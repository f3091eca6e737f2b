import type { z } from 'zod';
import {
  shopOperations,
  ShopProblem,
  type Capability,
  type Quote,
  type ShopOperation,
} from '../../src/core/commerce.ts';
import {
  problemResponse,
  type DemoShopRequest,
  type DemoShopResponse,
} from '../../src/commerce/demo-shop/demo-shop.ts';
import { IdempotencyKeys } from '../../src/commerce/demo-shop/idempotency.ts';
import { fold, samePostalCode, sameText } from '../../src/commerce/demo-shop/matching.ts';
import { canonicalJson, isJsonObject } from '../../src/commerce/json.ts';
import { checkInput } from '../../src/commerce/prepared-call.ts';
import { problem } from '../../src/commerce/problems.ts';
import { matchRoute, routeOf } from '../../src/commerce/routes.ts';
import type { Tau2Data, Tau2Order } from './data.ts';
import {
  fromAddress,
  money,
  placingTimes,
  toCustomer,
  toOrder,
  toPayments,
  toProduct,
  toReturns,
  toShipments,
} from './mapping.ts';
import {
  cancelPendingOrder,
  checkCanPay,
  checkChanges,
  checkDelivered,
  checkHeld,
  checkUntouchedPending,
  differenceOf,
  exchangeDeliveredOrderItems,
  modifyPendingOrderAddress,
  modifyPendingOrderItems,
  modifyPendingOrderPayment,
  modifyUserAddress,
  orderById,
  originalMethod,
  productById,
  returnDeliveredOrderItems,
  userById,
} from './rules.ts';

/** What tau2's shop has; it knows nothing of pick-ups, invoices, coupons, price protection and one-time codes. */
export const tau2Capabilities = [
  'customers',
  'customer-address',
  'orders',
  'products',
  'quotes',
  'cancel',
  'address',
  'payment',
  'item-changes',
  'returns',
  'exchanges',
  'shipments',
  'payments',
] as const satisfies readonly Capability[];

/** A shop over tau2's data that answers requests of docs/commerce-api.yaml. */
export interface Tau2Shop {
  /** The data as it is now. */
  readonly state: Tau2Data;
  /** Forgets every change and every idempotency key. */
  reset(): void;
  /** Answers one request at once; never throws. */
  handle(request: DemoShopRequest): DemoShopResponse;
}

/** Opens a shop over a copy of `data`, which stays as it is. */
export function createTau2Shop(data: Tau2Data): Tau2Shop {
  const placed = placingTimes(data);
  let shop = new OpenTau2Shop(structuredClone(data), placed);
  return {
    get state() {
      return shop.state;
    },
    reset() {
      shop = new OpenTau2Shop(structuredClone(data), placed);
    },
    handle: (request) => shop.handle(request),
  };
}

type Inputs = {
  [Name in ShopOperation]: z.output<(typeof shopOperations)[Name]['input']>;
};
type Handlers = { readonly [Name in ShopOperation]?: (input: Inputs[Name]) => unknown };

class OpenTau2Shop {
  readonly state: Tau2Data;
  readonly #placed: ReadonlyMap<string, number>;
  readonly #keys = new IdempotencyKeys();

  constructor(state: Tau2Data, placed: ReadonlyMap<string, number>) {
    this.state = state;
    this.#placed = placed;
  }

  handle(request: DemoShopRequest): DemoShopResponse {
    try {
      return { status: 200, contentType: 'application/json', body: JSON.stringify(this.#answer(request)) };
    } catch (thrown) {
      if (thrown instanceof ShopProblem) return problemResponse(thrown);
      const detail = thrown instanceof Error ? thrown.message : String(thrown);
      return problemResponse(new ShopProblem(500, 'internal', detail));
    }
  }

  #answer({ method, target, idempotencyKey, body }: DemoShopRequest): unknown {
    const [path = '', query = ''] = target.split(/\?(.*)/s);
    const match = matchRoute(method, path);
    if (!match) throw problem('not_found', `${method} ${path} is no request of the interface`);
    const { operation, params } = match;
    const handler = this.#handlers[operation] as ((input: unknown) => unknown) | undefined;
    if (!handler) throw problem('unsupported_operation', `this shop has no ${operation}`);
    const fields: Record<string, unknown> = Object.fromEntries(new URLSearchParams(query));
    if ('limit' in fields) fields.limit = Number(fields.limit);
    const input = checkInput(operation, { ...fields, ...readBody(operation, body), ...params });
    if (!shopOperations[operation].write) return handler(input);
    return this.#keys.run(idempotencyKey, `${operation} ${canonicalJson(input)}`, () => handler(input));
  }

  readonly #handlers: Handlers = {
    getCapabilities: () => tau2Capabilities,
    findCustomers: (query) => ({
      customers: Object.values(this.state.users)
        .filter(({ name, email, address }) => {
          if ('email' in query) return sameText(email, query.email);
          if ('phone' in query) return false; // tau2 keeps no telephone numbers.
          const { firstName, lastName, postalCode } = query;
          return (
            sameText(name.first_name, firstName) &&
            sameText(name.last_name, lastName) &&
            samePostalCode(address.zip, postalCode)
          );
        })
        .map(toCustomer),
    }),
    getCustomer: ({ customerId }) => toCustomer(userById(this.state, customerId)),
    setCustomerAddress: ({ customerId, address }) =>
      toCustomer(modifyUserAddress(this.state, customerId, fromAddress(address))),
    listOrders: ({ customerId, limit }) => {
      const orders = userById(this.state, customerId).orders.map((id) => orderById(this.state, id));
      const newest = orders.sort((one, two) => this.#placedAt(two) - this.#placedAt(one));
      return { orders: newest.slice(0, limit).map((order) => this.#order(order)) };
    },
    getOrder: ({ orderId }) => this.#order(orderById(this.state, orderId)),
    findProducts: ({ query }) => {
      const words = query.split(/\s+/).map((word) => fold(word).replace(/s$/, ''));
      const products = Object.values(this.state.products);
      return {
        products: products
          .filter(({ name }) => words.every((word) => fold(name).includes(word)))
          .map(toProduct),
      };
    },
    getProduct: ({ productId }) => toProduct(productById(this.state, productId)),
    quote: (input) => this.#quote(input),
    cancelOrder: ({ orderId, reason }) =>
      this.#order(cancelPendingOrder(this.state, orderId, reason.replaceAll('_', ' '))),
    setOrderAddress: ({ orderId, address }) =>
      this.#order(modifyPendingOrderAddress(this.state, orderId, fromAddress(address))),
    setOrderPayment: ({ orderId, paymentMethodId }) =>
      this.#order(modifyPendingOrderPayment(this.state, orderId, paymentMethodId)),
    changeItems: ({ orderId, changes, paymentMethodId }) => {
      checkNamed(changes);
      return this.#order(modifyPendingOrderItems(this.state, orderId, changes, paymentMethodId));
    },
    createReturn: ({ orderId, items, refundTo }) => {
      checkNamed(items);
      const order = returnDeliveredOrderItems(this.state, orderId, piecesOf(items), refundTo);
      return toReturns(order)[0];
    },
    createExchange: ({ orderId, changes, paymentMethodId }) => {
      checkNamed(changes);
      const order = exchangeDeliveredOrderItems(this.state, orderId, changes, paymentMethodId);
      const difference = money(order.exchange_price_difference ?? 0);
      return { id: `${orderId}-E1`, status: 'requested', difference };
    },
    listReturns: ({ orderId }) => ({ returns: toReturns(orderById(this.state, orderId)) }),
    listShipments: ({ orderId }) => ({ shipments: toShipments(orderById(this.state, orderId)) }),
    listPayments: ({ orderId }) => {
      const order = orderById(this.state, orderId);
      return { payments: toPayments(order, this.#placedAt(order)) };
    },
  };

  #placedAt(order: Tau2Order): number {
    return this.#placed.get(order.order_id) ?? 0;
  }

  #order(order: Tau2Order) {
    return toOrder(order, this.#placedAt(order));
  }

  #quote(input: Inputs['quote']): Quote {
    const order = orderById(this.state, input.orderId);
    try {
      return this.#eligibleQuote(order, input);
    } catch (thrown) {
      if (!(thrown instanceof ShopProblem) || thrown.code === 'invalid_request') throw thrown;
      return { eligible: false, code: thrown.code, direction: 'none', lines: [], total: money(0) };
    }
  }

  #eligibleQuote(order: Tau2Order, { kind, items, changes }: Inputs['quote']): Quote {
    const methods = Object.values(userById(this.state, order.user_id).payment_methods);
    if (kind === 'cancel' || kind === 'return') {
      if (kind === 'cancel') checkUntouchedPending(order);
      else checkDelivered(order);
      const wanted = items === undefined ? order.items.map(({ item_id }) => item_id) : piecesOf(items);
      checkHeld(order, wanted);
      const lines = wanted.map((itemId) => {
        const price = order.items.find(({ item_id }) => item_id === itemId)?.price ?? 0;
        return { itemId, dollars: price };
      });
      const cards = methods.filter(({ source }) => source === 'gift_card').map(({ id }) => id);
      const to = [...new Set([originalMethod(order), ...(kind === 'return' ? cards : [])])];
      return quoteOf(lines, 'refund', to);
    }
    if (kind === 'item-change') checkUntouchedPending(order);
    else checkDelivered(order);
    const checked = checkChanges(this.state, order, changes ?? []);
    const difference = differenceOf(checked);
    const able = methods.filter((method) => {
      return method.source !== 'gift_card' || canPay(() => checkCanPay(method, difference));
    });
    const lines = checked.map(({ item, variant }) => {
      return { itemId: item.item_id, dollars: variant.price - item.price };
    });
    return quoteOf(
      lines,
      'charge',
      able.map(({ id }) => id),
    );
  }
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

function piecesOf(items: readonly { itemId: string; quantity?: number | undefined }[]): string[] {
  return items.flatMap(({ itemId, quantity }) => Array.from({ length: quantity ?? 1 }, () => itemId));
}

function checkNamed(list: readonly unknown[]): void {
  if (list.length === 0) throw problem('invalid_request', 'no item is named');
}

function readBody(operation: ShopOperation, text: string | undefined): Record<string, unknown> {
  const { body } = routeOf(operation);
  if (body === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch (thrown) {
    throw problem('invalid_request', `the body is no JSON: ${thrown instanceof Error ? thrown.message : ''}`);
  }
  if (!isJsonObject(value)) throw problem('invalid_request', 'the body must be a JSON object');
  return body === 'fields' ? value : { [body]: value };
}

/** `positive` says which way a positive total goes. */
function quoteOf(
  lines: readonly { readonly itemId: string; readonly dollars: number }[],
  positive: 'charge' | 'refund',
  refundOptions: string[],
): Quote {
  const total = Math.round(lines.reduce((sum, { dollars }) => sum + dollars, 0) * 100) / 100;
  const negative = positive === 'charge' ? 'refund' : 'charge';
  return {
    eligible: true,
    direction: total === 0 ? 'none' : total > 0 ? positive : negative,
    lines: lines.map(({ itemId, dollars }) => ({ itemId, amount: money(dollars) })),
    total: money(total),
    refundOptions,
    window: { until: null },
  };
}
