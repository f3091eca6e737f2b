import { describe, expect, it } from 'vitest';
import { createDialogEngine } from '../../../src/dialog/engine.ts';
import { DialogScript, shippedPack } from '../../support/dialog-script.ts';
import { answerFromTables } from '../../support/dialog-shop.ts';

const pack = await shippedPack;
const call = (options: ConstructorParameters<typeof DialogScript>[1] = {}) => new DialogScript(pack, options);
const atNumber = (options: ConstructorParameters<typeof DialogScript>[1] = {}) =>
  call(options).hear('order status');

describe('at any question', () => {
  it('"what was that?" says the last turn again in the same words', () => {
    const script = atNumber();
    const before = script.text;
    expect(script.hear('what was that?').text).toBe(before);
    expect(script.expecting?.slot).toBe('order_number');
  });

  it('"what was that?" after a long answer says all of it again, and nothing from before', () => {
    const script = atNumber().hear('W2378156');
    const before = script.text;
    expect(script.hear('what was that?').text).toBe(before);
  });

  it('"never mind" drops the request and asks for another', () => {
    const script = atNumber().hear('never mind');
    expect(script.text).toMatch(/leave that.*anything else/i);
    expect(script.expecting?.slot).toBe('anything_else');
  });

  it('a greeting is greeted back and the question comes again in other words', () => {
    const script = atNumber();
    const first = script.text;
    script.hear('hello');
    expect(script.text).toContain('Hello!');
    expect(script.text).not.toContain(first);
    expect(script.expecting?.slot).toBe('order_number');
  });

  it('goodbye in the middle of something asks first', () => {
    const script = atNumber().hear('goodbye');
    expect(script.text).toBe('Shall we end the call here?');
    expect(script.hear('no').expecting?.slot).toBe('order_number');
    expect(script.hear('goodbye').hear('yes').ended).toBe('abandoned');
  });

  it('goodbye with nothing under way ends the call', () => {
    expect(call().hear('goodbye').ended).toBe('abandoned');
  });

  it('a word that is an example sentence is understood without the classifier', () => {
    const script = call({ transferTarget: 'sip:x' }).hear('order status');
    const exact = pack.intents.find(({ intent }) => intent === 'human_agent')?.examples.en[0] ?? '';
    script.hear(exact, { intent: 'unknown' });
    expect(script.transfer()).toBeDefined();
  });

  it('another wish is taken up, and the first comes back with a bridge', () => {
    const script = atNumber().hear('what are your opening hours');
    expect(script.text).toContain(
      'around the clock. Now back to where we were. Please tell me your order number.',
    );
    expect(script.expecting?.slot).toBe('order_number');
    script.hear('I want to cancel something').hear('mei_chen@example.com');
    expect(script.text).toContain('with an office chair?');
  });

  it('the same wish again is no other wish', () => {
    const script = atNumber().hear('I want to know where my order is');
    expect(script.expecting?.slot).toBe('order_number');
    expect(script.state.stack).toHaveLength(3);
  });
});

describe('an answer that cannot be used', () => {
  it('is met with an example, then with keys, then with a person', () => {
    const script = atNumber();
    expect(script.hear('purple monkey').text).toContain('a W and seven digits');
    expect(script.hear('purple monkey').text).toContain('press 0 for a person');
    expect(script.hear('purple monkey').text).toContain('talk to a person');
  });

  it('never meets the same words twice in a row', () => {
    const heard = new Set<string>();
    const script = call();
    for (let turn = 0; turn < 3; turn += 1) {
      expect(heard.has(script.text)).toBe(false);
      heard.add(script.text);
      script.hear('purple monkey');
    }
  });

  it('to a yes-or-no question is met with "yes or no", then with keys', () => {
    const script = call({ from: '+12125550142' }).hear('agent');
    expect(script.hear('purple monkey').text).toContain('"yes" or "no"');
    expect(script.hear('purple monkey').text).toContain('press 1');
    expect(script.keys('1').ended).toBe('callback');
  });

  it('to "how can I help" is met with what Kefu can do, then with a person', () => {
    const script = call();
    expect(script.hear('sing me a song').text).toContain('I can track, change or cancel an order');
    expect(script.hear('sing me a song').text).toContain('where is my order');
    expect(script.hear('sing me a song').text).toContain('talk to a person');
  });

  it('after the person is declined leaves the request', () => {
    const script = atNumber().hear('aaa').hear('bbb').hear('ccc').hear('no');
    expect(script.expecting?.slot).toBe('anything_else');
  });

  it('offered a person and still not understood is handed over', () => {
    const script = atNumber({ transferTarget: 'sip:x' })
      .hear('aaa')
      .hear('bbb')
      .hear('ccc')
      .hear('ddd')
      .hear('eee')
      .hear('fff');
    expect(script.transfer()?.briefing.reason).toBe('not-verified');
  });

  it('counts from the beginning again at the next question', () => {
    const script = atNumber().hear('aaa').hear('bbb').hear("I don't have it");
    expect(script.hear('aaa').text).toContain('for example');
  });

  it('on a text channel offers no keys', () => {
    const script = atNumber({ channel: 'text' });
    const said = [script.hear('aaa').text, script.hear('bbb').text];
    expect(said.join(' ')).not.toMatch(/\bkeys?\b|press/);
    expect(said[1]).toContain('"agent"');
  });
});

