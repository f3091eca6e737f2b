import { describe, expect, it } from 'vitest';
import type { DialogEvent } from '../../../src/core/dialog.ts';
import type { EmotionReading } from '../../../src/core/emotion.ts';
import { compileFlowPack } from '../../../src/dialog/flow-pack.ts';
import { DialogScript, shippedFiles, shippedPack, type ScriptOptions } from '../../support/dialog-script.ts';

const pack = await shippedPack;
const angry: EmotionReading = { words: { angry: 0.97, upset: 0.01, neutral: 0.01, pleased: 0.01 } };
const minute = 60_000;

const call = (options: ScriptOptions = {}) =>
  new DialogScript(pack, { hasPeople: true, from: '+12125550188', ...options });
/** A caller who has asked for a person and knows the place. */
const inLine = (options: ScriptOptions = {}, position = 2, waitMs: number | null = 3 * minute) =>
  call(options)
    .hear(options.language === 'zh' ? '人工' : 'agent')
    .place(position, waitMs);
const zh: ScriptOptions = { language: 'zh' };
const joined = (name = 'Anna'): DialogEvent => ({ type: 'person-joined', name });
const left = (next: 'lost' | 'queue' | 'end'): DialogEvent => ({ type: 'person-left', next });
const refused = (
  because: 'closed' | 'full',
  instead: 'callback' | 'voicemail' | 'goodbye',
  opensAtEpochMs: number | null = null,
): DialogEvent => ({ type: 'queue-refused', because, instead, opensAtEpochMs });

