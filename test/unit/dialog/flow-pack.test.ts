import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../src/core/errors.ts';
import { compileFlowPack, loadFlowPack } from '../../../src/dialog/flow-pack.ts';
import { shippedFiles, shippedPack } from '../../support/dialog-script.ts';

/** What loading says about the shipped flows with a change. */
function problemsWith(changes: Readonly<Record<string, string | null>>): string[] {
  try {
    compileFlowPack(shippedFiles(changes));
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(KefuError);
    expect((error as KefuError).code).toBe('flow_invalid');
    return (error as KefuError).message.split('\n').slice(1);
  }
}

/** A flow file whose steps are the given lines; they begin on line 5. */
const flow = (...steps: string[]) =>
  ['flow: extra', 'about: An extra flow.', '', 'steps:', ...steps.map((line) => `  ${line}`)].join('\n');

const shipped = shippedFiles();
const changed = (file: string, from: string, to: string) => {
  const text = shipped.get(file) ?? '';
  expect(text).toContain(from);
  return { [file]: text.replace(from, to) };
};
const lineOf = (file: string, text: string) =>
  (shipped.get(file) ?? '').split('\n').findIndex((line) => line.includes(text)) + 1;

describe('the shipped flows', () => {
  it('load', async () => {
    const pack = await shippedPack;
    expect([...pack.flows.keys()]).toEqual(
      expect.arrayContaining(['welcome', 'verify', 'order-status', 'handover']),
    );
    expect(pack.intents.map(({ intent }) => intent)).toContain('order_status');
  });

  it('have a version that changes with any file and with nothing else', () => {
    const version = compileFlowPack(shippedFiles()).version;
    expect(compileFlowPack(shippedFiles()).version).toBe(version);
    expect(compileFlowPack(shippedFiles({ 'extra.yaml': flow('one: { say: filler }') })).version).not.toBe(
      version,
    );
  });
});

