import { describe, expect, it } from 'vitest';
import type { Expecting } from '../../../src/core/dialog.ts';
import { SimulatedCaller, type CallerAction } from '../../../tools/callers/caller.ts';
import { callerScriptSchema, type CallerScriptInput } from '../../../tools/callers/script.ts';
import { typed } from '../../../tools/callers/speech.ts';

type Choices = NonNullable<Expecting['choices']>;

/** A call with a caller who follows `script`; `ask` plays one turn of Kefu and gives the caller's words. */
function call(script: Omit<CallerScriptInput, 'caller'>, seed = 1) {
  const caller = new SimulatedCaller(callerScriptSchema.parse({ caller: 'a test', ...script }), { seed });
  const act = (words: string, slot: string, choices?: Choices): CallerAction =>
    caller.answer({ words, expecting: { slot, kind: 'anything', ...(choices && { choices }) } });
  const ask = (words: string, slot: string, choices?: Choices): string => {
    const action = act(words, slot, choices);
    return action.type === 'say' ? typed(action.text) : `[${action.type}]`;
  };
  return { caller, act, ask };
}

const lamp = { product: 'lamp', options: { color: 'blue' }, id: 'l1' };
const mug = { product: 'mug', id: 'm1' };
const returning: CallerScriptInput['goals'][number] = {
  want: 'return_item',
  order: '#W1000001',
  items: [lamp, mug],
  payment: 'PayPal',
};
const more = 'Is there anything else I can do for you?';

