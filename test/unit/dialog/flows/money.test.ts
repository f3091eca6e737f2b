import { describe, expect, it } from 'vitest';
import type { Payment } from '../../../../src/core/commerce.ts';
import type { DemoShopOptions } from '../../../../src/commerce/demo-shop/demo-shop.ts';
import { demoShopForDialogs } from '../../../support/dialog-demo-shop.ts';
import { DialogScript, shippedPack, type ScriptOptions } from '../../../support/dialog-script.ts';

const pack = await shippedPack;
const emma = '+12125550101';
const qiang = { from: '+8614105550102', language: 'zh' } as const;

function open(options: ScriptOptions = {}, shopOptions: DemoShopOptions = {}) {
  const { shop, data } = demoShopForDialogs(shopOptions);
  return { script: new DialogScript(pack, { shop, from: emma, ...options }), data };
}

describe('a payment problem', () => {
  const wish = { intent: 'payment_problem' };

  /** Another payment of the order, like its first but for what is given. */
  function pay(data: ReturnType<typeof open>['data'], id: string, other: Partial<Payment>): void {
    const order = data.orders.get(id);
    const [first] = order?.payments ?? [];
    if (!order || !first) throw new Error(`There is no payment of ${id}.`);
    order.payments.push({ ...first, id: `pay_${String(order.payments.length)}`, ...other });
  }

  it('of two payments of one amount is seen, and a person is offered with what was seen', () => {
    const { script, data } = open({ transferTarget: 'sip:desk@example.com' });
    pay(data, '#W2378156', {});
    script.hear('you charged me twice for W2378156', wish);
    expect(script.text).toContain('I can see it: $143.00 was taken twice from your Visa credit card ending in 4417.');
    script.hear('yes please');
    expect(script.transfer()).toMatchObject({
      skill: 'payments',
      briefing: { reason: 'payment', done: ['Order #W2378156: $143.00 was taken twice.'] },
    });
  });

  it('is asked into when the wish does not say what it is', () => {
    const { script } = open();
    script.hear('there is a problem with a payment', wish);
    expect(script.expecting?.slot).toBe('reason');
    expect(script.hear('it was declined').text).toContain('Emma');
  });

  it('of a reserved amount is told as that', () => {
    const { script, data } = open();
    data.orders.get('#W4410273')?.payments.splice(0, 9);
    const method = 'card_10001';
    const amount = { amount: '129.00', currency: 'USD' };
    data.orders.get('#W4410273')?.payments.push({ id: 'p1', method, amount, status: 'authorized', at: '2026-06-09T10:00:00Z' });
    script.hear('I think you took the wrong amount for W4410273', wish);
    expect(script.text).toContain("$129.00 is reserved on your Visa credit card ending in 4417, but it hasn't been taken.");
    expect(script.hear('yes').expecting?.slot).toBe('anything_else');
  });

  it('of money on its way back says so', () => {
    const { script, data } = open();
    pay(data, '#W2378156', { amount: { amount: '-20.00', currency: 'USD' }, status: 'refund_pending' });
    script.hear('wrong amount for W2378156', wish);
    expect(script.text).toContain('$20.00 is already on its way back to');
  });

  it('of a declined payment leads to another way to pay while the order can still be changed', () => {
    const { script, data } = open();
    pay(data, '#W4410273', { status: 'declined' });
    script.hear('my payment for W4410273 failed', wish);
    expect(script.text).toContain('was declined. Would you like to pay in another way?');
    script.hear('yes');
    expect(script.expecting?.slot).toBe('payment_method');
  });

  it('of another way to pay goes there at once', () => {
    const { script } = open();
    script.hear('I want another way to pay for W4410273', wish);
    expect(script.expecting?.slot).toBe('payment_method');
  });

  it('that what is seen does not explain is a matter for a person', () => {
    const { script } = open();
    script.hear('I was charged too much for W2378156', wish);
    expect(script.text).toContain('I can see one payment of $143.00');
    expect(script.hear('no').text).toContain('person');
  });

  it('of an order without any payment is told as that', () => {
    const { script, data } = open();
    data.orders.get('#W2378156')?.payments.splice(0);
    script.hear('I was charged too much for W2378156', wish);
    expect(script.text).toContain("I can't see any payment for order #W2378156.");
  });

  it('is told in Chinese', () => {
    const { script, data } = open(qiang);
    pay(data, '#W8812604', {});
    script.hear('付款有问题', wish).hear('扣了两次').hear('是的').hear('是的');
    expect(script.text).toContain('确实扣了两笔US$89.00，非常抱歉');
    expect(script.text).toContain('人工');
  });

  it('is not looked into where the shop shows no payments', () => {
    const { script } = open({ transferTarget: 'sip:x' }, { without: ['payments'] });
    script.hear('you charged me twice', wish);
    expect(script.notes('not-offered')).toHaveLength(1);
  });
});

