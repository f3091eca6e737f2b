import { ShopProblem } from '../core/commerce.ts';

/**
 * The problem codes that the shop's interface names, with the HTTP status each travels with. A shop may have more; Kefu's
 * flows have a sentence for each of these.
 */
export const problemStatus = {
  unauthorized: 401,
  customer_not_found: 404,
  order_not_found: 404,
  product_not_found: 404,
  not_found: 404,
  unsupported_operation: 404,
  order_not_pending: 409,
  order_not_delivered: 409,
  items_already_changed: 409,
  return_or_exchange_already_requested: 409,
  window_passed: 409,
  variant_unavailable: 409,
  insufficient_gift_card_balance: 409,
  same_payment_method: 409,
  payment_not_changeable: 409,
  invalid_request: 422,
  invalid_reason: 422,
  invalid_address: 422,
  item_not_in_order: 422,
  variant_not_found: 422,
  same_variant: 422,
  payment_method_not_found: 422,
  refund_method_not_allowed: 422,
  idempotency_key_missing: 422,
  idempotency_key_reused: 422,
} as const;
export type ProblemCode = keyof typeof problemStatus;

/** A refusal with its status taken from the table. `detail` is for the shop's log and developers, never for callers. */
export function problem(code: ProblemCode, detail: string): ShopProblem {
  return new ShopProblem(problemStatus[code], code, detail);
}
