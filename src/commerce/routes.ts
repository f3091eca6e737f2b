import type { ShopOperation } from '../core/commerce.ts';
import { problem, type ProblemCode } from './problems.ts';

/** How an operation travels over HTTP. What is not in the path or the query is the JSON body. */
export interface ShopRoute {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path below the base URL; `{name}` stands for the input's field of that name, percent-encoded. */
  readonly path: string;
  /** Input fields that travel in the query string; an absent field is left out. */
  readonly query?: readonly string[];
  /** `fields`: an object of the remaining input fields. Otherwise the name of the one input field that is the whole body. */
  readonly body?: 'fields' | 'address';
  /** The problem meant by a 404 that carries no code. */
  readonly missing: ProblemCode;
}

const customer = 'customer_not_found';
const order = 'order_not_found';

/** The one table from operation to HTTP: the backend sends by it, the demo shop answers by it, docs/commerce-api.yaml shows it. */
export const shopRoutes = {
  getCapabilities: { method: 'GET', path: '/v1/capabilities', missing: 'not_found' },
  findCustomers: {
    method: 'GET',
    path: '/v1/customers',
    query: ['email', 'phone', 'firstName', 'lastName', 'postalCode'],
    missing: customer,
  },
  getCustomer: { method: 'GET', path: '/v1/customers/{customerId}', missing: customer },
  setCustomerAddress: {
    method: 'PUT',
    path: '/v1/customers/{customerId}/address',
    body: 'address',
    missing: customer,
  },
  listOrders: {
    method: 'GET',
    path: '/v1/customers/{customerId}/orders',
    query: ['limit'],
    missing: customer,
  },
  getOrder: { method: 'GET', path: '/v1/orders/{orderId}', missing: order },
  findProducts: { method: 'GET', path: '/v1/products', query: ['query'], missing: 'product_not_found' },
  getProduct: { method: 'GET', path: '/v1/products/{productId}', missing: 'product_not_found' },
  quote: { method: 'POST', path: '/v1/quotes', body: 'fields', missing: order },
  cancelOrder: { method: 'POST', path: '/v1/orders/{orderId}/cancel', body: 'fields', missing: order },
  setOrderAddress: { method: 'PUT', path: '/v1/orders/{orderId}/address', body: 'address', missing: order },
  setOrderPayment: { method: 'PUT', path: '/v1/orders/{orderId}/payment', body: 'fields', missing: order },
  changeItems: { method: 'POST', path: '/v1/orders/{orderId}/item-changes', body: 'fields', missing: order },
  createReturn: { method: 'POST', path: '/v1/orders/{orderId}/returns', body: 'fields', missing: order },
  createExchange: { method: 'POST', path: '/v1/orders/{orderId}/exchanges', body: 'fields', missing: order },
  listReturns: { method: 'GET', path: '/v1/orders/{orderId}/returns', missing: order },
  listShipments: { method: 'GET', path: '/v1/orders/{orderId}/shipments', missing: order },
  expedite: { method: 'POST', path: '/v1/orders/{orderId}/expedite', missing: order },
  createPickup: {
    method: 'POST',
    path: '/v1/orders/{orderId}/pickups',
    body: 'fields',
    missing: 'not_found',
  },
  createInvoice: { method: 'POST', path: '/v1/orders/{orderId}/invoice', body: 'fields', missing: order },
  requestPriceProtection: {
    method: 'POST',
    path: '/v1/orders/{orderId}/price-protection',
    body: 'fields',
    missing: order,
  },
  listCoupons: { method: 'GET', path: '/v1/customers/{customerId}/coupons', missing: customer },
  listPayments: { method: 'GET', path: '/v1/orders/{orderId}/payments', missing: order },
  startVerification: {
    method: 'POST',
    path: '/v1/customers/{customerId}/verifications',
    body: 'fields',
    missing: customer,
  },
  checkVerification: {
    method: 'PUT',
    path: '/v1/customers/{customerId}/verifications/{verificationId}',
    body: 'fields',
    missing: 'not_found',
  },
} as const satisfies Record<ShopOperation, ShopRoute>;

const routes: Readonly<Record<ShopOperation, ShopRoute>> = shopRoutes;
const operations = Object.keys(shopRoutes) as ShopOperation[];

/** The route of an operation. */
export function routeOf(operation: ShopOperation): ShopRoute {
  return routes[operation];
}

/** A request without its base URL: what the table makes of an operation and its input. */
export interface ShopRequest {
  readonly method: ShopRoute['method'];
  /** Path and query, percent-encoded, beginning with `/v1/`. */
  readonly target: string;
  /** JSON text, or undefined when the operation sends no body. */
  readonly body: string | undefined;
}

/**
 * Lays an input out as an HTTP request.
 * @throws ShopProblem `invalid_request` when an id cannot stand in a path: an empty one, broken UTF-16, or `.` and
 * `..`, which every URL parser takes for a folder even when they are percent-encoded.
 */
export function toRequest(operation: ShopOperation, input: Readonly<Record<string, unknown>>): ShopRequest {
  const route = routes[operation];
  const used = new Set<string>();
  const path = route.path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    used.add(name);
    const value = input[name];
    if (typeof value !== 'string' || ['', '.', '..'].includes(value) || /\p{Surrogate}/u.test(value)) {
      throw problem('invalid_request', `${operation}: ${name} is no usable id`);
    }
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const name of route.query ?? []) {
    used.add(name);
    const value = input[name];
    if (typeof value === 'string' || typeof value === 'number') query.set(name, String(value));
  }
  const target = query.size === 0 ? path : `${path}?${query.toString()}`;
  return { method: route.method, target, body: bodyText(route, input, used) };
}

function bodyText(route: ShopRoute, input: Readonly<Record<string, unknown>>, used: ReadonlySet<string>) {
  if (route.body === undefined) return undefined;
  if (route.body !== 'fields') return JSON.stringify(input[route.body]);
  return JSON.stringify(Object.fromEntries(Object.entries(input).filter(([name]) => !used.has(name))));
}

/** The operation a request asks for and the fields its path carries; undefined when no path of the table fits. */
export function matchRoute(
  method: string,
  path: string,
): { operation: ShopOperation; params: Record<string, string> } | undefined {
  const segments = path.split('/').map(decodeSegment);
  for (const operation of operations) {
    const route = routes[operation];
    const params = route.method === method ? matchPath(route.path, segments) : undefined;
    if (params) return { operation, params };
  }
  return undefined;
}

function matchPath(template: string, segments: readonly (string | undefined)[]) {
  const wanted = template.split('/');
  if (wanted.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const segment = segments[index];
    if (part.startsWith('{')) {
      if (segment === undefined || segment === '') return undefined;
      params[part.slice(1, -1)] = segment;
    } else if (part !== segment) {
      return undefined;
    }
  }
  return params;
}

/** Undefined for a segment that is not valid percent-encoding: no id is written so. */
function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch (thrown) {
    if (thrown instanceof URIError) return undefined;
    throw thrown;
  }
}
