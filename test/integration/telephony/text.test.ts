import { afterEach, describe, expect, it } from 'vitest';
import { createTextGateway } from '../../../src/telephony/text.ts';
import {
  answerText,
  GatewayServer,
  roundTrip,
  TestPeer,
  upgradeAnswer,
} from '../../support/gateway-server.ts';
import { describeGateway } from './gateway-contract.ts';

const start = { type: 'start', from: '+15551234567', language: 'en' };

describeGateway('text', {
  make: createTextGateway,
  start: () => [start],
  say: () => JSON.stringify({ type: 'text', text: 'where is my order' }),
  said: 'text',
  goodbye: undefined,
  silenceMs: 600_000,
});

describe('the text gateway', () => {
  let server: GatewayServer;
  const connect = (): Promise<TestPeer> => TestPeer.connect(`${server.url}/channels/text`);
  const talk = async () => {
    const peer = await connect();
    peer.send(start);
    return { peer, ...answerText(await server.nextCall()) };
  };
  const advice = async (peer: TestPeer, count: number): Promise<unknown> => {
    await expect.poll(() => peer.texts.filter(({ type }) => type === 'error').length).toBe(count);
    return peer.texts.at(-1)?.message;
  };
  afterEach(() => server.close());

  it('carries a whole conversation in the documented messages', async () => {
    server = await GatewayServer.listen(createTextGateway);
    const { peer, media, events } = await talk();
    media.say('What is your order number?', 'en');
    const expecting = { slot: 'order_number', kind: 'order_number' as const, choices: [] };
    media.listening(expecting);
    peer.send({ type: 'digits', digits: '123#' });
    expect(await events.next('digits')).toEqual({ type: 'digits', digits: '123#' });
    media.listening(null);
    const briefing = {
      ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
      ...{ customer: null, slots: {}, done: [], summary: '' },
    };
    media.transfer('returns', briefing);
    await media.end('transferred');
    expect(await peer.closed).toBe(1000);
    expect(peer.texts).toEqual([
      { type: 'say', text: 'What is your order number?', language: 'en' },
      { type: 'listening', expecting },
      { type: 'listening', expecting: null },
      { type: 'transfer', skill: 'returns', briefing },
      { type: 'end', outcome: 'transferred' },
    ]);
    media.say('nobody hears this', 'en');
    expect(await events.done).toHaveLength(2);
  });

  it('needs neither number nor language to start', async () => {
    server = await GatewayServer.listen(createTextGateway);
    const peer = await connect();
    peer.send({ type: 'start' });
    expect(await server.nextCall()).toMatchObject({
      from: '',
      to: '',
      language: undefined,
      resumes: undefined,
    });
  });

  it('answers every unusable message with what to do, and goes on', async () => {
    server = await GatewayServer.listen(createTextGateway);
    const peer = await connect();
    peer.send({ type: 'text', text: 'too early' });
    expect(await advice(peer, 1)).toContain('"start"');
    peer.send({ type: 'start', language: 'fr' });
    expect(await advice(peer, 2)).toContain('language');
    peer.send(start);
    const { events } = answerText(await server.nextCall());
    const unusable: [unknown, string][] = [
      [start, 'already started'],
      [{ type: 'text', text: '   ' }, 'at least one word'],
      [{ type: 'text', text: 'x'.repeat(2001) }, '2000 characters'],
      [{ type: 'digits', digits: '12a' }, '0-9'],
      [{ type: 'sing' }, '"text"'],
      [{}, '"text"'],
      [[1, 2], '"text"'],
    ];
    for (const [index, [message, hint]] of unusable.entries()) {
      peer.send(message);
      expect(await advice(peer, index + 3)).toContain(hint);
    }
    peer.raw(new Uint8Array([1, 2, 3]));
    expect(await advice(peer, unusable.length + 3)).toContain('JSON as text');
    peer.send({ type: 'text', text: 'and yet we talk' });
    expect(await events.next('text')).toEqual({ type: 'text', text: 'and yet we talk' });
    expect(events.seen).toHaveLength(1);
  });

  it('gives up a peer after three messages that are not JSON', async () => {
    server = await GatewayServer.listen(createTextGateway);
    const { peer, events } = await talk();
    for (const text of ['hello', '{"type":', '']) peer.raw(text);
    expect(await events.done).toMatchObject([{ type: 'ended', reason: 'protocol-error' }]);
    expect(await peer.closed).toBe(1008);
    expect(peer.texts.filter(({ type }) => type === 'error')).toHaveLength(3);
  });

  it('tells a client that sends faster than it is read that a message was not taken', async () => {
    server = await GatewayServer.listen(createTextGateway);
    const peer = await connect();
    peer.send(start);
    const media = (await server.nextCall()).accept('call_test');
    for (let index = 0; index < 101; index += 1) peer.send({ type: 'text', text: `message ${index}` });
    expect(await advice(peer, 1)).toContain('not taken');
    if (media.kind !== 'text') throw new Error('this is no typed conversation');
    const read: string[] = [];
    for await (const event of media.events) {
      if (event.type === 'text') read.push(event.text);
      if (read.length === 100) break;
    }
    expect(read.at(-1)).toBe('message 99');
  });

  it('says goodbye to a client that is silent for ten minutes', async () => {
    server = await GatewayServer.listen((tools) =>
      createTextGateway({ ...tools, limits: { pingEveryMs: 10_000_000 } }),
    );
    const { peer, events } = await talk();
    server.clock.advance(599_000);
    peer.send({ type: 'text', text: 'still here' });
    await events.next('text');
    server.clock.advance(599_000);
    await roundTrip(peer);
    server.clock.advance(1_000);
    expect((await events.done).at(-1)).toMatchObject({ type: 'ended', reason: 'media-timeout' });
    await peer.closed;
    expect(peer.texts).toEqual([{ type: 'end', outcome: 'idle' }]);
  });

  it('asks the app about peers behind a proxy and serves pages of the public address', async () => {
    server = await GatewayServer.listen((tools) =>
      createTextGateway({
        ...tools,
        publicUrl: 'https://kefu.example.com',
        authorize: ({ headers }) => headers.authorization === 'Bearer right',
      }),
    );
    const url = `${server.url}/channels/text`;
    const proxied = {
      Host: 'kefu.example.com',
      Origin: 'https://kefu.example.com',
      'X-Forwarded-For': '203.0.113.9',
    };
    expect(await upgradeAnswer(url, proxied)).toMatchObject({ status: 401 });
    expect(await upgradeAnswer(url, { ...proxied, Authorization: 'Bearer right' })).toMatchObject({
      status: 101,
    });
  });
});
