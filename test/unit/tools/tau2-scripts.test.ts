import { describe, expect, it } from 'vitest';
import { scriptOfTask } from '../../../tools/callers/tau2-scripts.ts';
import { smallTau2Data, tau2Task } from '../../support/tau2-data.ts';

const data = smallTau2Data();
const boston = {
  address1: '1 Hill Road',
  address2: '',
  city: 'Boston',
  country: 'USA',
  state: 'MA',
  zip: '02108',
};

describe('the script of a task', () => {
  it('knows what the instructions say the user knows', () => {
    const byZip = scriptOfTask(data, tau2Task([], { known: 'You are Ann Lee in zip code 02108.' }));
    expect(byZip.facts).toEqual({ first_name: ['Ann'], last_name: ['Lee'], postal_code: ['02108'] });
    const byMail = scriptOfTask(data, tau2Task([], { known: 'You are ann_lee_1 (ann.lee@example.com).' }));
    expect(byMail.facts).toEqual({ first_name: ['Ann'], last_name: ['Lee'], email: ['ann.lee@example.com'] });
  });

  it('wants what the actions do, in the words of the products', () => {
    const { goals } = scriptOfTask(
      data,
      tau2Task([
        { name: 'cancel_pending_order', arguments: { order_id: '#W1000002', reason: 'ordered by mistake' } },
        {
          name: 'exchange_delivered_order_items',
          arguments: {
            order_id: '#W1000001',
            item_ids: ['l1', 'l1'],
            new_item_ids: ['l2', 'l4'],
            payment_method_id: 'card_1',
          },
        },
        {
          name: 'return_delivered_order_items',
          arguments: { order_id: '#W1000001', item_ids: ['m1'], payment_method_id: 'gift_1' },
        },
      ]),
    );
    expect(goals[0]).toMatchObject({
      want: 'cancel_order',
      order: '#W1000002',
      reason: 'ordered_by_mistake',
    });
    expect(goals[1]).toMatchObject({
      want: 'exchange_item',
      payment: ['credit card'],
      changes: [
        { product: 'lamp', id: 'l1', to: { color: 'blue' }, newId: 'l2' },
        { product: 'lamp', id: 'l1', to: { color: 'green', power: 'USB' }, newId: 'l4' },
      ],
    });
    expect(goals[1]?.changes[0]?.mistaken).toEqual({ color: ['red', 'blue', 'green'] });
    expect(goals[2]).toMatchObject({
      want: 'return_item',
      items: [{ product: 'coffee mug' }],
      payment: ['gift card'],
    });
  });

  it('tells an order number only when the instructions do', () => {
    const cancel = {
      name: 'cancel_pending_order',
      arguments: { order_id: '#W1000002', reason: 'no longer needed' },
    };
    const silent = scriptOfTask(data, tau2Task([cancel], { reason: 'You want to cancel your lamp.' }));
    expect(silent.goals[0]).toMatchObject({ knowsOrder: false, items: [{ product: 'lamp' }] });
    expect(silent.facts.order_number).toBeUndefined();
    const telling = scriptOfTask(data, tau2Task([cancel], { reason: 'Cancel order #W1000002.' }));
    expect(telling.goals[0]?.knowsOrder).toBe(true);
    expect(telling.facts.order_number).toEqual(['#W1000002']);
  });

  it('tells a new address, and of a known one only where the shop has it', () => {
    const move = (address: typeof boston, reason: string) => {
      const action = {
        name: 'modify_pending_order_address',
        arguments: { order_id: '#W1000002', ...address },
      };
      return scriptOfTask(data, tau2Task([action], { reason })).goals[0];
    };
    const austin = { ...boston, address1: '9 Lake Street', city: 'Austin', state: 'TX', zip: '73301' };
    expect(move(austin, 'Send it to 9 Lake Street, Austin.')?.address).toBe(
      '9 Lake Street, Austin, TX, 73301',
    );
    const hidden = move(boston, 'Send it home, which you do not reveal.');
    expect(hidden?.addressHint?.join()).not.toContain('1 Hill Road');
    expect(hidden?.addressHint?.[0]).toContain('default address');
  });

  it('leaves look-ups out and still calls when nothing is to be changed', () => {
    const look = { name: 'get_order_details', arguments: { order_id: '#W1000002' } };
    expect(scriptOfTask(data, tau2Task([look])).goals.map(({ want }) => want)).toEqual(['other']);
  });

  it('refuses a task whose user is not in the data', () => {
    expect(() => scriptOfTask(data, tau2Task([], { known: 'You are Bob.' }))).toThrow(
      /made-up is not in the data/,
    );
  });
});
