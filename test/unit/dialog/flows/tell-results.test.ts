import { describe, expect, it } from 'vitest';
import type { FinishedChange } from '../../../../src/core/changes.ts';
import { demoShopForDialogs } from '../../../support/dialog-demo-shop.ts';
import { DialogScript, shippedPack } from '../../../support/dialog-script.ts';

const pack = await shippedPack;
const change = (overrides: Partial<FinishedChange> = {}): FinishedChange => ({
  callId: 'call-0',
  taskId: 't5',
  operation: 'setOrderAddress',
  orderId: '#W4410273',
  code: null,
  ...overrides,
});

function call(untold: readonly FinishedChange[], language: 'en' | 'zh' = 'en') {
  const { shop } = demoShopForDialogs();
  return new DialogScript(pack, { shop, untold, language, from: '+12125550101' });
}
const told = (script: DialogScript) =>
  script.effects.filter((effect) => effect.type === 'note' && effect.name === 'change-told');

describe('what came of a change of the last call', () => {
  it('is told between the greeting and the first question, by the end of the number alone', () => {
    const script = call([change()]);
    expect(script.text).toBe(
      'Hello, this is the Kefu demo shop. Before you ask: the change of address for your order ending in 273 is done. How can I help you?',
    );
    expect(script.text).not.toContain('4410273');
    expect(told(script)).toMatchObject([{ data: { callId: 'call-0', taskId: 't5' } }]);
    expect(call([change()], 'zh').text).toContain('尾号273的订单，修改地址已经办好了');
  });

  it('is told for several changes, in other words', () => {
    const script = call([change(), change({ taskId: 't9', operation: 'cancelOrder', orderId: '#W2378156' })]);
    expect(script.text).toContain('And the cancellation for your order ending in 156 is done, too.');
    expect(told(script)).toHaveLength(2);
  });

  it('is told with the reason when it was refused, and done again only when the caller wants that', () => {
    const refused = change({ operation: 'cancelOrder', code: 'order_not_pending' });
    const script = call([refused]);
    expect(script.text).toContain("the cancellation for your order ending in 273 didn't go through.");
    expect(script.text).toContain('already being processed');
    expect(script.expecting).toMatchObject({ slot: 'confirm', kind: 'yes_no' });
    script.hear('no');
    expect(script.expecting?.slot).toBe('intent');
    expect(call([refused]).hear('yes').text).toContain('Emma');
  });

  it('is told though the order has no number and the shop a code of its own', () => {
    const script = call([change({ orderId: null, code: 'brand_new_code' })]);
    expect(script.expecting?.slot).toBe('confirm');
  });
});

describe('a call that goes on after its line was lost', () => {
  it('asks the shop once more for what it waits for, with the same key', () => {
    const { shop } = demoShopForDialogs();
    const script = new DialogScript(pack, {
      from: '+12125550101',
      shop: (operation, input, key) => (operation === 'cancelOrder' ? undefined : shop(operation, input, key)),
    });
    script.hear('cancel order W4410273').hear('no longer needed').hear('yes');
    const [write] = script.openTasks;
    expect(write?.operation).toBe('cancelOrder');
    script.openTasks.length = 0;
    script.event('call-resumed');
    expect(script.openTasks).toEqual([write]);
    const { taskId, operation, input, idempotencyKey } = script.openTasks[0] ?? {};
    expect(idempotencyKey).toBeDefined();
    script.finishTask(shop(operation ?? '', input ?? {}, idempotencyKey) ?? { ok: false, code: 'none' });
    expect(script.text).toContain('Order #W4410273 is cancelled.');
    expect(taskId).toBe(write?.taskId);
  });
});