describe('a broken flow file is refused with file, line and a sentence', () => {
  const broken: readonly (readonly [string, string, string])[] = [
    [
      'a misspelled kind of step',
      flow('one:', '  saay: filler'),
      'extra.yaml:5: step "one": says nothing to do (did you mean "say"?)',
    ],
    [
      'an unknown key',
      flow('one:', '  say: filler', '  nxt: done'),
      'extra.yaml:7: step "one": unknown key "nxt" (did you mean "next"?)',
    ],
    [
      'a dangling target',
      flow('one: { say: filler, next: two }'),
      'extra.yaml:5: step "one": there is no step "two"',
    ],
    [
      'an unknown prompt',
      flow('one:', '  say: filer'),
      'extra.yaml:6: step "one": there is no prompt "filer" (did you mean "filler"?)',
    ],
    [
      'an unknown slot',
      flow('one: { ask: order_numbr, prompt: filler }'),
      'extra.yaml:5: step "one": there is no slot "order_numbr" (did you mean "order_number"?)',
    ],
    [
      'a missing prompt',
      flow('one:', '  ask: order_number'),
      'extra.yaml:5: step "one": "prompt" is missing.',
    ],
    [
      'two kinds in one step',
      flow('one: { say: filler, ask: email, prompt: filler }'),
      'extra.yaml:5: step "one": does say and ask at once; make it 2 steps.',
    ],
    [
      'an unknown flow',
      flow('one:', '  call: verfy'),
      'extra.yaml:6: step "one": there is no flow "verfy" (did you mean "verify"?)',
    ],
    [
      'an unknown operation',
      flow('one: { lookup: getOrdr, input: { orderId: slots.order_number } }'),
      'extra.yaml:5: step "one": the shop has no operation "getOrdr" (did you mean "getOrder"?)',
    ],
    [
      'an input the operation does not take',
      flow('one:', '  lookup: getOrder', '  input: { orderId: slots.order_number, colour: \'"red"\' }'),
      'extra.yaml:7: step "one": "getOrder" takes no "colour"',
    ],
    [
      'an input that is missing',
      flow('one: { lookup: getOrder, input: {} }'),
      'extra.yaml:5: step "one": "getOrder" needs "orderId" as input.',
    ],
    [
      'a look-up that writes',
      flow('one: { lookup: cancelOrder, input: { orderId: order.id, reason: \'"x"\' } }'),
      'extra.yaml:5: step "one": "cancelOrder" changes something at the shop: use "change" with a confirm step before it.',
    ],
    [
      'a change without a read-back',
      flow(
        'one: { change: cancelOrder, input: { orderId: order.id, reason: \'"x"\' }, agreed: two }',
        'two: { say: filler }',
      ),
      'extra.yaml:5: step "one": "two" is no confirm step of this flow: a change needs a read-back and a yes.',
    ],
    [
      'a change without agreed',
      flow('one: { change: cancelOrder, input: { orderId: order.id, reason: \'"x"\' } }'),
      'extra.yaml:5: step "one": "agreed" is missing.',
    ],
    [
      'a change that only reads',
      flow(
        'one: { confirm: confirm, prompt: filler, yes: two, no: done }',
        'two: { change: getOrder, input: { orderId: order.id }, agreed: one }',
      ),
      'extra.yaml:6: step "two": "getOrder" only reads: use "lookup".',
    ],
    [
      'an expression with a mistake',
      flow('one:', '  branch:', '    - { if: "order.status ==", next: done }'),
      'extra.yaml:7: step "one": "order.status ==" is no valid expression',
    ],
    [
      'an unknown name in an expression',
      flow('one:', '  branch:', '    - { if: "ordr != null", next: done }'),
      'extra.yaml:7: step "one": nothing is called "ordr" (did you mean "order"?)',
    ],
    [
      'an unknown slot in an expression',
      flow('one:', '  branch:', '    - { if: "slots.mail != null", next: done }'),
      'extra.yaml:7: step "one": there is no slot "mail"',
    ],
    [
      'speech in the background',
      flow('one: { call: stop, background: true }'),
      'extra.yaml:5: step "one": "stop" cannot run in the background: its step "agreed" does say.',
    ],
    [
      'an unknown outcome',
      flow('one: { end: happily }'),
      'extra.yaml:5: step "one", end: must be one of resolved, transferred, callback, abandoned, failed.',
    ],
    [
      'a wording missing in a language',
      `${flow('one: { say: hi }')}\nprompts:\n  hi:\n    en: Hi.\n`,
      'extra.yaml:7: prompt "hi": "zh" is missing.',
    ],
    [
      'an unclosed brace',
      `${flow('one: { say: hi }')}\nprompts:\n  hi:\n    en: 'Hi {order.id'\n    zh: 好\n`,
      'extra.yaml:8: prompt "hi": "Hi {order.id" has "{" without "}".',
    ],
    [
      'an unknown formatter',
      `${flow('one: { say: hi }')}\nprompts:\n  hi:\n    en: 'Hi {order.id|shout}'\n    zh: 好\n`,
      'extra.yaml:8: prompt "hi": there is no formatter "shout"',
    ],
    [
      'a step name that is no name',
      flow('Step One: { say: filler }'),
      'extra.yaml:5: step "Step One": the name is written in small letters with dashes, like which-order.',
    ],
    [
      'a flow under another name',
      flow('one: { say: filler }').replace('flow: extra', 'flow: other'),
      'extra.yaml:1: the flow is called "other" but its file extra.yaml.',
    ],
    [
      'a way of listening that does not exist',
      flow('one: { ask: full_name, like: invoice_titel, prompt: filler }'),
      'extra.yaml:5: step "one": there is no slot "invoice_titel" (did you mean "invoice_title"?)',
    ],
    [
      'a change that rests on more than a clear yes',
      flow(
        "one: { confirm: confirm, prompt: filler, yesIf: 'value != null', yes: two, no: done }",
        'two: { change: expedite, input: { orderId: order.id }, agreed: one }',
      ),
      'extra.yaml:5: step "one": the change "two" rests on this question, so only a clear yes counts.',
    ],
    ['no steps', 'flow: extra\nabout: Nothing.\nsteps: {}\n', 'extra.yaml:3: the flow has no steps.'],
    [
      'a step twice',
      flow('one: { say: filler }', 'one: { say: filler }'),
      'extra.yaml:6: this is not YAML: Map keys must be unique.',
    ],
    ['no YAML', 'flow: [extra', 'extra.yaml:1: this is not YAML'],
    [
      'an unknown pattern',
      `${flow('one: { say: filler }')}\npatterns:\n  agnt: { flow: stop }\n`,
      'extra.yaml:7: patterns',
    ],
    [
      'a pattern to an unknown step',
      `${flow('one: { say: filler }')}\npatterns:\n  agent: { step: two }\n`,
      'extra.yaml:7: pattern "agent": there is no step "two"',
    ],
  ];

  it.each(broken)('%s', (_, file, expected) => {
    const problems = problemsWith({ 'extra.yaml': file });
    expect(problems.join('\n')).toContain(expected);
  });

  it('and all its mistakes at once, in order of file and line', () => {
    const file = flow(
      'one: { say: filer }',
      'two: { ask: nothing, prompt: filler }',
      'three: { say: filler, next: nowhere }',
    );
    const problems = problemsWith({ 'extra.yaml': file, 'stop.yaml': null });
    expect(
      problems.filter((line) => line.startsWith('extra.yaml')).map((line) => line.split(':')[1]),
    ).toEqual(['5', '6', '7']);
    expect(
      problems.some((line) => line.startsWith('settings.yaml') && line.includes('there is no flow "stop"')),
    ).toBe(true);
  });
});

