import { describe, expect, it } from 'vitest';
import { demoShopForDialogs } from '../../../support/dialog-demo-shop.ts';
import { DialogScript, shippedPack } from '../../../support/dialog-script.ts';

const pack = await shippedPack;
const emma = '+12125550101';

function open(options: ConstructorParameters<typeof DialogScript>[1] = {}) {
  const demo = demoShopForDialogs();
  const script = new DialogScript(pack, { shop: demo.shop, from: emma, ...options });
  return { script, data: demo.data };
}

describe('returning items', () => {
  it('asks what, how many, why, where the money goes and how it is sent, and reads it back', () => {
    const { script, data } = open();
    script.hear('I want to return something from order W1093627');
    expect(script.expecting).toMatchObject({ slot: 'item_choice', kind: 'choice' });
    expect(script.expecting?.choices).toHaveLength(2);
    expect(script.hear('the mugs').expecting).toMatchObject({ slot: 'quantity', kind: 'number' });
    expect(script.hear('just one').expecting?.slot).toBe('reason');
    expect(script.hear('they are too small').expecting?.slot).toBe('refund_destination');
    expect(script.hear('the gift card').expecting?.slot).toBe('resolution');
    expect(script.hear('by mail').text).toBe(
      'You return a ceramic mug, and $18.00 goes back to your gift card. Shall I register that?',
    );
    expect(script.writes()).toEqual([]);
    script.hear('yes');
    expect(script.text).toContain('Your return number is R200001.');
    expect(script.text).toContain('$18.00 goes to your gift card and should be there by Wednesday, June 24.');
    expect(data.returns.get('#W1093627')).toMatchObject([
      {
        method: 'mail',
        items: [{ itemId: 'P122-01', quantity: 1, reason: 'does_not_fit' }],
        refund: { to: 'gift_10001' },
      },
    ]);
  });

  it('does not ask what the wish says', () => {
    const { script } = open();
    script.hear('I want to return the headphones of order W1093627 because they are broken');
    expect(script.expecting?.slot).toBe('refund_destination');
  });

  it.each([
    ['both', 'wireless headphones and two ceramic mugs'],
    ['all but the mugs', 'wireless headphones,'],
    ['the cheaper one', 'two ceramic mugs'],
    ['the second one', 'two ceramic mugs'],
    ['the black ones', 'wireless headphones,'],
  ])('takes "%s"', (choice, items) => {
    const { script } = open();
    script.hear('I want to return something from order W1093627').hear(choice);
    if (script.expecting?.slot === 'quantity') script.hear('all of them');
    script.hear('they are broken').hear('my card').hear('by mail');
    expect(script.text).toContain(`You return ${items}`);
  });

  it('takes no more pieces than there are', () => {
    const { script } = open();
    script.hear('I want to return the mugs of order W1093627').hear('five');
    expect(script.text).toContain('from one to 2');
    expect(script.hear('two').expecting?.slot).toBe('reason');
  });

  it('has it picked up on a day and in a part of the day that suit', () => {
    const { script, data } = open();
    script.hear('I want to return the headphones of order W1093627 because they are broken');
    script.hear('credit card').hear('please pick it up').hear('yes');
    expect(script.expecting).toMatchObject({ slot: 'date', kind: 'date' });
    expect(script.hear('last Monday').text).toContain('from today on');
    script.hear('tomorrow afternoon');
    expect(script.text).toContain('tomorrow, between 1:00 PM and 6:00 PM, to 214 Maple Street');
    expect(script.hear('yes').text).toContain('Good, we come tomorrow');
    expect(data.pickups.get('#W1093627')).toMatchObject([
      { windowStart: '2026-06-11T17:00:00.000Z', windowEnd: '2026-06-11T22:00:00.000Z' },
    ]);
  });

  it('asks for another day when the shop cannot come then', () => {
    const { script } = open();
    script.hear('I want to return the headphones of order W1093627 because they are broken');
    script.hear('credit card').hear('pick it up').hear('yes').hear('July 30').hear('yes');
    expect(script.text).toContain("can't come on that day");
    expect(script.expecting?.slot).toBe('date');
  });

  it('is not offered a pick-up where the shop has none', () => {
    const { shop } = demoShopForDialogs({ without: ['pickups'] });
    const script = new DialogScript(pack, { shop, from: emma });
    script.hear('I want to return the headphones of order W1093627 because they are broken').hear('my card');
    expect(script.expecting?.slot).toBe('confirm');
  });

  it('after the window says so before anything is asked', () => {
    const { script } = open({ from: '+13125550102' });
    script.hear('I want to return order W5061948');
    expect(script.text).toContain('the time for that has passed');
  });

  it('of an order that has not left offers to cancel it', () => {
    const { script } = open();
    script.hear('I want to return order W4410273').hear('yes').hear('by mistake');
    expect(script.text).toContain('Shall I cancel it?');
  });

  it('happens once for an order', () => {
    const { script } = open();
    script.hear('I want to return the headphones of order W1093627 because they are broken');
    script.hear('my card').hear('by mail').hear('yes').hear('I want to return the mugs too');
    expect(script.text).toContain('already requested for this order');
  });

  it('works in Chinese', () => {
    const { script, data } = open({ language: 'zh', from: '+8614105550102' });
    script.hear('我要退货 W8812604').hear('坏了').hear('上门取件');
    expect(script.text).toBe('退回电饭煲，US$89.00退到微信支付。确定办理退货吗？');
    script.hear('是的').hear('后天上午').hear('是的');
    expect(script.text).toContain('上门取件');
    expect(data.returns.get('#W8812604')).toMatchObject([{ method: 'pickup', items: [{ reason: 'defective' }] }]);
    expect(data.pickups.get('#W8812604')).toHaveLength(1);
  });
});

