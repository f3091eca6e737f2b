import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shopOperations } from '../../../src/core/commerce.ts';
import type { DialogEffect, DialogEvent, DialogState } from '../../../src/core/dialog.ts';
import { createDialogEngine } from '../../../src/dialog/engine.ts';
import { captureYesNo } from '../../../src/dialog/capture/yes-no.ts';
import { demoShopForDialogs } from '../../support/dialog-demo-shop.ts';
import { shippedPack, understandByKeywords } from '../../support/dialog-script.ts';

const pack = await shippedPack;
const { shop } = demoShopForDialogs();

/** Ways into the flows that change something, up to where a yes or no is asked. */
const ways = [
  [],
  ['agent'],
  ['cancel order W4410273', 'emma.carter@example.com', 'by mistake'],
  ['I want to cancel my order', "I don't know it", 'Emma Carter', '10011', 'yes', 'by mistake'],
  ['please hurry with W4410273', 'emma.carter@example.com'],
  ['where is my refund', 'emma.carter@example.com'],
  [
    'I want to return the mugs of order W1093627',
    'emma.carter@example.com',
    'both',
    'they are broken',
    'gift card',
    'by mail',
  ],
  [
    'I want to return order W1093627',
    'emma.carter@example.com',
    'the headphones',
    'broken',
    'my card',
    'pick it up',
    'yes',
  ],
  [
    'exchange the white mugs of order W1093627 for large ones',
    'emma.carter@example.com',
    'yes',
    'credit card',
  ],
];

const sentences = fc.oneof(
  fc.constantFrom(
    'where is my order',
    'W 2 3 7 8 1 5 6',
    'W 2 3',
    'seven eight',
    'no, five not nine',
    'yes',
    'no',
    'yes please',
    'cancel order W4410273',
    'by mistake',
    'both',
    'the grey one',
    'emma.carter@example.com',
    'no, the other one',
    'all but the first',
    'agent',
    'stop',
    'what was that',
    'hello',
    'goodbye',
    "I don't have it",
    'yusuf dot rossi nine six two zero at example dot com',
    'mei_chen@example.com',
    'my name is Noah Brown',
    'Noah',
    'eight zero two seven nine',
    'the second one',
    'more',
    'none of these',
    'I want to return something',
    '我的订单到哪里了',
    '人工',
    '是的',
    '算了',
    'W二三七八幺五六',
    '2125550142',
    '',
  ),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

const intents = fc.array(
  fc.record({
    intent: fc.oneof(fc.constantFrom(...Object.keys(pack.routing.intents)), fc.string({ maxLength: 8 })),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 3 },
);

type Move = DialogEvent | { readonly type: 'answer-task'; readonly result: string };

const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        sentences,
        fc.option(intents),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.array(sentences, { maxLength: 2 }),
      )
      .map(([text, scored, confidence, alternatives]): Move => {
        const understanding = understandByKeywords(text);
        return {
          type: 'utterance',
          understanding: scored ? { ...understanding, intents: scored } : understanding,
          confidence: confidence ?? undefined,
          alternatives,
        };
      }),
  },
  {
    weight: 3,
    arbitrary: fc
      .oneof(
        fc.constantFrom('0', '1', '2', '#', '*', '2378156#', '80279', '12*9'),
        fc.stringMatching(/^[0-9*#]{0,12}$/),
      )
      .map((digits): Move => ({ type: 'digits', digits })),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Move>(
      { type: 'no-input' },
      { type: 'unintelligible' },
      { type: 'asr-failed' },
      { type: 'tts-failed' },
      { type: 'call-resumed' },
      { type: 'task-slow', taskId: 't1' },
      { type: 'transfer-finished', ok: false, code: 'transfer_failed' },
      { type: 'transfer-finished', ok: true },
      { type: 'task-finished', taskId: 't999', result: { ok: true, value: null } },
      { type: 'caller-hung-up' },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Move>(
      { type: 'queue-position', position: 1, waitMs: 20_000 },
      { type: 'queue-position', position: 4, waitMs: 600_000 },
      { type: 'queue-position', position: 2, waitMs: null },
      { type: 'queue-refused', because: 'closed', instead: 'callback', opensAtEpochMs: 1_781_168_400_000 },
      { type: 'queue-refused', because: 'full', instead: 'voicemail', opensAtEpochMs: null },
      { type: 'queue-refused', because: 'closed', instead: 'goodbye', opensAtEpochMs: null },
      { type: 'person-joined', name: 'Anna' },
      { type: 'person-left', next: 'lost' },
      { type: 'person-left', next: 'queue' },
      { type: 'person-left', next: 'end' },
      { type: 'person-left', next: 'flow', flow: 'return-items' },
      { type: 'person-left', next: 'flow', flow: 'handover' },
      { type: 'person-left', next: 'flow', flow: 'nowhere' },
      { type: 'voicemail-finished', ok: true, durationMs: 4000 },
      { type: 'voicemail-finished', ok: false, durationMs: 0 },
      hearing('call me back'),
      hearing('how long will it take'),
      hearing('我等不了了'),
    ),
  },
  {
    weight: 6,
    arbitrary: fc
      .oneof(
        { weight: 6, arbitrary: fc.constant('right') },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            'odd',
            'order_not_found',
            'shop_unavailable',
            'timed_out',
            'brand_new_code',
          ),
        },
      )
      .map((result): Move => ({ type: 'answer-task', result })),
  },
);

