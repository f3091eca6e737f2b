import { describe, expect, it } from 'vitest';
import type { DemoShopOptions } from '../../../../src/commerce/demo-shop/demo-shop.ts';
import { demoShopForDialogs } from '../../../support/dialog-demo-shop.ts';
import { DialogScript, shippedPack, type ScriptOptions } from '../../../support/dialog-script.ts';

const pack = await shippedPack;
const emma = '+12125550101';
const wish = { intent: 'account' };

function open(options: ScriptOptions = {}, shopOptions: DemoShopOptions = {}) {
  const codes: string[] = [];
  const { shop, data } = demoShopForDialogs({ onVerificationCode: ({ code }) => codes.push(code), ...shopOptions });
  return { script: new DialogScript(pack, { shop, from: emma, ...options }), data, codes };
}

describe('a caller whose number belongs to one customer', () => {
  it.each(['yes', 'Emma Carter', 'this is Emma', 'one zero zero one one', '10011', 'W4410273'])(
    'is known by "%s"',
    (answer) => {
      const { script } = open();
      script.hear('cancel my order');
      expect(script.text).toBe('Am I speaking with Emma?');
      script.hear(answer);
      expect(script.state).toMatchObject({ variables: { customer: { id: 'C10001' } } });
      expect(['confirm', 'reason']).toContain(script.expecting?.slot);
    },
  );

  it('hears of the open order at once', () => {
    const { script } = open({ from: '+12065550103' });
    script.hear('where is my order').hear('yes');
    expect(script.text).toContain('Is it about your order');
  });

  it('who is somebody else is asked for the e-mail address', () => {
    const { script } = open();
    script.hear('cancel my order').hear('no');
    expect(script.expecting?.slot).toBe('email');
    script.hear('james.walker@example.com');
    expect(script.state.variables).toMatchObject({ customer: { id: 'C10002' }, candidate: null });
  });

  it('whose address was misheard is found by names that sound like it, and is asked whether it is right', () => {
    const { script } = open();
    script.hear('cancel my order').hear('no').hear('Jane\'s dot walkers at example dot com');
    expect(script.text).toContain('james.walker@example.com');
    script.hear('yes');
    expect(script.state.variables).toMatchObject({ customer: { id: 'C10002' }, verified_by: 'e-mail address' });
  });

  it('whose typed address is nobody\'s is not taken for another', () => {
    const { script } = open({ channel: 'text' });
    script.hear('cancel my order').hear('no').hear('janes.walkers@example.com');
    expect(script.text).not.toContain('james');
    expect(script.state.variables).not.toHaveProperty('customer');
  });

  it('whose postal code was misheard says it again, and need not spell the name', () => {
    const { script } = open();
    script.hear('cancel my order').hear('my name is James Walker').hear('60641');
    expect(script.text).toContain('postal code 60641');
    script.hear('No, the postal code is 60614.');
    expect(script.state.variables).toMatchObject({ customer: { id: 'C10002' } });
  });

  it('who gives another name is looked up by it', () => {
    const { script } = open();
    script.hear('cancel my order').hear('my name is James Walker');
    expect(script.expecting?.slot).toBe('postal_code');
  });

  it('who only wants to know where an order is may give its number instead', () => {
    const { script } = open();
    script.hear('where is my order').hear('no');
    expect(script.expecting?.slot).toBe('order_number');
  });

  it('is known in Chinese, by the full name', () => {
    const { script } = open({ from: '+8614105550102', language: 'zh' });
    expect(script.hear('我要取消订单').text).toBe('请问是李强本人吗？');
    expect(script.hear('我是李强').state.variables).toMatchObject({ customer: { id: 'C10005' } });
  });
});

