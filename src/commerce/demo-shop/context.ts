import type { z } from 'zod';
import type { Customer, PaymentMethod, Product, ShopOperation, shopOperations } from '../../core/commerce.ts';
import { problem } from '../problems.ts';
import type { Random } from './random.ts';
import type { ShopData, StoredOrder, Verification } from './state.ts';

/** What every operation of the demo shop works with. */
export interface ShopContext {
  readonly data: ShopData;
  readonly random: Random;
  /** The shop's time: its start plus what has passed since. */
  nowEpochMs(): number;
  /** A new id such as `R200017`, never given before. */
  newId(prefix: string): string;
  /** The shop's "sending" of a one-time code. */
  onVerificationCode(verification: Verification): void;
}

type Shapes<Name extends ShopOperation> = (typeof shopOperations)[Name];

/** One function per operation; each either has its whole effect or throws a `ShopProblem` and has none. */
export type Handlers<Names extends ShopOperation> = {
  readonly [Name in Names]: (
    shop: ShopContext,
    input: z.output<Shapes<Name>['input']>,
  ) => z.input<Shapes<Name>['output']>;
};

/** @throws ShopProblem `customer_not_found` */
export function customerById({ data }: ShopContext, customerId: string): Customer {
  const customer = data.customers.get(customerId);
  if (!customer) throw problem('customer_not_found', 'no customer has this id');
  return customer;
}

/** @throws ShopProblem `order_not_found` */
export function orderById({ data }: ShopContext, orderId: string): StoredOrder {
  const order = data.orders.get(orderId);
  if (!order) throw problem('order_not_found', 'no order has this number');
  return order;
}

/** @throws ShopProblem `order_not_found`, or `order_not_pending` when it is on its way or finished. */
export function pendingOrderById(shop: ShopContext, orderId: string): StoredOrder {
  const order = orderById(shop, orderId);
  if (order.status !== 'pending') throw problem('order_not_pending', `the order is ${order.status}`);
  return order;
}

/** @throws ShopProblem `product_not_found` */
export function productById({ data }: ShopContext, productId: string): Product {
  const product = data.products.get(productId);
  if (!product) throw problem('product_not_found', 'no product has this id');
  return product;
}

/** @throws ShopProblem `item_not_in_order` */
export function itemOfOrder(order: StoredOrder, itemId: string): StoredOrder['items'][number] {
  const item = order.items.find((candidate) => candidate.itemId === itemId);
  if (!item) throw problem('item_not_in_order', 'the order does not hold this item');
  return item;
}

/** @throws ShopProblem `payment_method_not_found` when the method is not one of the customer's. */
export function paymentMethodOf(
  shop: ShopContext,
  order: StoredOrder,
  paymentMethodId: string,
): PaymentMethod {
  const method = customerById(shop, order.customerId).paymentMethods.find(({ id }) => id === paymentMethodId);
  if (!method) throw problem('payment_method_not_found', 'the customer has no such payment method');
  return method;
}
