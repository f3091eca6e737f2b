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

describe('changing the address of an order', () => {
  const asked = (options = {}) => {
    const call = open(options);
    call.script.hear('send order W4410273 somewhere else', { intent: 'change_address' });
    return call;
  };

  it('asks for the parts, reads them back, and changes it after a yes', () => {
    const { script, data } = asked();
    expect(script.expecting).toMatchObject({ slot: 'address', kind: 'address' });
    expect(script.hear('15 Oak Street').text).toContain('Which city');
    expect(script.expecting?.collected).toBe('15 Oak Street');
    expect(script.hear('Denver').text).toContain('postal code');
    expect(script.hear('eight oh two oh two').text).toBe("That's 15 Oak Street, Denver, CO 80202. Is that right?");
    script.hear('yes');
    expect(script.text).toBe('Shall I send order #W4410273 to 15 Oak Street, Denver, CO 80202?');
    expect(script.writes()).toEqual([]);
    expect(script.hear('yes').text).toContain('goes to the new address');
    expect(data.orders.get('#W4410273')?.address).toMatchObject({
      line1: '15 Oak Street',
      city: 'Denver',
      state: 'CO',
      country: 'US',
      postalCode: '80202',
    });
  });

  it('is of the order that is named now, not of the one before', () => {
    const { script, data } = open();
    script.hear('where is my order W1093627', { intent: 'order_status' });
    expect(script.text).toContain('#W1093627');
    script.hear('send order W4410273 somewhere else', { intent: 'change_address' });
    expect(script.expecting?.slot).toBe('address');
    script.hear('15 Oak Street, Denver, Colorado, 80202').hear('yes').hear('yes');
    expect(data.orders.get('#W4410273')?.address.line1).toBe('15 Oak Street');
    expect(data.orders.get('#W1093627')?.address.line1).not.toBe('15 Oak Street');
  });

  it('takes a whole address at once, and a correction of one part of it', () => {
    const { script } = asked();
    script.hear('15 Oak Street, apartment 3, Denver, Colorado 80202');
    expect(script.text).toContain('15 Oak Street, Apartment 3, Denver, CO 80202');
    expect(script.hear('no, the zip code is 80203').text).toContain('Denver, CO 80203');
    expect(script.hear('no').text).toContain('What should I correct');
    expect(script.hear('the street').text).toContain('street and the house number');
    expect(script.hear('50 Oak Street').text).toContain('50 Oak Street, Apartment 3, Denver, CO 80203');
  });

  it('takes the address out of the wish', () => {
    const { script } = open();
    script.hear('send order W4410273 to 12 Elm Avenue, Boston, Massachusetts 02108', { intent: 'change_address' });
    expect(script.text).toContain("That's 12 Elm Avenue, Boston, MA 02108. Is that right?");
  });

  it('offers the address on file where the order goes elsewhere', () => {
    const { script, data } = asked();
    script.hear('12 Elm Avenue, Boston, Massachusetts 02108').hear('yes').hear('yes');
    script.hear('send the order to another address', { intent: 'change_address' });
    expect(script.text).toContain('your address on file, 214 Maple Street, Apt 5, New York, NY 10011?');
    script.hear('yes').hear('yes');
    expect(data.orders.get('#W4410273')?.address.line1).toBe('214 Maple Street');
  });

  it('is asked again when the shop does not know the address', () => {
    const { script, data } = asked();
    script.hear('15 Oak Street, Denver, New York 80202').hear('yes').hear('yes');
    expect(script.text).toContain("doesn't know that address");
    expect(script.expecting?.slot).toBe('address');
    script.hear('15 Oak Street, Denver, Colorado 80202').hear('yes').hear('yes');
    expect(data.orders.get('#W4410273')?.address.state).toBe('CO');
  });

  it('of an order on its way is a matter for a person', () => {
    const { script } = open();
    script.hear('send order W2378156 somewhere else', { intent: 'change_address' });
    expect(script.text).toContain("can't be changed any more");
    expect(script.text).toContain('person');
  });

  it('works in Chinese', () => {
    const { script, data } = asked({ language: 'zh' });
    script.hear('上海市静安区中山路八十八号');
    script.hear('二零零零四零').hear('是的').hear('是的');
    expect(script.text).toContain('已经改送到新地址');
    expect(data.orders.get('#W4410273')?.address).toMatchObject({ city: '上海市', country: 'CN' });
  });
});

