import type { Tau2Address, Tau2Data, Tau2Item, Tau2Order, Tau2Task, Tau2User } from '../tau2/data.ts';
import { pairs, writesOf, type Tau2Write } from '../tau2/end-state.ts';
import { mentions } from './reading.ts';
import { callerScriptSchema, type CallerScript, type CallerScriptInput } from './script.ts';
import { tau2Notes } from './tau2-notes.ts';

/**
 * Caller scripts made of tau2's tasks: what a caller knows comes from the user's instructions, what the caller wants from the actions
 * that make the right end, in the caller's words. What neither says (attempts that must fail, second thoughts) stands in `tau2Notes`.
 */

export type GoalInput = CallerScriptInput['goals'][number];
type ChangeInput = NonNullable<GoalInput['changes']>[number];
type ItemInput = NonNullable<GoalInput['items']>[number];

/** Everything a note may look at: the task, its user and the user's orders. */
export class TaskShop {
  readonly data: Tau2Data;
  readonly task: Tau2Task;
  readonly user: Tau2User;
  /** The user's instructions as one text. */
  readonly text: string;

  constructor(data: Tau2Data, task: Tau2Task) {
    this.data = data;
    this.task = task;
    this.user = userOf(data, task);
    const { instructions } = task.user_scenario;
    this.text = Object.values(instructions).join('\n');
  }

  get orders(): Tau2Order[] {
    return this.user.orders.flatMap((id) => this.data.orders[id] ?? []);
  }

  order(orderId: string): Tau2Order {
    const order = this.data.orders[orderId];
    if (!order)
      throw new Error(`Task ${this.task.id} names the order ${orderId}, which the data does not have.`);
    return order;
  }

  /** The user's order with this status that holds all these products. */
  orderWith(status: string, ...products: readonly string[]): Tau2Order {
    const order = this.orders.find((each) => {
      return (
        each.status === status && products.every((name) => each.items.some((item) => item.name === name))
      );
    });
    if (!order) throw new Error(`Task ${this.task.id}: no ${status} order has ${products.join(', ')}.`);
    return order;
  }

  /** A payment method in the user's words: its brand and digits only where the kind is not enough. */
  payment(methodId: string): string {
    const methods = Object.values(this.user.payment_methods);
    const method = methods.find(({ id }) => id === methodId);
    if (method?.source === 'paypal') return 'PayPal';
    if (method?.source === 'gift_card') return 'gift card';
    const cards = methods.filter(({ source }) => source === 'credit_card');
    const { brand = 'credit card', last_four: digits = '' } = method ?? {};
    return cards.length > 1 ? `${brand} ending in ${digits}` : 'credit card';
  }

  item(item: Tau2Item): ItemInput {
    const order = this.orders.find(({ items }) => items.includes(item));
    const twins =
      order?.items.filter(({ name, item_id }) => name === item.name && item_id !== item.item_id) ?? [];
    const telling = Object.entries(item.options).find(([name, value]) => {
      return twins.every(({ options }) => options[name] !== value);
    });
    return {
      ...(twins.length > 0 && telling && { telling: [telling[0]] }),
      product: spokenName(item.name),
      options: item.options,
      id: item.item_id,
    };
  }

  /** A change of an item of an order to other values. */
  change(item: Tau2Item, to: Record<string, string>, newId?: string): ChangeInput {
    const variants = Object.values(this.data.products[item.product_id]?.variants ?? {});
    const values = (name: string) => [...new Set(variants.flatMap(({ options }) => options[name] ?? []))];
    return {
      ...this.item(item),
      to,
      ...(newId !== undefined && { newId }),
      mistaken: Object.fromEntries(Object.keys(to).map((name) => [name, values(name)])),
    };
  }
}

