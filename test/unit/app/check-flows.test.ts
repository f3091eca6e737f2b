import { describe, expect, it } from 'vitest';
import { checkFlows, describeFinding } from '../../../src/app/flows/check.ts';
import { smallFlows, smallFlowsWith } from '../../support/small-flows.ts';

const found = (files: Readonly<Record<string, string>>) => checkFlows(files).map(describeFinding);

/** A change to one file, and what is said about it. */
type Broken = readonly [what: string, file: string, from: string, to: string, sentence: string];

const errors: readonly Broken[] = [
  // What the loader refuses.
  ['a file that is no YAML', 'leave.yaml', 'steps:', 'steps: [', 'leave.yaml:5: this is not YAML'],
  [
    'a misspelled kind of step',
    'leave.yaml',
    '{ say: bye }',
    '{ sai: bye }',
    'leave.yaml:4: step "bye": says nothing to do (did you mean "say"?)',
  ],
  [
    'a dangling target',
    'cancel.yaml',
    'no: done',
    'no: gone',
    'cancel.yaml:12: step "sure": there is no step "gone" (known: number, sure, cancel, too-late, cancelled).',
  ],
  [
    'an unknown slot',
    'cancel.yaml',
    'ask: order_number',
    'ask: order_numbr',
    'cancel.yaml:6: step "number": there is no slot "order_numbr" (did you mean "order_number"?)',
  ],
  [
    'an unknown prompt',
    'main.yaml',
    'prompt: what',
    'prompt: wat',
    'main.yaml:5: step "wish": there is no prompt "wat" (did you mean "what"?)',
  ],
  [
    'an unknown flow',
    'routing.yaml',
    'flow: cancel',
    'flow: cancl',
    'routing.yaml:2: intent "cancel_order": there is no flow "cancl" (did you mean "cancel"?)',
  ],
  [
    'an unknown operation',
    'cancel.yaml',
    'lookup: getOrder',
    'lookup: getOder',
    'cancel.yaml:9: step "number": the shop has no operation "getOder" (did you mean "getOrder"?)',
  ],
  [
    'a change without its confirm step',
    'cancel.yaml',
    'agreed: sure',
    'agreed: number',
    'cancel.yaml:16: step "cancel": "number" is no confirm step of this flow',
  ],
  [
    'a wording missing in a language',
    'leave.yaml',
    'bye: { en: Goodbye!, zh: 再见！ }',
    'bye: { en: Goodbye! }',
    'leave.yaml:7: prompt "bye": "zh" is missing.',
  ],
  [
    'a place in a wording that is not closed',
    'leave.yaml',
    'en: Goodbye!',
    "en: 'Goodbye {order.id!'",
    'leave.yaml:7: prompt "bye": "Goodbye {order.id!" has "{" without "}".',
  ],
  [
    'a condition that is no expression',
    'cancel.yaml',
    'no: done }',
    "no: done }\n  odd: { branch: [{ if: 'order ==', next: done }] }",
    'cancel.yaml:13: step "odd": "order ==" is no valid expression',
  ],
  [
    'a name that nothing sets',
    'cancel.yaml',
    'orderId: order.id',
    'orderId: ordr.id',
    'cancel.yaml:15: step "cancel": nothing is called "ordr" (did you mean "order"?)',
  ],
  // What callers would run into.
  [
    'a step that nothing leads to',
    'leave.yaml',
    'end: { end: abandoned }',
    'end: { end: abandoned }\n  more: { say: bye }',
    'leave.yaml:6: step "more": no other step leads to it.',
  ],
  [
    'a dead end',
    'cancel.yaml',
    'too-late: { say: too_late, next: done }',
    'too-late: { ask: order_number, prompt: which, next: too-late }',
    'cancel.yaml:19: step "too-late": is a dead end: from here no way leads out of the flow (too-late).',
  ],
  [
    'a circle that asks nothing',
    'cancel.yaml',
    'too-late: { say: too_late, next: done }',
    'too-late: { say: too_late, next: again }\n  again: { say: too_late, next: too-late }',
    'cancel.yaml:19: step "too-late": comes back to itself without asking the caller anything.',
  ],
  [
    'a shop that is asked for ever',
    'cancel.yaml',
    'cancelled: { say: cancelled }',
    'cancelled: { lookup: getOrder, input: { orderId: order.id }, problems: { otherwise: cancelled } }',
    'cancel.yaml:20: step "cancelled": asks the shop again and again as long as it refuses; count the tries with a branch.',
  ],
  [
    'a branch that goes on after otherwise',
    'leave.yaml',
    'bye: { say: bye }',
    "bye: { say: bye }\n  which: { branch: [{ otherwise: end }, { if: 'call.hasNumber', next: end }] }",
    'leave.yaml:5: step "which": nothing after "otherwise" is ever looked at.',
  ],
  [
    'a call that ends without an outcome',
    'main.yaml',
    '  end: { end: resolved }\n',
    '',
    'main.yaml:6: step "bye": the flow that every call begins with is over here; say goodbye and use "end".',
  ],
  [
    'silence that nobody answers',
    'settings.yaml',
    'noInput: [[sorry, question]]',
    'noInput: []',
    'main.yaml:5: step "wish": nothing is said when the caller says nothing: the ladder noInput for "intent" has no rung.',
  ],
  [
    'a slot without a try for what does not fit',
    'slots.yaml',
    'about: The number of an order. }',
    'about: The number of an order., ladders: { noMatch: [] } }',
    'cancel.yaml:5: step "number": nothing is said when the answer does not fit: the ladder noMatch for "order_number" has no rung.',
  ],
  [
    'a change that the no leads to',
    'cancel.yaml',
    'no: done }',
    'no: cancel }',
    'cancel.yaml:16: step "cancel": can be reached without the yes of "sure"; then nothing is changed.',
  ],
  [
    'a change that the yes does not lead to',
    'cancel.yaml',
    'yes: cancel, no: done }',
    'yes: done, no: cancel }',
    'cancel.yaml:16: step "cancel": the yes of "sure" never leads here.',
  ],
  [
    'another change than the one that was read back',
    'cancel.yaml',
    'yes: cancel, no: done }',
    "yes: other, no: done }\n  other: { set: { order: 'null' }, next: cancel }",
    'cancel.yaml:13: step "other": alters "order" after the yes of "sure", so "cancel" would be refused.',
  ],
];

