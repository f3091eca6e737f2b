import { describe, expect, it } from 'vitest';
import { demoShopForDialogs } from '../../../support/dialog-demo-shop.ts';
import { DialogScript, shippedPack } from '../../../support/dialog-script.ts';

const pack = await shippedPack;
const emma = 'emma.carter@example.com';

function open(options: ConstructorParameters<typeof DialogScript>[1] = {}) {
  const demo = demoShopForDialogs();
  return { script: new DialogScript(pack, { shop: demo.shop, ...options }), data: demo.data };
}

describe('cancelling an order', () => {
  it('asks who is calling, reads the order and the refund back, and cancels after a yes', () => {
    const { script, data } = open();
    expect(script.hear('cancel my order').expecting?.slot).toBe('email');
    expect(script.hear(emma).text).toBe('Is it about your order yesterday, with trail shoes?');
    expect(script.hear('yes').expecting).toMatchObject({ slot: 'reason', kind: 'choice' });
    expect(script.hear('it was a mistake').text).toBe(
      'Order #W4410273, with trail shoes: $129.00 goes back to your Visa credit card ending in 4417. Shall I cancel it?',
    );
    expect(script.writes()).toEqual([]);
    script.hear('yes');
    expect(script.text).toContain('Order #W4410273 is cancelled.');
    expect(script.text).toContain('The refund of $129.00 to your Visa credit card ending in 4417 is under way.');
    expect(data.orders.get('#W4410273')).toMatchObject({ status: 'cancelled', cancelReason: 'ordered_by_mistake' });
  });

  it('leaves everything as it is after a no', () => {
    const { script, data } = open();
    script.hear('cancel my order').hear(emma).hear('yes').hear('no longer needed').hear('no');
    expect(script.text).toContain("I've left the order as it is");
    expect(script.writes()).toEqual([]);
    expect(data.orders.get('#W4410273')?.status).toBe('pending');
  });

  it('does not ask what the wish says already', () => {
    const { script } = open({ from: '+12125550101' });
    script.hear('cancel order W4410273, I ordered it by accident');
    expect(script.expecting?.slot).toBe('confirm');
    expect(script.text).toContain('Shall I cancel it?');
  });

  it('does not take the number of an order alone for proof of whose it is', () => {
    const { script } = open();
    script.hear('cancel order W4410273');
    expect(script.expecting?.slot).toBe('email');
    script.hear('james.walker@example.com');
    expect(script.text).not.toContain('Shall I cancel');
    expect(script.writes()).toEqual([]);
  });

  it('of an order that has arrived offers to return it', () => {
    const { script } = open({ from: '+12125550101' });
    script.hear('cancel order W1093627');
    expect(script.text).toContain("can't be changed any more");
    expect(script.text).toContain('return');
    expect(script.expecting?.slot).toBe('confirm');
  });

  it('of an order on its way says that it can be returned later', () => {
    const { script } = open({ from: '+12125550101' });
    script.hear('cancel order W2378156');
    expect(script.text).toContain('once it has arrived');
    expect(script.expecting?.slot).toBe('anything_else');
  });

  it('for another reason offers a person', () => {
    const { script } = open({ from: '+12125550101' });
    script.hear('cancel order W4410273').hear('neither of these');
    expect(script.text).toContain("only when it's no longer needed");
    expect(script.text).toContain('person');
  });

  it('is recorded with what was read back and what was answered', () => {
    const { script } = open({ from: '+12125550101' });
    script.hear('cancel order W4410273').hear('by mistake').hear('yes please');
    expect(script.notes('change-agreed')).toEqual([
      {
        operation: 'cancelOrder',
        input: { orderId: '#W4410273', reason: 'ordered_by_mistake' },
        readBack: expect.stringContaining('Shall I cancel it?') as string,
        answer: 'yes please',
      },
    ]);
    expect(script.notes('change-finished')).toEqual([{ operation: 'cancelOrder', ok: true, code: null }]);
    expect(script.state.done).toEqual(['Cancelled order #W4410273.']);
  });

  it('is not offered where the shop cannot do it', () => {
    const { shop } = demoShopForDialogs({ without: ['cancel'] });
    const script = new DialogScript(pack, { shop, transferTarget: 'sip:x' }).hear('cancel my order');
    expect(script.notes('not-offered')).toHaveLength(1);
    expect(script.transfer()).toMatchObject({ briefing: { wanted: 'to cancel an order' } });
  });

  it('works without quotes', () => {
    const { shop } = demoShopForDialogs({ without: ['quotes'] });
    const script = new DialogScript(pack, { shop, from: '+12125550101' });
    script.hear('cancel order W4410273').hear('by mistake');
    expect(script.text).toBe('Shall I cancel order #W4410273, with trail shoes?');
    expect(script.hear('yes').text).toContain('is cancelled');
  });

  it('works in Chinese', () => {
    const { script, data } = open({ language: 'zh' });
    script.hear('我要取消订单').hear('邮箱是 emma.carter@example.com');
    script.hear('是的').hear('拍错了');
    expect(script.text).toContain('取消后');
    script.hear('确定');
    expect(script.writes()).toEqual([]);
    script.hear('是的');
    expect(script.text).toContain('已经取消');
    expect(data.orders.get('#W4410273')?.status).toBe('cancelled');
  });
});

