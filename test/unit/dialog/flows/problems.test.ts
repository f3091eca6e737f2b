import { describe, expect, it } from 'vitest';
import type { DemoShopOptions } from '../../../../src/commerce/demo-shop/demo-shop.ts';
import { demoShopForDialogs } from '../../../support/dialog-demo-shop.ts';
import { DialogScript, shippedPack, type ScriptOptions } from '../../../support/dialog-script.ts';

const pack = await shippedPack;
const emma = '+12125550101';
const desk = { transferTarget: 'sip:desk@example.com' };

function open(options: ScriptOptions = {}, shopOptions: DemoShopOptions = {}) {
  const { shop, data } = demoShopForDialogs(shopOptions);
  return { script: new DialogScript(pack, { shop, from: emma, ...options }), data };
}

describe('something that arrived damaged, wrong or not at all', () => {
  const wish = { intent: 'damaged_or_missing' };

  it('goes back without being asked about again', () => {
    const { script, data } = open();
    script.hear('my order W1093627 arrived damaged', wish);
    expect(script.expecting?.slot).toBe('item_choice');
    script.hear('the headphones');
    expect(script.text).toContain("I'm sorry about that. Would you like your money back, an exchange, or a person");
    expect(script.expecting?.slot).toBe('resolution');
    expect(script.hear('money back').expecting?.slot).toBe('refund_destination');
    script.hear('the card').hear('by mail');
    expect(script.text).toContain('You return wireless headphones, and $179.00 goes back');
    script.hear('yes');
    expect(data.returns.get('#W1093627')).toMatchObject([
      { items: [{ itemId: 'P131-01', reason: 'defective' }] },
    ]);
  });

  it('is exchanged when that is wanted', () => {
    const { script } = open();
    script.hear('you sent the wrong mug in W1093627, I want a replacement', wish);
    expect(script.expecting?.slot).toBe('item_option');
    expect(script.text).toContain('What would you like instead of the ceramic mug');
  });

  it('is asked into when the wish does not say what is wrong', () => {
    const { script } = open();
    script.hear('there is a problem with W1093627', wish);
    expect(script.expecting?.slot).toBe('reason');
    script.hear('one is missing');
    expect(script.expecting?.slot).toBe('item_choice');
  });

  it('is an ordinary return when nothing is wrong with it', () => {
    const { script, data } = open();
    script.hear('I want to send the headphones of W1093627 back', wish);
    expect(script.expecting?.slot).toBe('reason');
    script.hear("I don't need it anymore");
    expect(script.expecting?.slot).toBe('refund_destination');
    script.hear('the card').hear('by mail').hear('yes');
    expect(data.returns.get('#W1093627')).toMatchObject([
      { items: [{ itemId: 'P131-01', reason: 'no_longer_needed' }] },
    ]);
  });

  it('is an ordinary return in Chinese, too', () => {
    const { script } = open({ language: 'zh' });
    script.hear('W1093627的耳机我要退回去', wish).hear('用不着了').hear('第一件');
    expect(script.expecting?.slot).toBe('refund_destination');
  });

  it('comes with everything that was told to the person who takes over', () => {
    const { script } = open(desk);
    script.hear('the mugs are missing from W1093627', wish).hear('yes please');
    expect(script.transfer()).toMatchObject({
      skill: 'returns',
      briefing: {
        reason: 'item-problem',
        slots: { reason: 'missing', item_choice: ['P122-01'], order_number: '#W1093627' },
        done: ['Order #W1093627: two ceramic mugs: missing.'],
      },
    });
  });

  it('may be in another parcel that is still on its way', () => {
    const { script } = open();
    script.hear('the flasks are missing from W2378156', wish);
    expect(script.text).toContain('It comes in another package with Parcelway, which should arrive tomorrow.');
    expect(script.hear('no').expecting?.slot).toBe('anything_else');
  });

  it('too late to go back is a matter for a person', () => {
    const { script } = open({ from: '+13125550102' });
    script.hear('it arrived broken, W5061948', wish);
    expect(script.text).toContain("I'm sorry about that. Would you like to talk to a person?");
  });

  it('of an order that has not left is told where it is', () => {
    const { script } = open();
    expect(script.hear('something is missing from W4410273', wish).text).toContain('W4410273');
    expect(script.expecting?.slot).not.toBe('item_choice');
  });

  it('is a matter for a person where the shop takes nothing back', () => {
    const { script } = open({}, { without: ['returns', 'exchanges'] });
    script.hear('the headphones of W1093627 are broken', wish);
    expect(script.text).toContain('person');
    expect(script.expecting?.slot).toBe('confirm');
  });

  it('is taken up in Chinese', () => {
    const { script } = open({ from: '+8614105550102', language: 'zh' });
    script.hear('收到的东西是坏的', wish).hear('是的').hear('是的');
    expect(script.text).toContain('非常抱歉');
    expect(script.expecting?.slot).toBe('resolution');
    expect(script.hear('退款').text).toContain('邮寄');
  });

  it('can be left to nobody, which changes nothing', () => {
    const { script } = open();
    script.hear('the headphones of W1093627 are broken', wish).hear('a person').hear('no').hear('no');
    expect(script.writes()).toEqual([]);
    expect(script.expecting?.slot).toBe('anything_else');
  });
});

