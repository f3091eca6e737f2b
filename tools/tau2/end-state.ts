import { z } from 'zod';
import { ShopProblem } from '../../src/core/commerce.ts';
import type { Tau2Data, Tau2Task } from './data.ts';
import {
  cancelPendingOrder,
  exchangeDeliveredOrderItems,
  modifyPendingOrderAddress,
  modifyPendingOrderItems,
  modifyPendingOrderPayment,
  modifyUserAddress,
  returnDeliveredOrderItems,
} from './rules.ts';

const order = z.object({ order_id: z.string() });
const payment = z.object({ payment_method_id: z.string() });
const items = z.object({ item_ids: z.array(z.string()) });
const newItems = z.object({ new_item_ids: z.array(z.string()) });
const address = z.object({
  address1: z.string(),
  address2: z.string(),
  city: z.string(),
  country: z.string(),
  state: z.string(),
  zip: z.string(),
});

const changing = order.extend(items.shape).extend(newItems.shape).extend(payment.shape);

/** The arguments of the actions that change something, by the action's name. */
export const writeArguments = {
  cancel_pending_order: order.extend({ reason: z.string() }),
  modify_pending_order_address: order.extend(address.shape),
  modify_pending_order_payment: order.extend(payment.shape),
  modify_pending_order_items: changing,
  return_delivered_order_items: order.extend(items.shape).extend(payment.shape),
  exchange_delivered_order_items: changing,
  modify_user_address: z.object({ user_id: z.string() }).extend(address.shape),
};
type WriteName = keyof typeof writeArguments;

/** An action of a task that changes the shop's data. */
export type Tau2Write = {
  [Name in WriteName]: { readonly name: Name; readonly arguments: z.output<(typeof writeArguments)[Name]> };
}[WriteName];

/** The actions of a task that change something, in its order; look-ups and the like are left out. */
export function writesOf(task: Tau2Task): Tau2Write[] {
  return task.evaluation_criteria.actions.flatMap((action) => {
    if (!(action.name in writeArguments)) return [];
    const name = action.name as WriteName;
    return [{ name, arguments: writeArguments[name].parse(action.arguments) } as Tau2Write];
  });
}

export function pairs(itemIds: readonly string[], newItemIds: readonly string[]) {
  return itemIds.map((itemId, index) => ({ itemId, newItemId: newItemIds[index] ?? '' }));
}

/** Carries one action out. @throws ShopProblem when the shop's rules forbid it. */
export function applyWrite(data: Tau2Data, write: Tau2Write): void {
  const given = write.arguments;
  switch (write.name) {
    case 'cancel_pending_order':
      cancelPendingOrder(data, write.arguments.order_id, write.arguments.reason);
      return;
    case 'modify_pending_order_address':
      modifyPendingOrderAddress(data, write.arguments.order_id, address.parse(given));
      return;
    case 'modify_pending_order_payment':
      modifyPendingOrderPayment(data, write.arguments.order_id, write.arguments.payment_method_id);
      return;
    case 'modify_pending_order_items': {
      const { order_id, item_ids, new_item_ids, payment_method_id } = write.arguments;
      modifyPendingOrderItems(data, order_id, pairs(item_ids, new_item_ids), payment_method_id);
      return;
    }
    case 'return_delivered_order_items': {
      const { order_id, item_ids, payment_method_id } = write.arguments;
      returnDeliveredOrderItems(data, order_id, item_ids, payment_method_id);
      return;
    }
    case 'exchange_delivered_order_items': {
      const { order_id, item_ids, new_item_ids, payment_method_id } = write.arguments;
      exchangeDeliveredOrderItems(data, order_id, pairs(item_ids, new_item_ids), payment_method_id);
      return;
    }
    case 'modify_user_address':
      modifyUserAddress(data, write.arguments.user_id, address.parse(given));
  }
}

export interface RightEnd {
  readonly state: Tau2Data;
  /** Actions that the shop's own rules refuse: like in the benchmark itself, such an action changes nothing. */
  readonly refused: readonly { readonly write: Tau2Write; readonly code: string }[];
}

/** The state the shop must be in after a task's call: a fresh copy of the data with the task's actions carried out. */
export function rightEndState(data: Tau2Data, task: Tau2Task): RightEnd {
  const state = structuredClone(data);
  const refused: { write: Tau2Write; code: string }[] = [];
  for (const write of writesOf(task)) {
    try {
      applyWrite(state, write);
    } catch (thrown) {
      if (!(thrown instanceof ShopProblem)) throw thrown;
      refused.push({ write, code: thrown.code });
    }
  }
  return { state, refused };
}

/** One value in which two states differ; `undefined` where one of them has none. */
export interface StateDifference {
  /** Such as `orders.#W2378156.status`. */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Every leaf in which `actual` differs from `expected`; empty when the two are equal. */
export function diffStates(expected: unknown, actual: unknown, path = ''): StateDifference[] {
  if (isTree(expected) && isTree(actual) && Array.isArray(expected) === Array.isArray(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].flatMap((key) => {
      return diffStates(childOf(expected, key), childOf(actual, key), path === '' ? key : `${path}.${key}`);
    });
  }
  return Object.is(expected, actual) ? [] : [{ path, expected, actual }];
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function childOf(tree: object, key: string): unknown {
  return (tree as Readonly<Record<string, unknown>>)[key];
}
