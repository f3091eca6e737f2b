import { describe, expect, it } from 'vitest';
import type { DialogEffect } from '../../../src/core/dialog.ts';
import { compileFlowPack } from '../../../src/dialog/flow-pack.ts';
import { DialogScript, shippedFiles } from '../../support/dialog-script.ts';
import { answerFromTables, orders } from '../../support/dialog-shop.ts';

/** A return as small as can be: which things, why, a read-back, and the change. */
const flow = (correct: string) => `
flow: cancel-order
about: Takes things back.
steps:
  begin: { set: { items: '["lamp", "mug", "tablet"]' } }
  things:
    choose: item_choice
    from: items
    id: item
    label: thing
    many: true
    prompt: which
    save: { chosen: 'slots.item_choice' }
  why:
    choose: reason
    from: '["no_longer_needed", "ordered_by_mistake"]'
    id: item
    label: reason
    vocabulary: cancel_reason
    readOut: false
    prompt: why
  sure:
    confirm: confirm
    prompt: sure
    yes: cancel
    no: kept
    ${correct}
  cancel:
    change: cancelOrder
    input: { orderId: 'string(size(slots.item_choice))', reason: slots.reason }
    agreed: sure
    problems: { otherwise: kept }
  tell: { say: told, next: done }
  kept: { say: kept, next: done }
prompts:
  which: { en: [Which things?, What?], zh: [哪些？, 什么？] }
  thing: { en: 'the {item|plain}', zh: '{item|verbatim}' }
  why: { en: [Why?, What is the reason?], zh: [为什么？, 原因呢？] }
  reason: { en: '{item|label:cancel_reason}', zh: '{item|label:cancel_reason}' }
  sure:
    en: ['{size(slots.item_choice)|number} things, {slots.reason|label:cancel_reason}. Right?']
    zh: ['{size(slots.item_choice)|number}件，{slots.reason|label:cancel_reason}，对吗？']
  told: { en: Done., zh: 好了。 }
  kept: { en: Nothing was done., zh: 没有办理。 }
`;

const pack = (correct = 'correct: [things, why]') =>
  compileFlowPack(shippedFiles({ 'cancel-order.yaml': flow(correct) }));
const shop = (operation: string, input: Readonly<Record<string, unknown>>) =>
  operation === 'cancelOrder'
    ? { ok: true as const, value: { ...orders[2], status: 'cancelled' } }
    : answerFromTables(operation, input);

function readBack() {
  return new DialogScript(pack(), { shop })
    .hear('cancel my order')
    .hear('the lamp and the mug')
    .hear('I ordered them by mistake');
}

const notes = (script: DialogScript, name: string) =>
  script.effects.filter(
    (effect): effect is Extract<DialogEffect, { type: 'note' }> =>
      effect.type === 'note' && effect.name === name,
  );
const writes = (script: DialogScript) =>
  script.effects.filter((effect) => effect.type === 'task' && effect.operation === 'cancelOrder');

describe('an answer to a read-back that names another value', () => {
  it('is first read back as asked', () => {
    expect(readBack().said.join(' ')).toContain('2 things, ordered by mistake');
  });

  it.each([
    ['only one of the things', 'No, only the lamp.', '1 things, ordered by mistake'],
    ['what it is about', 'No. It is about the lamp.', '1 things, ordered by mistake'],
    ['all but one', 'No, leave out the mug, please.', '1 things, ordered by mistake'],
    ['not one of them', 'Not the mug.', '1 things, ordered by mistake'],
    ['one more', 'And the tablet, too.', '3 things, ordered by mistake'],
    ['another reason', "No, it's no longer needed.", '2 things, no longer needed'],
    ['another reason after a yes', 'Yes, but I just no longer need it', '2 things, no longer needed'],
  ])('changes %s and nothing else, and is read back again', (_what, answer, expected) => {
    const script = readBack().hear(answer);
    expect(script.said.join(' ')).toContain(expected);
    expect(script.expecting?.slot).toBe('confirm');
    expect(notes(script, 'corrected')).toHaveLength(1);
    expect(writes(script)).toHaveLength(0);
  });

  it('needs a yes to what is read back then', () => {
    const script = readBack().hear('No, only the lamp.').hear('Yes.');
    expect(writes(script)).toHaveLength(1);
    expect(script.said.join(' ')).toContain('Done.');
  });

  it('works in Chinese', () => {
    const script = new DialogScript(pack(), { shop, language: 'zh' })
      .hear('取消订单')
      .hear('lamp和mug')
      .hear('拍错了')
      .hear('不是，是不需要了');
    expect(script.said.join('')).toContain('不再需要');
    expect(notes(script, 'corrected')).toHaveLength(1);
  });

  it('means what one thing is like only when it can mean nothing else', () => {
    const source = flow('correct: [things, why]')
      .replace(
        '["lamp", "mug", "tablet"]',
        '[{"id": "camera", "name": "Camera", "kind": "mistake card"}, {"id": "mug", "name": "Mug", "kind": "blue"}]',
      )
      .replace(
        'id: item\n    label: thing',
        "id: item.id\n    words: '[item.name, item.kind]'\n    label: thing",
      )
      .replace('{item|plain}', '{item.name|plain}')
      .replace('{item|verbatim}', '{item.name|verbatim}');
    const script = new DialogScript(compileFlowPack(shippedFiles({ 'cancel-order.yaml': source })), { shop })
      .hear('cancel my order')
      .hear('the mug')
      .hear('no longer needed')
      .hear('No, it was ordered by mistake.');
    expect(script.said.join(' ')).toContain('1 things, ordered by mistake');
    script.hear('No, the camera.');
    expect(script.said.join(' ')).toContain('2 things, ordered by mistake');
  });

  it.each(['No.', 'No, thank you.', 'No, forget it.'])('is none when it names nothing: %s', (answer) => {
    const script = readBack().hear(answer);
    expect(notes(script, 'corrected')).toHaveLength(0);
    expect(writes(script)).toHaveLength(0);
  });

  it('is none for the value that was chosen anyway', () => {
    const script = readBack().hear('Yes, the lamp and the mug.');
    expect(notes(script, 'corrected')).toHaveLength(0);
  });
});

describe('a flow that names steps to correct', () => {
  it.each([
    [
      'a step that is not there',
      'correct: [thing]',
      /cancel-order\.yaml:\d+: step "sure": there is no step "thing"/,
    ],
    ['a step that asks nothing', 'correct: [tell]', /"tell" asks for no value: only ask and choose steps/],
    ['no list', 'correct: things', /cancel-order\.yaml:\d+: step "sure"/],
  ])('is refused with %s', (_what, correct, sentence) => {
    expect(() => pack(correct)).toThrow(sentence);
  });
});
