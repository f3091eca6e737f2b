import type { Language } from '../../../src/core/language.ts';

/** What a caller does in one turn: words with the intent that understanding would find in them, or keys. */
export type BenchTurn = { readonly says: string; readonly intent?: string } | { readonly keys: string };

/** A conversation with the demo shop, turn by turn. */
export interface BenchConversation {
  readonly name: string;
  readonly language: Language;
  readonly from: string;
  readonly turns: readonly BenchTurn[];
}

const says = (text: string, intent?: string): BenchTurn => ({
  says: text,
  ...(intent !== undefined && { intent }),
});
const yes = says('yes', 'affirm');
const bye = says('no, thank you', 'thanks_goodbye');
const emmasPhone = '+12125550101';
const emma = says('emma.carter@example.com');

/** Several flows in both languages, with what slows turns down: look-ups, choices, corrections, misunderstandings and long beginnings. */
export const benchConversations: readonly BenchConversation[] = [
  {
    name: 'order status, number in chunks',
    language: 'en',
    from: 'anonymous',
    turns: [
      says('where is my order', 'order_status'),
      says('W two three seven'),
      says('eight one five six'),
      bye,
    ],
  },
  {
    name: 'order status, misunderstood',
    language: 'en',
    from: 'anonymous',
    turns: [
      says('purple elephants'),
      says('where is my order', 'order_status'),
      says('blah blah'),
      { keys: '2378156' },
      bye,
    ],
  },
  {
    name: 'cancel an order',
    language: 'en',
    from: '+12125550999',
    turns: [
      says('cancel my order', 'cancel_order'),
      emma,
      yes,
      says('I ordered it by mistake'),
      says('no, I no longer need it'),
      yes,
      bye,
    ],
  },
  {
    name: 'change the address',
    language: 'en',
    from: emmasPhone,
    turns: [
      says('change the address of order W4410273', 'change_address'),
      says('12 Oak Street, Denver, Colorado, 80202'),
      yes,
      yes,
      bye,
    ],
  },
  {
    name: 'return an item',
    language: 'en',
    from: emmasPhone,
    turns: [
      says('I want to return something', 'return_item'),
      yes,
      says('the first one'),
      says('the first one'),
      says('it is too small'),
      says('the first one'),
      yes,
      says('by mail'),
      yes,
      bye,
    ],
  },
  {
    name: 'invoice with a tax number',
    language: 'en',
    from: emmasPhone,
    turns: [
      says('I need an invoice for order W2378156', 'invoice'),
      says('no', 'deny'),
      says('Carter Trading Limited'),
      yes,
      says('D E one two three four five six seven eight nine'),
      yes,
      yes,
      bye,
    ],
  },
  {
    name: 'a plain question on the way',
    language: 'en',
    from: emmasPhone,
    turns: [
      says('where is my refund', 'refund_status'),
      says('what are your opening hours', 'opening_hours'),
      yes,
      says('the first one'),
      bye,
    ],
  },
  {
    name: 'order status in Chinese',
    language: 'zh',
    from: 'anonymous',
    turns: [
      says('我的订单到哪里了', 'order_status'),
      says('W六零三五八二一'),
      says('不用了，谢谢', 'thanks_goodbye'),
    ],
  },
  {
    name: 'cancel in Chinese',
    language: 'zh',
    from: emmasPhone,
    turns: [
      says('我要取消订单W4410273', 'cancel_order'),
      says('不需要了'),
      says('是的', 'affirm'),
      says('没有了', 'thanks_goodbye'),
    ],
  },
];
