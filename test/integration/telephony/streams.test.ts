import { afterEach, describe, expect, it } from 'vitest';
import { createStreamGateway, type StreamGatewayOptions } from '../../../src/telephony/streams/gateway.ts';
import { streamVendors, type StreamVendorName } from '../../../src/telephony/streams/vendors.ts';
import {
  answerVoice,
  GatewayServer,
  roundTrip,
  TestPeer,
  upgradeAnswer,
} from '../../support/gateway-server.ts';
import { audioHook, caller, hotline, vendorCallId, vendorSamples } from '../../support/stream-vendors.ts';
import { describeGateway } from './gateway-contract.ts';

const names = Object.keys(streamVendors) as StreamVendorName[];
/** What the operator's own address tells, for vendors whose messages do not. */
const query = `?from=${encodeURIComponent(caller)}&to=${encodeURIComponent(hotline)}&language=en`;
const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};
const never = new AbortController().signal;

let calls = 0;
for (const name of names) {
  const samples = vendorSamples[name];
  describeGateway(name, {
    make: (tools) => createStreamGateway(streamVendors[name], tools),
    query,
    start: () => {
      // Every call has its own id, or a new one would replace the last.
      calls += 1;
      return samples.start(vendorCallId(calls));
    },
    say: samples.say,
    said: 'packet',
    goodbye: samples.goodbye,
    ...(samples.react && { react: samples.react }),
    silenceMs: 15_000,
  });
}

