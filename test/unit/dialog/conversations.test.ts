import { describe, expect, it } from 'vitest';
import { DialogScript, shippedPack } from '../../support/dialog-script.ts';
import { answerFromTables } from '../../support/dialog-shop.ts';

const pack = await shippedPack;
const call = (options: ConstructorParameters<typeof DialogScript>[1] = {}) => new DialogScript(pack, options);

describe('welcome', () => {
  it('says who is speaking and asks what it is about', () => {
    const script = call();
    expect(script.text).toBe('Hello, this is the Kefu demo shop. How can I help you?');
    expect(script.expecting).toMatchObject({ slot: 'intent', kind: 'anything' });
  });

  it('greets in the language of the call', () => {
    expect(call({ language: 'zh' }).text).toContain('您好');
  });

  it('speaks a language the phone has when the one asked for is missing', () => {
    const script = call({ language: 'zh', voiceLanguages: ['en'] });
    expect(script.text).toContain('Hello');
    expect(script.effects[0]).toEqual({ type: 'language', language: 'en' });
  });

  it('asks the shop whose number is calling while the greeting plays', () => {
    const script = call({ from: '+12125550142' });
    expect(script.tasks().toSorted()).toEqual(['findCustomers', 'getCapabilities', 'listOrders']);
    expect(script.expecting?.slot).toBe('intent');
  });

  it('asks no shop about a number that is withheld', () => {
    expect(call({ from: 'anonymous' }).tasks()).toEqual(['getCapabilities']);
  });

  it('goes on when the shop cannot tell whose number it is', () => {
    const script = call({ from: '+12125550142', shop: () => ({ ok: false, code: 'shop_unavailable' }) });
    expect(script.text).toBe('Hello, this is the Kefu demo shop. How can I help you?');
    expect(script.hear('hello').text).toContain('Hello!');
  });

  it('leaves a caller whose number two customers share unnamed', () => {
    const twins = [{ id: 'C1' }, { id: 'C2' }];
    const script = call({ from: '+12125550142', shop: () => ({ ok: true, value: { customers: twins } }) });
    expect(script.tasks()).not.toContain('listOrders');
  });
});