describe('an invoice', () => {
  const wish = { intent: 'invoice' };

  it('is read back in full and sent after a yes', () => {
    const { script, data } = open();
    script.hear('I need an invoice for W1093627', wish).hear('yes').hear('no').hear('yes');
    expect(script.text).toBe(
      'The invoice for order #W1093627, made out to Emma Carter, goes to emma.carter@example.com. Shall I send it?',
    );
    expect(script.writes()).toEqual([]);
    expect(script.hear('yes').text).toContain('on its way to emma.carter@example.com');
    expect(data.invoices.get('#W1093627')).toMatchObject([{ title: 'Emma Carter', taxId: null }]);
    expect(script.state.done).toEqual(['Sent the invoice of order #W1093627 to emma.carter@example.com.']);
  });

  it('goes to a company, with its tax number, at another address', () => {
    const { script, data } = open();
    script.hear('I need an invoice for W1093627', wish).hear('no');
    expect(script.expecting).toMatchObject({ slot: 'full_name', kind: 'anything' });
    script.hear('Carter Trading Limited').hear('yes');
    expect(script.expecting).toMatchObject({ slot: 'resolution', kind: 'tax_number', keys: { min: 6 } });
    script.keys('123456789#').hear('no');
    expect(script.expecting?.slot).toBe('email');
    script.hear('office at carter dot com');
    if (script.expecting?.slot === 'confirm' && !script.text.includes('Shall I send it')) script.hear('yes');
    script.hear('yes');
    expect(data.invoices.get('#W1093627')).toMatchObject([
      { title: 'Carter Trading Limited', taxId: '123456789', email: 'office@carter.com' },
    ]);
  });

  it('is not sent after a no', () => {
    const { script } = open();
    script.hear('I need an invoice for W1093627', wish).hear('yes').hear('no').hear('yes').hear('no');
    expect(script.text).toContain("haven't sent an invoice");
    expect(script.writes()).toEqual([]);
  });

  it('for a caller who does not have the tax number goes without', () => {
    const { script } = open();
    script.hear('an invoice for W1093627', wish).hear('yes').hear('yes').hear("I don't have it");
    expect(script.text).toContain('Shall I send it to emma.carter@example.com?');
  });

  it('that the shop refuses is a matter for a person', () => {
    const demo = demoShopForDialogs();
    const shop: typeof demo.shop = (operation, ...rest) =>
      operation === 'createInvoice' ? { ok: false, code: 'invalid_request' } : demo.shop(operation, ...rest);
    const script = new DialogScript(pack, { shop, from: emma });
    script.hear('an invoice for W1093627', wish).hear('yes').hear('no').hear('yes').hear('yes');
    expect(script.text).toContain("didn't accept that");
    expect(script.text).toContain('person');
  });

  it('is made out in Chinese', () => {
    const { script, data } = open(qiang);
    script.hear('我要开发票', wish).hear('是的').hear('对').hear('对').hear('不用').hear('可以');
    expect(script.text).toBe('订单#W8812604的发票，抬头李强，发到li.qiang@example.com，确定吗？');
    expect(script.hear('对').text).toContain('发票已经发到');
    expect(data.invoices.get('#W8812604')).toMatchObject([{ title: '李强' }]);
  });
});