describe('what settings.yaml calls sensitive', () => {
  it('needs a code that was sent to the registered number, after a yes', () => {
    const { script, data, codes } = open();
    script.hear('I moved, change my address', wish).hear('yes');
    expect(script.text).toContain('may I send a code to your registered phone number?');
    expect(codes).toEqual([]);
    script.hear('yes');
    expect(script.expecting).toMatchObject({ slot: 'verification_code', kind: 'digits', keys: { min: 4, max: 6 } });
    script.keys(codes[0] ?? '');
    expect(script.expecting?.slot).toBe('address');
    script.hear('12 Oak Street, Boston, Massachusetts, 02110').hear('yes');
    expect(script.text).toContain('Shall I change the address of your account to 12 Oak Street');
    script.hear('yes');
    expect(script.text).toContain('Your account has the new address.');
    expect(data.customers.get('C10001')?.address).toMatchObject({ line1: '12 Oak Street', postalCode: '02110' });
  });

  it('takes the code by voice as well', () => {
    const { script, codes } = open();
    script.hear('change my address', wish).hear('yes').hear('yes');
    script.hear((codes[0] ?? '').replace(/\B/g, ' '));
    expect(script.expecting?.slot).toBe('address');
  });

  it('after three wrong codes is a matter for a person', () => {
    const { script, codes } = open();
    script.hear('change my address', wish).hear('yes').hear('yes');
    const [one = '', two = '', three = ''] = ['111111', '222222', '333333', '444444'].filter((code) => code !== codes[0]);
    expect(script.hear(one).text).toContain("That code doesn't fit.");
    expect(script.hear(two).expecting?.slot).toBe('verification_code');
    expect(script.hear(three).text).toContain("couldn't confirm the code");
    expect(script.text).toContain('person');
    expect(script.writes().map(({ operation }) => operation)).not.toContain('setCustomerAddress');
  });

  it('comes by e-mail when the telephone does not suit', () => {
    const { script, codes } = open();
    script.hear('change my address', wish).hear('yes').hear('no');
    expect(script.text).toContain('a short code to the e-mail address');
    script.hear('yes').hear(codes[0] ?? '');
    expect(script.expecting?.slot).toBe('address');
  });

  it('is not done without a code', () => {
    const { script } = open();
    script.hear('change my address', wish).hear('yes').hear('no').hear('no');
    expect(script.text).toContain("without the code I can't change that myself");
    expect(script.text).toContain('person');
  });

  it('is asked for one code in a call, not for each change', () => {
    const { script, codes } = open();
    script.hear('change my phone number', wish).hear('yes').hear('yes').hear(codes[0] ?? '');
    script.hear('212 555 0199').hear('yes').hear('change my email address', wish);
    expect(script.expecting?.slot).toBe('email');
  });

  it('needs no code where the shop can send none', () => {
    const { script } = open({}, { without: ['verifications'] });
    script.hear('change my address', wish).hear('yes');
    expect(script.expecting?.slot).toBe('address');
  });
});

describe('account data', () => {
  it('that the interface cannot change is recorded under a number', () => {
    const { script, codes } = open();
    script.hear('I have a new phone number', wish).hear('yes').hear('yes').hear(codes[0] ?? '');
    expect(script.expecting?.slot).toBe('phone');
    script.hear('212 555 0199').hear('yes');
    expect(script.text).toMatch(/a colleague will make the change\. Your number for it is \d{8}\./);
    expect(script.notes('account-change-requested')).toMatchObject([
      { part: 'phone', value: '+12125550199', customer: 'C10001' },
    ]);
  });

  it('stays as it is after a no', () => {
    const { script, codes } = open();
    script.hear('change my address', wish).hear('yes').hear('yes').hear(codes[0] ?? '');
    script.hear('12 Oak Street, Boston, Massachusetts, 02110').hear('yes').hear('no');
    expect(script.text).toContain('your account stays as it is');
  });

  it('is asked into when the wish does not say what', () => {
    const { script } = open();
    expect(script.hear('update my details', wish).expecting?.slot).toBe('resolution');
  });

  it('of a shop that cannot change addresses is recorded', () => {
    const { script, codes } = open({}, { without: ['customer-address'] });
    script.hear('change my address', wish).hear('yes').hear('yes').hear(codes[0] ?? '');
    script.hear('12 Oak Street, Boston, Massachusetts, 02110').hear('yes').hear('yes');
    expect(script.notes('account-change-requested')).toMatchObject([{ part: 'address' }]);
  });

  it('is changed in Chinese', () => {
    const { script, codes } = open({ from: '+8614105550101', language: 'zh' });
    script.hear('我要改手机号', wish).hear('是的');
    expect(script.text).toBe('为了您的账户安全，我给您登记的手机发一个验证码，可以吗？');
    script.hear('可以').hear(codes[0] ?? '').hear('13900139000');
    expect(script.text).toContain('+86 139 0013 9000');
    expect(script.hear('对').text).toContain('登记号是');
  });
});