describe('what understanding guesses', () => {
  it('does not turn "I don\'t have it" into a command', () => {
    expect(atNumber().hear("I don't have it with me", { intent: 'stop' }).expecting?.slot).toBe('email');
  });

  it('does not turn the digits of a number into a wish', () => {
    expect(atNumber().hear('W 2 3 7', { intent: 'cancel_order' }).text).toBe('W237. And then?');
    expect(atNumber().hear('W 2 3 7', { intent: 'repeat' }).text).toBe('W237. And then?');
  });

  it('does not take a postal code for the beginning of an order number', () => {
    const script = atNumber().hear('my zip code is 19122', { intent: 'unknown' });
    expect(script.expecting?.collected).toBeUndefined();
  });

  it('does not turn "no, not that one" into a command', () => {
    const script = atNumber().hear("I don't have it").hear('yusuf.rossi9620@example.com');
    expect(script.hear('no, not that one', { intent: 'stop' }).expecting?.slot).toBe('order_choice');
  });
});

describe('a caller who needs a moment', () => {
  it.each(['hold on a second', 'one moment please', 'let me see', 'okay, give me a minute'])(
    '"%s" gets time',
    (text) => {
      const script = atNumber().hear(text, { intent: 'unknown' });
      expect(script.text).toBe('Take your time.');
      expect(script.expecting).toMatchObject({ slot: 'order_number', noInputMs: 20_000 });
    },
  );

  it('is not failing to answer', () => {
    const script = atNumber().hear('hold on').hear('wait').hear('等一下').hear('one second');
    expect(script.expecting?.slot).toBe('order_number');
  });
});

describe('after an answer', () => {
  const answered = () => atNumber().hear('W2378156');

  it('"no" with a further wish is that wish', () => {
    expect(answered().hear('no, but where is order W5061948').text).toContain('Order #W5061948');
  });

  it('"no" with anything else ends the call', () => {
    expect(answered().hear('no I just wanted to know that', { intent: 'unknown' }).ended).toBe('resolved');
  });

  it.each(['okay thanks', 'great, thank you', "no that's it"])('"%s" ends the call', (text) => {
    expect(answered().hear(text).ended).toBe('resolved');
  });

  it('"that is not my order" brings the number up again', () => {
    const script = answered().hear("no, that's wrong, that's not my order");
    expect(script.text).toContain('sorry');
    expect(script.expecting?.slot).toBe('order_number');
    expect(script.hear('W5061948').text).toContain('Order #W5061948');
  });

  it('a number at "the same order?" is the answer', () => {
    const script = answered().hear('where is my order').hear('W5061948');
    expect(script.text).toContain('Order #W5061948');
  });

  it('"my other order" is not the same', () => {
    expect(answered().hear('and where is my other order').expecting?.slot).toBe('order_number');
  });

  it('a number keyed without being asked for is looked up', () => {
    expect(answered().keys('5061948').text).toContain('Order #W5061948');
  });
});

describe('silence', () => {
  it('is asked into, then ended', () => {
    const script = call();
    expect(script.event('no-input').text).toContain('Are you still there?');
    expect(script.event('no-input').text).toContain("didn't hear");
    expect(script.event('no-input').text).toContain('Goodbye');
    expect(script.ended).toBe('abandoned');
  });

  it('in the middle brings the question again in other words', () => {
    const script = atNumber();
    const first = script.text;
    script.event('no-input');
    expect(script.text).toContain('order number');
    expect(script.text).not.toContain(first);
  });

  it('while the shop is asked is nothing', () => {
    const script = atNumber({ shop: () => undefined }).hear('W2378156');
    expect(script.event('no-input').said).toEqual([]);
  });
});

describe('speech that nobody could make out', () => {
  it('is told apart from silence', () => {
    const script = atNumber().event('unintelligible');
    expect(script.text).toContain('hard to hear');
    expect(script.event('unintelligible').text).toContain('line');
    expect(script.event('unintelligible').text).toContain('person');
  });
});

