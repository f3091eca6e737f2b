import { describe, expect, it } from 'vitest';
import type { CommerceBackend } from '../../../../src/core/commerce.ts';
import type { DeskFlow, DeskFlowAnswer } from '../../../../src/core/desk-flows.ts';
import type { Language } from '../../../../src/core/language.ts';
import { heldCall, lastWords } from '../../../support/held-call.ts';

/** Of Emma Carter, delivered. */
const delivered = '#W1093627';
const start = (intent: string, language: Language = 'en', sameOrder = true) => ({
  callId: 'c1',
  intent,
  language,
  sameOrder,
});

type Held = Awaited<ReturnType<typeof heldCall>>;

async function answers({ flows }: Held, flow: DeskFlow, ...given: readonly DeskFlowAnswer[]) {
  let now = flow;
  for (const answer of given) now = await flows.answer('anna', flow.id, answer);
  return now;
}
const choose = (...ids: string[]): DeskFlowAnswer => ({ kind: 'choose', ids });
const text = (words: string): DeskFlowAnswer => ({ kind: 'text', text: words });
const confirm = (yes: boolean): DeskFlowAnswer => ({ kind: 'confirm', yes });

/** A return up to its read-back. */
async function untilReadBack(held: Held, language: Language = 'en') {
  const flow = await held.flows.start('anna', start('return_item', language));
  return answers(
    held,
    flow,
    choose('P122-01'),
    text('1'),
    choose('does_not_fit'),
    choose('gift_10001'),
    choose('mail'),
  );
}

