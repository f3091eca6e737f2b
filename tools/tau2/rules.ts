import { problem } from '../../src/commerce/problems.ts';
import type {
  Tau2Address,
  Tau2Data,
  Tau2Item,
  Tau2Order,
  Tau2PaymentMethod,
  Tau2Product,
  Tau2User,
  Tau2Variant,
} from './data.ts';

/**
 * What tau2's retail shop allows and does: its policy and the effects of its tools, on its own data. Each function either has its
 * whole effect or throws a `ShopProblem` and has none.
 */

export const cancelReasons: readonly string[] = ['no longer needed', 'ordered by mistake'];
export const itemsModified = 'pending (item modified)';

/** One item replaced by another variant of the same product. */
export interface Tau2Change {
  readonly itemId: string;
  readonly newItemId: string;
}

export interface CheckedChange {
  readonly item: Tau2Item;
  readonly variant: Tau2Variant;
}

const round = (dollars: number): number => Math.round(dollars * 100) / 100;

export function userById(data: Tau2Data, userId: string): Tau2User {
  const user = data.users[userId];
  if (!user) throw problem('customer_not_found', 'no customer has this id');
  return user;
}

export function orderById(data: Tau2Data, orderId: string): Tau2Order {
  const order = data.orders[orderId];
  if (!order) throw problem('order_not_found', 'no order has this number');
  return order;
}

export function productById(data: Tau2Data, productId: string): Tau2Product {
  const product = data.products[productId];
  if (!product) throw problem('product_not_found', 'no product has this id');
  return product;
}

export function paymentMethodOf(data: Tau2Data, order: Tau2Order, methodId: string): Tau2PaymentMethod {
  const method = userById(data, order.user_id).payment_methods[methodId];
  if (!method) throw problem('payment_method_not_found', 'the customer has no such payment method');
  return method;
}

/** The method that paid for the order when it was placed. */
export function originalMethod(order: Tau2Order): string {
  return order.payment_history[0]?.payment_method_id ?? '';
}

/** Items can be cancelled or changed only while nothing was changed before. */
export function checkUntouchedPending(order: Tau2Order): void {
  if (order.status === itemsModified) throw problem('items_already_changed', 'the items were changed once');
  if (order.status !== 'pending') throw problem('order_not_pending', `the order is ${order.status}`);
}

/** Returns and exchanges are for delivered orders, once. */
export function checkDelivered(order: Tau2Order): void {
  if (order.status === 'return requested' || order.status === 'exchange requested') {
    throw problem('return_or_exchange_already_requested', `the order is ${order.status}`);
  }
  if (order.status !== 'delivered') throw problem('order_not_delivered', `the order is ${order.status}`);
}

/** @throws ShopProblem `item_not_in_order` when an item is named more often than the order has pieces of it. */
export function checkHeld(order: Tau2Order, itemIds: readonly string[]): void {
  for (const itemId of new Set(itemIds)) {
    const wanted = itemIds.filter((id) => id === itemId).length;
    if (order.items.filter(({ item_id }) => item_id === itemId).length < wanted) {
      throw problem('item_not_in_order', 'the order does not hold this item so many times');
    }
  }
}

/** Checks changes against the order and the stock, in the order given. */
export function checkChanges(
  data: Tau2Data,
  order: Tau2Order,
  changes: readonly Tau2Change[],
): CheckedChange[] {
  checkHeld(
    order,
    changes.map(({ itemId }) => itemId),
  );
  const taken = new Set<Tau2Item>();
  return changes.map(({ itemId, newItemId }) => {
    const item = order.items.find((each) => each.item_id === itemId && !taken.has(each));
    if (!item) throw problem('item_not_in_order', 'the order does not hold this item');
    taken.add(item);
    const variant = productById(data, item.product_id).variants[newItemId];
    if (!variant) throw problem('variant_not_found', 'the new item is no variant of the same product');
    if (newItemId === itemId) throw problem('same_variant', 'the new item is the one already ordered');
    if (!variant.available) throw problem('variant_unavailable', 'the new item is out of stock');
    return { item, variant };
  });
}

/** New minus old prices in dollars. */
export function differenceOf(changes: readonly CheckedChange[]): number {
  return round(changes.reduce((sum, { item, variant }) => sum + variant.price - item.price, 0));
}

/** A gift card must hold what it is to pay. */
export function checkCanPay(method: Tau2PaymentMethod, dollars: number): void {
  if (method.source === 'gift_card' && (method.balance ?? 0) < dollars) {
    throw problem('insufficient_gift_card_balance', 'the gift card does not hold enough');
  }
}

