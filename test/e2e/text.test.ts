import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPeer, upgradeAnswer } from '../support/gateway-server.ts';
import {
  complaints,
  endedCall,
  eventually,
  listCalls,
  startKefu,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { TextCaller } from '../support/text-caller.ts';

describe('typed conversations', () => {
  let kefu: KefuInProcess;
  beforeAll(async () => {
    kefu = await startKefu({ KEFU_TRANSFER_TARGET: 'sip:desk@example.com' });
  });
  afterAll(async () => {
    await kefu.close();
  });

  /** The record of the newest call from this number. */
  const recordOf = async (from: string) => {
    const call = await eventually(
      async () => (await listCalls(kefu)).find((each) => each.from === from),
      `a call of ${from}`,
    );
    return endedCall(kefu, call.callId);
  };

  it('tells the status of an order in Chinese from the greeting to the goodbye', async () => {
    const from = '+8614105550199';
    const { caller, greeting } = await TextCaller.start(kefu.url, { from, language: 'zh' });
    expect(greeting.words).toContain('您好');
    expect(greeting.expecting).toMatchObject({ slot: 'intent', kind: 'anything' });

    const asked = await caller.say('我的快递怎么还没到啊');
    expect(asked.words).toContain('订单号');
    expect(asked.expecting).toMatchObject({ slot: 'order_number', kind: 'order_number' });

    const told = await caller.say('W6035821');
    expect(told.words).toContain('#W6035821');
    expect(told.words).toContain('正在派送');
    expect(told.words).toMatch(/预计(今天|明天)送达/);
    expect(told.words).not.toMatch(/[a-z]{4,} (is|was|order)/i);

    const bye = await caller.say('没有了，谢谢');
    expect(bye).toMatchObject({ outcome: 'resolved', expecting: undefined });
    expect(bye.words).toContain('再见');
    for (const { languages } of [greeting, asked, told, bye])
      expect(new Set(languages)).toEqual(new Set(['zh']));

    const { call, events } = await recordOf(from);
    expect(call).toMatchObject({ gateway: 'text', channel: 'text', language: 'zh', outcome: 'resolved' });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const says = events.filter(({ body }) => body.type === 'say').length;
    expect(events.filter(({ body }) => body.type === 'heard' && body.complete)).toHaveLength(says);
  });

  it('follows a customer who goes over to another language, and back', async () => {
    const { caller } = await TextCaller.start(kefu.url, { language: 'en' });
    const chinese = await caller.say('你好，我想查一下我的订单');
    expect(chinese.words).toContain('订单号');
    expect(new Set(chinese.languages)).toEqual(new Set(['zh']));
    const english = await caller.say('Sorry, in English please. The number is W4410273.');
    expect(english.words).toContain('has not been shipped yet');
    expect(new Set(english.languages)).toEqual(new Set(['en']));
    await caller.leave();
  });

  it('hands a customer over with a briefing of what was wanted, found and told', async () => {
    const from = '+12125550101';
    const { caller } = await TextCaller.start(kefu.url, { from, language: 'en' });
    await caller.say('Where is my order?');
    await caller.say('W2378156');
    const handed = await caller.say('I would rather talk to a real person about it.');
    expect(handed.words).toContain('colleague');
    expect(handed.outcome).toBe('transferred');
    expect(handed.transfer?.skill).toBe('general');
    const briefing = handed.transfer?.briefing;
    expect(briefing).toMatchObject({
      from,
      language: 'en',
      reason: 'asked-for-person',
      customer: { id: 'C10001', name: 'Emma Carter' },
      slots: { order_number: '#W2378156' },
    });
    expect(briefing?.done.join(' ')).toContain('#W2378156');
    expect(briefing?.summary).not.toBe('');
    const { events } = await recordOf(from);
    expect(briefing?.callId).toBe(events[0]?.callId);
    expect(events.filter(({ body }) => body.type === 'transfer').map(({ body }) => body)).toMatchObject([
      { target: 'sip:desk@example.com', ok: null },
      { target: 'sip:desk@example.com', ok: true },
    ]);
  });

  it('takes keys, all at once or one by one', async () => {
    const { caller } = await TextCaller.start(kefu.url);
    const menu = await caller.keys('1');
    expect(menu.expecting).toMatchObject({ slot: 'order_number' });
    const told = await caller.keys('4410273#');
    expect(told.words).toContain('#W4410273');
    await caller.leave();
  });

  it('says what is wrong with a message, and goes on', async () => {
    const peer = await TestPeer.connect(`${kefu.url}/channels/text`);
    const advice = async (send: () => void, wanted: RegExp) => {
      const from = peer.texts.length;
      send();
      const error = await peer.text((message) => peer.texts.indexOf(message) >= from);
      expect(error.type).toBe('error');
      expect(String(error.message)).toMatch(wanted);
    };
    await advice(() => peer.send({ type: 'text', text: 'hello' }), /start/);
    peer.send({ type: 'start', from: '+15550001234' });
    await peer.text(({ type }) => type === 'listening');
    await advice(() => peer.raw('where is my order'), /not JSON/);
    await advice(() => peer.send({ type: 'shout', text: 'hello' }), /"type":"text"/);
    await advice(() => peer.send({ type: 'text', text: '   ' }), /at least one word/);
    await advice(() => peer.send({ type: 'text', text: 'x'.repeat(2001) }), /2000 characters/);
    await advice(() => peer.send({ type: 'digits', digits: '12a' }), /0-9/);
    await advice(() => peer.send({ type: 'start' }), /already started/);
    await advice(() => peer.raw(Buffer.from([1, 2, 3])), /JSON as text/);
    peer.send({ type: 'text', text: 'Where is my order?' });
    await peer.text(
      ({ type, expecting }) =>
        type === 'listening' && (expecting as { slot?: string } | null)?.slot === 'order_number',
    );
    peer.raw('one');
    peer.raw('two');
    expect(await peer.closed).toBe(1008);
    const { call, events } = await recordOf('+15550001234');
    expect(events.at(-1)?.body).toMatchObject({ type: 'call-ended', reason: 'protocol-error' });
    expect(call.outcome).toBe('interrupted');
  });

  it('serves no page of another site, no host name it was not told, and no proxy without a token', async () => {
    const url = `${kefu.url}/channels/text`;
    expect((await upgradeAnswer(url, { Origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await upgradeAnswer(url, { Host: 'rebound.example' })).status).toBe(403);
    expect((await upgradeAnswer(url, { 'X-Forwarded-For': '203.0.113.9' })).status).toBe(401);
    expect((await upgradeAnswer(`${kefu.url}/channels/unknown`)).status).toBe(404);
    expect((await upgradeAnswer(url)).status).toBe(101);
  });

  it('keeps conversations that go on at the same time apart', async () => {
    const orders = [
      ['4410273', 'has not been shipped yet'],
      ['3489160', 'delayed'],
      ['5061948', 'was delivered'],
      ['2378156', 'two packages'],
    ] as const;
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const [order, status] = orders[index % orders.length] ?? orders[0];
        const { caller } = await TextCaller.start(kefu.url, { from: `+1555000${1000 + index}` });
        await caller.say('Where is my order?');
        const told = await caller.keys(`${order}#`);
        await caller.leave();
        return { order, status, words: told.words };
      }),
    );
    for (const { order, status, words } of answers) {
      expect(words).toContain(`#W${order}`);
      expect(words).toContain(status);
      for (const [other] of orders) if (other !== order) expect(words).not.toContain(other);
    }
  });

  it('leaves nothing in the log that an operator would have to look into, and nothing personal', async () => {
    await eventually(() => (kefu.app.activeCalls === 0 ? true : undefined), 'the end of all calls');
    const others = complaints(kefu.log).filter(
      ({ message }) => !/^(Refused a WebSocket|Answered a message that cannot be used)/.test(message),
    );
    expect(others).toEqual([]);
    const text = JSON.stringify(kefu.log);
    for (const secret of ['+12125550101', '+15550001234', 'Emma', 'emma.carter', 'real person']) {
      expect(text).not.toContain(secret);
    }
  });
});
