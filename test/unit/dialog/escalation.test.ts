import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EmotionReading } from '../../../src/core/emotion.ts';
import { noEmotion } from '../../../src/dialog/emotion.ts';
import {
  factsOf,
  parseEscalation,
  ruleFor,
  topicsIn,
  type EscalationFacts,
} from '../../../src/dialog/escalation-rules.ts';
import { compileFlowPack } from '../../../src/dialog/flow-pack.ts';
import { DialogScript, shippedFiles, shippedPack } from '../../support/dialog-script.ts';

const pack = await shippedPack;
const angry: EmotionReading = { words: { angry: 0.97, upset: 0.01, neutral: 0.01, pleased: 0.01 } };
const upset: EmotionReading = { words: { angry: 0.1, upset: 0.85, neutral: 0.04, pleased: 0.01 } };
const call = () => new DialogScript(pack, { transferTarget: 'sip:people' });

const facts = (changes: Partial<EscalationFacts> = {}): EscalationFacts => ({
  ...factsOf(noEmotion().emotion, {
    angryTurns: 0,
    tenseTurns: 0,
    turns: 1,
    failedTurns: 0,
    failedNow: 0,
    requests: 0,
    amount: 0,
    channel: 'voice',
    language: 'en',
  }),
  ...changes,
});

const file = (rules: string) => `flows: { offer: offer-colleague, transfer: handover }
topics:
  law: { en: [lawyer, small claims], zh: [律师] }
rules:
${rules}`;
const oneRule = (condition: string, more = '') =>
  file(
    `  - { rule: one, about: A rule., if: '${condition}', do: offer, reason: angry, skill: general${more} }`,
  );

