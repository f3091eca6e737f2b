import type { CallerScriptInput } from './script.ts';
import { spokenName, type GoalInput, type TaskShop } from './tau2-scripts.ts';

/** What a task's structure does not say. Order numbers and ids are never written here: they are found in the data by product. */
export interface TaskNote {
  readonly facts?: CallerScriptInput['facts'];
  /** In place of the goals made from the task's actions. */
  readonly goals?: GoalInput[];
}
type Note = (shop: TaskShop, goals: GoalInput[]) => TaskNote;

/** A question or a try that changes nothing. */
const ask = (...say: string[]): GoalInput => ({ want: 'other', say, agree: false });
const human: GoalInput = { want: 'human_agent' };

/** Goals that come before those of the actions. */
const first =
  (...before: GoalInput[]): Note =>
  (_shop, goals) => ({ goals: [...before, ...goals] });
/** Goals that come after them. */
const then =
  (...after: GoalInput[]): Note =>
  (_shop, goals) => ({ goals: [...goals, ...after] });

/** Where the money is to go, the preferred first, for every goal that has a payment. */
const paidBy =
  (...payment: string[]): Note =>
  (_shop, goals) => ({
    goals: goals.map((goal) => (goal.payment === undefined ? goal : { ...goal, payment })),
  });

/** Wishes that are put in words rather than in values, by product. */
const inWords =
  (words: Readonly<Record<string, string>>, ...before: GoalInput[]): Note =>
  (_shop, goals) => ({
    goals: [
      ...before,
      ...goals.map((goal) => ({
        ...goal,
        ...(goal.changes && {
          changes: goal.changes.map((change) => {
            const named = Object.entries(words).find(([product]) => spokenName(product) === change.product);
            const toWords = named?.[1] ?? words['*'];
            return toWords === undefined ? change : { ...change, toWords };
          }),
        }),
      })),
    ],
  });

/** The wish for a product, before the one that is there: it cannot be had. */
const ratherThan =
  (product: string, to: Record<string, string>): Note =>
  (_shop, goals) => ({
    goals: goals.map((goal) => ({
      ...goal,
      ...(goal.changes && {
        changes: goal.changes.map((change) => {
          return change.product === spokenName(product)
            ? { ...change, to, otherwise: [change.to ?? {}] }
            : change;
        }),
      }),
    })),
  });

/** Things of the request that the caller thinks of only at the read-back. */
const later =
  (isLater: (product: string, index: number) => boolean): Note =>
  (_shop, goals) => ({
    goals: goals.map((goal) => ({
      ...goal,
      ...(goal.items && {
        items: goal.items.map((item, index) => ({ ...item, afterthought: isLater(item.product, index) })),
      }),
      ...(goal.changes && {
        changes: goal.changes.map((change, index) => ({
          ...change,
          afterthought: isLater(change.product, index),
        })),
      }),
    })),
  });

/** A change asked for at first and taken back at the read-back; it stands in the same request. */
const withdrawn =
  (status: string, product: string, to: Record<string, string>): Note =>
  (shop, goals) => {
    const [item] = shop.orderWith(status, product).items.filter(({ name }) => name === product);
    if (!item) return { goals };
    const taken = { ...shop.change(item, to), withdrawn: true };
    const at = goals.findIndex(({ changes }) => changes !== undefined);
    return {
      goals: goals.map((goal, index) => {
        return index === at ? { ...goal, changes: [taken, ...(goal.changes ?? [])] } : goal;
      }),
    };
  };

/** Asks for an order to be cancelled, and does not want it when that means the whole order. */
const cancelOnly =
  (product: string): Note =>
  (shop, goals) => {
    const order = shop.orderWith('pending', product);
    const items = order.items.filter(({ name }) => name === product).map((item) => shop.item(item));
    const say = [`I'd like to cancel only the ${spokenName(product)} in a pending order, not the rest.`];
    return { goals: [...goals, { want: 'cancel_order', order: order.order_id, items, say, agree: false }] };
  };

/** Several notes, each on what the one before has made. */
const all =
  (...notes: Note[]): Note =>
  (shop, goals) =>
    notes.reduce<TaskNote>((sum, note) => ({ ...sum, ...note(shop, sum.goals ?? goals) }), { goals });

const countTShirts = ask('How many kinds of T-shirt can I choose from in your shop right now?');
const trackingOfCancelled = ask('What is the tracking number of my cancelled order?');

