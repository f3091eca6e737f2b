import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeFrame, frameKinds } from '../../../src/telephony/audiosocket/frames.ts';
import {
  createAudioSocketGateway,
  type AudioSocketGateway,
  type AudioSocketOptions,
} from '../../../src/telephony/audiosocket/gateway.ts';
import { createAllowList } from '../../../src/telephony/streams/admission.ts';
import type { ContractPeer } from '../../support/contract-peer.ts';
import { answerVoice, GatewayServer, type GatewayTools } from '../../support/gateway-server.ts';
import { caller, hotline, vendorCallId } from '../../support/stream-vendors.ts';
import { describeGateway } from './gateway-contract.ts';

const uuidFrame = (id: string): Uint8Array =>
  encodeFrame(frameKinds.uuid, Buffer.from(id.replaceAll('-', ''), 'hex'));
const audio = (value = 0, kind = 0x10, samples = 160): Uint8Array =>
  encodeFrame(kind, new Uint8Array(new Int16Array(samples).fill(value).buffer));

async function serveWith(
  options: Partial<AudioSocketOptions> = {},
): Promise<{ server: GatewayServer; port: number }> {
  let gateway: AudioSocketGateway | undefined;
  const server = await GatewayServer.listen((tools) => {
    gateway = createAudioSocketGateway({ ...tools, host: '127.0.0.1', port: 0, ...options });
    return asMember(gateway);
  });
  const port = (await gateway?.listen())?.port ?? 0;
  return { server, port };
}

/** A server of tests has WebSocket gateways only; this one refuses upgrades. */
function asMember(gateway: AudioSocketGateway) {
  return {
    ...gateway,
    path: '/streams/audiosocket',
    handleUpgrade: (_request: unknown, socket: { destroy(): void }) => socket.destroy(),
  };
}

/** Asterisk's side of one connection. */
class TcpPeer implements ContractPeer {
  readonly closed: Promise<number>;
  readonly received: Buffer[] = [];
  readonly #socket: Socket;
  readonly socket = {
    close: (): void => void this.#socket.end(),
    pause: (): void => void this.#socket.pause(),
  };

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.received.push(chunk));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        resolve(1000);
      });
    });
  }

  static async connect(port: number): Promise<TcpPeer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const peer = new TcpPeer(socket);
    await once(socket, 'connect');
    return peer;
  }

  raw(message: string | Uint8Array): void {
    this.#socket.write(message);
  }

  vanish(): void {
    this.#socket.resetAndDestroy();
  }
}

let calls = 0;
describeGateway('audiosocket', {
  make: (tools: GatewayTools) => {
    const gateway = createAudioSocketGateway({ ...tools, host: '127.0.0.1', port: 0 });
    const opened = gateway.listen().then(({ port }) => port);
    return Object.assign(asMember(gateway), { opened });
  },
  connect: async (server) => {
    const [member] = server.gateways as unknown as { opened: Promise<number> }[];
    calls += 1;
    // The dialplan tells who calls, since AudioSocket does not.
    await announce(server, { uuid: vendorCallId(calls), from: caller, to: hotline, language: 'en' });
    return TcpPeer.connect((await member?.opened) ?? 0);
  },
  start: () => [uuidFrame(vendorCallId(calls)), audio()],
  say: () => audio(100),
  said: 'packet',
  goodbye: () => encodeFrame(frameKinds.hangup),
  silenceMs: 15_000,
});