describe('an angry caller', () => {
  it('is offered a person, with an apology, and the reason is recorded', () => {
    const script = call().hear('where is my order, you useless lot', { emotion: angry });
    expect(script.text).toMatch(/^I'm sorry about this\. Shall I get you a colleague\?$/);
    expect(script.notes('escalation')).toMatchObject([{ rule: 'angry', do: 'offer', reason: 'angry' }]);
    script.hear('yes');
    expect(script.transfer()).toMatchObject({ skill: 'complaints', briefing: { reason: 'angry' } });
    expect(script.transfer()?.briefing.summary).toContain('the caller is angry');
  });

  it('who wants no person gets what was asked for', () => {
    const script = call().hear('where is my order, you useless lot', { emotion: angry }).hear('no');
    expect(script.text).toContain("I'll do my best");
    expect(script.expecting?.slot).toBe('order_number');
    expect(script.notes('escalation')).toHaveLength(1);
  });

  it('who wants no person hears one question afterwards, not two', () => {
    const first = call().hear('order status, you useless lot', { emotion: angry }).hear('no');
    expect(first.text).toBe("Then I'll do my best. What's your order number?");
    // What was said is no answer to the question that was open: it is asked again.
    const second = call().hear('order status').hear('my lawyer, bla', { emotion: angry }).hear('no');
    expect(second.text).toBe("Then I'll do my best. Please tell me your order number.");
    expect(second.expecting?.slot).toBe('order_number');
  });

  it('who asks for a person in the same breath is connected, with the reason of the rule', () => {
    const script = call().hear('agent', { emotion: angry });
    expect(script.notes('escalation')).toMatchObject([{ rule: 'angry', do: 'transfer' }]);
    expect(script.transfer()?.briefing).toMatchObject({ reason: 'angry', mood: 'angry', wanted: 'agent' });
  });

  it.each([
    ['An agent, now.', 'en', 'said: "An agent, now". Handed over'],
    ['Is an agent there?', 'en', 'said: "Is an agent there?" Handed over'],
    ['请转人工。', 'zh', '说：“请转人工”。转人工原因'],
    ['能转人工吗？', 'zh', '说：“能转人工吗？”转人工原因'],
  ] as const)('is quoted without a second full stop: %s', (words, language, expected) => {
    const script = new DialogScript(pack, { transferTarget: 'sip:people', language }).hear(words);
    expect(script.transfer()?.briefing.summary).toContain(expected);
  });

  it('is told to the person in the words that were used', () => {
    const script = call().hear('order status').hear('you useless lot', { emotion: angry }).hear('yes');
    expect(script.transfer()?.briefing.summary).toBe(
      'The caller wants to know where an order is. Handed over because the caller is angry ("you useless lot").',
    );
  });

  it('is connected at once when the next words are angry as well', () => {
    const script = call()
      .hear('where is my order, you useless lot', { emotion: angry })
      .hear('no', { emotion: angry });
    expect(script.transfer()).toBeUndefined();
    script.hear('are you deaf', { emotion: angry });
    expect(script.notes('escalation').at(-1)).toMatchObject({ rule: 'very-angry', do: 'transfer' });
    expect(script.transfer()).toMatchObject({ skill: 'complaints' });
  });

  it('is not asked again by keys, nor while a person is being fetched', () => {
    const script = call().hear('order status').keys('9');
    expect(script.notes('escalation')).toHaveLength(0);
    const near = call().hear('agent', { emotion: angry });
    expect(near.notes('escalation').length + (near.transfer() ? 1 : 0)).toBeGreaterThan(0);
  });
});

describe('an upset caller', () => {
  it('hears an apology once, and then the answer', () => {
    const script = call().hear('order status, I am so worried', { emotion: upset });
    expect(script.text).toMatch(/^I'm sorry to hear that\. /);
    expect(script.expecting?.slot).toBe('order_number');
    expect(script.hear('I really do not know', { emotion: upset }).text).not.toMatch(/sorry to hear/);
  });

  it('hears shorter words, and none that only lead back', () => {
    const ends = (emotion?: EmotionReading) => {
      const script = call().hear('order status', emotion && { emotion });
      return script.hear('never mind', emotion && { emotion }).text;
    };
    expect(ends()).toMatch(/Is there anything else I can do for you\?/);
    expect(ends(upset)).toMatch(/Anything else\?/);
  });
});

describe('words of danger and of law', () => {
  it('bring a person at once, and an offer', () => {
    expect(call().hear('the charger caught fire').transfer()?.briefing.reason).toBe('safety');
    expect(call().hear('my lawyer will hear of this').text).toMatch(/colleague/);
    expect(
      new DialogScript(pack, { transferTarget: 'x', language: 'zh' }).hear('充电器冒烟了').transfer(),
    ).toBeDefined();
  });
});

describe('words of danger', () => {
  const lines = (name: string) =>
    readFileSync(join(import.meta.dirname, '../../../models/training/emotion', name), 'utf8')
      .trim()
      .split('\n');

  it.each(['neutral.en.txt', 'neutral.zh.txt', 'pleased.en.txt', 'pleased.zh.txt'])(
    'are in none of the calm lines of %s',
    (name) => {
      const { source } = pack.escalation ?? parseEscalation('x.yaml', oneRule('said.law'));
      expect(lines(name).length).toBeGreaterThan(300);
      expect(lines(name).filter((line) => topicsIn(source, line).safety)).toEqual([]);
    },
  );

  it('are heeded when they were said while the shop was being asked', () => {
    const script = new DialogScript(pack, { transferTarget: 'sip:people', shop: () => undefined });
    script.hear('order status').hear('W2378156').hear('the parcel caught fire');
    expect(script.notes('escalation')).toEqual([]);
    while (script.openTasks.length > 0) script.finishTask({ ok: false, code: 'not_found' });
    expect(script.notes('escalation')).toMatchObject([{ rule: 'danger', do: 'transfer' }]);
  });
});

describe('every turn', () => {
  it('leaves the mood and all that rules can see in the record, as JSON in the state', () => {
    const script = call().hear('order status', { emotion: upset, interrupted: true });
    expect(script.notes('emotion').at(-1)).toMatchObject({
      text: 'order status',
      emotion: { label: 'upset', parts: { words: upset.words, behaviour: { signs: ['interrupted'] } } },
      facts: { mood: 'upset', turns: 1, failedTurns: 0, channel: 'voice' },
    });
    expect(script.state.emotion?.emotion?.label).toBe('upset');
  });

  it('can be asked for its mood by flows', () => {
    const files = shippedFiles({
      'greeting.yaml': `flow: greeting
about: Tells the mood.
steps:
  say:
    branch:
      - { if: call.mood == "upset" && call.emotion.score < 0.5, next: bad }
      - { otherwise: good }
  bad: { say: bad, next: done }
  good: { say: good, next: done }
prompts:
  bad: { en: Bad mood., zh: 心情不好。 }
  good: { en: Good mood., zh: 心情不错。 }
`,
    });
    const script = new DialogScript(compileFlowPack(files))
      .hear('order status')
      .hear('hello', { emotion: upset });
    expect(script.text).toContain('Bad mood.');
  });
});

describe('rules', () => {
  it('are used once, or again after so many turns', () => {
    const once = parseEscalation('x.yaml', oneRule('call.turns > 0'));
    expect(ruleFor(once, facts({ turns: 1 }), '', {})?.rule).toBe('one');
    expect(ruleFor(once, facts({ turns: 9 }), '', { one: 1 })).toBeUndefined();
    const again = parseEscalation('x.yaml', oneRule('call.turns > 0', ', again: 3'));
    expect(ruleFor(again, facts({ turns: 3 }), '', { one: 1 })).toBeUndefined();
    expect(ruleFor(again, facts({ turns: 4 }), '', { one: 1 })?.rule).toBe('one');
  });

  it('see amounts, requests and failed turns', () => {
    const { escalation } = pack;
    if (!escalation) throw new Error('The shipped flows have no rules.');
    const tense = { ...facts().emotion, tenseTurns: 1 };
    expect(ruleFor(escalation, facts({ amount: 2000, emotion: tense }), '', {})?.rule).toBe('large-amount');
    expect(ruleFor(escalation, facts({ requests: 4, emotion: tense }), '', {})?.rule).toBe('complicated');
    expect(ruleFor(escalation, facts({ failedTurns: 4, failedNow: 1 }), '', {})?.rule).toBe('misunderstood');
    expect(ruleFor(escalation, facts({ amount: 2000 }), '', {})).toBeUndefined();
  });

  it('find whole words in English and characters in Chinese', () => {
    const { source } = parseEscalation('x.yaml', oneRule('said.law'));
    expect(topicsIn(source, "I'll call my Lawyer!")).toEqual({ law: true });
    expect(topicsIn(source, 'it goes to small claims, then')).toEqual({ law: true });
    expect(topicsIn(source, 'a lawyerly tone')).toEqual({ law: false });
    expect(topicsIn(source, '我要找律 师')).toEqual({ law: true });
  });

  it.each([
    ['a name nobody knows', oneRule('order.total > 3'), /x\.yaml:5: rule "one": nothing is called "order"/],
    ['a fact nobody knows', oneRule('call.angrines > 3'), /x\.yaml:5: .*no call\.angrines/],
    ['a topic nobody knows', oneRule('said.laws'), /no said\.laws \(did you mean "law"\?\)/],
    ['a broken condition', oneRule('call.turns >'), /x\.yaml:5: rule "one": .*no valid condition/],
    ['an unknown key', oneRule('said.law', ', skil: x'), /x\.yaml:5: .*unknown key "skil"/],
    [
      'a deed that is none',
      oneRule('said.law').replace('do: offer', 'do: shout'),
      /must be one of offer, transfer/,
    ],
    ['no rule', file('  []').replace('rules:\n  []', 'rules: []'), /x\.yaml:4: rules/],
  ])('are refused with file and line: %s', (_, text, message) => {
    expect(() => parseEscalation('x.yaml', text)).toThrow(message);
  });

  it('may not name flows, prompts and reasons that do not exist', () => {
    const text = oneRule('said.law')
      .replace('offer-colleague', 'offer-coleague')
      .replace('reason: angry', 'reason: anger')
      .concat('\napologies: { upset: sorry_upsett }\n');
    const load = () => compileFlowPack(shippedFiles({ 'escalation.yaml': text }));
    expect(load).toThrow(
      /escalation\.yaml:1: flows, offer: there is no flow "offer-coleague" \(did you mean/,
    );
    expect(load).toThrow(
      /escalation\.yaml:5: rule "one": settings\.yaml has no label for the reason "anger"/,
    );
    expect(load).toThrow(/escalation\.yaml:6: there is no prompt "sorry_upsett"/);
  });
});

describe('without rules', () => {
  it('nobody is offered a person for a mood', () => {
    const files = shippedFiles({ 'escalation.yaml': null });
    const script = new DialogScript(compileFlowPack(files)).hear('order status', { emotion: angry });
    expect(script.notes('escalation')).toEqual([]);
    expect(script.expecting?.slot).toBe('order_number');
  });
});