describe('a flow at the desk', () => {
  it('offers what changes something at the shop, in both languages', async () => {
    const { flows } = await heldCall();
    const offers = flows.offers();
    expect(offers).toContainEqual({
      intent: 'return_item',
      label: { en: 'Return something', zh: '退货' },
    });
    expect(offers.map(({ intent }) => intent)).toEqual(
      expect.arrayContaining(['cancel_order', 'change_address', 'exchange_item']),
    );
    for (const { intent } of offers) expect(['opening_hours', 'human_agent', 'coupon']).not.toContain(intent);
  });

  it.each([
    ['en', 'Which items would you like to return?', 'Shall I register that?'],
    ['zh', '请问要退哪几件商品？', '确定办理退货吗？'],
  ] as const)(
    'knows customer and order, and asks only what is missing: %s',
    async (language, first, last) => {
      const held = await heldCall({ orderId: delivered });
      const flow = await held.flows.start('anna', start('return_item', language));
      expect(flow.lines[0]).toEqual({ who: 'kefu', text: first });
      expect(flow.question).toMatchObject({ kind: 'choose', many: true, changes: false });
      const readBack = await untilReadBack(held, language);
      expect(lastWords(readBack)).toContain(last);
      expect(readBack.question).toMatchObject({ kind: 'confirm', changes: true });
      expect(held.data.returns.get(delivered)).toBeUndefined();
    },
  );

  it('changes something after a click on the read-back, and tells what was promised', async () => {
    const held = await heldCall({ orderId: delivered });
    const flow = await answers(held, await untilReadBack(held), confirm(true));
    expect(flow).toMatchObject({
      outcome: 'done',
      question: null,
      changes: [{ operation: 'createReturn', ok: true, code: null }],
      done: [expect.stringContaining('Registered the return of a ceramic mug')],
    });
    expect(held.data.returns.get(delivered)).toHaveLength(1);
    const [[deed, note, done] = []] = held.deeds;
    expect(deed).toMatchObject({ action: 'desk-flow', callId: 'c1', details: { outcome: 'done' } });
    expect(note?.name).toBe('desk-flow');
    expect(String(note?.data.told)).toContain('Your return number is R200001.');
    expect(String(note?.data.told)).toContain('should be there by');
    expect(done).toEqual(flow.done);
    await expect(held.flows.answer('anna', flow.id, confirm(true))).rejects.toThrow('This is over');
  });

  it('changes nothing after Cancel', async () => {
    const held = await heldCall({ orderId: delivered });
    const flow = await answers(held, await untilReadBack(held), confirm(false));
    expect(flow).toMatchObject({ outcome: 'done', changes: [], done: [] });
    expect(held.data.returns.get(delivered)).toBeUndefined();
  });

  it.each([text('yes, do it'), choose('yes')])('takes no words for the click: %o', async (answer) => {
    const held = await heldCall({ orderId: delivered });
    const flow = await untilReadBack(held);
    await expect(held.flows.answer('anna', flow.id, answer)).rejects.toThrow('one of its buttons');
    expect(held.data.returns.get(delivered)).toBeUndefined();
    expect(await answers(held, flow, confirm(true))).toMatchObject({ outcome: 'done' });
  });

  it('asks who it is when that is not proved', async () => {
    const byNumber = await heldCall({ orderId: delivered, verifiedBy: 'order number' });
    const flow = await byNumber.flows.start('anna', start('return_item'));
    expect(flow.question).toMatchObject({ kind: 'text', expects: 'email' });
    const known = await answers(byNumber, flow, text('emma.carter@example.com'));
    expect(known.question?.kind).toBe('choose');

    const byCaller = await heldCall({ verifiedBy: 'calling number' });
    const asked = await byCaller.flows.start('anna', start('return_item', 'zh'));
    expect(lastWords(asked)).toContain('吗');
    expect(asked.question).toMatchObject({ kind: 'confirm', changes: false });
  });

  it('ends where a caller would be handed over, and offers nobody a person', async () => {
    const held = await heldCall({ customerId: null });
    let flow = await held.flows.start('anna', start('cancel_order'));
    for (let tries = 0; tries < 12 && flow.outcome === null; tries += 1)
      flow = await answers(held, flow, flow.question?.kind === 'confirm' ? confirm(false) : text('???'));
    expect(flow.outcome).toBe('needs-person');
    expect(held.deeds).toHaveLength(1);
  });

  it('starts for nobody who is not in the conversation, and ends with it', async () => {
    const held = await heldCall({ orderId: delivered });
    await expect(held.flows.start('ben', start('return_item'))).rejects.toThrow('not in this conversation');
    await expect(held.flows.start('anna', start('opening_hours'))).rejects.toThrow('Nothing can be started');
    const flow = await untilReadBack(held);
    held.part();
    await expect(held.flows.answer('anna', flow.id, confirm(true))).rejects.toThrow('This is over');
    await held.flows.close();
    expect(held.deeds.map(([deed]) => deed.details.outcome)).toEqual(['cancelled']);
    expect(held.data.returns.get(delivered)).toBeUndefined();
  });

  it('is one at a time, and ends after ten idle minutes', async () => {
    const held = await heldCall({ orderId: delivered });
    const first = await held.flows.start('anna', start('return_item'));
    const second = await held.flows.start('anna', start('exchange_item'));
    await expect(held.flows.end('anna', first.id)).rejects.toThrow('This is over');
    held.clock.advance(10 * 60_000);
    await expect(held.flows.end('anna', second.id)).rejects.toThrow('This is over');
    await held.flows.close();
    expect(held.deeds.map(([, note]) => note.data.intent)).toEqual(['return_item', 'exchange_item']);
  });

  it('writes down a change that the shop carries out after the conversation', async () => {
    let answer: () => void = () => undefined;
    const slow = (shop: CommerceBackend): CommerceBackend => ({
      ...shop,
      async call(operation, ...rest) {
        if (operation === 'createReturn') await new Promise<void>((resolve) => (answer = resolve));
        return shop.call(operation, ...rest);
      },
    });
    const held = await heldCall({ orderId: delivered, around: slow });
    const flow = await untilReadBack(held);
    const confirmed = held.flows.answer('anna', flow.id, confirm(true));
    await expect(held.flows.answer('anna', flow.id, confirm(true))).rejects.toThrow('at work');
    held.part();
    answer();
    await confirmed;
    expect(held.deeds).toHaveLength(1);
    expect(held.deeds[0]?.[0].details.changes).toEqual([{ operation: 'createReturn', ok: true, code: null }]);
  });
});