function announce(server: GatewayServer, fields: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${server.url}/streams/audiosocket/announce`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(fields),
  });
}

describe('the AudioSocket gateway', () => {
  const servers: GatewayServer[] = [];
  const serve = async (options: Partial<AudioSocketOptions> = {}) => {
    const served = await serveWith(options);
    servers.push(served.server);
    return served;
  };
  const talk = async (first = audio()) => {
    const { server, port } = await serve();
    const peer = await TcpPeer.connect(port);
    peer.raw(uuidFrame(vendorCallId(5)));
    peer.raw(first);
    const call = await server.nextCall();
    return { server, port, peer, call, ...answerVoice(call) };
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('takes the rate from the first audio, and sends in the same', async () => {
    const { peer, call, media, events } = await talk(audio(0, 0x12, 320));
    expect(call).toMatchObject({ gatewayCallId: vendorCallId(5), from: '', to: '', language: undefined });
    expect(media.format).toEqual({ codec: 'l16', sampleRateHz: 16_000, packetMs: 20 });
    peer.raw(audio(-2, 0x12, 320));
    const { payload } = await events.next('packet');
    expect([...new Int16Array(payload.buffer)]).toEqual(new Array(320).fill(-2));
    peer.raw(encodeFrame(frameKinds.digit, Buffer.from('#')));
    expect(await events.next('digit')).toEqual({ type: 'digit', digit: '#' });
    media.send(new Uint8Array(640).fill(7));
    await expect.poll(() => Buffer.concat(peer.received).byteLength).toBe(643);
    expect([...Buffer.concat(peer.received).subarray(0, 4)]).toEqual([0x12, 2, 128, 7]);
  });

  it('begins at 8 kHz when the channel is silent for a second', async () => {
    const { server, port } = await serve();
    const peer = await TcpPeer.connect(port);
    peer.raw(uuidFrame(vendorCallId(6)));
    await expect.poll(() => server.clock.pendingTimers).toBe(2);
    server.clock.advance(1_000);
    expect(answerVoice(await server.nextCall()).media.format.sampleRateHz).toBe(8000);
  });

  it('says goodbye by the hang-up frame after the last words were played', async () => {
    const { server, peer, media, events } = await talk();
    media.send(new Uint8Array(320));
    const told = media.hangup();
    server.clock.advance(19);
    expect(events.seen).toEqual([]);
    server.clock.advance(1);
    await told;
    await peer.closed;
    expect([...Buffer.concat(peer.received).subarray(-3)]).toEqual([0, 0, 0]);
  });

  it.each([
    ['a second UUID', uuidFrame(vendorCallId(8)), 'protocol-error'],
    ['another sample rate', audio(0, 0x12), 'protocol-error'],
    ['half a sample', encodeFrame(0x10, new Uint8Array(3)), 'protocol-error'],
    ['a digit that is no key', encodeFrame(frameKinds.digit, Buffer.from('x')), 'protocol-error'],
    ['a frame that is far too long', Uint8Array.of(0x10, 0xff, 0xff), 'protocol-error'],
    ['an error of Asterisk', encodeFrame(frameKinds.error, Uint8Array.of(4)), 'gateway-lost'],
    ['the error for a caller who hung up', encodeFrame(frameKinds.error, Uint8Array.of(1)), 'caller-hung-up'],
  ])('ends the call cleanly after %s', async (_what, bytes, reason) => {
    const { peer, events } = await talk();
    peer.raw(bytes);
    expect(await events.done).toMatchObject([{ type: 'ended', reason }]);
    await peer.closed;
  });

  it('ignores kinds of frames that it does not know, and logs each once', async () => {
    const { server, peer, events } = await talk();
    for (const kind of [0x42, 0x42, 0x43]) peer.raw(encodeFrame(kind, new Uint8Array(5)));
    peer.raw(audio());
    await events.next('packet');
    const logged = server.log
      .find('Ignored an unknown message of a stream')
      .map(({ fields }) => fields.event);
    expect(logged).toEqual(['kind 0x42', 'kind 0x43']);
  });

  it.each([
    ['audio before the UUID', audio()],
    ['audio at 12000 Hz', Buffer.concat([uuidFrame(vendorCallId(9)), audio(0, 0x11)])],
    ['a UUID that has not 16 bytes', encodeFrame(frameKinds.uuid, new Uint8Array(4))],
  ])('closes a connection that begins with %s', async (detail, bytes) => {
    const { server, port } = await serve();
    const peer = await TcpPeer.connect(port);
    peer.raw(bytes);
    await peer.closed;
    expect(server.calls).toEqual([]);
    const [line] = server.log.find('Closed a stream that broke the protocol before its call began');
    expect(String(line?.fields.detail)).toContain(detail);
  });

  it('closes a connection that starts no call within 5 s', async () => {
    const { server, port } = await serve();
    const peer = await TcpPeer.connect(port);
    await expect.poll(() => server.clock.pendingTimers).toBe(1);
    server.clock.advance(5_000);
    await peer.closed;
    expect(server.log.find('A stream closed before its call began')).toHaveLength(1);
  });

  it('refuses addresses that are not on the list, and too many connections', async () => {
    const { server, port } = await serve({ allow: createAllowList(['192.0.2.0/24']) });
    await (
      await TcpPeer.connect(port)
    ).closed;
    expect(server.log.find('Refused a connection')[0]?.fields.why).toContain('KEFU_STREAM_ALLOW');
    const bounded = await serve({ limits: { maxPendingPerAddress: 1 } });
    const waiting = await TcpPeer.connect(bounded.port);
    await expect.poll(() => bounded.server.clock.pendingTimers).toBe(1);
    await (
      await TcpPeer.connect(bounded.port)
    ).closed;
    waiting.vanish();
  });

  it('takes announcements of this machine, and of others with the token', async () => {
    const { server } = await serve({ token: 'a-token-of-16-chars' });
    expect((await announce(server, { uuid: vendorCallId(1), from: caller })).status).toBe(204);
    expect((await announce(server, { uuid: 'nonsense' })).status).toBe(400);
    const far = (token: string) =>
      fetch(`${server.url}/streams/audiosocket/announce`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.7' },
        body: JSON.stringify({ uuid: vendorCallId(1), token }),
      });
    expect((await far('wrong')).status).toBe(403);
    expect((await far('a-token-of-16-chars')).status).toBe(204);
  });

  it('gives the same events however the bytes are split', async () => {
    const { peer, events } = await talk();
    const frames = Array.from({ length: 20 }, (_, index) =>
      index % 5 === 4 ? encodeFrame(frameKinds.digit, Buffer.from(String(index % 10))) : audio(index),
    );
    const bytes = Buffer.concat(frames);
    const cuts = fc.sample(fc.uniqueArray(fc.nat(bytes.byteLength), { maxLength: 60 }), {
      numRuns: 1,
      seed: 4,
    });
    let from = 0;
    for (const cut of [...(cuts[0] ?? []), bytes.byteLength].sort((a, b) => a - b)) {
      peer.raw(bytes.subarray(from, cut));
      from = cut;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await events.next('digit', 4);
    expect(events.seen.map(({ type }) => type)).toEqual(
      frames.map((_, index) => (index % 5 === 4 ? 'digit' : 'packet')),
    );
  });
});