/** Takes money from a gift card (negative: gives it back); other methods keep no balance here. */
function takeFrom(method: Tau2PaymentMethod, dollars: number): void {
  if (method.source === 'gift_card') method.balance = round((method.balance ?? 0) - dollars);
}

export function cancelPendingOrder(data: Tau2Data, orderId: string, reason: string): Tau2Order {
  const order = orderById(data, orderId);
  checkUntouchedPending(order);
  if (!cancelReasons.includes(reason)) throw problem('invalid_reason', `known: ${cancelReasons.join(', ')}`);
  const refunds = order.payment_history.map(({ amount, payment_method_id }) => {
    return { transaction_type: 'refund', amount, payment_method_id };
  });
  const methods = refunds.map(({ payment_method_id }) => paymentMethodOf(data, order, payment_method_id));
  for (const [index, { amount }] of refunds.entries()) {
    const method = methods[index];
    if (method) takeFrom(method, -amount);
  }
  order.status = 'cancelled';
  order.cancel_reason = reason;
  order.payment_history.push(...refunds);
  return order;
}

export function modifyPendingOrderAddress(data: Tau2Data, orderId: string, address: Tau2Address): Tau2Order {
  const order = orderById(data, orderId);
  checkPending(order);
  order.address = { ...address };
  return order;
}

/** Its items may have been changed. */
function checkPending(order: Tau2Order): void {
  if (!order.status.startsWith('pending')) throw problem('order_not_pending', `the order is ${order.status}`);
}

export function modifyPendingOrderPayment(data: Tau2Data, orderId: string, methodId: string): Tau2Order {
  const order = orderById(data, orderId);
  checkPending(order);
  const method = paymentMethodOf(data, order, methodId);
  const [paid, ...more] = order.payment_history;
  if (paid?.transaction_type !== 'payment' || more.length > 0) {
    throw problem('payment_not_changeable', 'the order does not have exactly one payment');
  }
  if (paid.payment_method_id === methodId)
    throw problem('same_payment_method', 'it pays for the order already');
  checkCanPay(method, paid.amount);
  const before = paymentMethodOf(data, order, paid.payment_method_id);
  takeFrom(method, paid.amount);
  takeFrom(before, -paid.amount);
  order.payment_history.push(
    { transaction_type: 'payment', amount: paid.amount, payment_method_id: methodId },
    { transaction_type: 'refund', amount: paid.amount, payment_method_id: paid.payment_method_id },
  );
  return order;
}

export function modifyPendingOrderItems(
  data: Tau2Data,
  orderId: string,
  changes: readonly Tau2Change[],
  methodId: string,
): Tau2Order {
  const order = orderById(data, orderId);
  checkUntouchedPending(order);
  const checked = checkChanges(data, order, changes);
  const difference = differenceOf(checked);
  const method = paymentMethodOf(data, order, methodId);
  checkCanPay(method, difference);
  takeFrom(method, difference);
  order.payment_history.push({
    transaction_type: difference > 0 ? 'payment' : 'refund',
    amount: Math.abs(difference),
    payment_method_id: methodId,
  });
  for (const { item, variant } of checked) {
    item.item_id = variant.item_id;
    item.price = variant.price;
    item.options = { ...variant.options };
  }
  order.status = itemsModified;
  return order;
}

export function returnDeliveredOrderItems(
  data: Tau2Data,
  orderId: string,
  itemIds: readonly string[],
  methodId: string,
): Tau2Order {
  const order = orderById(data, orderId);
  checkDelivered(order);
  const method = paymentMethodOf(data, order, methodId);
  if (method.source !== 'gift_card' && methodId !== originalMethod(order)) {
    throw problem('refund_method_not_allowed', 'money goes back to what paid the order, or to a gift card');
  }
  checkHeld(order, itemIds);
  order.status = 'return requested';
  order.return_items = [...itemIds].sort();
  order.return_payment_method_id = methodId;
  return order;
}

export function exchangeDeliveredOrderItems(
  data: Tau2Data,
  orderId: string,
  changes: readonly Tau2Change[],
  methodId: string,
): Tau2Order {
  const order = orderById(data, orderId);
  checkDelivered(order);
  const checked = checkChanges(data, order, changes);
  const difference = differenceOf(checked);
  checkCanPay(paymentMethodOf(data, order, methodId), difference);
  order.status = 'exchange requested';
  order.exchange_items = changes.map(({ itemId }) => itemId).sort();
  order.exchange_new_items = changes.map(({ newItemId }) => newItemId).sort();
  order.exchange_payment_method_id = methodId;
  order.exchange_price_difference = difference;
  return order;
}

export function modifyUserAddress(data: Tau2Data, userId: string, address: Tau2Address): Tau2User {
  const user = userById(data, userId);
  user.address = { ...address };
  return user;
}
