import { problem } from '../problems.ts';
import { itemOfOrder, productById, type ShopContext } from './context.ts';
import { cents } from './money.ts';
import type { CatalogueProduct } from './catalogue.ts';
import type { StoredOrder } from './state.ts';

/** One item of an order replaced by another variant of the same product, at today's price of that variant. */
export interface VariantChange {
  readonly item: StoredOrder['items'][number];
  readonly variant: CatalogueProduct['variants'][number];
  /** New minus old price for the whole quantity, in cents. */
  readonly differenceCents: number;
}

/**
 * Checks wished changes against the order and the stock.
 * @throws ShopProblem `item_not_in_order`, `variant_not_found` (not a variant of the same product), `same_variant`,
 * `variant_unavailable`, or `invalid_request` when an item is named twice.
 */
export function checkChanges(
  shop: ShopContext,
  order: StoredOrder,
  changes: readonly { itemId: string; newItemId: string }[],
): VariantChange[] {
  if (new Set(changes.map(({ itemId }) => itemId)).size < changes.length) {
    throw problem('invalid_request', 'an item is changed twice');
  }
  return changes.map(({ itemId, newItemId }) => {
    const item = itemOfOrder(order, itemId);
    const variant = productById(shop, item.productId).variants.find(
      (candidate) => candidate.itemId === newItemId,
    );
    if (!variant) throw problem('variant_not_found', 'the new item is no variant of the same product');
    if (newItemId === itemId) throw problem('same_variant', 'the new item is the one already ordered');
    if (!variant.available) throw problem('variant_unavailable', 'the new item is out of stock');
    return { item, variant, differenceCents: (cents(variant.price) - cents(item.price)) * item.quantity };
  });
}

/** What the customer pays for all changes together, in cents; negative: gets back. */
export function sumCents(changes: readonly VariantChange[]): number {
  return changes.reduce((sum, { differenceCents }) => sum + differenceCents, 0);
}