describe('order status', () => {
  it('is told for an order number, parcel by parcel', () => {
    const script = call().hear('where is my order');
    expect(script.expecting).toMatchObject({
      slot: 'order_number',
      kind: 'order_number',
      keys: { min: 1, max: 7 },
    });
    script.hear('W 2 3 7 8 1 5 6');
    expect(script.text).toContain('Order #W2378156 comes in two packages.');
    expect(script.text).toContain('with a desk lamp: It was delivered by Northline yesterday.');
    expect(script.text).toContain(
      'with two T-Shirts: It is on its way with Parcelway and should arrive tomorrow.',
    );
    expect(script.text).toContain('from Memphis: Left the sorting centre.');
    expect(script.expecting?.slot).toBe('anything_else');
  });

  it('does not ask for a number that was in the first sentence', () => {
    const script = call().hear('where is my order W2378156');
    expect(script.text).toContain('Order #W2378156 comes in two packages.');
  });

  it('takes a number given without a word about what for', () => {
    expect(call().hear('W 2 3 7 8 1 5 6', { intent: 'unknown' }).text).toContain('Order #W2378156');
  });

  it.each([
    ['W5061948', 'has not been shipped yet'],
    ['W6035821', 'has been processed'],
    ['W8812604', 'was cancelled'],
    ['W4410273', 'It was delivered by Northline on Wednesday, May 6.'],
  ])('of %s: %s', (number, expected) => {
    expect(call().hear('order status').hear(number).text).toContain(expected);
  });

  it.each([
    ['out_for_delivery', 'It is out for delivery with Northline and should arrive today.'],
    ['label_created', 'It is packed and waits for Northline. It should arrive today.'],
    ['delayed', 'It is on its way but delayed with Northline and should arrive today.'],
    ['lost', 'It seems to be lost.'],
    ['abducted', 'It is with Northline.'],
  ])('tells a parcel that is %s', (status, expected) => {
    const shop = (operation: string, input: Readonly<Record<string, unknown>>) =>
      operation === 'listShipments'
        ? {
            ok: true as const,
            value: {
              shipments: [
                {
                  id: 's',
                  carrier: 'Northline',
                  status,
                  itemIds: [],
                  estimatedAt: '2026-06-10T20:00:00Z',
                  events: [],
                },
              ],
            },
          }
        : answerFromTables(operation, input);
    expect(call({ shop }).hear('order status').hear('W2378156').text).toContain(expected);
  });

  it('is told from the order alone when the shop has no shipments', () => {
    const shop = (operation: string, input: Readonly<Record<string, unknown>>) =>
      operation === 'listShipments'
        ? { ok: false as const, code: 'unsupported_operation' }
        : answerFromTables(operation, input);
    expect(call({ shop }).hear('order status').hear('W2378156').text).toContain(
      'has been shipped and is on its way',
    );
  });

  it('in Chinese leaves out what the shop wrote in English', () => {
    const script = call({ language: 'zh' }).hear('我的订单到哪里了').hear('W二三七八幺五六');
    expect(script.text).toContain('订单#W2378156分两个包裹发出。');
    expect(script.text).toContain('Parcelway正在运输途中，预计明天送达。');
    expect(script.text).not.toContain('sorting');
    expect(script.notes('wording-without-values')).toEqual([]);
  });

  it('asked again in the same call asks whether it is about the same order', () => {
    const script = call().hear('order status').hear('W2378156').hear('where is my order');
    expect(script.text).toContain('the same order, #W2378156');
    expect(script.hear('no').text).toContain('order number');
    expect(script.hear('W5061948').text).toContain('W5061948');
  });

  it('for an order number alone opens no other order', () => {
    const script = call().hear('order status').hear('W2378156').hear('where is my order').hear('no');
    expect(script.tasks()).not.toContain('listOrders');
    expect(script.expecting?.slot).toBe('order_number');
  });

  it('asked again with another number tells that one', () => {
    const script = call().hear('order status').hear('W2378156').hear('and where is order W5061948');
    expect(script.text).toContain('Order #W5061948');
  });

  it('ends when nothing else is wanted', () => {
    const script = call().hear('order status').hear('W2378156').hear('no, thank you');
    expect(script.text).toContain('Goodbye');
    expect(script.ended).toBe('resolved');
  });

  it('asks what else when the caller says only yes', () => {
    const script = call().hear('order status').hear('W5061948');
    expect(script.hear('yes').text).toBe('Can I help you with anything else?');
  });
});

