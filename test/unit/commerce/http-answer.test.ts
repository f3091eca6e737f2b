import { describe, expect, it } from 'vitest';
import { ShopProblem } from '../../../src/core/commerce.ts';
import { KefuError } from '../../../src/core/errors.ts';
import { readAnswer } from '../../../src/commerce/http-answer.ts';
import type { HttpAnswer } from '../../../src/commerce/http-attempt.ts';

const answer = (status: number, body: unknown, more: Partial<HttpAnswer> = {}): HttpAnswer => ({
  status,
  contentType: 'application/json',
  retryAfter: null,
  location: null,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
});
const thrownBy = (action: () => unknown): unknown => {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
};

describe('an answer of the shop', () => {
  it('is given without the fields the interface does not know', () => {
    const body = { accepted: true, message: null, secret: 1 };
    expect(readAnswer('expedite', answer(200, body))).toEqual({ accepted: true, message: null });
  });

  it("keeps the shop's own fields where the interface leaves the shape to the shop", () => {
    expect(readAnswer('createExchange', answer(201, { id: 'E1', extra: [1] }))).toEqual({
      id: 'E1',
      extra: [1],
    });
  });

  it('names the operation and the path of a field that is wrong, but not its value', () => {
    const shipments = [
      { id: 'S1', carrier: 'x', trackingNumber: 'private', status: 'x', itemIds: [7], events: [] },
    ];
    const error = thrownBy(() => readAnswer('listShipments', answer(200, { shipments })));
    expect(error).toMatchObject({ code: 'shop_answer_invalid' });
    expect(String(error)).toContain('listShipments');
    expect(String(error)).toContain('shipments.0.itemIds.0');
    expect(String(error)).not.toContain('private');
  });

  it.each([
    ['an HTML page', '<html>Maintenance</html>', 'text/html'],
    ['JSON that is cut off', '{"id": "S', 'application/json'],
    ['nothing', '', ''],
  ])('that is %s is invalid', (_what, text, contentType) => {
    const error = thrownBy(() => readAnswer('getOrder', answer(200, text, { contentType })));
    expect(error).toBeInstanceOf(KefuError);
    expect(error).toMatchObject({ code: 'shop_answer_invalid' });
  });

  it('that redirects is invalid, and its target is named without the query', () => {
    const location = 'https://elsewhere.example/login?email=emma@example.com';
    const error = thrownBy(() => readAnswer('cancelOrder', answer(307, '', { location })));
    expect(error).toMatchObject({ code: 'shop_answer_invalid' });
    expect(String(error)).toContain('https://elsewhere.example/login');
    expect(String(error)).not.toContain('emma');
  });

  it('with a problem becomes that problem', () => {
    const body = { code: 'order_not_pending', detail: 'it is shipped' };
    const error = thrownBy(() => readAnswer('cancelOrder', answer(409, body)));
    expect(error).toBeInstanceOf(ShopProblem);
    expect(error).toMatchObject({ status: 409, code: 'order_not_pending', detail: 'it is shipped' });
  });

  it("with a code of the shop's own keeps it", () => {
    expect(thrownBy(() => readAnswer('getOrder', answer(451, { code: 'embargo' })))).toMatchObject({
      code: 'embargo',
    });
  });

  it.each([
    ['getOrder', 404, { title: 'Not Found' }, 'order_not_found'],
    ['getCustomer', 404, {}, 'customer_not_found'],
    ['getProduct', 404, {}, 'product_not_found'],
    ['getOrder', 410, {}, 'order_not_found'],
    ['getOrder', 404, '<html>nginx</html>', 'not_found'],
    ['getOrder', 403, {}, 'forbidden'],
    ['expedite', 405, '', 'unsupported_operation'],
    ['expedite', 501, '', 'unsupported_operation'],
    ['cancelOrder', 409, 'null', 'conflict'],
    ['cancelOrder', 400, '[]', 'invalid_request'],
    ['cancelOrder', 422, { code: 7 }, 'invalid_request'],
  ] as const)(
    'to %s with status %i and %j, which names no code, means %s',
    (operation, status, body, code) => {
      expect(thrownBy(() => readAnswer(operation, answer(status, body)))).toMatchObject({ status, code });
    },
  );

  it.each([429, 500, 502, 503])('with status %i means that the shop is not available', (status) => {
    const error = thrownBy(() => readAnswer('getOrder', answer(status, { code: 'busy' })));
    expect(error).toMatchObject({ code: 'shop_unavailable', cause: { status, code: 'busy' } });
  });

  it('with status 401 means that the token is wrong', () => {
    const error = thrownBy(() => readAnswer('getOrder', answer(401, { code: 'unauthorized' })));
    expect(error).toBeInstanceOf(KefuError);
    expect(error).toMatchObject({ code: 'shop_unauthorized' });
  });
});
