import { problemStatus } from '../../src/commerce/problems.ts';
import type { FlowFiles } from '../../src/core/store.ts';
import { requiredPrompts } from '../../src/dialog/checks-shared.ts';
import { patternNames } from '../../src/dialog/schema.ts';

/** A whole, faultless pack of flows as small as can be: one wish, which cancels an order after a yes. */
const settings = [
  'entry: main',
  'timeZone: America/New_York',
  'phoneRegion: US',
  'orderNumber: { format: "^#?W\\\\d{7}$", example: "#W1234567" }',
  'postalCode: { format: "^\\\\d{5}$", example: "10011" }',
  'slowAfterMs: 1200',
  'confirmBelow: 0.5',
  'digressAbove: 0.6',
  'checks: 2',
  'tries: 4',
  'ladders:',
  '  noMatch: [[sorry, question], [sorry, question]]',
  '  noInput: [[sorry, question]]',
  '  unintelligible: [[sorry, question]]',
  '  notFound: [[sorry, question]]',
  'patterns:',
  ...patternNames.map((name) => `  ${name}: { flow: leave }`),
];

const slots = [
  'slots:',
  '  intent: { kind: anything, about: What the caller wants. }',
  '  confirm: { kind: yes_no, about: A yes or no. }',
  '  order_number: { kind: order_number, about: The number of an order. }',
];

const routing = [
  'intents:',
  '  cancel_order:',
  '    flow: cancel',
  '    wanted: { en: to cancel an order, zh: 取消订单 }',
  'entities: {}',
  'keys: {}',
];

const intents = [
  'cancel_order:',
  '  en: [cancel it, cancel my order, stop the order, I want to cancel, no longer needed]',
  '  zh: [取消, 取消订单, 不要这个订单了, 我想取消, 帮我取消]',
];

const prompts = [
  'prompts:',
  '  sorry: { en: [Sorry?, Pardon me?], zh: [抱歉？, 没听清。] }',
  ...requiredPrompts.map((name) => `  ${name}: { en: [One thing., Another.], zh: [一句话。, 另一句。] }`),
  ...Object.keys(problemStatus).map((code) => `  problem_${code}: { en: It did not work., zh: 没有成功。 }`),
];

const main = [
  'flow: main',
  'about: Asks what is wanted.',
  'steps:',
  '  hello: { say: hello }',
  '  wish: { route: intent, prompt: what }',
  '  bye: { say: bye }',
  '  end: { end: resolved }',
  'prompts:',
  '  hello: { en: Hello., zh: 您好。 }',
  '  what: { en: [What is it?, What do you need?], zh: [什么事？, 您需要什么？] }',
  '  bye: { en: Goodbye!, zh: 再见！ }',
];

const leave = [
  'flow: leave',
  'about: Ends the call.',
  'steps:',
  '  bye: { say: bye }',
  '  end: { end: abandoned }',
  'prompts:',
  '  bye: { en: Goodbye!, zh: 再见！ }',
];

const cancel = [
  'flow: cancel',
  'about: Cancels an order.',
  'needs: [cancel]',
  'steps:',
  '  number:',
  '    ask: order_number',
  '    prompt: which',
  '    check:',
  '      lookup: getOrder',
  '      input: { orderId: value }',
  '      save: { order: result }',
  '  sure: { confirm: confirm, prompt: sure, yes: cancel, no: done }',
  '  cancel:',
  '    change: cancelOrder',
  `    input: { orderId: order.id, reason: '"no_longer_needed"' }`,
  '    agreed: sure',
  '    problems: { order_not_pending: too-late }',
  '    next: cancelled',
  '  too-late: { say: too_late, next: done }',
  '  cancelled: { say: cancelled }',
  'prompts:',
  '  which: { en: [Which order?, Which one?], zh: [哪个订单？, 订单号是多少？] }',
  '  sure:',
  '    en: ["Shall I cancel {order.id|order_number}?", "Cancel {order.id|order_number}?"]',
  '    zh: ["取消{order.id|order_number}吗？", "确定取消{order.id|order_number}？"]',
  '  too_late: { en: It is too late., zh: 来不及了。 }',
  '  cancelled: { en: It is cancelled., zh: 已经取消。 }',
];

const files: Readonly<Record<string, readonly string[]>> = {
  'settings.yaml': settings,
  'slots.yaml': slots,
  'routing.yaml': routing,
  'intents.yaml': intents,
  'prompts.yaml': prompts,
  'main.yaml': main,
  'leave.yaml': leave,
  'cancel.yaml': cancel,
};

/** The files of the pack, with some replaced or added. */
export function smallFlows(changes: Readonly<Record<string, string>> = {}): FlowFiles {
  const texts = Object.entries(files).map(([name, lines]) => [name, `${lines.join('\n')}\n`]);
  return { ...(Object.fromEntries(texts) as FlowFiles), ...changes };
}

/** The pack with a passage of one file replaced; throws when the passage is not there, so that no test tests nothing. */
export function smallFlowsWith(file: string, from: string, to: string): FlowFiles {
  const text = smallFlows()[file] ?? '';
  if (!text.includes(from)) throw new Error(`${file} has no "${from}".`);
  return smallFlows({ [file]: text.replace(from, to) });
}
