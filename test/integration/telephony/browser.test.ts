import { afterEach, describe, expect, it } from 'vitest';
import { browserPacketBytes, createBrowserGateway } from '../../../src/telephony/browser.ts';
import { answerVoice, GatewayServer, roundTrip, TestPeer } from '../../support/gateway-server.ts';
import { describeGateway } from './gateway-contract.ts';

const start = { type: 'start', language: 'en', from: '+15551234567', sampleRateHz: 16_000 };
const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};
const never = new AbortController().signal;

/** 20 ms in which every sample has the same value. */
function packet(value: number): Uint8Array {
  return new Uint8Array(new Int16Array(320).fill(value).buffer);
}

describeGateway('browser', {
  make: createBrowserGateway,
  start: () => [start],
  say: () => packet(100),
  said: 'packet',
  goodbye: () => ({ type: 'stop' }),
  silenceMs: 15_000,
});

describe('the browser gateway', () => {
  let server: GatewayServer;
  const serve = async (): Promise<void> => {
    server = await GatewayServer.listen(createBrowserGateway);
  };
  const connect = (): Promise<TestPeer> => TestPeer.connect(`${server.url}/browser/call`);
  const talk = async () => {
    const peer = await connect();
    peer.send(start);
    return { peer, ...answerVoice(await server.nextCall()) };
  };
  afterEach(() => server.close());

  it('carries audio both ways unchanged, keys, marks and notices', async () => {
    await serve();
    const { peer, media, events } = await talk();
    expect(media.format).toEqual({ codec: 'l16', sampleRateHz: 16_000, packetMs: 20 });
    expect(peer.texts).toEqual([]);
    peer.raw(packet(-2));
    const { payload } = await events.next('packet');
    expect(payload.byteOffset).toBe(0);
    expect([...new Int16Array(payload.buffer)]).toEqual(new Array(320).fill(-2));
    peer.send({ type: 'digit', digit: '5' });
    expect(await events.next('digit')).toEqual({ type: 'digit', digit: '5' });

    media.send(packet(7));
    media.mark('one');
    media.notify?.({ type: 'say', text: 'hello' });
    const [heard] = await peer.binary();
    expect(heard?.equals(packet(7))).toBe(true);
    await peer.text(({ type }) => type === 'say');
    expect(peer.texts).toEqual([
      { type: 'started', callId: 'call_test' },
      { type: 'mark', name: 'one' },
      { type: 'say', text: 'hello' },
    ]);
    peer.send({ type: 'mark', name: 'one' });
    expect(await events.next('mark')).toEqual({ type: 'mark', name: 'one' });
  });

  it('returns each mark once, also when clear drops it and the page returns it too', async () => {
    await serve();
    const { peer, media, events } = await talk();
    media.send(packet(1));
    media.mark('one');
    media.mark('two');
    media.clear();
    await peer.text(({ type }) => type === 'clear');
    peer.send({ type: 'mark', name: 'one' });
    peer.send({ type: 'mark', name: 'two' });
    peer.send({ type: 'mark', name: 'never sent' });
    await roundTrip(peer);
    expect(events.seen).toEqual([
      { type: 'mark', name: 'one' },
      { type: 'mark', name: 'two' },
    ]);
  });

  it('waits with the hang-up until the page has played the last words', async () => {
    await serve();
    const { peer, media, events } = await talk();
    media.send(packet(1));
    const told = media.hangup();
    const mark = await peer.text(({ type }) => type === 'mark');
    expect(events.seen).toEqual([]);
    media.send(packet(2));
    peer.send(mark);
    await told;
    expect(await events.done).toEqual([{ type: 'ended', reason: 'we-hung-up' }]);
    expect(peer.binaries).toHaveLength(1);
    expect(peer.texts.at(-1)).toEqual({ type: 'ended', reason: 'we-hung-up' });
  });

  it('shows the page where the call would go, after the last words, and ends', async () => {
    await serve();
    const { peer, media, events } = await talk();
    const transferred = media.transfer('+15557654321', briefing, never);
    peer.send(await peer.text(({ type }) => type === 'mark'));
    await transferred;
    expect(await events.done).toEqual([{ type: 'ended', reason: 'transferred' }]);
    await peer.closed;
    expect(peer.texts.slice(-2)).toEqual([
      { type: 'transfer', target: '+15557654321', briefing },
      { type: 'ended', reason: 'transferred' },
    ]);
  });

  it('goes on with the call when a transfer is stopped in time', async () => {
    await serve();
    const { peer, media, events } = await talk();
    const stop = new AbortController();
    const transferred = media.transfer('+15557654321', briefing, stop.signal);
    await peer.text(({ type }) => type === 'mark');
    stop.abort();
    await expect(transferred).rejects.toMatchObject({ code: 'aborted' });
    media.send(packet(3));
    await peer.binary();
    peer.send({ type: 'digit', digit: '1' });
    await events.next('digit');
  });

  it('refuses to transfer a caller who hangs up meanwhile', async () => {
    await serve();
    const { peer, media, events } = await talk();
    const transferred = media.transfer('+15557654321', briefing, never);
    await peer.text(({ type }) => type === 'mark');
    peer.send({ type: 'stop' });
    await expect(transferred).rejects.toMatchObject({ code: 'transfer_failed' });
    expect(await events.done).toEqual([{ type: 'ended', reason: 'caller-hung-up' }]);
    await expect(media.transfer('+15557654321', briefing, never)).rejects.toMatchObject({
      code: 'transfer_failed',
    });
  });

  it('leaves out the audio before the answer and keeps the keys', async () => {
    await serve();
    const peer = await connect();
    peer.send(start);
    const call = await server.nextCall();
    peer.raw(packet(1));
    peer.send({ type: 'digit', digit: '9' });
    await roundTrip(peer);
    const { events } = answerVoice(call);
    peer.raw(packet(2));
    await events.next('packet');
    expect(events.seen.map(({ type }) => type)).toEqual(['digit', 'packet']);
  });

  it.each([
    ['a second start', (peer: TestPeer) => peer.send(start)],
    ['a text message is not JSON', (peer: TestPeer) => peer.raw('{')],
    ['a message has no type', (peer: TestPeer) => peer.send({ digit: '1' })],
    ['digit: digit: is not a key', (peer: TestPeer) => peer.send({ type: 'digit', digit: '55' })],
    ['a packet of 641 bytes', (peer: TestPeer) => peer.raw(new Uint8Array(641))],
    ['a packet of 0 bytes', (peer: TestPeer) => peer.raw(new Uint8Array(0))],
  ])('ends the call after %s, and says why', async (detail, offend) => {
    await serve();
    const { peer, events } = await talk();
    offend(peer);
    peer.raw(packet(1));
    expect(await events.done).toMatchObject([{ type: 'ended', reason: 'protocol-error' }]);
    expect((events.seen[0] as { detail: string }).detail).toContain(detail);
    expect(await peer.closed).toBe(1008);
    expect(peer.texts.find(({ type }) => type === 'error')?.message).toContain(detail);
    expect(server.log.find('The call has ended')[0]?.fields).toMatchObject({ reason: 'protocol-error' });
  });

  it.each([
    ['audio before start', (peer: TestPeer) => peer.raw(packet(1))],
    ['digit before start', (peer: TestPeer) => peer.send({ type: 'digit', digit: '1' })],
    ['start: sampleRateHz', (peer: TestPeer) => peer.send({ ...start, sampleRateHz: 48_000 })],
    ['start: language', (peer: TestPeer) => peer.send({ ...start, language: 'fr' })],
  ])('closes a page that begins with %s', async (detail, offend) => {
    await serve();
    const peer = await connect();
    offend(peer);
    expect(await peer.closed).toBe(1008);
    expect(peer.texts[0]?.message).toContain(detail);
    expect(server.calls).toEqual([]);
  });

  it('ignores message types it does not know and logs each once', async () => {
    await serve();
    const { peer, events } = await talk();
    for (const type of ['dance', 'dance', 'sing']) peer.send({ type });
    peer.raw(packet(1));
    await events.next('packet');
    const logged = server.log.find('Ignored an unknown message type').map(({ fields }) => fields.event);
    expect(logged).toEqual(['dance', 'sing']);
  });

  it('ends a call that sends audio far faster than it is read', async () => {
    await serve();
    const peer = await connect();
    peer.send(start);
    const media = (await server.nextCall()).accept('call_test');
    for (let index = 0; index < 3_100; index += 1) peer.raw(packet(1));
    expect(await peer.closed).toBe(1008);
    const types = new Map<string, number>();
    for await (const { type } of media.events) types.set(type, (types.get(type) ?? 0) + 1);
    expect([...types]).toEqual([
      ['packet', 3_000],
      ['ended', 1],
    ]);
  });

  it('uses packets of the size it documents', () => {
    expect(browserPacketBytes).toBe(packet(0).byteLength);
  });
});
