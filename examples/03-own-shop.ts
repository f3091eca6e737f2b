/**
 * A shop of your own, as small as it can be: it speaks docs/commerce-api.yaml for one customer with one order, read-only.
 *
 *     npx tsx examples/03-own-shop.ts [8095]
 *     KEFU_SHOP_URL=http://127.0.0.1:8095 KEFU_SHOP_TOKEN=example npm start
 *
 * Then ask Kefu about order W 1 0 0 0 0 0 1. The form of your order numbers stands in flows/settings.yaml.
 */
import { createServer } from 'node:http';

const [port = '8095'] = process.argv.slice(2);
const day = 24 * 60 * 60 * 1000;
const address = {
  line1: '1 Main Street',
  line2: '',
  city: 'Springfield',
  state: 'IL',
  country: 'US',
  postalCode: '62701',
};
const customer = {
  id: 'c1',
  name: { first: 'Ann', last: 'Example' },
  emails: ['ann@example.com'],
  phones: ['+12175550100'],
  address,
  paymentMethods: [],
};
const order = {
  id: '#W1000001',
  customerId: 'c1',
  placedAt: new Date(Date.now() - 3 * day).toISOString(),
  status: 'shipped',
  flags: [],
  address,
  items: [
    {
      itemId: 'i1',
      productId: 'p1',
      name: 'tea pot',
      quantity: 1,
      price: { amount: '29.00', currency: 'USD' },
      options: {},
    },
  ],
  payments: [],
};
const shipment = {
  id: 's1',
  carrier: 'Parcelway',
  trackingNumber: 'PW100001',
  status: 'in_transit',
  itemIds: ['i1'],
  estimatedAt: new Date(Date.now() + day).toISOString(),
  events: [],
};

/** The answer to a request; undefined when there is no such thing. A thing that is not asked for here is "not found". */
function answer(path: string, query: URLSearchParams): unknown {
  if (path === '/v1/capabilities') return ['customers', 'orders', 'shipments'];
  if (path === '/v1/customers')
    return { customers: query.get('email') === customer.emails[0] ? [customer] : [] };
  if (path === '/v1/customers/c1') return customer;
  if (path === '/v1/customers/c1/orders') return { orders: [order] };
  if (path === `/v1/orders/${order.id}`) return order;
  if (path === `/v1/orders/${order.id}/shipments`) return { shipments: [shipment] };
  return undefined;
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop');
  const allowed = request.headers.authorization === 'Bearer example';
  const found = answer(decodeURIComponent(pathname), searchParams);
  const problem = allowed
    ? { status: 404, code: pathname.startsWith('/v1/orders') ? 'order_not_found' : 'not_found' }
    : { status: 401, code: 'unauthorized' };
  const ok = allowed && found !== undefined;
  response.writeHead(ok ? 200 : problem.status, {
    'content-type': ok ? 'application/json' : 'application/problem+json',
  });
  response.end(JSON.stringify(ok ? found : problem));
});
server.listen(Number(port), '127.0.0.1', () => {
  const place = server.address();
  const at = typeof place === 'object' && place ? String(place.port) : port;
  console.log(`The shop is at http://127.0.0.1:${at}, token "example", order ${order.id}.`);
});
process.on('SIGTERM', () => server.close());