describe('an order number', () => {
  const asked = (options: ConstructorParameters<typeof DialogScript>[1] = {}) =>
    call(options).hear('order status');

  it('may come in chunks over several turns', () => {
    const script = asked().hear('W 2 3 7');
    expect(script.text).toBe('W237. And then?');
    expect(script.expecting).toMatchObject({ slot: 'order_number', collected: 'W237' });
    expect(script.hear('eight one').text).toBe('W23781. Please go on.');
    expect(script.hear('five six').text).toContain('Order #W2378156');
  });

  it('may be begun by voice and ended by keys', () => {
    expect(asked().hear('W 2 3 7').keys('8156').text).toContain('Order #W2378156');
  });

  it('may be keyed without its letter', () => {
    expect(asked().keys('2378156').text).toContain('Order #W2378156');
  });

  it('begins anew when its beginning was misheard', () => {
    const script = asked().hear('W 2 9').hear('no');
    expect(script.text).toContain('a W and seven digits');
    expect(script.expecting?.collected).toBeUndefined();
  });

  it('that is not found is read back and asked for in another way', () => {
    const script = asked().hear('W 1 1 1 1 1 1 1');
    expect(script.text).toContain("I looked for #W1111111 and couldn't find it.");
    expect(script.hear('W 2 2 2 2 2 2 2').text).toContain('key in the seven digits');
  });

  it('that is not found is looked up in other readings before the caller is bothered', () => {
    const script = asked().hear('W 2 3 7 8 1 5 8', { alternatives: ['W 2 3 7 8 1 5 6'] });
    expect(script.text).toContain("That's #W2378156. Is that right?");
    expect(script.expecting).toMatchObject({ slot: 'confirm', kind: 'yes_no' });
    expect(script.hear('yes').text).toContain('Order #W2378156');
  });

  it('is tried with the digit that sounds alike', () => {
    const script = asked().hear('W 2 3 7 8 1 9 6');
    expect(script.text).toContain("That's #W2378156. Is that right?");
  });

  it('costs the shop three look-ups at most', () => {
    const script = asked().hear('W 1 1 1 1 1 1 5', {
      alternatives: ['W 1 1 1 1 1 1 6', 'W 1 1 1 1 1 1 7', 'W 1 1 1 1 1 1 8'],
    });
    expect(script.tasks().filter((operation) => operation === 'getOrder')).toHaveLength(3);
  });

  it('is looked up without its sign in a shop that knows it so', () => {
    const shop = (operation: string, input: Readonly<Record<string, unknown>>) =>
      operation === 'getOrder' && !String(input.orderId).startsWith('#')
        ? answerFromTables(operation, { orderId: `#${String(input.orderId)}` })
        : operation === 'getOrder'
          ? { ok: false as const, code: 'order_not_found' }
          : answerFromTables(operation, input);
    const script = asked({ shop }).hear('W 2 3 7 8 1 5 6');
    expect(script.text).toContain("That's W2378156");
  });

  it('of low confidence is read back', () => {
    const script = asked().hear('W 2 3 7 8 1 5 6', { confidence: 0.3 });
    expect(script.text).toContain("That's #W2378156. Is that right?");
  });

  it('that was read back can be corrected in one digit', () => {
    const script = asked().hear('W 2 3 7 8 1 2 6', { confidence: 0.3, alternatives: [] });
    expect(script.text).toContain('#W2378126');
    // Not found, so asked again; the second time it is found but not certain.
    script.hear('W 4 4 1 0 2 7 3', { confidence: 0.3 });
    expect(script.text).toContain('#W4410273');
    expect(script.hear('no, W 2 3 7 8 1 5 6').text).toContain('Order #W2378156');
  });

  it('that was read back wrongly is asked for again and not proposed again', () => {
    const script = asked({ from: '+15550100' }).hear('W 2 3 7 8 1 2 6');
    expect(script.text).toContain('#W2378156');
    script.hear('no');
    expect(script.text).toContain('seven digits');
  });

  it("whose end is one of the orders of the caller's number is proof enough", () => {
    const script = asked({ from: '+15550100' }).hear('it ends with 8 1 5 6');
    expect(script.text).toContain('Is it about your order');
    expect(script.hear('yes').text).toContain('Order #W2378156');
  });

  it('is left for a person after three that were not found', () => {
    const script = asked().hear('W 1 1 1 1 1 1 1').hear('W 2 2 2 2 2 2 2').hear('W 3 3 3 3 3 3 3');
    expect(script.text).toContain('talk to a person');
    expect(script.expecting).toMatchObject({ slot: 'confirm' });
  });
});