describe('a parcel that went astray', () => {
  const wish = { intent: 'delivery_problem' };

  it('and is still on its way is told first as that', () => {
    const { script } = open();
    script.hear('I think W2378156 is lost', wish);
    expect(script.text).toContain('It is still on its way with Parcelway and should arrive tomorrow.');
    expect(script.hear('no').expecting?.slot).toBe('anything_else');
  });

  it('and is late is apologised for, and a person is offered', () => {
    const { script } = open({ from: '+12065550103', ...desk });
    script.hear('my parcel W3489160 is lost', wish);
    expect(script.text).toContain("It is late with Bluebird Post, I'm sorry.");
    script.hear('yes');
    expect(script.transfer()?.briefing.done[0]).toMatch(/W3489160: Bluebird Post, tracking number .* is late\./);
  });

  it('that the carrier says is delivered is told with its words', () => {
    const { script } = open(desk);
    script.hear('W1093627 says delivered but I never got it', wish);
    expect(script.text).toContain('Northline says it was delivered on Tuesday, June 2: Delivered to the front door.');
    script.hear('yes');
    expect(script.transfer()).toMatchObject({ briefing: { reason: 'delivery', slots: { reason: 'not_received' } } });
  });

  it('that the carrier lost is told as that', () => {
    const { script, data } = open({ from: '+12065550103' });
    Object.assign(data.shipments.get('#W3489160')?.[0] ?? {}, { status: 'lost' });
    expect(script.hear('where did W3489160 get lost', wish).text).toContain('Bluebird Post seems to have lost it.');
  });

  it('to be stopped on its way goes to a person', () => {
    const { script } = open();
    script.hear('please intercept W2378156', wish);
    expect(script.text).toContain('A colleague has to ask the carrier to stop it. Would you like to talk to a person?');
  });

  it('to be stopped before it has left can be cancelled', () => {
    const { script, data } = open();
    script.hear('stop the parcel W4410273', wish);
    expect(script.text).toContain("hasn't left yet, so it can be cancelled");
    script.hear('yes').hear('by mistake').hear('yes');
    expect(data.orders.get('#W4410273')?.status).toBe('cancelled');
  });

  it('to be stopped after it has arrived can be returned', () => {
    const { script } = open();
    script.hear('intercept the parcel W1093627', wish);
    expect(script.text).toContain("can't be stopped any more");
    expect(script.hear('yes').expecting?.slot).toBe('item_choice');
  });

  it('of an order that has not left is told where it is', () => {
    const { script } = open();
    expect(script.hear('W4410273 is lost', wish).text).toContain('W4410273');
  });

  it('is asked into when the wish does not say what happened', () => {
    const { script } = open();
    script.hear('there is trouble with a delivery', wish);
    expect(script.expecting?.slot).toBe('reason');
    script.hear('my neighbour signed for it');
    expect(script.state.slots).toMatchObject({ reason: 'somebody_else' });
  });

  it('is taken up in Chinese', () => {
    const { script } = open({ from: '+8614105550102', language: 'zh' });
    script.hear('显示签收了但我没收到', wish).hear('是的').hear('是的');
    expect(script.text).toContain('显示');
    expect(script.text).toContain('已经签收');
    expect(script.text).toContain('人工');
  });
});