describe('streams', () => {
  const servers: GatewayServer[] = [];
  const serve = async (
    name: StreamVendorName,
    options: Partial<StreamGatewayOptions> = {},
  ): Promise<GatewayServer> => {
    const server = await GatewayServer.listen((tools) =>
      createStreamGateway(streamVendors[name], { ...tools, ...options }),
    );
    servers.push(server);
    return server;
  };
  const talk = async (server: GatewayServer, name: StreamVendorName, search = query) => {
    const peer = await connectPeer(server, name, search);
    const call = await server.nextCall();
    return { peer, call, ...answerVoice(call) };
  };
  const connectPeer = async (server: GatewayServer, name: StreamVendorName, search = query, id = 7) => {
    const peer = await TestPeer.connect(`${server.url}/streams/${name}${search}`);
    const texts: string[] = [];
    peer.socket.on('message', (data, isBinary) => {
      if (isBinary) return;
      const text = (data as Buffer).toString('utf8');
      texts.push(text);
      const answer = vendorSamples[name].react?.(text);
      if (answer !== undefined) peer.send(answer);
    });
    for (const message of vendorSamples[name].start(vendorCallId(id)))
      peer.raw(typeof message === 'string' ? message : JSON.stringify(message));
    return Object.assign(peer, { sent: texts });
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it.each(names)('of %s start with the numbers, the id and the format', async (name) => {
    const server = await serve(name);
    const { call, media } = await talk(server, name);
    expect(call).toMatchObject({
      gateway: name,
      gatewayCallId: vendorCallId(7),
      from: caller,
      to: hotline,
      resumes: undefined,
    });
    expect(media.format).toEqual(vendorSamples[name].format);
  });

  it.each(names)('of %s deliver keys, and marks once what came before them is played', async (name) => {
    const server = await serve(name);
    const { peer, media, events } = await talk(server, name);
    const { digit, played, format } = vendorSamples[name];
    const key = digit('5');
    if (key !== undefined) peer.raw(key);
    expect(await events.next('digit')).toEqual({ type: 'digit', digit: '5' });
    const bytes = (format.sampleRateHz / 1000) * format.packetMs * (format.codec === 'l16' ? 2 : 1);
    media.send(new Uint8Array(bytes));
    media.send(new Uint8Array(bytes));
    media.mark('item-1-1');
    if (played) {
      await roundTrip(peer);
      expect(events.seen.filter(({ type }) => type === 'mark')).toEqual([]);
      peer.raw(played('item-1-1'));
    } else {
      server.clock.advance(2 * format.packetMs - 1);
      expect(events.seen.filter(({ type }) => type === 'mark')).toEqual([]);
      server.clock.advance(1);
    }
    expect(await events.next('mark')).toEqual({ type: 'mark', name: 'item-1-1' });
  });

  it.each(names)('of %s return the marks that a clear skips, each once', async (name) => {
    const server = await serve(name);
    const { peer, media, events } = await talk(server, name);
    media.send(new Uint8Array(640));
    media.mark('one');
    media.mark('two');
    media.clear();
    const { played } = vendorSamples[name];
    // Vendors that return cleared marks by themselves do it now; from the others a late one must not count twice.
    if (played) for (const mark of ['one', 'two']) peer.raw(played(mark));
    await events.next('mark', 2);
    server.clock.advance(1_000);
    await roundTrip(peer);
    expect(events.seen).toEqual([
      { type: 'mark', name: 'one' },
      { type: 'mark', name: 'two' },
    ]);
  });

  it.each(names.filter((name) => name !== 'genesys'))(
    'of %s cannot be transferred without the vendor being able to, and say so',
    async (name) => {
      const server = await serve(name);
      const { media, peer, events } = await talk(server, name);
      await expect(media.transfer('+15557654321', briefing, never)).rejects.toMatchObject({
        code: 'transfer_unsupported',
      });
      peer.raw(vendorSamples[name].say());
      await events.next('packet');
    },
  );

  it('of Genesys are transferred by the flow that gets the target', async () => {
    const server = await serve('genesys');
    const { media, peer, events } = await talk(server, 'genesys');
    const transferred = media.transfer('+15557654321', briefing, never);
    server.clock.advance(0);
    await transferred;
    expect(await events.done).toEqual([{ type: 'ended', reason: 'transferred' }]);
    await peer.closed;
    const disconnect = await peer.text(({ type }) => type === 'disconnect');
    expect(disconnect.parameters).toEqual({
      reason: 'completed',
      outputVariables: { action: 'transfer', transferTarget: '+15557654321' },
    });
    await peer.text(({ type }) => type === 'closed');
  });

  it('of Genesys are pinged, probed, and ended by disconnect, close and closed', async () => {
    const server = await serve('genesys');
    const probe = await TestPeer.connect(`${server.url}/streams/genesys`);
    const [open] = vendorSamples.genesys.start('00000000-0000-0000-0000-000000000000');
    probe.send(open);
    expect(await probe.text(({ type }) => type === 'opened')).toMatchObject({ seq: 1, clientseq: 1 });
    probe.send(audioHook('close', 2, { reason: 'end' }));
    await probe.text(({ type }) => type === 'closed');
    expect(await probe.closed).toBe(1000);
    expect(server.calls).toEqual([]);

    const { peer, media, events } = await talk(server, 'genesys');
    const opened = await peer.text(({ type }) => type === 'opened');
    expect(opened.parameters).toEqual({
      startPaused: false,
      media: [{ type: 'audio', format: 'PCMU', channels: ['external'], rate: 8000 }],
    });
    peer.send(audioHook('ping', 2));
    expect(await peer.text(({ type }) => type === 'pong')).toMatchObject({ seq: 2, clientseq: 2 });
    peer.send(audioHook('paused', 3));
    peer.send(audioHook('resumed', 4));
    media.clear();
    expect(await peer.text(({ type }) => type === 'event')).toMatchObject({
      parameters: { entities: [{ type: 'barge_in', data: {} }] },
    });
    peer.send(audioHook('close', 5, { reason: 'end' }));
    await peer.text(({ type }) => type === 'closed');
    expect(await events.done).toEqual([{ type: 'ended', reason: 'caller-hung-up' }]);
  });

  it('of Asterisk hold audio back while its queue is full', async () => {
    const server = await serve('asterisk');
    const { peer, media } = await talk(server, 'asterisk');
    peer.raw('MEDIA_XOFF');
    await roundTrip(peer);
    media.send(new Uint8Array(160).fill(1));
    media.mark('after');
    await expect.poll(() => peer.sent.at(-2)).toBe('STOP_MEDIA_BUFFERING after');
    expect(peer.binaries).toEqual([]);
    peer.raw('MEDIA_XON');
    expect((await peer.binary())[0]?.byteLength).toBe(160);
    expect(peer.sent.slice(0, 2)).toEqual(['ANSWER', 'START_MEDIA_BUFFERING']);
    media.clear();
    await expect.poll(() => peer.sent.slice(-2)).toEqual(['FLUSH_MEDIA', 'START_MEDIA_BUFFERING']);
  });

  it('go on with the call when a lost stream comes back by its own id, once and within two minutes', async () => {
    const server = await serve('asterisk');
    const first = await talk(server, 'asterisk');
    first.peer.vanish();
    expect(await first.events.done).toMatchObject([{ reason: 'gateway-lost' }]);
    const second = await talk(server, 'asterisk');
    expect(second.call.resumes).toBe('call_test');
    second.peer.socket.close();
    expect(await second.events.done).toMatchObject([{ reason: 'caller-hung-up' }]);
    expect((await talk(server, 'asterisk')).call.resumes).toBeUndefined();
  });

  it('replace an older stream of the same call', async () => {
    const server = await serve('telnyx');
    const older = await talk(server, 'telnyx');
    await connectPeer(server, 'telnyx');
    expect(await older.events.done).toMatchObject([{ reason: 'gateway-lost' }]);
  });

  it('give no number for callers who withhold it', async () => {
    const server = await serve('asterisk');
    const { call } = await talk(server, 'asterisk', '?from=Anonymous&to=100');
    expect(call).toMatchObject({ from: '', to: '100' });
  });

  it.each([
    ['without a token', '', {}, 401],
    ['with a wrong token', '?token=wrong', {}, 403],
    ['with the token in the address', '?token=a-token-of-16-chars', {}, 101],
    ['with the token as bearer', '', { Authorization: 'Bearer a-token-of-16-chars' }, 101],
    [
      'with the token as Basic password',
      '',
      { Authorization: `Basic ${Buffer.from('kefu:a-token-of-16-chars').toString('base64')}` },
      101,
    ],
    [
      "with the token in Telnyx's header",
      '',
      { 'x-telnyx-streaming-auth-token': 'a-token-of-16-chars' },
      101,
    ],
    ['with a wrong bearer', '', { Authorization: 'Bearer nonsense' }, 403],
  ] as const)('are admitted or refused %s', async (_how, search, headers, status) => {
    const server = await serve('telnyx', { token: 'a-token-of-16-chars' });
    const answer = await upgradeAnswer(`${server.url}/streams/telnyx${search}`, headers);
    expect(answer.status).toBe(status);
    if (status === 101) return;
    const [refused] = server.log.find('Refused a WebSocket');
    expect(String(refused?.fields.why)).toMatch(/token/);
  });
});