const warnings: readonly Broken[] = [
  [
    'a question in one wording',
    'main.yaml',
    'zh: [什么事？, 您需要什么？]',
    'zh: 什么事？',
    'main.yaml:10: warning: prompt "what": step "wish" may ask it again, but it has one wording only (zh).',
  ],
  [
    'a prompt too long to hear',
    'leave.yaml',
    'en: Goodbye!',
    `en: ${Array.from({ length: 26 }, () => 'bye').join(' ')}`,
    'leave.yaml:7: warning: prompt "bye": 26 words are too many to keep in mind (at most 25).',
  ],
  [
    'a wording in the wrong language',
    'leave.yaml',
    'zh: 再见！',
    'zh: Goodbye!',
    'leave.yaml:7: warning: prompt "bye": "Goodbye!" stands under zh but is not in that language.',
  ],
  [
    'a prompt that nothing says',
    'leave.yaml',
    'bye: { en:',
    'other: { en: One., zh: 一。 }\n  bye: { en:',
    'leave.yaml:7: warning: prompt "other": no step of this flow says it.',
  ],
  [
    'a slot that nothing uses',
    'slots.yaml',
    'slots:',
    'slots:\n  colour: { kind: value, about: A colour. }',
    'slots.yaml:2: warning: slot "colour": no flow asks for it or uses it.',
  ],
  [
    'a yes to a change that was not read back',
    'cancel.yaml',
    '"Cancel {order.id|order_number}?"',
    '"Are you sure?"',
    'cancel.yaml:23: warning: prompt "sure": "Are you sure?" asks for a yes to a change (step "sure") without reading back what will be changed.',
  ],
  [
    'a problem of the shop without a sentence',
    'prompts.yaml',
    'problem_window_passed',
    'problem_other',
    'prompts.yaml:1: warning: the prompt "problem_window_passed" is missing: the shop\'s problem "window_passed" is told as "something went wrong".',
  ],
  [
    'an intent with few examples',
    'intents.yaml',
    'en: [cancel it, cancel my order, stop the order, I want to cancel, no longer needed]',
    'en: [cancel it]',
    'intents.yaml:2: warning: intent "cancel_order": has 1 examples in en; at least 5 are needed to know it, 30 are good.',
  ],
  [
    'a capability that is used but not named',
    'cancel.yaml',
    'needs: [cancel]\n',
    '',
    'cancel.yaml:12: warning: step "cancel": a shop may lack "cancel"; name it under "needs" of the flow, or say under "problems" where to go on "unsupported_operation".',
  ],
  [
    'a capability that is named but not used',
    'leave.yaml',
    'steps:',
    'needs: [invoice]\nsteps:',
    'leave.yaml:3: warning: flow "leave": needs "invoice", but no step of it or of the flows it calls uses that.',
  ],
  [
    'more rungs than tries',
    'settings.yaml',
    'noInput: [[sorry, question]]',
    'noInput: [[sorry], [sorry], [sorry], [sorry], [sorry]]',
    'settings.yaml:13: warning: ladders: the ladder noInput has 5 rungs, but "tries" of settings.yaml ends it after 4.',
  ],
];

describe('a check of flows', () => {
  it('finds nothing in faultless flows', () => {
    expect(found(smallFlows())).toEqual([]);
  });

  it.each(errors)('refuses %s', (_, file, from, to, sentence) => {
    const lines = found(smallFlowsWith(file, from, to));
    expect(lines.filter((line) => line.startsWith(sentence))).toHaveLength(1);
    expect(checkFlows(smallFlowsWith(file, from, to)).some(({ severity }) => severity === 'error')).toBe(
      true,
    );
  });

  it.each(warnings)('warns of %s', (_, file, from, to, sentence) => {
    expect(found(smallFlowsWith(file, from, to))).toContain(sentence);
  });

  it('tells a flow that nothing leads to', () => {
    const lost = smallFlows()['leave.yaml']?.replace('flow: leave', 'flow: lost') ?? '';
    expect(found(smallFlows({ 'lost.yaml': lost }))).toContain(
      'lost.yaml:1: warning: flow "lost": nothing leads to it.',
    );
  });

  it('names all mistakes at once, by file and line', () => {
    const lines = found({
      ...smallFlowsWith('cancel.yaml', 'no: done', 'no: gone'),
      'leave.yaml': 'flow: leave\n',
    });
    expect(lines.map((line) => line.split(':').slice(0, 2).join(':'))).toEqual(
      expect.arrayContaining(['cancel.yaml:12', 'leave.yaml:1']),
    );
  });
});
