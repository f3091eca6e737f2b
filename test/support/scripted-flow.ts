import type { FastifyInstance } from 'fastify';
import {
  deskFlowAnswerSchema,
  deskFlowStartSchema,
  type DeskFlow,
  type DeskFlowAnswer,
  type Suggestion,
} from '../../src/core/desk-flows.ts';
import type { Language } from '../../src/core/language.ts';

const words = {
  en: {
    which: 'Which items would you like to return?',
    readBack: 'You return a desk lamp, and $45.90 goes back to your credit card. Shall I register that?',
    promise: 'Done. Your return number is R200001. $45.90 should be there by Thursday.',
    done: 'Registered the return of a desk lamp.',
    left: 'All right, nothing is returned.',
    items: ['a desk lamp, black', 'two mechanical keyboards, clicky'],
  },
  zh: {
    which: '请问要退哪几件商品？',
    readBack: '退回台灯一盏，45.90美元退到信用卡。确定办理退货吗？',
    promise: '好的，退货已登记，退货单号是R200001，预计周四前到账。',
    done: '已登记退货：台灯。',
    left: '好的，没有办理退货。',
    items: ['台灯，黑色', '机械键盘两个，青轴'],
  },
} as const;

/** The server's side of a return: which items, a read-back, and its end. */
export class ScriptedFlow {
  readonly answers: DeskFlowAnswer[] = [];
  ended = 0;
  suggestions: readonly Suggestion[] = [
    { kind: 'order', text: 'Order #W2378156 comes in two packages.' },
    { kind: 'answer', text: 'We deliver to the United States and to China.' },
  ];
  #flow: DeskFlow | undefined;
  #language: Language = 'en';

  serve(app: FastifyInstance): void {
    app.get('/api/desk/flows', () => ({
      flows: [
        { intent: 'cancel_order', label: { en: 'Cancel an order', zh: '取消订单' } },
        { intent: 'return_item', label: { en: 'Return something', zh: '退货' } },
      ],
    }));
    app.post('/api/desk/flows', (request) => {
      const { callId, intent, language } = deskFlowStartSchema.parse(request.body);
      this.#language = language;
      const { which, items } = words[language];
      this.#flow = {
        id: 'flow_1',
        callId,
        intent,
        lines: [{ who: 'kefu', text: which }],
        question: {
          kind: 'choose',
          expects: 'choice',
          changes: false,
          choices: items.map((label, index) => ({ id: String(index), label })),
          many: true,
        },
        outcome: null,
        changes: [],
        done: [],
      };
      return this.#flow;
    });
    app.post('/api/desk/flows/:id/answer', (request) => {
      const answer = deskFlowAnswerSchema.parse(request.body);
      this.answers.push(answer);
      this.#flow = this.#flow && this.#after(this.#flow, answer);
      return this.#flow;
    });
    app.delete('/api/desk/flows/:id', async (_request, reply) => {
      this.ended += 1;
      return reply.code(204).send();
    });
    app.get('/api/desk/suggestions/:callId', () => ({ suggestions: this.suggestions }));
  }

  #after(flow: DeskFlow, answer: DeskFlowAnswer): DeskFlow {
    const { readBack, promise, left, done, items } = words[this.#language];
    if (answer.kind !== 'confirm')
      return {
        ...flow,
        lines: [...flow.lines, { who: 'agent', text: items[0] }, { who: 'kefu', text: readBack }],
        question: { kind: 'confirm', expects: 'yes_no', changes: true, choices: [], many: false },
      };
    return {
      ...flow,
      lines: [...flow.lines, { who: 'kefu', text: answer.yes ? promise : left }],
      question: null,
      outcome: 'done',
      changes: answer.yes ? [{ operation: 'createReturn', ok: true, code: null }] : [],
      done: answer.yes ? [done] : [],
    };
  }
}
