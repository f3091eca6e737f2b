import type { DemoShopResponse } from '../../src/commerce/demo-shop/demo-shop.ts';
import type { Tau2Data, Tau2Order, Tau2Task } from '../../tools/tau2/data.ts';
import type { Tau2Shop } from '../../tools/tau2/shop.ts';

/** A small shop in tau2's form, made up for tests: one customer with a pending, a delivered and a processed order. */
export function smallTau2Data(): Tau2Data {
  const address = {
    address1: '1 Hill Road',
    address2: '',
    city: 'Boston',
    country: 'USA',
    state: 'MA',
    zip: '02108',
  };
  const lamp = {
    name: 'Lamp',
    product_id: 'p1',
    variants: {
      l1: { item_id: 'l1', options: { color: 'red', power: 'AC' }, available: true, price: 20 },
      l2: { item_id: 'l2', options: { color: 'blue', power: 'AC' }, available: true, price: 25.5 },
      l3: { item_id: 'l3', options: { color: 'blue', power: 'USB' }, available: false, price: 15 },
      l4: { item_id: 'l4', options: { color: 'green', power: 'USB' }, available: true, price: 12.25 },
    },
  };
  const mug = {
    name: 'Coffee Mug',
    product_id: 'p2',
    variants: { m1: { item_id: 'm1', options: { size: 'large' }, available: true, price: 8.4 } },
  };
  const item = (id: 'l1' | 'l2' | 'm1') => {
    const product = id === 'm1' ? mug : lamp;
    const { price, options } = (product.variants as typeof lamp.variants)[id as 'l1'];
    return { name: product.name, product_id: product.product_id, item_id: id, price, options };
  };
  const order = (id: string, status: string, items: Tau2Order['items'], paidBy: string): Tau2Order => ({
    order_id: id,
    user_id: 'ann_lee_1',
    address,
    items,
    status,
    fulfillments:
      status === 'pending' ? [] : [{ tracking_id: ['T1'], item_ids: items.map((each) => each.item_id) }],
    payment_history: [
      {
        transaction_type: 'payment',
        amount: Math.round(items.reduce((sum, { price }) => sum + price, 0) * 100) / 100,
        payment_method_id: paidBy,
      },
    ],
  });
  return {
    products: { p1: lamp, p2: mug },
    users: {
      ann_lee_1: {
        user_id: 'ann_lee_1',
        name: { first_name: 'Ann', last_name: 'Lee' },
        address,
        email: 'ann.lee@example.com',
        payment_methods: {
          card_1: { source: 'credit_card', id: 'card_1', brand: 'visa', last_four: '1111' },
          paypal_1: { source: 'paypal', id: 'paypal_1' },
          gift_1: { source: 'gift_card', id: 'gift_1', balance: 5 },
        },
        orders: ['#W1000001', '#W1000002', '#W1000003'],
      },
    },
    orders: {
      '#W1000001': order('#W1000001', 'delivered', [item('l1'), item('l1'), item('m1')], 'card_1'),
      '#W1000002': order('#W1000002', 'pending', [item('l1'), item('m1')], 'gift_1'),
      '#W1000003': order('#W1000003', 'processed', [item('l2')], 'card_1'),
    },
  };
}

/** A task in tau2's form. */
export function tau2Task(
  actions: Tau2Task['evaluation_criteria']['actions'],
  said: { readonly reason?: string; readonly known?: string } = {},
): Tau2Task {
  return {
    id: 'made-up',
    user_scenario: {
      instructions: {
        task_instructions: '',
        reason_for_call: said.reason ?? '',
        known_info: said.known ?? 'You are Ann Lee in zip code 02108.',
        unknown_info: '',
      },
    },
    evaluation_criteria: { actions },
  };
}

let keys = 0;

/** Sends one request; a write gets a fresh idempotency key unless one is given. */
export function askShop(
  shop: Tau2Shop,
  method: string,
  target: string,
  body?: unknown,
  idempotencyKey?: string,
): { readonly status: number; readonly body: Record<string, unknown> } {
  keys += 1;
  const answer: DemoShopResponse = shop.handle({
    method,
    target,
    idempotencyKey: idempotencyKey ?? `key-${keys}`,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
}
