import type { CommerceBackend, ShopInput, ShopOperation, ShopOutput } from '../../src/core/commerce.ts';
import {
  createDemoShop,
  type DemoShop,
  type DemoShopOptions,
} from '../../src/commerce/demo-shop/demo-shop.ts';
import type { ShopData, StoredOrder } from '../../src/commerce/demo-shop/state.ts';
import { ManualClock } from './manual-clock.ts';

/** The day on which the tests' shop opens: a Tuesday afternoon in UTC. */
export const shopStartEpochMs = Date.UTC(2026, 4, 12, 15, 0);

/** Calls a backend; a write gets a fresh idempotency key unless one is given. */
export type ShopCaller = <Name extends ShopOperation>(
  name: Name,
  input: ShopInput<Name>,
  idempotencyKey?: string,
) => Promise<ShopOutput<Name>>;

export function shopCaller(backend: CommerceBackend): ShopCaller {
  let calls = 0;
  return (name, input, idempotencyKey) => {
    calls += 1;
    return backend.call(name, input, {
      signal: new AbortController().signal,
      idempotencyKey: idempotencyKey ?? `test-${calls}`,
    });
  };
}

/** A demo shop whose time stands still until the test moves it. */
export function openTestShop(options: DemoShopOptions = {}): {
  shop: DemoShop;
  call: ShopCaller;
  clock: ManualClock;
} {
  const clock = new ManualClock(shopStartEpochMs);
  const shop = createDemoShop({ seed: 7, clock, ...options });
  return { shop, call: shopCaller(shop.backend), clock };
}

/** An order of the shop that fits; the test fails by name when none does. */
export function orderWhere(shop: DemoShop, what: string, fits: (order: StoredOrder) => boolean): StoredOrder {
  const order = [...shop.data.orders.values()].find(fits);
  if (!order) throw new Error(`The demo shop has no order that is ${what}`);
  return order;
}

/** Another variant of the same product as the order's first item. */
export function otherVariant(
  shop: DemoShop,
  order: StoredOrder,
  available = true,
): { itemId: string; newItemId: string } {
  for (const item of order.items) {
    const variants = shop.data.products.get(item.productId)?.variants ?? [];
    const other = variants.find(
      (variant) => variant.itemId !== item.itemId && variant.available === available,
    );
    if (other) return { itemId: item.itemId, newItemId: other.itemId };
  }
  throw new Error(`No item of ${order.id} has another variant that is ${available ? '' : 'not '}available`);
}

/** Everything the shop knows as text, to compare two states. */
export function shopText(data: ShopData): string {
  return JSON.stringify(Object.values(data).map((entries: Map<string, unknown>) => [...entries]));
}