/** A return whose money shall go only where the shop does not send it. */
function crosswiseReturns(shop: TaskShop, fallback: boolean): GoalInput[] {
  const orders = shop.orders.filter(({ status }) => status === 'delivered');
  return orders.map((order) => {
    const own = order.payment_history[0]?.payment_method_id ?? '';
    const others = Object.keys(shop.user.payment_methods).filter((id) => id !== own);
    return {
      want: 'return_item',
      order: order.order_id,
      items: order.items.map((item) => shop.item(item)),
      payment: [...others, ...(fallback ? [own] : [])].map((id) => shop.payment(id)),
    };
  });
}

/** Orders of numbers the caller tries one after the other. */
const triesOf =
  (
    fact: 'order_number' | 'postal_code',
    pattern: RegExp,
    more: (last: string) => string[] = () => [],
  ): Note =>
  (shop) => {
    const tries = [...new Set(shop.text.match(pattern) ?? [])];
    return { facts: { [fact]: [...tries, ...more(tries.at(-1) ?? '')] } };
  };

export const tau2Notes: Readonly<Record<string, Note>> = {
  '0': ratherThan('Mechanical Keyboard', { 'switch type': 'clicky', backlight: 'RGB', size: 'full size' }),
  '1': (shop, goals) => {
    const keyboard = shop
      .orderWith('delivered', 'Mechanical Keyboard', 'Smart Thermostat')
      .items.find(({ name }) => {
        return name === 'Mechanical Keyboard';
      });
    const wish = { 'switch type': 'clicky', backlight: 'RGB', size: 'full size' };
    return {
      goals: goals.map((goal) => ({
        ...goal,
        changes: [...(keyboard ? [shop.change(keyboard, wish)] : []), ...(goal.changes ?? [])],
      })),
    };
  },
  '2': first(countTShirts),
  '3': first(countTShirts),
  '4': first(countTShirts),
  '6': withdrawn('delivered', 'Water Bottle', { capacity: '1000ml' }),
  '7': withdrawn('delivered', 'Water Bottle', { capacity: '1000ml' }),
  '8': withdrawn('delivered', 'Water Bottle', { capacity: '1000ml' }),
  '10': (shop) => ({ goals: [...crosswiseReturns(shop, false), human] }),
  '11': (shop) => ({ goals: crosswiseReturns(shop, true) }),
  '13': paidBy('PayPal', 'credit card'),
  '16': then(ask('How much money do I get back in total?')),
  '19': then(ask("I'd also like to exchange the pet bed and the office chair for the cheapest ones.")),
  '20': all(
    inWords({ '*': 'the most expensive one', 'Running Shoes': 'the most expensive one in size 9' }),
    paidBy('gift card', 'PayPal'),
  ),
  '21': all(
    later((_product, index) => index > 0),
    then(ask('How much is left on my gift card?')),
  ),
  '24': (shop) => {
    const order = shop.orderWith('pending', 'Grill');
    const items = order.items.filter(({ name }) => name === 'Grill').map((item) => shop.item(item));
    const cancel: GoalInput = { want: 'cancel_order', order: order.order_id, items, agree: false };
    return { goals: [cancel, ask('Which two T-shirts have I ordered, and what are they made of?')] };
  },
  '25': (shop) => {
    const order = shop.orders.find(({ status, address }) => status === 'delivered' && address.state === 'TX');
    const items = order?.items.filter(({ name }) => name !== 'Pet Bed').map((item) => shop.item(item)) ?? [];
    const send: GoalInput = {
      want: 'return_item',
      ...(order && { order: order.order_id }),
      items,
      payment: 'American Express credit card',
      ifRefused: [human],
    };
    return { goals: [ask('What is the tracking number of my order that went to Texas?'), send] };
  },
  '28': all(cancelOnly('Garden Hose'), then(ask('How much do I get back in total?'))),
  '29': inWords({ Skateboard: 'the most expensive short bamboo one' }),
  '30': first(
    ask('What is the tracking number of the order with my tablet?'),
    ask('My tablet arrived damaged. Can I get the same one again?'),
  ),
  '31': all(
    first(
      ask('What is the tracking number of the order with my tablet?'),
      ask('I lost my tablet. Can you refund it or send another?'),
    ),
    then(ask('Can you cancel only the boots and keep the kettle?')),
  ),
  '34': first(ask('Can you cancel only the office things of my order and keep the hiking things?')),
  '37': inWords(
    { '*': 'the cheapest one' },
    ask('Can I split the payment of my order over two cards?'),
    ask('Can you cancel just the most expensive item of my order?'),
  ),
  '43': first(ask('Where was the order for my daughter sent, and is it still on its way?')),
  '44': all(inWords({ 'Desk Lamp': 'the cheapest one' }), then(ask('How much do I get back?'))),
  '46': triesOf('order_number', /\b\d{7}\b/g, (last) => [`W${last}`]),
  '47': triesOf('order_number', /\b\d{7}\b/g, (last) => [`W${last}`]),
  '48': then(ask('Could I return the vacuum cleaner too? I only want to know.')),
  '50': () => ({
    goals: [ask('I cancelled an order. Please undo that, I need everything as soon as possible.'), human],
  }),
  '52': inWords({ 'Digital Camera': 'the one with the most zoom' }),
  '54': then(ask('How much money will I get back?')),
  '57': (shop) => {
    const [orderId] = /W\d{7}/.exec(shop.text) ?? [];
    const order = shop.order(`#${orderId ?? ''}`);
    const cancel: GoalInput = {
      want: 'cancel_order',
      order: order.order_id,
      knowsOrder: true,
      say: "I'd like to cancel the air purifier of my order and have the money on my gift card.",
      agree: false,
    };
    return { goals: [{ want: 'order_status', order: order.order_id, knowsOrder: true }, cancel] };
  },
  '58': all(
    ratherThan('Coffee Maker', { pressure: '8 bar' }),
    ratherThan('Espresso Machine', { pressure: '8 bar' }),
    inWords({ Laptop: 'the cheapest one with an i7 or better' }),
  ),
  '59': first(ask('Why are my two orders still pending, when one is much older?')),
  '63': inWords({ 'Bluetooth Speaker': 'the cheapest one' }, ask('What did I pay for my bluetooth speaker?')),
  '66': (shop, goals) => {
    const items = shop.orderWith('pending', 'Luggage Set').items.filter(({ name }) => name === 'Luggage Set');
    const back: GoalInput = {
      want: 'return_item',
      items: items.map((item) => shop.item(item)),
      agree: false,
    };
    return { goals: [ask('Can I have a coat instead of the luggage set in my order?'), back, ...goals] };
  },
  '67': all(triesOf('postal_code', /\b\d{5}\b/g), () => ({
    goals: [ask('How much did I pay for the order that I placed last?')],
  })),
  '69': (shop, goals) => {
    const items = shop.orderWith('pending', 'Laptop').items.filter(({ name }) => name === 'Laptop');
    const back: GoalInput = {
      want: 'return_item',
      items: items.map((item) => shop.item(item)),
      agree: false,
      ifRefused: goals,
    };
    return { goals: [back] };
  },
  '72': withdrawn('pending', 'Desk Lamp', { color: 'black' }),
  '76': all(
    first(ask('Can you take only the fleece jacket out of my order?')),
    then(ask('How much did all the grills cost that I have bought?')),
  ),
  '82': (shop, goals) => {
    const tablets = shop.orderWith('delivered', 'Tablet').items.filter(({ name }) => name === 'Tablet');
    const [dear] = tablets.sort((one, two) => two.price - one.price);
    const order = goals[0]?.order;
    const one: GoalInput = {
      want: 'return_item',
      ...(order !== undefined && { order }),
      items: dear ? [shop.item(dear)] : [],
      payment: 'credit card',
      ifRefused: goals,
    };
    return { goals: [one] };
  },
  '83': paidBy('credit card', 'gift card'),
  '84': (shop, goals) => {
    const tablets = shop.orderWith('delivered', 'Tablet').items.filter(({ name }) => name === 'Tablet');
    const [cheap] = tablets.sort((one, two) => one.price - two.price);
    return {
      goals: goals.map((goal) => ({
        ...goal,
        payment: ['credit card', 'gift card'],
        items: [
          ...(cheap ? [{ ...shop.item(cheap), withdrawn: true }] : []),
          ...(goal.items ?? []).map((item) => ({ ...item, afterthought: true })),
        ],
      })),
    };
  },
  '88': (shop, goals) => {
    const [shelf] = shop.orderWith('pending', 'Bookshelf').items.filter(({ name }) => name === 'Bookshelf');
    const change: GoalInput = {
      want: 'change_items',
      ...(goals[0]?.order !== undefined && { order: goals[0].order }),
      changes: shelf ? [shop.change(shelf, { ...shelf.options, height: '4 ft' })] : [],
      ifRefused: goals,
    };
    return { goals: [change] };
  },
  '89': first(ask('What is the cheapest mechanical keyboard you have, and what does it cost?')),
  '91': later((product) => product === 'smart watch'),
  '92': later((product) => product === 'smart watch'),
  '95': then(ask('How much do I have to pay today in total?')),
  '96': inWords({ 'Bluetooth Speaker': 'the cheapest green one' }),
  '99': cancelOnly('Skateboard'),
  '103': then(trackingOfCancelled),
  '104': then(trackingOfCancelled),
  '107': first(ask('My hiking boots look worn. Can I get a new pair of exactly the same?')),
  '109': inWords({ Tablet: 'the cheapest one' }),
  '110': inWords({ Tablet: 'the cheapest one' }),
};