describe('the hand-over to the queue', () => {
  it('is said, with the place, the wait, and that Kefu goes on listening', () => {
    const script = call().hear('agent');
    expect(script.text).toBe("I'm connecting you with a colleague.");
    expect(script.transfer()).toMatchObject({ skill: 'general', value: 0 });
    expect(script.transfer()?.anger).toBeLessThan(0.2);
    expect(script.transfer()).not.toHaveProperty('queue');
    script.place(2, 3 * minute);
    expect(script.text).toBe(
      "You're number two in line; it should take about three minutes. I'm still listening: if you need something else, just tell me.",
    );
    expect(script.expecting).toMatchObject({ slot: 'waiting', kind: 'anything' });
  });

  it('is as natural in Chinese', () => {
    const script = call(zh).hear('人工');
    expect(script.text).toBe('正在为您转接人工客服。');
    expect(script.place(2, 3 * minute).text).toBe(
      '您排在第二位，预计还需大约三分钟。 我一直在听，您有别的事可以随时告诉我。',
    );
  });

  it('tells the reason where it is known, and none that blames the caller', () => {
    const reasons = (language: 'en' | 'zh') =>
      Object.values(pack.settings.labels?.colleague_can ?? {}).map((label) => label[language]);
    expect(reasons('en').join()).not.toMatch(/angry|upset|understand/);
    const script = call().hear('the charger caught fire');
    expect(script.text).toBe("I'm connecting you with a colleague who can take care of this right away.");
    const mad = call().hear('where is my order, you useless lot', { emotion: angry }).hear('yes');
    expect(mad.text).toBe("I'm connecting you with a colleague.");
    expect(mad.transfer()?.anger).toBeGreaterThan(0.5);
    expect(call(zh).hear('充电器冒烟了').text).toBe('正在为您转接人工客服，同事会马上处理此事。');
  });

  it.each([
    [
      1,
      20_000,
      "You're next in line; it should take less than a minute.",
      '下一位就是您，预计还需不到一分钟。',
    ],
    [1, minute, "You're next in line; it should take about a minute.", '下一位就是您，预计还需大约一分钟。'],
    [
      12,
      4 * minute,
      "You're number 12 in line; it should take about four minutes.",
      '您排在第12位，预计还需大约四分钟。',
    ],
    [
      3,
      18 * minute,
      "You're number three in line; it should take about 20 minutes.",
      '您排在第三位，预计还需大约20分钟。',
    ],
    [
      5,
      40 * minute,
      "You're number five in line; it should take more than half an hour.",
      '您排在第五位，预计还需半个多小时。',
    ],
    [
      9,
      90 * minute,
      "You're number nine in line; it should take more than an hour.",
      '您排在第九位，预计还需一个多小时。',
    ],
    [
      2,
      null,
      "You're number two in line. I can't tell yet how long it will take.",
      '您排在第二位，暂时还说不准要等多久。',
    ],
  ])('tells place %d and %s ms', (position, waitMs, english, chinese) => {
    expect(inLine({}, position, waitMs).said[0]).toBe(english);
    expect(inLine(zh, position, waitMs).said[0]).toBe(chinese);
  });

  it('offers a callback once when the wait is long or unknown, and never when it is short', () => {
    const offer = "We can also call you back when it's your turn. Would you like that?";
    expect(inLine({}, 4, 6 * minute).said[1]).toBe(offer);
    expect(inLine({}, 4, null).said[1]).toBe(offer);
    expect(inLine({}, 4, 5 * minute).text).not.toContain('call you back');
    const script = inLine({}, 4, 6 * minute);
    expect(script.hear('no').text).toBe('All right, you keep your place.');
    expect(script.place(3, 6 * minute).text).not.toContain('call you back');
    expect(script.effectsOf('leave-queue')).toEqual([]);
    expect(inLine(zh, 4, null).said[1]).toBe('也可以等轮到您时由我们给您回电，需要吗？');
  });

  it('asks for the queue that the flow names, and tells what is at stake', () => {
    const files = shippedFiles();
    const handover = (files.get('handover.yaml') ?? '').replace(
      'reason: handover_reason }\n    unavailable',
      `reason: handover_reason, queue: '"vip"' }\n    unavailable`,
    );
    const own = compileFlowPack(shippedFiles({ 'handover.yaml': handover }));
    const script = new DialogScript(own, { hasPeople: true, from: '' });
    script.hear('order status').hear('W2378156').hear('agent');
    expect(script.transfer()).toMatchObject({ queue: 'vip', value: 59.7 });
    const { briefing } = script.transfer() ?? {};
    expect(briefing?.order).toMatchObject({
      id: '#W2378156',
      items: [{ name: 'Desk Lamp' }, { name: 'T-Shirt' }],
    });
    expect(briefing?.done.join()).toContain('W2378156');
  });

  it('is possible where there is a queue, a number or a chat, and nowhere else', () => {
    expect(call({ hasPeople: false }).hear('agent').transfer()).toBeUndefined();
    expect(call({ hasPeople: false, transferTarget: 'sip:x' }).hear('agent').transfer()).toBeDefined();
    expect(call({ hasPeople: false, channel: 'text' }).hear('agent').transfer()).toBeDefined();
    expect(call().hear('agent').transfer()).toBeDefined();
  });

  it('leads to the callback when it fails, before or after there was a place', () => {
    const failed: DialogEvent = { type: 'transfer-finished', ok: false, code: 'store_unavailable' };
    expect(call().hear('agent').tell(failed).text).toContain('nobody is free');
    expect(inLine().tell(failed).text).toContain('nobody is free');
    expect(inLine().hear('order status').tell(failed).expecting?.slot).toBe('confirm');
  });

  it('says its fixed words from recordings made ahead', () => {
    const fixed = (language: 'en' | 'zh') =>
      call()
        .engine.fixedUtterances(language)
        .map(({ promptId }) => promptId);
    for (const name of [
      'queue_listening',
      'queue_offer',
      'queue_keep',
      'queue_sorry',
      'queue_left',
      'person_lost',
      'person_next',
    ]) {
      expect(fixed('en').some((id) => id.endsWith(name))).toBe(true);
      expect(fixed('zh').some((id) => id.endsWith(name))).toBe(true);
    }
  });
});

