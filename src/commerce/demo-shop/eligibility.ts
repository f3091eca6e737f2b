import { problem } from '../problems.ts';
import { daysAfter } from './calendar.ts';
import { itemOfOrder, pendingOrderById, type ShopContext } from './context.ts';
import type { StoredOrder } from './state.ts';

/** Days after delivery in which items can be returned or exchanged, and after ordering in which a price is protected. */
export const windowDays = 30;

/** @throws ShopProblem when the order cannot be cancelled or its items changed: not pending, or its items were changed before. */
export function checkUnchangedPending(shop: ShopContext, orderId: string): StoredOrder {
  const order = pendingOrderById(shop, orderId);
  if (order.flags.includes('items_changed')) {
    throw problem('items_already_changed', 'the items were changed once; the order is now fixed');
  }
  return order;
}

/** The last moment for a return or an exchange; null while the order is not delivered. */
export function returnWindowEnd(order: StoredOrder): string | null {
  return order.deliveredAt === null ? null : daysAfter(order.deliveredAt, windowDays);
}

/** @throws ShopProblem when nothing of the order can be returned or exchanged (any more). */
export function checkReturnable(shop: ShopContext, order: StoredOrder): void {
  const until = returnWindowEnd(order);
  if (order.status !== 'delivered' || until === null) {
    throw problem('order_not_delivered', `the order is ${order.status}`);
  }
  if (order.flags.includes('return_requested') || order.flags.includes('exchange_requested')) {
    throw problem('return_or_exchange_already_requested', 'an order is returned or exchanged once');
  }
  if (Date.parse(until) < shop.nowEpochMs()) throw problem('window_passed', `the window ended at ${until}`);
}

/**
 * The items a return names, with the quantity of each.
 * @throws ShopProblem `item_not_in_order`, or `invalid_request` for an item named twice or more pieces than were bought.
 */
export function checkReturnItems(
  order: StoredOrder,
  items: readonly { itemId: string; quantity?: number | undefined }[],
): { item: StoredOrder['items'][number]; quantity: number }[] {
  if (new Set(items.map(({ itemId }) => itemId)).size < items.length) {
    throw problem('invalid_request', 'an item is named twice');
  }
  return items.map(({ itemId, quantity }) => {
    const item = itemOfOrder(order, itemId);
    if ((quantity ?? 0) > item.quantity) throw problem('invalid_request', 'more pieces than were bought');
    return { item, quantity: quantity ?? item.quantity };
  });
}