describe('changing the payment of an order', () => {
  const withTwo = () => {
    const demo = demoShopForDialogs();
    demo.data.customers.get('C10001')?.paymentMethods.push({ id: 'paypal_10001', kind: 'paypal' });
    return { script: new DialogScript(pack, { shop: demo.shop, from: emma }), data: demo.data };
  };

  it('names the other methods, and changes it after a yes', () => {
    const { script, data } = withTwo();
    script.hear('I want to pay order W4410273 differently', { intent: 'change_payment' });
    expect(script.text).toContain('The first: your gift card, balance $60.00. The second: your PayPal account.');
    expect(script.hear('PayPal').text).toContain('paid with your PayPal account instead?');
    script.hear('yes');
    expect(script.text).toContain('is now paid with your PayPal account');
    expect(script.text).toContain('The refund of $129.00 to your Visa credit card ending in 4417 is under way.');
    expect(data.orders.get('#W4410273')?.payments.at(-1)?.method).toBe('paypal_10001');
  });

  it('takes the method out of the wish', () => {
    const { script } = withTwo();
    script.hear('please charge order W4410273 to my PayPal', { intent: 'change_payment' });
    expect(script.expecting?.slot).toBe('confirm');
  });

  it('offers what is left when a gift card does not hold enough', () => {
    const { script } = withTwo();
    script.hear('pay order W4410273 with my gift card', { intent: 'change_payment' }).hear('yes');
    expect(script.text).toContain("There isn't enough left on that gift card.");
    expect(script.text).toContain('The first: your PayPal account.');
  });
});

describe('changing items of an order', () => {
  it('asks what it should be and reads it back', () => {
    const { script, data } = open();
    script.hear('change order W4410273', { intent: 'change_items' });
    expect(script.expecting).toMatchObject({ slot: 'item_option', kind: 'choice' });
    expect(script.text).toContain('instead of the trail shoes, grey, 7');
    expect(script.hear('a bigger size').text).toContain('the trail shoes in grey, 8?');
    expect(script.hear('yes').text).toContain('now has the trail shoes in grey, 8');
    expect(data.orders.get('#W4410273')).toMatchObject({
      flags: ['items_changed'],
      items: [{ options: { colour: 'grey', size: '8' } }],
    });
  });

  it('takes a value by its sound, where the words say nothing', () => {
    const { script } = open();
    script.hear('change order W4410273', { intent: 'change_items' }).hear('another colour');
    expect(script.hear('Orrin, please.').text).toContain('orange');
  });

  it('asks for the facet that is still open', () => {
    const { script } = open();
    script.hear('change order W4410273', { intent: 'change_items' }).hear('another colour');
    expect(script.text).toBe('Which colour: orange or grey?');
    expect(script.hear('orange').text).toContain('the trail shoes in orange, 7?');
  });

  it('takes what it should be out of the wish', () => {
    const { script } = open();
    script.hear('change order W4410273 to orange in size eight', { intent: 'change_items' });
    expect(script.text).toContain('the trail shoes in orange, 8?');
  });

  it('names what is near when it is out of stock', () => {
    const { script, data } = open();
    const variants = data.products.get('P107')?.variants ?? [];
    for (const variant of variants) {
      Object.assign(variant, { available: !(variant.options.colour === 'grey' && variant.options.size === '9') });
    }
    script.hear('change order W4410273', { intent: 'change_items' }).hear('grey in size nine');
    expect(script.text).toContain('out of stock');
    expect(script.expecting?.choices?.length).toBeGreaterThan(0);
    expect(script.hear('orange in nine').text).toContain('the trail shoes in orange, 9?');
  });

  it('asks how the difference is settled, and tells it before the yes', () => {
    const { shop, data } = demoShopForDialogs();
    const order = data.orders.get('#W4410273');
    Object.assign(order?.items[0] ?? {}, { price: { amount: '100.00', currency: 'USD' } });
    const script = new DialogScript(pack, { shop, from: emma });
    script.hear('change order W4410273 to size nine', { intent: 'change_items' });
    expect(script.expecting?.slot).toBe('payment_method');
    expect(script.hear('the gift card').text).toContain('$29.00 more, on your gift card');
    expect(script.hear('yes').text).toContain('$29.00 goes on your gift card.');
    expect(data.customers.get('C10001')?.paymentMethods[1]?.balance?.amount).toBe('31.00');
  });

  it('happens once for an order', () => {
    const { script } = open();
    script.hear('change order W4410273 to size nine', { intent: 'change_items' }).hear('yes');
    script.hear('change order W4410273 to size ten', { intent: 'change_items' });
    expect(script.text).toContain('that works only once');
  });

  it('of an order that is not pending says so', () => {
    const { script } = open();
    script.hear('change order W2378156', { intent: 'change_items' });
    expect(script.text).toContain("can't be changed any more");
  });
});