describe('verification without an order number', () => {
  const withoutNumber = (options: ConstructorParameters<typeof DialogScript>[1] = {}) =>
    call(options).hear('order status').hear("I don't have it");

  it('asks for the e-mail address', () => {
    const script = withoutNumber();
    expect(script.text).toContain('e-mail address');
    expect(script.expecting).toMatchObject({ slot: 'email', kind: 'email' });
  });

  it('guesses the only open order', () => {
    const script = withoutNumber().hear('yusuf dot rossi nine six two zero at example dot com');
    expect(script.text).toBe('Is it about your order on Friday, June 5, with a desk lamp and two T-Shirts?');
    expect(script.hear('yes').text).toContain('Order #W2378156');
  });

  it('lists the orders when the guess is wrong', () => {
    const script = withoutNumber().hear('yusuf.rossi9620@example.com').hear('no');
    expect(script.expecting).toMatchObject({
      slot: 'order_choice',
      kind: 'choice',
      choices: [{ id: '#W2378156' }, { id: '#W4410273' }],
    });
    expect(script.hear('the water bottle').text).toContain('Order #W4410273');
  });

  it('offers several open orders, newest first', () => {
    const script = withoutNumber().hear('mei underscore chen at example dot com');
    expect(script.text).toContain('The first: an office chair, ordered on Monday, June 8.');
    expect(script.text).toContain('The second: a bookshelf');
    expect(script.keys('2').text).toContain('Order #W6035821');
  });

  it('takes the address when it is given instead of the number', () => {
    const script = call().hear('order status').hear('my email is mei underscore chen at example dot com');
    expect(script.expecting?.slot).toBe('order_choice');
  });

  it('takes the order number when it is given instead of the address', () => {
    expect(withoutNumber().hear('oh wait, it is W 2 3 7 8 1 5 6').text).toContain('Order #W2378156');
  });

  it('goes on to name and postal code without an address', () => {
    const script = withoutNumber().hear("I don't know which one I used");
    expect(script.expecting).toMatchObject({ slot: 'full_name', kind: 'person_name' });
    script.hear('Noah Brown');
    expect(script.expecting).toMatchObject({ slot: 'postal_code', kind: 'postal_code' });
    expect(script.keys('80279').text).toContain('an action camera');
  });

  it('does not ask for a postal code that came with the name', () => {
    const script = withoutNumber().hear("I don't know it").hear('my name is Noah Brown, zip code 80279');
    expect(script.text).toContain('an action camera');
  });

  it('finds a name that was misheard as one that sounds alike', () => {
    const script = withoutNumber().hear("I don't know it").hear("Noa Brown's").hear('80279');
    expect(script.text).toContain('an action camera');
  });

  it('asks whether it is a name that was spelled otherwise', () => {
    const spelled = () =>
      withoutNumber()
        .hear("I don't know it")
        .hear('Nolan Quigley')
        .hear('80279')
        .hear('no')
        .hear('M O A H')
        .hear('V R O W M');
    expect(spelled().text).toContain('Noah Brown?');
    expect(spelled().hear('yes').text).toContain('an action camera');
    expect(spelled().hear('no').text).not.toContain('an action camera');
  });

  it('reads name and postal code back when they are not found, and asks for the name letter by letter', () => {
    const script = withoutNumber().hear("I don't know it").hear('Nolan Quigley').hear('80279');
    expect(script.text).toContain("I couldn't find Nolan Quigley, postal code 80279.");
    script.hear('no');
    expect(script.expecting?.slot).toBe('first_name');
    script.hear('N O A H');
    expect(script.expecting?.slot).toBe('last_name');
    expect(script.hear('B R O W N').text).toContain('an action camera');
  });

  it('asks for the postal code again when the spelled name is not found there', () => {
    const script = withoutNumber().hear("I don't know it").hear('Noah Braun').hear('80297').hear('no');
    script.hear('N O A H').hear('B R O W N');
    expect(script.text).toContain('postal code 80297');
    expect(script.hear('no').expecting?.slot).toBe('postal_code');
    expect(script.hear('80279').text).toContain('an action camera');
  });

  it('offers a person when the caller is right and unknown', () => {
    const script = withoutNumber().hear("I don't know it").hear('Anna Smith').hear('80279').hear('yes');
    expect(script.text).toContain('talk to a person');
  });

  it('knows the customer for the rest of the call', () => {
    const script = withoutNumber()
      .hear('mei_chen@example.com')
      .hear('the chair')
      .hear('where is my order')
      .hear('no');
    expect(script.expecting?.slot).toBe('order_choice');
  });

  it('says so when there are no orders', () => {
    const shop = (operation: string, input: Readonly<Record<string, unknown>>) =>
      operation === 'listOrders'
        ? { ok: true as const, value: { orders: [] } }
        : answerFromTables(operation, input);
    expect(withoutNumber({ shop }).hear('mei_chen@example.com').text).toContain("can't find any orders");
  });
});