describe('news of the place', () => {
  it('is told when it is better', () => {
    const script = inLine();
    expect(script.place(1, 3 * minute).text).toMatch(/You're next in line now; about three minutes to go\./);
    expect(script.place(1, minute).text).toMatch(/You're next now; about a minute to go\./);
    expect(inLine(zh).place(1, 50_000).text).toBe('感谢您的等待，下一位就是您，预计还需不到一分钟。');
  });

  it('is told when nothing was for a minute, and kept silent otherwise', () => {
    const script = inLine();
    expect(script.place(3, 4 * minute).text).toBe('');
    expect(script.place(3, 5 * minute).text).toBe('');
    expect(script.place(3, 6 * minute).text).toContain('number three');
    expect(script.place(3, 7 * minute).text).toBe('');
  });

  it('is kept for later while something else is under way', () => {
    const script = inLine().hear('order status');
    expect(script.place(1, minute).text).toBe('');
    expect(script.hear('W2378156').text).toMatch(/You're still in line; you're next\.$/);
  });
});

describe('a caller who waits', () => {
  it.each([
    ['en', 'never mind'],
    ['en', 'cancel'],
    ['en', "I don't need a person any more"],
    ['zh', '算了'],
    ['zh', '不用转人工了'],
  ] as const)('leaves the line (%s: %s)', (language, words) => {
    const script = inLine({ language }).hear(words);
    expect(script.effectsOf('leave-queue')).toHaveLength(1);
    expect(script.text).toBe(
      language === 'en' ? 'Okay. Is there anything else I can do for you?' : '好的。 请问还有其他需要吗？',
    );
    expect(script.expecting?.slot).toBe('anything_else');
    expect(script.place(1, minute).text).toBe('');
  });

  it('gets what is wanted instead of a person', () => {
    const script = inLine().hear('never mind, just tell me when it arrives', { intent: 'order_status' });
    expect(script.effectsOf('leave-queue')).toHaveLength(1);
    expect(script.text).toMatch(/^Okay\. .*order number/);
    expect(script.expecting?.slot).toBe('order_number');
    const chinese = inLine(zh).hear('算了，你直接告诉我什么时候到', { intent: 'order_status' });
    expect(chinese.expecting?.slot).toBe('order_number');
  });

  it('gets answers to plain questions without losing the place', () => {
    const script = inLine({}, 1).hear('opening hours');
    expect(script.text).toMatch(/nine to eight.* You're still in line; you're next\.$/);
    expect(script.effectsOf('leave-queue')).toEqual([]);
    expect(inLine(zh).hear('几点营业').text).toMatch(/您还在排队，您排在第二位。$/);
  });

  it('gets an order looked up without losing the place, and no bridge besides', () => {
    const script = inLine().hear('order status').hear('W2378156');
    expect(script.text).toMatch(/on its way.* You're still in line; you're number two\.$/);
    expect(script.text).not.toContain('back to where');
    expect(script.effectsOf('leave-queue')).toEqual([]);
    expect(script.expecting?.slot).toBe('waiting');
    expect(inLine().hear('W2378156').text).toContain('still in line');
  });

  it('comes back to the line from whatever goes wrong in between', () => {
    const silent = inLine().hear('order status');
    for (let count = 0; count < 4; count += 1) silent.event('no-input');
    expect(silent.expecting?.slot).toBe('waiting');
    const lost = inLine().hear('order status');
    for (let count = 0; count < 6; count += 1) lost.hear('purple elephants dance');
    expect(lost.expecting?.slot).toBe('waiting');
    expect(inLine().hear('order status').hear('never mind').text).toMatch(/still in line/);
    expect(inLine().hear('order status').hear('agent').text).toMatch(/^You're still in line/);
    const down = inLine({
      shop: (name) => (name === 'getOrder' ? { ok: false, code: 'shop_unavailable' } : undefined),
    });
    expect(down.hear('order status').hear('W2378156').text).toMatch(
      /You're still in line; you're number two\.$/,
    );
    for (const script of [silent, lost, down]) {
      expect(script.effectsOf('leave-queue')).toEqual([]);
      expect(script.effectsOf('transfer')).toHaveLength(1);
    }
  });

  it.each([
    ['en', 'how long will it take', "You're number two in line; it should take about three minutes."],
    ['en', 'am I still in line', "You're number two in line; it should take about three minutes."],
    ['zh', '还要等多久', '您排在第二位，预计还需大约三分钟。'],
    ['zh', '轮到我了吗', '您排在第二位，预计还需大约三分钟。'],
  ] as const)('hears the place when asked (%s: %s)', (language, words, answer) => {
    expect(inLine({ language }).hear(words).text).toBe(answer);
  });

  it('asks for a person again and is told that one is on the way', () => {
    const script = inLine().hear('agent');
    expect(script.text).toBe("You're still in line; you're number two.");
    expect(script.keys('0').text).toBe("You're still in line; you're number two.");
    expect(script.hear('hello').text).toBe("You're still in line; you're number two.");
    expect(script.effectsOf('transfer')).toHaveLength(1);
  });

  it('hears little for thanks, and nothing for a remark, a hum, keys or silence', () => {
    const script = inLine();
    expect(script.hear('thank you').text).toBe("You're welcome.");
    expect(script.hear('thanks, I will wait').text).toBe("You're welcome.");
    for (const words of ['okay', 'mhm', 'I can wait', 'hold on', 'no'])
      expect(script.hear(words).text).toBe('');
    for (const event of ['no-input', 'unintelligible', 'asr-failed', 'tts-failed'] as const) {
      for (let count = 0; count < 5; count += 1) expect(script.event(event).text).toBe('');
    }
    expect(script.keys('7').text).toBe('');
    expect(script.ended).toBeNull();
    const chinese = inLine(zh);
    for (const words of ['好的', '嗯', '我等着', '没关系']) expect(chinese.hear(words).text).toBe('');
    expect(chinese.hear('谢谢').text).toBe('不客气。');
  });

  it('is told twice that something was not understood, and left in peace from then on', () => {
    const script = inLine();
    const words = 'purple elephants dance sideways all day';
    expect(script.hear(words).text).toMatch(/still in line/);
    expect(script.hear(words).text).toMatch(/still in line/);
    expect(script.hear(words).text).toBe('');
    expect(script.hear('the blue one').text).toBe('');
  });

  it('who gets angry hears one apology, and is not escalated again', () => {
    const script = inLine().hear('this is ridiculous, pick up at last', { emotion: angry });
    expect(script.text).toBe("I'm sorry about the wait. You're still in line; you're number two.");
    script.hear('you are all useless', { emotion: angry }).hear('where is my lawyer', { emotion: angry });
    expect(script.text).not.toContain('sorry about the wait');
    expect(script.notes('escalation')).toEqual([]);
    expect(script.effectsOf('transfer')).toHaveLength(1);
    expect(inLine(zh).hear('怎么还没人接啊气死我了', { emotion: angry }).said[0]).toBe('抱歉让您久等了。');
  });

  it('hears it again, changes the language, and says goodbye', () => {
    expect(inLine().hear('what was that').text).toContain('number two in line');
    const script = inLine().hear('请说中文');
    expect(script.text).toBe('您还在排队，您排在第二位。');
    const gone = inLine().hear('goodbye');
    expect(gone.text).toBe('Thank you for calling. Goodbye!');
    expect(gone.ended).toBe('abandoned');
    expect(gone.effects.slice(-2)).toEqual([{ type: 'leave-queue' }, { type: 'end', outcome: 'abandoned' }]);
  });

  it('who hangs up gives the place back', () => {
    for (const script of [call().hear('agent'), inLine(), inLine().hear('order status')]) {
      script.event('caller-hung-up');
      expect(script.ended).toBe('abandoned');
      expect(script.effectsOf('leave-queue')).toHaveLength(1);
    }
    const withoutQueue = call({ hasPeople: false, transferTarget: 'sip:x' })
      .hear('agent')
      .event('caller-hung-up');
    expect(withoutQueue.effectsOf('leave-queue')).toEqual([]);
  });

  it('whose line was lost hears one apology, and is put into the line again', () => {
    const script = inLine().event('call-resumed');
    expect(script.text).toBe('Sorry, the line was interrupted.');
    expect(script.effectsOf('transfer')).toHaveLength(2);
    expect(script.place(1, minute).text).toBe("You're next in line; it should take about a minute.");
    const asked = inLine().hear('order status').event('call-resumed');
    expect(asked.effectsOf('transfer')).toHaveLength(2);
    expect(asked.text).toMatch(/^Sorry, the line was interrupted\. .*order number/);
    expect(call().hear('agent').event('call-resumed').effectsOf('transfer')).toHaveLength(2);
  });
});

describe('a callback instead of waiting', () => {
  it.each([
    ['en', 'call me back instead', 'yes'],
    ['en', 'could you call me back', 'yes'],
    ['zh', '给我回个电话吧', '是的'],
    ['zh', '你们打给我吧', '是的'],
  ] as const)('is promised for the number that calls (%s: %s)', (language, words, yes) => {
    const script = inLine({ language }).hear(words);
    expect(script.text).toMatch(/555-0188/);
    script.hear(yes);
    expect(script.ended).toBe('callback');
    expect(script.text).toMatch(language === 'en' ? /keep your place.*when it's your turn/ : /保留排队位置/);
    const [callback] = script.effectsOf('callback');
    expect(callback).toMatchObject({ number: '+12125550188' });
    expect(callback?.briefing.done.at(-1)).toMatch(/555-0188/);
    expect(script.effectsOf('leave-queue')).toEqual([]);
    expect(script.notes('callback-requested')).toHaveLength(1);
  });

  it('goes to a number that is asked for when none is shown', () => {
    const script = inLine({ from: 'anonymous' }).hear('call me back');
    expect(script.expecting?.slot).toBe('phone');
    script.hear('212 555 0177').hear('yes');
    expect(script.effectsOf('callback')).toMatchObject([
      { number: expect.stringContaining('2125550177') as string },
    ]);
  });

  it('is taken up with a yes when it is offered, and the place is kept with anything but that', () => {
    expect(inLine({}, 4, null).hear('yes please').text).toMatch(/call .*555-0188/);
    expect(inLine(zh, 4, null).hear('好的').text).toMatch(/555-0188/);
    const script = inLine({}, 4, null).hear('call me back').hear('no').hear('no');
    expect(script.text).toBe("You're still in line; you're number four.");
    const stopped = inLine().hear('call me back').hear('never mind');
    expect(stopped.text).toBe("You're still in line; you're number two.");
    const silent = inLine().hear('call me back');
    for (let count = 0; count < 4; count += 1) silent.event('no-input');
    expect(silent.expecting?.slot).toBe('waiting');
    const lost = inLine().hear('call me back');
    for (let count = 0; count < 6; count += 1) lost.hear('purple elephants dance');
    expect(lost.expecting?.slot).toBe('waiting');
    for (const each of [script, stopped, silent, lost]) expect(each.effectsOf('leave-queue')).toEqual([]);
  });

  it('is offered to whoever cannot wait', () => {
    expect(inLine().hear("I can't wait that long").text).toContain('call you back');
    expect(inLine(zh).hear('我等不了了').text).toContain('回电');
    expect(inLine().hear("don't call me back").text).not.toMatch(/555-0188/);
  });

  it('is not asked of a queue that there is none of', () => {
    const script = call({ hasPeople: false }).hear('agent').hear('yes');
    expect(script.ended).toBe('callback');
    expect(script.effectsOf('callback')).toEqual([]);
  });
});

describe('a queue that is closed or full', () => {
  const opens = Date.parse('2026-06-11T13:00:00Z');

  it('tells when it opens and offers a callback', () => {
    const script = call()
      .hear('agent')
      .tell(refused('closed', 'callback', opens));
    expect(script.said[0]).toMatch(/aren't there right now\. We're open again tomorrow at 9:00/);
    expect(script.expecting?.slot).toBe('confirm');
    script.hear('yes');
    expect(script.ended).toBe('callback');
    expect(script.text).toMatch(/We will call you back/);
    expect(script.effectsOf('callback')).toHaveLength(1);
    expect(script.effectsOf('leave-queue')).toEqual([]);
    const chinese = call(zh)
      .hear('人工')
      .tell(refused('closed', 'callback', opens));
    expect(chinese.said[0]).toMatch(/^抱歉，人工客服现在不在线，明天.*9:00恢复服务。$/);
    expect(call().hear('agent').tell(refused('full', 'callback')).said[0]).toMatch(
      /all my colleagues are busy/,
    );
  });

  it('takes a message, and promises that somebody listens to it', () => {
    const script = call().hear('agent').tell(refused('closed', 'voicemail')).hear('yes');
    const [message] = script.effectsOf('voicemail');
    expect(message).toMatchObject({ limitMs: 120_000, briefing: { reason: 'asked-for-person' } });
    expect(script.text).toMatch(/speak now/);
    expect(script.hear('my lamp is broken').text).toBe('');
    script.tell({ type: 'voicemail-finished', ok: true, durationMs: 4000 });
    expect(script.text).toMatch(/Thank you\. A colleague will listen/);
    expect(script.ended).toBe('callback');
    const chinese = call(zh).hear('人工').tell(refused('closed', 'voicemail')).hear('是的');
    expect(chinese.tell({ type: 'voicemail-finished', ok: true, durationMs: 1 }).text).toMatch(
      /同事会听取您的留言/,
    );
  });

  it('offers a callback when no message was recorded, and counts one that ends with the call', () => {
    const script = call().hear('agent').tell(refused('closed', 'voicemail')).hear('yes');
    script.tell({ type: 'voicemail-finished', ok: false, durationMs: 0 });
    expect(script.text).toMatch(/nothing was recorded.*call you back/);
    const gone = call()
      .hear('agent')
      .tell(refused('closed', 'voicemail'))
      .hear('yes')
      .event('caller-hung-up');
    expect(gone.ended).toBe('callback');
    const again = call().hear('agent').tell(refused('closed', 'voicemail')).hear('yes').event('call-resumed');
    expect(again.effectsOf('voicemail')).toHaveLength(2);
    expect(call().hear('agent').tell(refused('closed', 'voicemail')).hear('no').expecting?.slot).toBe(
      'anything_else',
    );
  });

  it('says goodbye kindly, with the time it opens', () => {
    const script = call()
      .hear('agent')
      .tell(refused('closed', 'goodbye', opens));
    expect(script.text).toMatch(/open again tomorrow.*Please call again then.*Goodbye!/);
    expect(script.ended).toBe('abandoned');
    expect(call(zh).hear('人工').tell(refused('full', 'goodbye')).text).toMatch(/再见/);
  });

  it('may be said when the line is asked for again', () => {
    const script = inLine().event('call-resumed').tell(refused('closed', 'callback'));
    expect(script.expecting?.slot).toBe('confirm');
    expect(script.effectsOf('leave-queue')).toEqual([]);
  });
});

describe('a person who answers', () => {
  it('is announced in one sentence, whatever is under way', () => {
    expect(inLine().tell(joined()).text).toBe('Here is Anna.');
    expect(inLine().tell(joined('')).text).toBe('Here is my colleague.');
    expect(inLine(zh).tell(joined('小王')).text).toBe('为您接通小王。');
    expect(inLine(zh).tell(joined('')).text).toBe('为您接通人工客服。');
    expect(call().hear('agent').tell(joined()).text).toBe('Here is Anna.');
    expect(inLine().hear('order status').tell(joined()).text).toBe('Here is Anna.');
    expect(inLine().hear('call me back').tell(joined()).text).toBe('Here is Anna.');
  });

  it('leaves the dialog with nothing to say or to wait for', () => {
    const script = inLine({ shop: () => undefined })
      .hear('order status')
      .hear('W2378156')
      .tell(joined());
    const before = JSON.stringify(script.state);
    script.said = [];
    while (script.openTasks.length > 0) script.finishTask({ ok: false, code: 'shop_unavailable' });
    for (const event of ['no-input', 'unintelligible', 'asr-failed', 'tts-failed'] as const)
      script.event(event);
    script.hear('agent').keys('0').place(1, 0).tell(joined('Bob'));
    script.tell({ type: 'transfer-finished', ok: false }).tell(refused('full', 'callback'));
    expect(script.text).toBe('');
    expect(JSON.stringify(script.state)).toBe(before);
  });

  it('has had the caller when they hang up, then or later', () => {
    const script = inLine().tell(joined()).event('caller-hung-up');
    expect(script.ended).toBe('transferred');
    expect(script.effectsOf('leave-queue')).toEqual([]);
    const waiting = inLine().tell(joined()).tell(left('lost')).event('caller-hung-up');
    expect(waiting.ended).toBe('transferred');
    expect(waiting.effectsOf('leave-queue')).toHaveLength(1);
  });

  it('and is cut off leaves a caller who is told so, and is the next in line', () => {
    const script = inLine().tell(joined()).tell(left('lost'));
    expect(script.text).toBe(
      "I'm sorry, the line to my colleague was lost. Someone will be right with you, please stay on.",
    );
    expect(script.expecting?.slot).toBe('waiting');
    expect(script.place(1, minute).text).toBe('');
    expect(script.hear('am I still in line').text).toContain('next in line');
    expect(script.tell(joined('Bob')).text).toBe('Here is Bob.');
    expect(script.effectsOf('transfer')).toHaveLength(1);
    expect(inLine(zh).tell(joined()).tell(left('lost')).text).toBe(
      '抱歉，与同事的线路中断了，马上会有人接听，请不要挂机。',
    );
  });

  it('may put the caller through to somebody else', () => {
    const script = inLine().tell(joined()).tell(left('queue'));
    expect(script.text).toBe("You're being put through to a colleague of mine.");
    expect(script.place(2, minute).text).toBe("You're number two in line; it should take about a minute.");
    expect(inLine(zh).tell(joined()).tell(left('queue')).text).toBe('正在为您转接另一位同事。');
  });

  it('may leave only the goodbye, after the survey where the shop has one', () => {
    const script = inLine().tell(joined()).tell(left('end'));
    expect(script.text).toBe('Thank you for calling. Goodbye!');
    expect(script.ended).toBe('transferred');
    const settings = (shippedFiles().get('settings.yaml') ?? '').replace('survey: false', 'survey: true');
    const surveying = compileFlowPack(shippedFiles({ 'settings.yaml': settings }));
    const asked = new DialogScript(surveying, { hasPeople: true })
      .hear('agent')
      .place(1, 0)
      .tell(joined())
      .tell(left('end'));
    expect(asked.text).toMatch(/how satisfied were you/);
    asked.hear('five');
    expect(asked.ended).toBe('transferred');
    expect(asked.notes('survey')).toMatchObject([{ satisfaction: 5 }]);
    expect(inLine(zh).tell(joined()).tell(left('end')).text).toBe('感谢您的来电，再见！');
  });

  it('may give the caller back for a flow', () => {
    const script = inLine().tell(joined()).tell({ type: 'person-left', next: 'flow', flow: 'order-status' });
    expect(script.expecting?.slot).toBe('order_number');
    script.hear('W2378156');
    expect(script.text).toMatch(/on its way.*anything else/);
    const unknown = inLine().tell(joined()).tell({ type: 'person-left', next: 'flow', flow: 'no-such-flow' });
    expect(unknown.text).toBe('Is there anything else I can do for you?');
    expect(inLine(zh).tell(joined()).tell({ type: 'person-left', next: 'flow', flow: 'x' }).text).toBe(
      '请问还有其他需要吗？',
    );
  });

  it('is fetched again when the line is lost in the middle of it', () => {
    const script = inLine().tell(joined()).event('call-resumed');
    expect(script.text).toBe('Sorry, the line was interrupted.');
    expect(script.effectsOf('transfer')).toHaveLength(2);
    expect(script.tell(joined()).text).toBe('Here is Anna.');
  });

  it('who comes without having been asked for leaves the caller with the question for more', () => {
    const script = call().hear('order status').tell(joined());
    expect(script.text).toBe('Here is Anna.');
    expect(script.tell(left('lost')).text).toMatch(/was lost.*anything else/);
    expect(script.effectsOf('leave-queue')).toHaveLength(1);
  });
});