describe('a simulated caller', () => {
  it('says the same in the same call, and other words with another seed', () => {
    const said = (seed: number) => {
      const { ask } = call({ goals: [returning], manner: { hesitates: 0.5 } }, seed);
      return [ask('Hello.', 'intent'), ask('E-mail?', 'email'), ask('Name?', 'full_name')];
    };
    expect(said(3)).toEqual(said(3));
    expect(new Set([1, 2, 3, 4, 5, 6].map((seed) => said(seed).join()).values()).size).toBeGreaterThan(1);
  });

  it('tells its facts by the name of the slot, and what it does not know', () => {
    const { ask } = call({
      goals: [returning],
      facts: { first_name: 'Ann', last_name: 'Lee', postal_code: '02108' },
    });
    ask('Hello.', 'intent');
    expect(ask('Name?', 'full_name')).toContain('Ann Lee');
    expect(ask('Postal code?', 'postal_code')).toContain('02108');
    expect(ask('E-mail?', 'email')).toMatch(/don't/);
    expect(ask('Number?', 'order_number')).toMatch(/don't/);
  });

  it('corrects a fact when it is asked again', () => {
    const { ask } = call({ goals: [returning], facts: { order_number: ['W9', 'W1'] } });
    ask('Hello.', 'intent');
    expect(ask('Order number?', 'order_number')).toContain('W9');
    expect(ask('There is no such order.', 'order_number')).toContain('W1');
    expect(ask('Again, please.', 'order_number')).toContain('W1');
  });

  it('brings its goals forward one after the other and then thanks', () => {
    const { ask, caller } = call({ goals: [returning, { want: 'human_agent' }] });
    expect(ask('Hello.', 'intent')).toMatch(/return|back/);
    ask('Which items?', 'item_choice');
    expect(ask(`Done. The return is set up. ${more}`, 'anything_else')).toMatch(/person|agent/);
    expect(ask(`I'm sorry, nobody is free. ${more}`, 'anything_else')).toMatch(/^No,/);
    expect(caller.reports.map(({ result }) => result)).toEqual(['done', 'refused']);
  });

  it('gives everything at once when that is its manner', () => {
    const { ask } = call({
      manner: { gives: 'all' },
      goals: [{ ...returning, knowsOrder: true }, { want: 'human_agent' }],
      wordings: { return_item: 'I return {items}.' },
    });
    const said = ask('Hello.', 'intent');
    expect(said).toContain('I return the blue lamp and the mug.');
    expect(said).toContain('#W1000001');
    expect(said).toMatch(/person|agent/);
  });

  it('puts a wish that was not understood in other words, and leaves it after three tries', () => {
    const { ask, caller } = call({ goals: [returning, { want: 'order_status' }] });
    const said = [
      ask('Hello.', 'intent'),
      ask("Sorry, I didn't get that.", 'intent'),
      ask('You could say "return".', 'intent'),
      ask('You could say "return".', 'intent'),
    ];
    expect(new Set(said).size).toBe(4);
    expect(said[3]).toMatch(/status|order\?/);
    expect(caller.reports[0]).toMatchObject({ want: 'return_item', result: 'not understood' });
  });

  it('goes on with what it wants when its wish was refused', () => {
    const { ask } = call({
      goals: [{ ...returning, ifRefused: [{ want: 'other', say: 'Then cancel it.' }] }],
    });
    ask('Hello.', 'intent');
    expect(ask(`I'm sorry, that order can't be returned. ${more}`, 'anything_else')).toBe('Then cancel it.');
  });

  it('finds its order among choices by number or by the things in it', () => {
    const { ask } = call({ goals: [returning] });
    ask('Hello.', 'intent');
    const choices = [
      { id: '#W1000009', label: 'a chair, ordered in May' },
      { id: '#W1000001', label: 'a lamp and two mugs, ordered in June' },
    ];
    expect(ask('Which order?', 'order_choice', choices)).toMatch(/lamp/);
    expect(ask('Which one?', 'order_choice', choices)).toBe('The second one.');
  });

  it('names all its things at once, with their options where the name alone would mean two', () => {
    const { ask } = call({ goals: [returning] });
    ask('Hello.', 'intent');
    const choices = [
      { id: 'l1', label: 'lamp, blue' },
      { id: 'l2', label: 'lamp, red' },
      { id: 'm1', label: 'mug' },
    ];
    expect(ask('Which items?', 'item_choice', choices)).toContain('the blue lamp and the mug');
    expect(ask('Anything else from this order?', 'item_choice', choices)).toMatch(/all|else/);
  });

  it('takes the next best variant, and leaves the thing when none is there', () => {
    const change = { ...lamp, to: { color: 'green' }, otherwise: [{ color: 'red' }] };
    const { ask } = call({ goals: [{ want: 'exchange_item', changes: [change] }] });
    ask('Hello.', 'intent');
    const red = [{ id: 'l2', label: 'red' }];
    expect(ask('Which lamp instead?', 'item_option', red)).toContain('green');
    expect(ask('We have red.', 'item_option', red)).toContain('red');
    expect(ask('We have black.', 'item_option', [{ id: 'l9', label: 'black' }])).toMatch(/leave|no, thank/i);
  });

  it('takes any value of an option it has no wish for, and its own of the others', () => {
    const change = {
      product: 'bottle',
      options: { color: 'black', capacity: 'small' },
      to: { capacity: 'large' },
    };
    const { ask } = call({ goals: [{ want: 'exchange_item', changes: [change] }] });
    const bottles = [
      { id: 'b1', label: 'large, red' },
      { id: 'b2', label: 'large, blue' },
    ];
    ask('Hello.', 'intent');
    expect(ask('Which bottle instead?', 'item_option', bottles)).toMatch(/^large/);
    expect(ask('Which color: red or blue?', 'item_option', bottles)).toMatch(/^red/);
    expect(ask('Which capacity: small or large?', 'item_option', bottles)).toMatch(/^large/);
  });

  it('agrees to nothing when two like things are wanted and another variant is read back', () => {
    const kettle = {
      product: 'kettle',
      options: { color: 'blue' },
      mistaken: { color: ['blue', 'red', 'green'] },
    };
    const changes = [
      { ...kettle, to: { color: 'red' } },
      { ...kettle, to: { color: 'green' } },
    ];
    const { ask } = call({ goals: [{ want: 'exchange_item', changes }] });
    ask('Hello.', 'intent');
    expect(ask('The kettle in red: $3.00 more. Shall I register the exchange?', 'confirm')).toMatch(/^No/);
    expect(
      ask('The kettle in red and the kettle in green. Shall I register the exchange?', 'confirm'),
    ).toMatch(/^Yes/);
  });

  it('insists on its payment method once and then gives the request up, or takes the next best', () => {
    const card = [{ id: 'card_1', label: 'Visa ending in 1111' }];
    const giveUp = call({ goals: [returning] });
    giveUp.ask('Hello.', 'intent');
    expect(giveUp.ask('Where to?', 'refund_destination', card)).toContain('PayPal');
    expect(giveUp.ask('Only the card.', 'refund_destination', card)).toMatch(/never mind|leave it/);
    const yielding = call({ goals: [{ ...returning, payment: ['PayPal', 'credit card'] }] });
    yielding.ask('Hello.', 'intent');
    yielding.ask('Where to?', 'refund_destination', card);
    expect(yielding.ask('Only the card.', 'refund_destination', card)).toContain('credit card');
  });

  describe('asked to confirm', () => {
    const confirm = (words: string, goal: CallerScriptInput['goals'][number] = returning) => {
      const { ask, act } = call({ goals: [goal], facts: { email: 'ann@example.com' } });
      ask('Hello.', 'intent');
      const action = act(words, 'confirm');
      return action.type === 'say' ? [typed(action.text).slice(0, 3), action.agrees] : [];
    };

    it('agrees to what it wants, and to nothing else', () => {
      expect(confirm('Shall I return the lamp and the mug of order #W1000001?')).toEqual(['Yes', true]);
      expect(confirm('Shall I return the lamp and the mug of order #W1000009?')).toEqual(['No,', false]);
      expect(confirm('Shall I return the lamp of order #W1000001?')).toEqual(['No,', false]);
      expect(confirm('Return the lamp and the mug, with the refund to your gift card?')).toEqual([
        'No,',
        false,
      ]);
      expect(confirm('Return the lamp and the mug, with the refund to PayPal?')).toEqual(['Yes', true]);
    });

    it('corrects an e-mail address that was misheard', () => {
      expect(confirm("That's anne@example.com. Is that right?")).toEqual(['No,', false]);
      expect(confirm("That's ann@example.com. Is that right?")).toEqual(['Yes', true]);
    });

    it('notices another variant than the wished one', () => {
      const changes = [{ ...lamp, to: { color: 'red' }, mistaken: { color: ['blue', 'red', 'green'] } }];
      const goal: typeof returning = { want: 'exchange_item', changes };
      expect(confirm('Shall I exchange the blue lamp for the green one?', goal)).toEqual(['No,', false]);
      expect(confirm('Shall I exchange the blue lamp for the red one?', goal)).toEqual(['Yes', true]);
    });

    it('says no to everything it only wanted to try', () => {
      expect(confirm('Shall I cancel order #W1000001?', { ...returning, agree: false })[1]).toBe(false);
    });

    it('takes no person and no call back instead of what it wants', () => {
      expect(confirm('Would you like to talk to a person?')[1]).toBe(false);
      expect(confirm('Shall we call you back later?')[1]).toBe(false);
    });

    it('has second thoughts at the first read-back', () => {
      const goal = { ...returning, items: [{ ...lamp, withdrawn: true }, mug] };
      const { ask } = call({ goals: [goal] });
      ask('Hello.', 'intent');
      expect(ask('Shall I return the lamp and the mug?', 'confirm')).toMatch(/^No.*the mug/);
      expect(ask('Shall I return the mug?', 'confirm')).toMatch(/^Yes/);
    });

    it('adds what it thought of late', () => {
      const goal = { ...returning, items: [lamp, { ...mug, afterthought: true }] };
      const { ask } = call({ goals: [goal] });
      expect(ask('Hello.', 'intent')).not.toContain('mug');
      expect(ask('Shall I return the lamp?', 'confirm')).toContain('the mug');
      expect(ask('Shall I return the lamp and the mug?', 'confirm')).toMatch(/^Yes/);
    });
  });

  it('follows the rules of its script before anything else, as often as they may be used', () => {
    const { act } = call({
      goals: [returning],
      rules: [
        { slot: 'confirm', heard: '/key 1/', keys: '1' },
        { heard: 'survey', hangUp: true },
      ],
    });
    act('Hello.', 'intent');
    expect(act('Say yes or press key 1.', 'confirm')).toEqual({ type: 'keys', digits: '1' });
    expect(act('Say yes or press key 1.', 'confirm').type).toBe('say');
    expect(act('One question for our survey.', 'satisfaction').type).toBe('hang-up');
  });

  it('hangs up when the same is asked too often, and after its last turn', () => {
    const patient = call({ goals: [returning], manner: { patience: 2 } });
    patient.ask('Hello.', 'intent');
    const asked = [1, 2, 3, 4].map(() => patient.ask('E-mail?', 'email'));
    expect(asked.map((said) => said === '[hang-up]')).toEqual([false, false, false, true]);
    const short = call({ goals: [returning], turns: 1 });
    expect(short.ask('Hello.', 'intent')).not.toBe('[hang-up]');
    expect(short.ask('E-mail?', 'email')).toBe('[hang-up]');
  });

  it('speaks Chinese with words of English when its script says so', () => {
    const { ask } = call({
      language: 'zh',
      facts: { last_name: '王', first_name: '芳' },
      manner: { mixes: 1 },
      goals: [{ want: 'order_status' }],
    });
    expect(ask('您好', 'intent')).toMatch(/^(OK|sorry)，.*订单/);
    expect(ask('姓名？', 'full_name')).toContain('王芳');
  });
});
