import { describe, expect, it } from 'vitest';
import type { DialogEffect } from '../../../src/core/dialog.ts';
import { compileFlowPack } from '../../../src/dialog/flow-pack.ts';
import { DialogScript, shippedFiles } from '../../support/dialog-script.ts';
import { answerFromTables, orders } from '../../support/dialog-shop.ts';

/** A flow that cancels an order, as supervisors will write it. */
const cancel = `
flow: cancel-order
about: Cancels an order.
steps:
  number:
    ask: order_number
    prompt: ask_number
    check: { lookup: getOrder, input: { orderId: value }, save: { order: result } }
  sure:
    confirm: confirm
    prompt: sure
    yes: cancel
    no: kept
  cancel:
    change: cancelOrder
    input: { orderId: order.id, reason: '"no_longer_needed"' }
    agreed: sure
    save: { order: result }
    problems: { order_not_pending: too-late }
    done: cancelled
  tell: { say: cancelled, next: done }
  kept: { say: kept, next: done }
  too-late: { say: too_late }
prompts:
  ask_number: { en: Which order?, zh: 哪个订单？ }
  sure: { en: 'Shall I cancel {order.id|order_number}, with {order.items|items}?', zh: '要取消{order.id|order_number}吗？' }
  cancelled: { en: 'Order {order.id|order_number} is cancelled.', zh: '订单{order.id|order_number}已取消。' }
  kept: { en: I left it as it is., zh: 没有取消。 }
  too_late: { en: It has left already., zh: 已经发货了。 }
`;

function packWith(flow: string) {
  const routing = (shippedFiles().get('routing.yaml') ?? '').replace(
    /cancel_order:\n\s+flow: needs-person\n\s+with: .*\n/,
    'cancel_order:\n    flow: cancel-order\n',
  );
  return compileFlowPack(shippedFiles({ 'cancel-order.yaml': flow, 'routing.yaml': routing }));
}

const pack = packWith(cancel);
const shop = (operation: string, input: Readonly<Record<string, unknown>>) =>
  operation === 'cancelOrder'
    ? { ok: true as const, value: { ...orders[2], status: 'cancelled' } }
    : answerFromTables(operation, input);
const writes = (script: DialogScript) =>
  script.effects.filter(
    (effect): effect is Extract<DialogEffect, { type: 'task' }> =>
      effect.type === 'task' && effect.operation === 'cancelOrder',
  );
const asked = (flowPack = pack) =>
  new DialogScript(flowPack, { shop }).hear('cancel my order').hear('W5061948');

describe('a change', () => {
  it('is read back and carried out after a clear yes, with a key of call and action', () => {
    const script = asked();
    expect(script.text).toBe('Shall I cancel #W5061948, with an office chair?');
    expect(writes(script)).toEqual([]);
    script.hear('yes please');
    expect(writes(script)).toMatchObject([
      {
        input: { orderId: '#W5061948', reason: 'no_longer_needed' },
        idempotencyKey: expect.stringMatching(/^call-1:/) as string,
      },
    ]);
    expect(script.text).toContain('Order #W5061948 is cancelled.');
    expect(script.state.done).toEqual(['Order #W5061948 is cancelled.']);
  });

  it('is carried out by key 1 too', () => {
    expect(writes(asked().keys('1'))).toHaveLength(1);
  });

  it.each(['no', 'yes, but the other one', 'please', 'well', 'yes no', 'cancel it', 'what was that?'])(
    'does not follow from "%s"',
    (text) => {
      expect(writes(asked().hear(text))).toEqual([]);
    },
  );

  it('does not follow from a yes that understanding only guesses', () => {
    expect(writes(asked().hear('mhm whatever', { intent: 'affirm' }))).toEqual([]);
  });

  it('has the same key when the same is agreed to again', () => {
    const script = asked().hear('yes').hear('cancel my order W5061948').hear('yes');
    const keys = writes(script).map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('is not made twice by one yes', () => {
    const again = packWith(
      cancel.replace('  tell: { say: cancelled, next: done }', '  tell: { say: cancelled, next: cancel }'),
    );
    const script = asked(again).hear('yes');
    expect(writes(script)).toHaveLength(1);
    expect(script.notes('change-refused')).toHaveLength(1);
    expect(script.text).toContain("I don't have your clear yes");
  });

  it('of something else than what was read back is refused', () => {
    const swapped = packWith(
      cancel
        .replace('    yes: cancel', '    yes: swap')
        .replace('  cancel:\n', '  swap: { set: { order: \'{"id": "#W1093627"}\' } }\n  cancel:\n'),
    );
    const script = asked(swapped).hear('yes');
    expect(writes(script)).toEqual([]);
    expect(script.notes('change-refused')).toEqual([
      { operation: 'cancelOrder', reason: 'the caller has not agreed to exactly this' },
    ]);
  });

  it('reached around its read-back is refused', () => {
    const around = packWith(
      cancel.replace('save: { order: result } }\n', 'save: { order: result } }\n    next: cancel\n'),
    );
    const script = asked(around);
    expect(writes(script)).toEqual([]);
    expect(script.notes('change-refused')).toHaveLength(1);
  });

  it('under way is not abandoned for "agent"', () => {
    const slow = (operation: string, input: Readonly<Record<string, unknown>>) =>
      operation === 'cancelOrder' ? undefined : answerFromTables(operation, input);
    const script = new DialogScript(pack, { shop: slow, transferTarget: 'sip:x' })
      .hear('cancel my order')
      .hear('W5061948')
      .hear('yes');
    script.hear('agent');
    expect(script.transfer()).toBeUndefined();
    script.finishTask({ ok: true, value: { ...orders[2], status: 'cancelled' } });
    expect(script.text).toContain('is cancelled');
    expect(script.transfer()).toBeDefined();
  });

  it('that the shop refuses goes where the flow says', () => {
    const refusing = (operation: string, input: Readonly<Record<string, unknown>>) =>
      operation === 'cancelOrder'
        ? { ok: false as const, code: 'order_not_pending' }
        : answerFromTables(operation, input);
    const script = new DialogScript(pack, { shop: refusing })
      .hear('cancel my order')
      .hear('W5061948')
      .hear('yes');
    expect(script.text).toContain('It has left already.');
  });
});

describe('a faulty flow', () => {
  it('that goes in circles ends with an apology instead of silence', () => {
    const circle = packWith(
      cancel.replace('  number:\n', '  round: { set: { order: "null" }, next: round }\n  number:\n'),
    );
    const script = new DialogScript(circle, { shop }).hear('cancel my order');
    expect(script.notes('dialog-defect')).toHaveLength(1);
    expect(script.text).toContain("I'm sorry");
    expect(script.ended).toBe('failed');
  });
});
