import type { TaskResult } from '../../src/core/dialog.ts';

/** A shop of three customers for scripted conversations. Answers are data; nothing here waits or fails by itself. */

type Json = null | string | number | boolean | Json[] | { [key: string]: Json };

const address = { line1: '1 Elm Street', city: 'Denver', country: 'US', postalCode: '80279' };
const money = (amount: string) => ({ amount, currency: 'USD' });
const item = (itemId: string, name: string, quantity = 1) => ({
  itemId,
  productId: `p-${itemId}`,
  name,
  quantity,
  price: money('19.90'),
  options: {},
});

export const customers = [
  {
    id: 'C1',
    name: { first: 'Yusuf', last: 'Rossi' },
    emails: ['yusuf.rossi9620@example.com'],
    phones: ['+15550100'],
    address: { ...address, postalCode: '19122' },
    paymentMethods: [],
  },
  {
    id: 'C2',
    name: { first: 'Mei', last: 'Chen' },
    emails: ['mei_chen@example.com'],
    phones: ['+12125550142'],
    address,
    paymentMethods: [],
  },
  {
    id: 'C3',
    name: { first: 'Noah', last: 'Brown' },
    emails: ['noah.brown7922@example.com'],
    phones: ['+12125550143'],
    address,
    paymentMethods: [],
  },
];

const order = (
  id: string,
  customerId: string,
  status: string,
  placedAt: string,
  items: ReturnType<typeof item>[],
) => ({
  id,
  customerId,
  placedAt,
  status,
  flags: [],
  address,
  items,
  payments: [],
});

export const orders = [
  order('#W2378156', 'C1', 'shipped', '2026-06-05T10:00:00Z', [
    item('i1', 'Desk Lamp'),
    item('i2', 'T-Shirt', 2),
  ]),
  order('#W4410273', 'C1', 'delivered', '2026-05-02T10:00:00Z', [item('i3', 'Water Bottle')]),
  order('#W5061948', 'C2', 'pending', '2026-06-08T10:00:00Z', [item('i4', 'Office Chair')]),
  order('#W6035821', 'C2', 'processed', '2026-06-07T10:00:00Z', [item('i5', 'Bookshelf')]),
  order('#W8812604', 'C2', 'cancelled', '2026-06-01T10:00:00Z', [item('i6', 'Hiking Boots')]),
  order('#W1093627', 'C3', 'pending', '2026-06-09T10:00:00Z', [item('i7', 'Action Camera')]),
];

const event = (at: string, place: string, text: string) => ({ at, place, text });
export const shipments: Readonly<Record<string, Json[]>> = {
  '#W2378156': [
    {
      id: 's1',
      carrier: 'Northline',
      trackingNumber: 'NL1',
      status: 'delivered',
      itemIds: ['i1'],
      estimatedAt: '2026-06-09T12:00:00Z',
      events: [event('2026-06-09T15:00:00Z', 'Denver', 'Delivered to the front door')],
    },
    {
      id: 's2',
      carrier: 'Parcelway',
      trackingNumber: 'PW2',
      status: 'in_transit',
      itemIds: ['i2'],
      estimatedAt: '2026-06-11T12:00:00Z',
      events: [event('2026-06-09T08:00:00Z', 'Memphis', 'Left the sorting centre')],
    },
  ],
  '#W4410273': [
    {
      id: 's3',
      carrier: 'Northline',
      trackingNumber: 'NL3',
      status: 'delivered',
      itemIds: ['i3'],
      estimatedAt: null,
      events: [event('2026-05-06T15:00:00Z', 'Denver', 'Delivered')],
    },
  ],
};

const same = (left: unknown, right: unknown) => {
  const plain = (value: unknown) =>
    typeof value === 'string' ? value.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '') : '';
  return plain(left) !== '' && plain(left) === plain(right);
};
const found = (value: unknown): TaskResult => ({ ok: true, value: value as Json });
const missing = (code: string): TaskResult => ({ ok: false, code });

/** Answers an operation from the tables above. */
export function answerFromTables(operation: string, input: Readonly<Record<string, unknown>>): TaskResult {
  switch (operation) {
    case 'findCustomers':
      return found({
        customers: customers.filter(
          ({ emails, phones, name, address: { postalCode } }) =>
            emails.some((email) => same(email, input.email)) ||
            phones.some((phone) => same(phone, input.phone)) ||
            (same(name.first, input.firstName) &&
              same(name.last, input.lastName) &&
              same(postalCode, input.postalCode)),
        ),
      });
    case 'getCustomer': {
      const customer = customers.find(({ id }) => id === input.customerId);
      return customer ? found(customer) : missing('customer_not_found');
    }
    case 'listOrders':
      return found({ orders: orders.filter(({ customerId }) => customerId === input.customerId) });
    case 'getOrder': {
      const match = orders.find(({ id }) => id === input.orderId);
      return match ? found(match) : missing('order_not_found');
    }
    case 'listShipments':
      return found({ shipments: shipments[String(input.orderId)] ?? [] });
    default:
      return missing('unsupported_operation');
  }
}