describe('keys', () => {
  it('after a star start over', () => {
    expect(atNumber().keys('999*2378156').text).toContain('Order #W2378156');
  });

  it('star alone repeats', () => {
    const script = atNumber();
    const before = script.text;
    expect(script.keys('*').text).toBe(before);
  });

  it('hash alone is no answer', () => {
    expect(atNumber().keys('').text).toContain('seven digits');
  });

  it('answer yes and no', () => {
    const script = call({ from: '+12125550142' }).hear('agent').keys('2');
    expect(script.text).toContain('another number');
  });
});

describe('the language', () => {
  it('follows a caller who clearly speaks the other', () => {
    const script = call().hear('我的订单到哪里了');
    expect(script.effects).toContainEqual({ type: 'language', language: 'zh' });
    expect(script.text).toContain('订单号');
  });

  it('follows a caller who asks for it by name', () => {
    const script = atNumber().hear('can we speak Chinese please');
    expect(script.state.language).toBe('zh');
    expect(script.text).toMatch(/订单号/);
  });

  it('stays when the phone cannot speak the other', () => {
    const script = call({ voiceLanguages: ['en'] }).hear('我的订单到哪里了');
    expect(script.state.language).toBe('en');
  });

  it('does not change for a name, an address or a number in Latin letters', () => {
    const script = call({ language: 'zh' }).hear('我的订单到哪里了');
    script.hear('W2378156');
    expect(script.state.language).toBe('zh');
    const other = call({ language: 'zh' }).hear('我的订单到哪里了').hear('没有').hear('mei_chen@example.com');
    expect(other.state.language).toBe('zh');
  });

  it('changes for words said while the shop was asked, and the question comes in it', () => {
    const script = atNumber({ shop: () => undefined })
      .hear('W2378156')
      .hear('我的订单到哪里了');
    script.finishTask({ ok: false, code: 'timed_out' });
    expect(script.said.at(-1)).toMatch(/人工/);
    expect(script.effects.at(-1)?.type).toBe('listen');
  });

  it('is spoken in all of a text channel', () => {
    const script = call({ channel: 'text', voiceLanguages: ['en'] }).hear('我的订单到哪里了');
    expect(script.state.language).toBe('zh');
  });
});

describe('while the shop takes its time', () => {
  const waiting = () => atNumber({ shop: () => undefined }).hear('W2378156');

  it('the caller hears a few words, each time others', () => {
    const script = waiting();
    const [task] = script.openTasks;
    const said = [1, 2, 3].map(() => {
      script.said = [];
      return script.send({ type: 'task-slow', taskId: task?.taskId ?? '' }).text;
    });
    expect(said[0]).toBe('One moment, please.');
    expect(new Set(said).size).toBe(3);
  });

  it('a task is given 1.2 seconds before that', () => {
    expect(waiting().openTasks[0]).toMatchObject({ operation: 'getOrder', slowAfterMs: 1200 });
  });

  it('words about another task are not answered', () => {
    const script = waiting();
    script.said = [];
    expect(script.send({ type: 'task-slow', taskId: 'other' }).said).toEqual([]);
  });

  it('what the caller says waits until the answer is there', () => {
    const script = waiting().hear('where is my order W5061948');
    expect(script.said).toEqual([]);
    script.finishTask(answerFromTables('getOrder', { orderId: '#W2378156' }));
    script.finishTask({ ok: true, value: { shipments: [] } }, 'listShipments');
    expect(script.text).toContain('Order #W2378156');
    expect(script.openTasks.at(-1)).toMatchObject({ operation: 'getOrder', input: { orderId: '#W5061948' } });
  });

  it('a "yes" said before the question was asked does not answer it', () => {
    const shop = (operation: string, input: Readonly<Record<string, unknown>>) =>
      operation === 'listOrders' ? undefined : answerFromTables(operation, input);
    const script = atNumber({ shop }).hear("I don't have it").hear('yusuf.rossi9620@example.com').hear('yes');
    script.finishTask(answerFromTables('listOrders', { customerId: 'C1' }));
    expect(script.expecting?.slot).toBe('confirm');
    expect(script.text).toContain('Is it about your order');
  });

  it('"agent" does not wait', () => {
    const script = atNumber({ shop: () => undefined, transferTarget: 'sip:x' })
      .hear('W2378156')
      .hear('agent');
    expect(script.transfer()).toBeDefined();
    // The answer that comes later finds nobody waiting for it.
    script.said = [];
    expect(script.finishTask({ ok: false, code: 'order_not_found' }).said).toEqual([]);
  });

  it('"never mind" does not wait', () => {
    const script = waiting().hear('never mind');
    expect(script.expecting?.slot).toBe('anything_else');
  });
});