describe('price protection', () => {
  const wish = { intent: 'price_protection' };

  /** Makes the first item of an order cheaper in the catalogue. */
  function cheaper(data: ReturnType<typeof open>['data'], id: string): void {
    const item = data.orders.get(id)?.items[0];
    const variant = data.products.get(item?.productId ?? '')?.variants.find(({ itemId }) => itemId === item?.itemId);
    if (!variant) throw new Error(`There is no item of ${id}.`);
    Object.assign(variant, { price: { amount: '100.00', currency: 'USD' } });
  }

  it('pays the difference back after a yes, and tells the amount that the shop granted', () => {
    const { script, data } = open();
    cheaper(data, '#W1093627');
    script.hear('the headphones of W1093627 got cheaper', wish);
    expect(script.text).toBe('Shall I ask for the price difference of wireless headphones in order #W1093627?');
    expect(script.writes()).toEqual([]);
    expect(script.hear('yes').text).toContain('Good news: you get $79.00 back.');
  });

  it('that brings nothing is told kindly', () => {
    const { script } = open();
    script.hear('the price of W1093627 dropped', wish).hear('both').hear('yes');
    expect(script.text).toContain("nothing can be paid back, because the price isn't lower now");
  });

  it('is not asked for after a no', () => {
    const { script } = open();
    script.hear('the headphones of W1093627 got cheaper', wish).hear('no');
    expect(script.text).toContain("I haven't asked for anything");
    expect(script.writes()).toEqual([]);
  });

  it('after its time has passed says so', () => {
    const { script } = open({ from: '+13125550102' });
    script.hear('the price of W5061948 dropped', wish).hear('yes');
    expect(script.text).toContain('the time for that has passed');
  });

  it('of a cancelled order has nothing to pay back', () => {
    const { script, data } = open();
    Object.assign(data.orders.get('#W4410273') ?? {}, { status: 'cancelled' });
    script.hear('the price of W4410273 dropped', wish);
    expect(script.text).toContain('is cancelled, so there is nothing to pay back');
  });

  it('is told in Chinese', () => {
    const { script, data } = open(qiang);
    Object.assign(data.orders.get('#W8812604')?.items[0] ?? {}, { price: { amount: '95.00', currency: 'USD' } });
    script.hear('刚买就降价了', wish).hear('是的').hear('是的');
    expect(script.text).toBe('为订单#W8812604的电饭煲申请价保，确定吗？');
    expect(script.hear('是的').text).toContain('价保成功，为您退回差价US$6.00');
  });
});

describe('coupons', () => {
  const wish = { intent: 'coupon' };

  it('are told with amount, condition, code and day', () => {
    const { script } = open();
    script.hear('do I have any coupons', wish).hear('yes');
    expect(script.text).toContain('You have one coupon.');
    expect(script.text).toContain('$25.00 off from $150.00 on, code SPRING25, until Wednesday, July 15.');
    expect(script.expecting?.slot).toBe('anything_else');
  });

  it('are three at most, however many there are', () => {
    const { script, data } = open();
    const [coupon] = data.coupons.get('C10001') ?? [];
    if (!coupon) throw new Error('Emma has no coupon.');
    data.coupons.set('C10001', Array.from({ length: 5 }, (_, index) => ({ ...coupon, code: `CODE${String(index)}` })));
    script.hear('do I have any coupons', wish).hear('yes');
    expect(script.text).toContain('You have five coupons. Here are the first three.');
    expect(script.text).toContain('CODE2');
    expect(script.text).not.toContain('CODE3');
  });

  it('that there are none is said', () => {
    const { script, data } = open();
    data.coupons.delete('C10001');
    expect(script.hear('do I have any coupons', wish).hear('yes').text).toContain("no coupon in your account");
  });

  it('of a shop that tells little are told with what there is', () => {
    const demo = demoShopForDialogs();
    const shop: typeof demo.shop = (operation, ...rest) =>
      operation === 'listCoupons'
        ? { ok: true, value: { coupons: [{ code: 'HELLO5' }, { id: 'x' }] } }
        : demo.shop(operation, ...rest);
    const script = new DialogScript(pack, { shop, from: emma });
    script.hear('do I have any coupons', wish).hear('yes');
    expect(script.text).toContain('One with the code HELLO5. One more in your account.');
  });

  it('are told in Chinese', () => {
    const { script } = open(qiang);
    script.hear('我有没有优惠券', wish).hear('是的');
    expect(script.text).toMatch(/优惠券/);
    expect(script.expecting?.slot).toBe('anything_else');
  });
});