describe('handing over', () => {
  it('announces and transfers with a full briefing', () => {
    const script = call({ transferTarget: 'sip:desk@example.com', from: '+12125550142' });
    script.hear('where is my order').hear('W5061948').hear('I want to talk to a person');
    expect(script.text).toContain('connecting you');
    expect(script.transfer()).toMatchObject({
      skill: 'general',
      target: 'sip:desk@example.com',
      briefing: {
        callId: 'call-1',
        from: '+12125550142',
        language: 'en',
        reason: 'asked-for-person',
        customer: { id: 'C2', name: 'Mei Chen', verifiedBy: 'calling number and order number' },
        slots: { order_number: '#W5061948' },
        done: ['Told the caller the status of order #W5061948: not yet shipped.'],
      },
    });
    expect(script.transfer()?.briefing.summary).toContain('Mei Chen');
    expect(script.send({ type: 'transfer-finished', ok: true }).ended).toBe('transferred');
  });

  it('after a complaint goes to those who answer complaints', () => {
    const script = call({ channel: 'text' }).hear('I want to file a complaint');
    script.hear('the driver was rude to me').hear('yes');
    expect(script.transfer()).toMatchObject({
      skill: 'complaints',
      briefing: { reason: 'complaint', wanted: 'to make a complaint' },
    });
  });

  it('works by key 0 at any question', () => {
    const script = call({ transferTarget: 'sip:x' }).hear('order status').keys('0');
    expect(script.transfer()?.briefing).toMatchObject({
      reason: 'asked-for-person',
      wanted: 'to know where an order is',
    });
  });

  it('offers a callback to the own number when nobody can be reached', () => {
    const script = call({ from: '+12125550142' }).hear('agent');
    expect(script.text).toBe(
      "I'm sorry, nobody is free to talk right now. Shall we call you back at (212) 555-0142?",
    );
    script.hear('yes');
    expect(script.notes('callback-requested')).toEqual([
      { number: '+12125550142', wanted: 'agent', reason: 'asked-for-person', language: 'en' },
    ]);
    expect(script.ended).toBe('callback');
  });

  it('takes another number by voice or keys and reads it back', () => {
    const script = call({ from: '+12125550142' }).hear('agent').hear('no').hear('yes');
    expect(script.expecting).toMatchObject({ slot: 'phone', kind: 'phone_number' });
    script.keys('2125550199');
    expect(script.text).toBe("That's (212) 555-0199. Is that right?");
    script.hear('yes');
    expect(script.notes('callback-requested')).toMatchObject([{ number: '+12125550199' }]);
  });

  it('asks whether a callback is wanted when there is no number', () => {
    const script = call().hear('agent');
    expect(script.text).toContain('Would you like us to call you back?');
    expect(script.hear('no').expecting?.slot).toBe('anything_else');
  });

  it('offers the callback when the transfer fails', () => {
    const script = call({ transferTarget: 'sip:x', from: '+12125550142' }).hear('agent');
    script.send({ type: 'transfer-finished', ok: false, code: 'transfer_failed' });
    expect(script.text).toContain('Shall we call you back at (212) 555-0142?');
  });

  it('does not start inside itself', () => {
    const script = call({ from: '+12125550142' }).hear('agent').hear('agent');
    expect(script.text).toContain("can't reach anyone");
    expect(script.expecting?.slot).toBe('confirm');
  });
});