/** What must hold whatever has happened: the call is over, or something is expected, or something is under way. */
function checkInvariants(
  state: DialogState,
  effects: readonly DialogEffect[],
  from: string,
  event?: DialogEvent,
  before?: DialogState,
): void {
  expect(JSON.parse(JSON.stringify(state)), from).toEqual(state);
  const waiting = state.waiting as { for: string } | null;
  expect(state.ended || waiting !== null, from).toBe(true);
  const listens = effects.filter(({ type }) => type === 'listen');
  expect(listens.length, from).toBeLessThanOrEqual(1);
  if (listens.length === 1) expect(effects.at(-1)?.type, from).toBe('listen');
  const ends = effects.filter(({ type }) => type === 'end');
  expect(ends.length, from).toBe(state.ended ? 1 : 0);
  for (const effect of effects) {
    if (effect.type === 'note') expect(effect.name, JSON.stringify(effect)).not.toBe('dialog-defect');
    if (effect.type === 'task') {
      const operation = shopOperations[effect.operation as keyof typeof shopOperations];
      if (operation.write) expect(isClearYes(event, before), `${effect.operation}: ${from}`).toBe(true);
      expect(effect.idempotencyKey !== undefined, effect.operation).toBe(operation.write);
      expect(operation.input.safeParse(effect.input).success, JSON.stringify(effect)).toBe(true);
    }
    if (effect.type === 'say') expect(effect.utterance.parts.length).toBeGreaterThan(0);
  }
}

const never = { ok: false as const, code: 'internal' };

function hearing(text: string): DialogEvent {
  return {
    type: 'utterance',
    understanding: understandByKeywords(text),
    confidence: undefined,
    alternatives: [],
  };
}

/** Whether an event is an unmistakable yes to a yes-or-no question that stood when it came. */
function isClearYes(event: DialogEvent | undefined, before: DialogState | undefined): boolean {
  const waiting = before?.waiting as { for: string; expecting?: { kind: string } } | null | undefined;
  if (waiting?.for !== 'answer' || waiting.expecting?.kind !== 'yes_no') return false;
  if (event?.type === 'digits') return event.digits.replace(/#+$/, '').replace(/^.*\*(?=.)/, '') === '1';
  if (event?.type !== 'utterance') return false;
  const language = before?.language ?? 'en';
  return [language, event.understanding.language].some((each) => {
    const yesNo = captureYesNo(event.understanding.text, each);
    return yesNo?.answer === 'yes' && yesNo.clear;
  });
}

describe('whatever a caller does', () => {
  it(
    'the engine never throws, keeps its state JSON, and always knows what it waits for',
    { timeout: 90_000 },
    () => {
      fc.assert(
        fc.property(
          fc.constantFrom('voice' as const, 'text' as const),
          fc.constantFrom('', '+12125550101', 'anonymous'),
          fc.boolean(),
          fc.boolean(),
          fc.boolean(),
          fc.constantFrom(...ways),
          fc.array(moves, { maxLength: 25 }),
          (channel, from, hasTarget, hasPeople, isEager, way, script) => {
            const engine = createDialogEngine(pack, {
              voiceLanguages: ['en', 'zh'],
              ...(hasTarget && { transferTarget: 'sip:desk@example.com' }),
            });
            const open: Extract<DialogEffect, { type: 'task' }>[] = [];
            const started = engine.start({
              type: 'call-started',
              callId: 'fuzz',
              gateway: 'test',
              from,
              to: '',
              language: 'en',
              atEpochMs: Date.parse('2026-06-10T15:00:00Z'),
              channel,
              hasPeople,
            });
            let { state } = started;
            checkInvariants(state, started.effects, 'start');
            open.push(...started.effects.filter((effect) => effect.type === 'task'));
            const answerTask = (
              task: Extract<DialogEffect, { type: 'task' }>,
              result: string,
            ): DialogEvent => {
              if (result === 'right') {
                const { taskId, operation, input, idempotencyKey } = task;
                return {
                  type: 'task-finished',
                  taskId,
                  result: shop(operation, input, idempotencyKey) ?? never,
                };
              }
              const odd = { ok: true as const, value: ['unexpected'] };
              const { taskId } = task;
              return {
                type: 'task-finished',
                taskId,
                result: result === 'odd' ? odd : { ok: false, code: result },
              };
            };
            const advance = (event: DialogEvent) => {
              const before = JSON.stringify(state);
              const step = engine.advance(state, event);
              expect(JSON.stringify(state), 'the state given must stay as it was').toBe(before);
              expect(engine.advance(state, event), 'the same again gives the same').toEqual(step);
              checkInvariants(step.state, step.effects, `${event.type} in ${before}`, event, state);
              state = step.state;
              open.push(...step.effects.filter((effect) => effect.type === 'task'));
            };
            const finishAll = () => {
              for (let task = open.shift(); task && !state.ended; task = open.shift()) {
                advance(answerTask(task, 'right'));
              }
            };
            for (const text of way) {
              if (way.length > 0) finishAll();
              if (!state.ended) advance(hearing(text));
            }
            for (const move of script) {
              if (isEager) finishAll();
              if (state.ended) break;
              if (move.type !== 'answer-task') {
                advance(move);
                continue;
              }
              const task = open.shift();
              if (task) advance(answerTask(task, move.result));
            }
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  it('assess answers any text for any question', () => {
    const engine = createDialogEngine(pack, { voiceLanguages: ['en'] });
    const kinds = fc.constantFrom(
      'anything',
      'yes_no',
      'choice',
      'order_number',
      'email',
      'person_name',
      'postal_code',
      'phone_number',
      'digits',
      'number',
      'amount',
      'date',
      'address',
    );
    fc.assert(
      fc.property(sentences, kinds, fc.constantFrom('en' as const, 'zh' as const), (text, kind, language) => {
        const completeness = engine.assess(text, { slot: 'x', kind }, language);
        expect(['complete', 'incomplete', 'unknown']).toContain(completeness);
      }),
      { numRuns: 500 },
    );
  });
});