describe('exchanging items', () => {
  it('asks which item and what for, reminds that it works once, and reads it back', () => {
    const { script, data } = open();
    script.hear('exchange something of order W1093627').hear('the headphones');
    expect(script.expecting?.slot).toBe('item_option');
    expect(script.hear('the white ones').text).toContain('only once for an order');
    expect(script.hear('yes').text).toContain('the wireless headphones in white, over ear?');
    expect(script.hear('yes').text).toContain('your exchange number is E200001');
    expect(data.exchanges.get('#W1093627')?.[0]?.changes).toHaveLength(1);
    expect(data.orders.get('#W1093627')?.flags).toContain('exchange_requested');
  });

  it('takes further items', () => {
    const { script, data } = open();
    script.hear('exchange something of order W1093627').hear('the headphones').hear('white').hear('no');
    expect(script.expecting?.slot).toBe('item_option');
    script.hear('blue').hear('yes');
    expect(script.text).toContain('the wireless headphones in white, over ear; and the ceramic mug in blue, small');
    script.hear('yes');
    expect(data.exchanges.get('#W1093627')?.[0]?.changes).toHaveLength(2);
  });

  it('takes item and variant out of the wish, but not what there is for what is wanted', () => {
    const { script } = open();
    script.hear('exchange the white mugs of order W1093627 for green ones');
    expect(script.text).toContain('only once');
    expect(script.hear('yes').text).toContain('the ceramic mug in green, small');
    const { script: other } = open();
    other.hear('exchange the white mugs of order W1093627');
    expect(other.expecting?.slot).toBe('item_option');
  });

  it('tells the difference in price and who pays it', () => {
    const { script, data } = open();
    script.hear('exchange the white mugs of order W1093627 for large ones').hear('yes');
    expect(script.expecting?.slot).toBe('payment_method');
    script.hear('credit card');
    expect(script.text).toContain('$8.00 more, on your Visa credit card ending in 4417. Shall I register the exchange?');
    expect(script.hear('yes').text).toContain('$8.00 goes on your Visa credit card ending in 4417.');
    expect(data.exchanges.get('#W1093627')?.[0]?.difference.amount).toBe('8.00');
  });

  it('of an order that has not left changes the order instead', () => {
    const { script } = open();
    script.hear('exchange something of order W4410273').hear('yes').hear('a bigger size').hear('yes');
    expect(script.text).toContain('now has the trail shoes in grey, 8');
  });

  it('leaves everything as it is after a no', () => {
    const { script, data } = open();
    script.hear('exchange the headphones of order W1093627 for white ones').hear('yes').hear('no');
    expect(script.text).toContain('nothing is exchanged');
    expect(data.exchanges.get('#W1093627')).toBeUndefined();
  });
});
