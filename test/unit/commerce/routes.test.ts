import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shopOperations, type ShopOperation } from '../../../src/core/commerce.ts';
import { matchRoute, routeOf, toRequest } from '../../../src/commerce/routes.ts';

const operations = Object.keys(shopOperations) as ShopOperation[];
const idOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');

describe('the table from operation to HTTP', () => {
  it('has no two operations with the same method and path', () => {
    const routes = operations.map((name) => `${routeOf(name).method} ${routeOf(name).path}`);
    expect(new Set(routes).size).toBe(operations.length);
  });

  it('writes with POST and PUT only', () => {
    for (const name of operations) {
      if (shopOperations[name].write) expect(routeOf(name).method, name).not.toBe('GET');
    }
  });

  it('brings any ids back as they were, whatever characters they have', () => {
    const id = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => !['.', '..'].includes(text));
    fc.assert(
      fc.property(fc.constantFrom(...operations), id, (operation, text) => {
        const params = Object.fromEntries(idOf(routeOf(operation).path).map((name) => [name, text]));
        const { method, target } = toRequest(operation, params);
        const url = new URL(`http://shop.example${target}`);
        expect(matchRoute(method, url.pathname)).toEqual({ operation, params });
      }),
    );
  });

  it('percent-encodes an order number', () => {
    expect(toRequest('getOrder', { orderId: '#W2378156' })).toEqual({
      method: 'GET',
      target: '/v1/orders/%23W2378156',
      body: undefined,
    });
  });

  it('puts search fields into the query and leaves absent ones out', () => {
    expect(toRequest('findCustomers', { phone: '+1 212' }).target).toBe('/v1/customers?phone=%2B1+212');
    expect(toRequest('listOrders', { customerId: 'C1', limit: undefined }).target).toBe(
      '/v1/customers/C1/orders',
    );
    expect(toRequest('listOrders', { customerId: 'C1', limit: 3 }).target).toBe(
      '/v1/customers/C1/orders?limit=3',
    );
  });

  it('sends as body what is in neither path nor query', () => {
    expect(toRequest('cancelOrder', { orderId: '1', reason: 'x' }).body).toBe('{"reason":"x"}');
    expect(toRequest('quote', { orderId: '1', kind: 'cancel' }).body).toBe('{"orderId":"1","kind":"cancel"}');
    expect(toRequest('setOrderAddress', { orderId: '1', address: { city: 'Ulm' } }).body).toBe(
      '{"city":"Ulm"}',
    );
    expect(toRequest('expedite', { orderId: '1' }).body).toBeUndefined();
  });

  it.each(['', '.', '..', '\ud800'])('refuses the id %j, which no path can carry', (orderId) => {
    expect(() => toRequest('getOrder', { orderId })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });
});
