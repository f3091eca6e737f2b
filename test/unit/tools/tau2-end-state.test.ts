import { describe, expect, it } from 'vitest';
import { diffStates, rightEndState } from '../../../tools/tau2/end-state.ts';
import { createTau2Shop } from '../../../tools/tau2/shop.ts';
import { askShop, smallTau2Data, tau2Task } from '../../support/tau2-data.ts';

const cancel = {
  name: 'cancel_pending_order',
  arguments: { order_id: '#W1000002', reason: 'no longer needed' },
};

describe('the right end of a task', () => {
  it('is what its actions make of the data, look-ups left out', () => {
    const data = smallTau2Data();
    const look = { name: 'get_order_details', arguments: { order_id: '#W1000002' } };
    const { state, refused } = rightEndState(data, tau2Task([look, cancel]));
    expect(state.orders['#W1000002']?.status).toBe('cancelled');
    expect(refused).toEqual([]);
    expect(data).toEqual(smallTau2Data());
  });

  it('leaves out an action that the rules refuse', () => {
    const late = { ...cancel, arguments: { ...cancel.arguments, order_id: '#W1000001' } };
    const { state, refused } = rightEndState(smallTau2Data(), tau2Task([late]));
    expect(state).toEqual(smallTau2Data());
    expect(refused.map(({ code }) => code)).toEqual(['order_not_pending']);
  });

  it('is reached by the same change over the interface', () => {
    const exchange = {
      name: 'exchange_delivered_order_items',
      arguments: {
        order_id: '#W1000001',
        item_ids: ['l1'],
        new_item_ids: ['l2'],
        payment_method_id: 'card_1',
      },
    };
    const shop = createTau2Shop(smallTau2Data());
    askShop(shop, 'POST', '/v1/orders/%23W1000001/exchanges', {
      changes: [{ itemId: 'l1', newItemId: 'l2' }],
      paymentMethodId: 'card_1',
    });
    expect(diffStates(rightEndState(smallTau2Data(), tau2Task([exchange])).state, shop.state)).toEqual([]);
  });

  it('differs in every value that is wrong, missing or too much, and in nothing else', () => {
    const right = rightEndState(smallTau2Data(), tau2Task([cancel])).state;
    const paths = diffStates(right, smallTau2Data()).map(({ path }) => path);
    expect(paths).toEqual([
      'users.ann_lee_1.payment_methods.gift_1.balance',
      'orders.#W1000002.status',
      'orders.#W1000002.payment_history.1',
      'orders.#W1000002.cancel_reason',
    ]);
  });
});