describe('problems of the shop', () => {
  const failing = (code: string, options: ConstructorParameters<typeof DialogScript>[1] = {}) =>
    atNumber({ shop: () => ({ ok: false, code }), ...options }).hear('W2378156');

  it('are told, and a person is offered', () => {
    const script = failing('shop_unavailable');
    expect(script.text).toContain("can't reach our order system");
    expect(script.text).toContain('person');
    expect(script.expecting).toMatchObject({ slot: 'confirm', kind: 'yes_no' });
  });

  it('are the reason of the handover', () => {
    const script = failing('shop_unavailable', { transferTarget: 'sip:x' }).hear('yes');
    expect(script.transfer()).toMatchObject({ skill: 'orders', briefing: { reason: 'shop_unavailable' } });
    expect(script.transfer()?.briefing.summary).toContain("the shop's system could not be reached");
  });

  it("with a code nobody knows are told as a problem, without the shop's own words", () => {
    const script = atNumber({
      shop: () => ({ ok: false, code: 'flux_overload', detail: 'ERR 17 at 0x0' }),
    }).hear('W2378156');
    expect(script.text).toContain('something went wrong on our side');
    expect(script.text).not.toContain('ERR');
  });

  it('leave the call alive when the person is declined', () => {
    expect(failing('timed_out').hear('no').expecting?.slot).toBe('anything_else');
  });
});

describe('failures of the call', () => {
  it('asr-failed goes over to keys where the question can be keyed', () => {
    const script = atNumber().event('asr-failed');
    expect(script.text).toContain('use the keys');
    expect(script.text).toContain('Please key in the digits of your order number');
    expect(script.keys('2378156').text).toContain('Order #W2378156');
    expect(script.text).toContain('press 1');
  });

  it('asr-failed at the beginning offers a menu of keys', () => {
    const script = call().event('asr-failed');
    expect(script.text).toContain('press 1');
    expect(script.keys('1').text).toContain('key in the digits');
  });

  it('asr-failed where nothing can be keyed brings a person', () => {
    const script = atNumber({ transferTarget: 'sip:x' }).hear("I don't have it").event('asr-failed');
    expect(script.transfer()?.briefing.reason).toBe('asr-failed');
  });

  it('speech that is recognised again ends the time of keys', () => {
    const script = call().event('asr-failed').hear('order status');
    expect(script.text).toBe("What's your order number?");
  });

  it('tts-failed says it once more, then brings a person', () => {
    const script = atNumber({ transferTarget: 'sip:x' });
    const before = script.text;
    expect(script.event('tts-failed').text).toBe(before);
    script.event('tts-failed');
    expect(script.transfer()?.briefing.reason).toBe('tts-failed');
  });

  it('tts-failed again and again ends the call', () => {
    const script = atNumber().event('tts-failed').event('tts-failed').event('tts-failed');
    expect(script.ended).toBe('failed');
  });

  it('a line that was interrupted is apologised for and the question comes again', () => {
    const script = atNumber();
    const before = script.text;
    expect(script.event('call-resumed').text).toBe(`Sorry, the line was interrupted. ${before}`);
  });

  it('a line interrupted while the shop is asked waits on', () => {
    const script = atNumber({ shop: () => undefined })
      .hear('W2378156')
      .event('call-resumed');
    expect(script.text).toBe('Sorry, the line was interrupted.');
    script.finishTask(answerFromTables('getOrder', { orderId: '#W2378156' }));
    expect(script.openTasks.map(({ operation }) => operation)).toContain('listShipments');
  });

  it('hanging up in the middle is abandoning, after the answer it is not', () => {
    expect(atNumber().event('caller-hung-up').ended).toBe('abandoned');
    expect(atNumber().hear('W2378156').event('caller-hung-up').ended).toBe('resolved');
  });

  it('after the end nothing happens any more', () => {
    const script = call().event('caller-hung-up');
    const effects = script.effects.length;
    script.hear('hello').event('no-input');
    expect(script.effects).toHaveLength(effects);
  });
});

describe('a state', () => {
  it('goes on in another engine with the same flows', () => {
    const script = atNumber().hear('W 2 3 7');
    const elsewhere = createDialogEngine(pack, { voiceLanguages: ['en', 'zh'] });
    const event = { type: 'digits', digits: '8156' } as const;
    expect(elsewhere.advance(script.state, event)).toEqual(script.engine.advance(script.state, event));
    expect(script.state.flowsVersion).toBe(pack.version);
  });
});

describe('the record', () => {
  it('names flow and step of each stop', () => {
    const script = atNumber();
    expect(script.notes('dialog')).toEqual([
      { flow: 'welcome', step: 'request' },
      { flow: 'verify', step: 'order-number' },
    ]);
  });
});
