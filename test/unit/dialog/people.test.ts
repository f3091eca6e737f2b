import { describe, expect, it } from 'vitest';
import { compileFlowPack } from '../../../src/dialog/flow-pack.ts';
import { DialogScript, shippedFiles } from '../../support/dialog-script.ts';
import { call, inLine, joined, left, minute, refused, zh } from '../../support/queue-script.ts';

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

  it('goes on where it was when Kefu has called: with a greeting, and asking for the person again', () => {
    for (const [language, words, yes, greeting] of [
      ['en', 'call me back instead', 'yes', /you asked us to call you back/],
      ['zh', '给我回个电话吧', '是的', /回电/],
    ] as const) {
      const script = inLine({ language }).hear(words).hear(yes);
      const [callback] = script.effectsOf('callback');
      expect(callback?.resume?.ended).toBe(false);
      const again = call({ language });
      again.state = JSON.parse(JSON.stringify(callback?.resume)) as typeof again.state;
      again.said = [];
      const asked = again.effectsOf('transfer').length;
      again.send({ type: 'called-back' });
      expect(again.text).toMatch(greeting);
      expect(again.effectsOf('transfer').length).toBe(asked + 1);
      again.send({ type: 'queue-position', position: 1, waitMs: null }).send(joined());
      again.said = [];
      again.send(left('end'));
      expect(again.ended === 'transferred' || again.expecting !== null).toBe(true);
    }
  });

  it('goes on in the same way for whoever was refused by a closed queue', () => {
    const script = call().hear('agent').send(refused('closed', 'callback')).hear('yes');
    const [callback] = script.effectsOf('callback');
    const again = call();
    again.state = JSON.parse(JSON.stringify(callback?.resume)) as typeof again.state;
    again.send({ type: 'called-back' });
    expect(again.effectsOf('transfer')).toHaveLength(1);
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