describe('the files that all flows share', () => {
  it('must be there', () => {
    expect(problemsWith({ 'slots.yaml': null }).join('\n')).toContain('slots.yaml:1: the file is missing.');
  });

  it.each([
    [
      'a time zone that does not exist',
      'settings.yaml',
      'timeZone: America/New_York',
      'timeZone: Mars/North',
      'is no time zone',
    ],
    [
      'an order number format with a mistake',
      'settings.yaml',
      "format: '^#?W\\d{7}$'",
      "format: '^(W'",
      'is no regular expression',
    ],
    [
      'an example that does not fit',
      'settings.yaml',
      "example: '#W2378156'",
      "example: 'X1'",
      'does not fit the format',
    ],
    [
      'an entry that does not exist',
      'settings.yaml',
      'entry: welcome',
      'entry: hello',
      'there is no flow "hello"',
    ],
    [
      'a pattern without a flow',
      'settings.yaml',
      '  stop: { flow: stop }',
      '  stop: { flow: stopp }',
      'there is no flow "stopp" (did you mean "stop"?)',
    ],
    [
      'a sensitive flow that does not exist',
      'settings.yaml',
      'sensitive: [account]',
      'sensitive: [acount]',
      'there is no flow "acount" (did you mean "account"?)',
    ],
    ['a pattern left out', 'settings.yaml', '  stop: { flow: stop }\n', '', '"stop" is missing'],
    [
      'a rung with an unknown prompt',
      'settings.yaml',
      '[sorry_no_match, question]',
      '[sorry, question]',
      'there is no prompt "sorry"',
    ],
    ['a slot of an unknown kind', 'slots.yaml', 'kind: email', 'kind: mail', 'must be one of anything'],
    [
      'a slot whose read-back does not exist',
      'slots.yaml',
      'readBack: email_read_back',
      'readBack: email_back',
      'there is no prompt "email_back"',
    ],
    [
      'an intent that leads nowhere',
      'routing.yaml',
      'flow: order-status',
      'flow: order-state',
      'there is no flow "order-state"',
    ],
    [
      'a key for an unknown intent',
      'routing.yaml',
      "'1': order_status",
      "'1': order_state",
      'there is no intent "order_state"',
    ],
    [
      'a prompt that the engine needs',
      'prompts.yaml',
      '  give_up:',
      '  give_in:',
      'the prompt "give_up" is missing',
    ],
  ])('%s', (_, file, from, to, expected) => {
    expect(problemsWith(changed(file, from, to)).join('\n')).toContain(expected);
  });

  it('name the line of the mistake', () => {
    const line = lineOf('settings.yaml', 'timeZone: America/New_York');
    const [problem] = problemsWith(changed('settings.yaml', 'America/New_York', 'Mars/North'));
    expect(problem).toBe(
      `settings.yaml:${String(line)}: timeZone: is no time zone of the IANA list, such as America/New_York.`,
    );
  });

  it('must say for each intent where it goes, and for each route what callers say', () => {
    const intents = `${shipped.get('intents.yaml') ?? ''}\nnew_wish:\n  en: [a new wish]\n  zh: [新的愿望]\n`;
    expect(problemsWith({ 'intents.yaml': intents }).join('\n')).toContain(
      'intent "new_wish": routing.yaml does not say where it goes.',
    );
    const routing = changed(
      'routing.yaml',
      '  stop: { pattern: stop }',
      '  stop: { pattern: stop }\n  stopp: { pattern: stop }',
    );
    expect(problemsWith(routing).join('\n')).toContain(
      'intent "stopp": has no examples in intents.yaml (did you mean "stop"?)',
    );
  });
});

describe('a folder that is not there', () => {
  it('is named', async () => {
    await expect(loadFlowPack('/nowhere/flows')).rejects.toMatchObject({
      code: 'flow_invalid',
      message: expect.stringContaining('/nowhere/flows') as string,
    });
  });
});
