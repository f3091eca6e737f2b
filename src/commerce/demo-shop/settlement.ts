import type { Payment, PaymentMethod } from '../../core/commerce.ts';
import { problem } from '../problems.ts';
import { isoTime } from './calendar.ts';
import type { ShopContext } from './context.ts';
import { cents, money } from './money.ts';
import type { StoredOrder } from './state.ts';

/** What each payment method has given for the order, in cents, less what went back to it; methods at zero are left out. */
export function paidByMethod(order: StoredOrder): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { method, amount } of order.payments) sums.set(method, (sums.get(method) ?? 0) + cents(amount));
  return new Map([...sums].filter(([, sum]) => sum !== 0));
}

/** @throws ShopProblem `insufficient_gift_card_balance` when a gift card cannot pay the amount. Other methods always can. */
export function checkCanPay(method: PaymentMethod, amountCents: number): void {
  if (method.kind !== 'gift_card' || amountCents <= 0) return;
  const balanceCents = method.balance ? cents(method.balance) : 0;
  if (balanceCents < amountCents) {
    throw problem('insufficient_gift_card_balance', 'the gift card holds less than the amount');
  }
}

/**
 * Takes a positive amount from the method or gives a negative one back, and notes it among the order's payments. A gift card
 * settles at once; other methods only authorise the charge, and have their money back within a week.
 */
export function settle(
  shop: ShopContext,
  order: StoredOrder,
  method: PaymentMethod,
  amountCents: number,
): void {
  if (amountCents === 0) return;
  checkCanPay(method, amountCents);
  const instant = method.kind === 'gift_card';
  if (instant) method.balance = money((method.balance ? cents(method.balance) : 0) - amountCents);
  order.payments.push({
    id: shop.newId('pay_'),
    method: method.id,
    amount: money(amountCents),
    status: paymentStatus(amountCents, instant),
    at: isoTime(shop.nowEpochMs()),
  });
}

function paymentStatus(amountCents: number, instant: boolean): Payment['status'] {
  if (amountCents > 0) return instant ? 'captured' : 'authorized';
  return instant ? 'refunded' : 'refund_pending';
}