/** The caller script of a task. @throws Error when the task does not fit the data. */
export function scriptOfTask(data: Tau2Data, task: Tau2Task): CallerScript {
  const shop = new TaskShop(data, task);
  const goals = writesOf(task).map((write, index, all) => goalOf(shop, write, all.slice(0, index)));
  const note = tau2Notes[task.id]?.(shop, goals) ?? {};
  const { known_info: known } = task.user_scenario.instructions;
  const { user } = shop;
  const zips = known.match(/\b\d{5}\b/g) ?? [];
  const emails = known.match(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g) ?? [];
  const orderNumbers = [...new Set(shop.text.match(/#?\bW\d{7}\b/g) ?? [])];
  const script: CallerScriptInput = {
    caller: `tau2 task ${task.id}`,
    facts: {
      first_name: user.name.first_name,
      last_name: user.name.last_name,
      // Who knows neither knows at least where they live.
      ...(zips.length > 0 || emails.length === 0
        ? { postal_code: zips.length > 0 ? zips : user.address.zip }
        : {}),
      ...(emails.length > 0 && { email: emails }),
      ...(orderNumbers.length === 1 && { order_number: orderNumbers }),
      ...note.facts,
    },
    goals:
      note.goals ??
      (goals.length > 0 ? goals : [{ want: 'other', say: 'I have a question about my order.' }]),
  };
  return callerScriptSchema.parse(script);
}

function userOf(data: Tau2Data, task: Tau2Task): Tau2User {
  const { known_info: known } = task.user_scenario.instructions;
  const users = Object.values(data.users);
  const orderId = writesOf(task).flatMap(({ arguments: given }) =>
    'order_id' in given ? given.order_id : [],
  )[0];
  const byOrder = orderId === undefined ? undefined : data.users[data.orders[orderId]?.user_id ?? ''];
  const found =
    byOrder ??
    users.find(({ user_id }) => known.includes(user_id)) ??
    users.find(({ email }) => known.includes(email)) ??
    users.find(({ name, address }) => {
      return known.includes(`${name.first_name} ${name.last_name}`) && known.includes(address.zip);
    });
  if (!found) throw new Error(`The user of task ${task.id} is not in the data.`);
  return found;
}

function goalOf(shop: TaskShop, write: Tau2Write, before: readonly Tau2Write[]): GoalInput {
  const given = write.arguments;
  const order = 'order_id' in given ? shop.order(given.order_id) : undefined;
  const about = order && { order: order.order_id, knowsOrder: shop.text.includes(order.order_id.slice(1)) };
  switch (write.name) {
    case 'cancel_pending_order': {
      const named = order?.items.filter(({ name }) => isNamed(shop.text, name)) ?? [];
      const reason = write.arguments.reason.replaceAll(' ', '_');
      return { ...about, want: 'cancel_order', reason, items: named.map((item) => shop.item(item)) };
    }
    case 'return_delivered_order_items': {
      const { item_ids, payment_method_id } = write.arguments;
      const items = itemsOf(order, item_ids).map((item) => shop.item(item));
      return { ...about, want: 'return_item', items, payment: shop.payment(payment_method_id) };
    }
    case 'exchange_delivered_order_items':
    case 'modify_pending_order_items': {
      const { item_ids, new_item_ids, payment_method_id } = write.arguments;
      const items = itemsOf(order, item_ids);
      const changes = pairs(item_ids, new_item_ids).map(({ newItemId }, index) => {
        const item = items[index];
        if (!item) throw new Error(`Task ${shop.task.id}: an item is not in its order.`);
        return shop.change(item, differing(shop, item, newItemId), newItemId);
      });
      const want = write.name === 'exchange_delivered_order_items' ? 'exchange_item' : 'change_items';
      return { ...about, want, changes, payment: shop.payment(payment_method_id) };
    }
    case 'modify_pending_order_payment':
      return { ...about, want: 'change_payment', payment: shop.payment(write.arguments.payment_method_id) };
    case 'modify_pending_order_address':
      return { ...about, want: 'change_order_address', ...addressOf(shop, write.arguments, order, before) };
    case 'modify_user_address':
      return { want: 'change_account_address', ...addressOf(shop, write.arguments, undefined, before) };
  }
}

/** The order's items with these ids, a piece for each. */
function itemsOf(order: Tau2Order | undefined, itemIds: readonly string[]): Tau2Item[] {
  const left = [...(order?.items ?? [])];
  return itemIds.flatMap((itemId) => {
    const at = left.findIndex(({ item_id }) => item_id === itemId);
    return at < 0 ? [] : left.splice(at, 1);
  });
}

/** The values in which the new variant differs from the item. */
function differing(shop: TaskShop, item: Tau2Item, newItemId: string): Record<string, string> {
  const variant = shop.data.products[item.product_id]?.variants[newItemId];
  if (!variant) throw new Error(`Task ${shop.task.id}: the new item is no variant of ${item.name}.`);
  return Object.fromEntries(
    Object.entries(variant.options).filter(([name, value]) => item.options[name] !== value),
  );
}

/** A product's name as people write it in a sentence: without capitals, unless the whole word is made of them. */
export function spokenName(name: string): string {
  return name.replace(/[A-Za-z]+/g, (word) => (/^[A-Z]{2,}$|^[A-Z]$/.test(word) ? word : word.toLowerCase()));
}

/** Whether the instructions speak of a product, by its name or by the last word of it: "the boots", "the keyboard". */
function isNamed(text: string, product: string): boolean {
  const last = product.split(/[\s-]/).at(-1) ?? product;
  return mentions(text, product) || mentions(text, last);
}

/**
 * The address as the user tells it. One that the instructions do not spell out is not told: the user says where the shop has it.
 */
function addressOf(
  shop: TaskShop,
  address: Tau2Address,
  order: Tau2Order | undefined,
  before: readonly Tau2Write[],
): Pick<GoalInput, 'address' | 'addressHint'> {
  const written = [address.address1, address.address2, address.city, address.state, address.zip]
    .filter((part) => part !== '')
    .join(', ');
  const street = /^\d+ \w+/.exec(address.address1)?.[0] ?? address.address1;
  const isOwn = sameAddress(address, shop.user.address);
  const wasChanged = before.some(({ name }) => name === 'modify_user_address');
  if (shop.text.includes(street) || (isOwn && wasChanged)) return { address: written };
  if (isOwn && order) {
    return {
      address: written,
      addressHint: [`To my default address, the one in ${address.city}.`, `It's the address in my account.`],
    };
  }
  const other = shop.orders.find((each) => each !== order && sameAddress(each.address, address));
  if (!other) return { address: written };
  const number = shop.text.includes(other.order_id.slice(1)) ? ` ${other.order_id}` : '';
  return {
    address: written,
    addressHint: [
      `The same address as my other order${number}, the one in ${address.city}.`,
      `You have it: it is the ${address.city} address of my other order${number}.`,
    ],
  };
}

function sameAddress(one: Tau2Address, two: Tau2Address): boolean {
  return one.address1 === two.address1 && one.address2 === two.address2 && one.zip === two.zip;
}