describe('the refund of an order', () => {
  it('that was just cancelled is told without asking which', () => {
    const { script } = open({ from: '+12125550101' });
    script.hear('cancel order W4410273').hear('by mistake').hear('yes').hear('where is my refund');
    expect(script.text).toContain('The refund of $129.00 to your Visa credit card ending in 4417 is under way.');
  });

  it('that is on its way is told with the amount, where it goes and when', () => {
    const { data, shop } = demoShopForDialogs();
    const open = [...data.returns].find(([, [first]]) => first?.refund?.status === 'pending');
    const order = data.orders.get(open?.[0] ?? '');
    const customer = data.customers.get(order?.customerId ?? '');
    const script = new DialogScript(pack, { shop, from: customer?.phones[0] ?? '' });
    script.hear(`where is my refund for order ${order?.id ?? ''}`);
    if (script.expecting?.slot === 'email') script.hear(customer?.emails[0] ?? '');
    expect(script.text).toMatch(/\$[\d.,]+ will go to .* and should be there by/);
  });

  it('that does not exist is a matter for a person', () => {
    const { script } = open({ from: '+12125550101' });
    script.hear('where is my refund for W2378156');
    expect(script.text).toContain("can't find a refund for order #W2378156");
    expect(script.expecting?.slot).toBe('confirm');
  });
});

describe('urging a delivery', () => {
  it('asks the shop to hurry an order that is still there', () => {
    const { script, data } = open({ from: '+12125550101' });
    script.hear('please hurry with W4410273').hear('yes');
    expect(script.text).toContain('takes your order first');
    expect(data.orders.get('#W4410273')?.expedited).toBe(true);
  });

  it('says where a parcel on its way is', () => {
    const { script } = open({ from: '+12125550101' });
    expect(script.hear('hurry up with W2378156').text).toContain('should arrive tomorrow');
    expect(script.writes()).toEqual([]);
  });

  it('apologises for a late one and offers a person', () => {
    const { script } = open({ from: '+12065550103' });
    expect(script.hear('hurry up with W3489160').text).toContain('is late, I am sorry');
    expect(script.text).toContain('person');
  });
});

describe('a plain question', () => {
  it('is answered, and then there is more to ask', () => {
    const { script } = open();
    script.hear('what are your opening hours');
    expect(script.text).toContain('Monday to Saturday');
    expect(script.expecting?.slot).toBe('anything_else');
  });

  it('in the middle of something is answered with a bridge back to the question', () => {
    const { script } = open({ from: '+12125550101' });
    script.hear('cancel order W4410273').hear('by mistake').hear('what are your opening hours');
    expect(script.text).toContain('Now back to where we were. Shall I cancel order #W4410273');
    expect(script.hear('yes').text).toContain('is cancelled');
  });
});
