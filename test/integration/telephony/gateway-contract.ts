import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type {
  CallMedia,
  IncomingCall,
  TextMediaEvent,
  VoiceMediaEvent,
} from '../../../src/core/telephony.ts';
import type { SocketLimits } from '../../../src/telephony/connection.ts';
import type { WebSocketGateway } from '../../../src/telephony/gateway.ts';
import { send, wireText, type ContractPeer } from '../../support/contract-peer.ts';
import {
  EventReader,
  GatewayServer,
  roundTrip,
  TestPeer,
  textFrame,
  upgradeAnswer,
  type GatewayTools,
} from '../../support/gateway-server.ts';

/** What the suite needs to know of a gateway to speak its protocol. */
export interface GatewayUnderTest {
  readonly make: (tools: GatewayTools & { readonly limits?: Partial<SocketLimits> }) => WebSocketGateway;
  /** What stands behind the path, such as `?from=...`. */
  readonly query?: string;
  /** The messages that start a call, in order: texts and bytes as they are, other values as JSON. */
  readonly start: () => readonly unknown[];
  /** One thing the caller says, and the event it becomes. */
  readonly say: () => string | Uint8Array;
  readonly said: 'packet' | 'text';
  /** The protocol's own goodbye; undefined when closing the socket is the goodbye. */
  readonly goodbye: (() => unknown) | undefined;
  /** How the far side answers a text message by itself, where the protocol demands it. */
  readonly react?: (message: string) => unknown;
  /** Connects over something else than WebSocket; then only what is common to all transports is tested. */
  readonly connect?: (server: GatewayServer) => Promise<ContractPeer>;
  /** Silence after which the call counts as lost, in milliseconds. */
  readonly silenceMs: number;
}

type AnyEvent = VoiceMediaEvent | TextMediaEvent;

function answer(call: IncomingCall): { media: CallMedia; events: EventReader<AnyEvent> } {
  const media = call.accept('call_test');
  return { media, events: new EventReader<AnyEvent>(media.events) };
}

function end(media: CallMedia): Promise<void> {
  return media.kind === 'voice' ? media.hangup() : media.end('done');
}

/** Ends a call whose far side need not confirm that it has played the last words: the line is dropped all the same. */
async function endInTime(server: GatewayServer, media: CallMedia): Promise<void> {
  const ended = end(media);
  await server.clock.advanceAsync(3_000, 1_000);
  await ended;
}

function endings(events: readonly AnyEvent[]): AnyEvent[] {
  return events.filter((event) => event.type === 'ended');
}

/** The behaviour every gateway has, over real sockets; time is moved by hand. */
export function describeGateway(name: string, gateway: GatewayUnderTest): void {
  const overWebSocket = gateway.connect === undefined;
  const open: GatewayServer[] = [];
  const serve = async (
    limits: Partial<SocketLimits> = {},
    onCall?: (call: IncomingCall) => void,
  ): Promise<GatewayServer> => {
    const server = await GatewayServer.listen((tools) => gateway.make({ ...tools, limits }), onCall);
    open.push(server);
    return server;
  };
  const path = (server: GatewayServer): string => (server.gateways[0]?.path ?? '') + (gateway.query ?? '');
  const socketUrl = (server: GatewayServer): string => server.url + path(server);
  const connect = async (server: GatewayServer): Promise<ContractPeer> => {
    if (gateway.connect) return gateway.connect(server);
    const peer = await TestPeer.connect(socketUrl(server));
    const { react } = gateway;
    if (react) {
      peer.socket.on('message', (data, isBinary) => {
        const answer = isBinary ? undefined : react((data as Buffer).toString('utf8'));
        if (answer !== undefined) send(peer, answer);
      });
    }
    return peer;
  };
  const ring = async (server: GatewayServer): Promise<{ peer: ContractPeer; call: IncomingCall }> => {
    const peer = await connect(server);
    for (const message of gateway.start()) send(peer, message);
    return { peer, call: await server.nextCall() };
  };
  const talk = async (server: GatewayServer) => {
    const { peer, call } = await ring(server);
    return { peer, call, ...answer(call) };
  };
  /** Every call must be as good after a fault elsewhere as before. */
  const expectToWork = async (server: GatewayServer): Promise<void> => {
    const { peer, media, events } = await talk(server);
    peer.raw(gateway.say());
    await events.next(gateway.said);
    await endInTime(server, media);
    expect(await events.next('ended')).toMatchObject({ reason: 'we-hung-up' });
  };

  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });

  describe(`${name}: what every gateway does`, () => {
    it('offers a call, and delivers in order what the caller says', async () => {
      const server = await serve();
      const { peer, call, events } = await talk(server);
      expect(call).toMatchObject({ gateway: name, from: '+15551234567', language: 'en' });
      expect(call.gatewayCallId).not.toBe('');
      for (let index = 0; index < 3; index += 1) peer.raw(gateway.say());
      await events.next(gateway.said, 3);
      peer.socket.close();
      const seen = await events.done;
      expect(seen.map((event) => event.type)).toEqual([gateway.said, gateway.said, gateway.said, 'ended']);
    });

    it('ends a call once when the caller hangs up, and takes nothing after it', async () => {
      const server = await serve();
      const { peer, events } = await talk(server);
      if (gateway.goodbye) {
        send(peer, gateway.goodbye());
        peer.raw(gateway.say());
      }
      peer.socket.close();
      const seen = await events.done;
      expect(seen).toHaveLength(1);
      expect(seen[0]).toMatchObject({ type: 'ended', reason: 'caller-hung-up' });
    });

    it('ends a call as lost when the connection breaks', async () => {
      const server = await serve();
      const { peer, events } = await talk(server);
      peer.vanish();
      expect(await events.done).toMatchObject([{ type: 'ended', reason: 'gateway-lost' }]);
    });

    it('gives media that has ended when the caller was gone before the answer', async () => {
      const server = await serve();
      const { peer, call } = await ring(server);
      peer.vanish();
      await peer.closed;
      await expect
        .poll(
          () =>
            server.log.find('The call has ended').length +
            server.log.find('The conversation has ended').length,
        )
        .toBe(1);
      server.clock.advance(5_000);
      expect(server.log.find('Nobody answered or refused the call in time')).toEqual([]);
      expect(server.clock.pendingTimers).toBe(0);
      const { media, events } = answer(call);
      expect(await events.done).toMatchObject([{ type: 'ended', reason: 'gateway-lost' }]);
      await end(media);
    });

    it('hangs up when told, says so once, and may be told twice', async () => {
      const server = await serve();
      const { peer, media, events } = await talk(server);
      await Promise.all([endInTime(server, media), end(media)]);
      await end(media);
      expect(await peer.closed).toBe(1000);
      expect(await events.done).toMatchObject([{ type: 'ended', reason: 'we-hung-up' }]);
    });

    it('tells the caller when a call is refused', async () => {
      const server = await serve();
      const { peer, call } = await ring(server);
      call.reject('overloaded');
      call.reject('closing');
      expect([1000, 1013]).toContain(await peer.closed);
    });

    it('refuses a call that nobody answers within 5 s, and an answer after that has ended', async () => {
      const server = await serve();
      const { peer, call } = await ring(server);
      server.clock.advance(5_000);
      await peer.closed;
      expect(server.log.find('Nobody answered or refused the call in time')).toHaveLength(1);
      expect(await answer(call).events.done).toMatchObject([{ type: 'ended', reason: 'we-hung-up' }]);
    });

    it('refuses a call to answer it twice', async () => {
      const server = await serve();
      const { call } = await talk(server);
      expect(() => call.accept('call_again')).toThrow('accepted twice');
    });

    it('survives a taker of calls that throws', async () => {
      let first = true;
      const calls: IncomingCall[] = [];
      const server = await serve({}, (call) => {
        if (first) {
          first = false;
          throw new Error('a defect');
        }
        calls.push(call);
      });
      const peer = await connect(server);
      for (const message of gateway.start()) send(peer, message);
      await peer.closed;
      expect(server.log.find('Whoever takes calls failed on this one')).toHaveLength(1);
      const second = await connect(server);
      for (const message of gateway.start()) send(second, message);
      await expect.poll(() => calls.length).toBe(1);
    });

    it('ends a call whose peer sends nothing for too long', async () => {
      const server = await serve({ pingEveryMs: gateway.silenceMs * 2 });
      const { peer, events } = await talk(server);
      peer.raw(gateway.say());
      await events.next(gateway.said);
      server.clock.advance(gateway.silenceMs - 1);
      expect(endings(events.seen)).toEqual([]);
      server.clock.advance(1);
      expect((await events.done).at(-1)).toMatchObject({ type: 'ended', reason: 'media-timeout' });
      await peer.closed;
    });

    it('gives up a peer that no longer reads', async () => {
      const server = await serve({ maxBufferedBytes: 10_000 });
      const { peer, media, events } = await talk(server);
      peer.socket.pause();
      const payload = new Uint8Array(640);
      let sent = 0;
      while (endings(events.seen).length === 0 && sent < 200_000) {
        if (media.kind === 'voice') media.send(payload);
        else media.say('x'.repeat(640), 'en');
        sent += 1;
        if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await events.done).toMatchObject([{ type: 'ended', reason: 'gateway-lost' }]);
      peer.vanish();
    });

    it('hangs up all calls when it closes, refuses new ones, and leaves no socket open', async () => {
      const server = await serve();
      const calls = [await talk(server), await talk(server)];
      const waiting = overWebSocket ? await TestPeer.connect(socketUrl(server)) : undefined;
      const [first] = server.gateways;
      const closed = first?.close();
      await server.clock.advanceAsync(5_000, 1_000);
      await closed;
      await first?.close();
      for (const { events, peer } of calls) {
        expect(await events.done).toMatchObject([{ type: 'ended', reason: 'we-hung-up' }]);
        await peer.closed;
      }
      if (waiting) {
        expect(await waiting.closed).toBe(1001);
        expect(await upgradeAnswer(socketUrl(server))).toMatchObject({ status: 503 });
      }
      await expect.poll(() => server.connections()).toBe(0);
      // Nothing is left waiting in the gateway either.
      expect(server.clock.pendingTimers).toBe(0);
    });

    it('writes numbers only where they are redacted, and messages that never vary', async () => {
      const server = await serve();
      const { peer, media, events } = await talk(server);
      peer.raw(gateway.say());
      await events.next(gateway.said);
      await endInTime(server, media);
      const readable = server.log.lines.map(({ message, fields }) => [
        message,
        { ...fields, pii: undefined },
      ]);
      expect(readable.length).toBeGreaterThan(2);
      expect(JSON.stringify(readable)).not.toContain('5551234567');
      expect(server.log.lines.some(({ fields }) => fields.callId === 'call_test')).toBe(true);
    });
  });

  if (!overWebSocket) return;
  describe(`${name}: what every WebSocket gateway does`, () => {
    it('ends a call whose socket is half-open', async () => {
      const server = await serve();
      const peer = await TestPeer.connect(socketUrl(server), { autoPong: false });
      for (const message of gateway.start()) send(peer, message);
      const { events } = answer(await server.nextCall());
      await roundTrip(peer);
      server.clock.advance(10_000);
      expect(endings(events.seen)).toEqual([]);
      server.clock.advance(10_000);
      const seen = await events.done;
      expect(endings(seen)).toHaveLength(1);
      expect(['gateway-lost', 'media-timeout']).toContain((seen.at(-1) as { reason: string }).reason);
    });

    it('closes a socket that starts no call within 5 s', async () => {
      const server = await serve();
      const peer = await TestPeer.connect(socketUrl(server));
      await roundTrip(peer);
      server.clock.advance(5_000);
      expect(await peer.closed).toBe(1008);
      await expectToWork(server);
    });

    it('ends only the call whose message is too large', async () => {
      const server = await serve();
      const other = await talk(server);
      const { peer, events } = await talk(server);
      peer.raw('x'.repeat(64 * 1024 + 1));
      expect((await events.done).at(-1)).toMatchObject({ type: 'ended', reason: 'protocol-error' });
      expect(await peer.closed).toBe(1009);
      other.peer.raw(gateway.say());
      await other.events.next(gateway.said);
    });

    it('ends only the call whose frames break WebSocket', async () => {
      const server = await serve();
      const other = await talk(server);
      const socket = connectTcp(server.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `GET ${path(server)} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      );
      await once(socket, 'data');
      for (const message of gateway.start()) socket.write(textFrame(wireText(message)));
      const { events } = answer(await server.nextCall());
      socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
      expect((await events.done).at(-1)).toMatchObject({ type: 'ended', reason: 'protocol-error' });
      socket.destroy();
      other.peer.raw(gateway.say());
      await other.events.next(gateway.said);
    });

    it('takes a handshake and messages that arrive one byte at a time', async () => {
      const server = await serve();
      const socket = connectTcp({ port: server.port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect');
      const bytes = Buffer.concat([
        Buffer.from(
          `GET ${path(server)} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
            `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
        ),
        ...gateway.start().map((message) => textFrame(wireText(message))),
      ]);
      for (const byte of bytes) {
        socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { events } = answer(await server.nextCall());
      socket.destroy();
      expect(await events.done).toMatchObject([{ type: 'ended' }]);
    });

    it('bounds the sockets of one address that have started no call', async () => {
      const server = await serve({ maxPendingPerAddress: 2 });
      const waiting = [await TestPeer.connect(socketUrl(server)), await TestPeer.connect(socketUrl(server))];
      expect(await upgradeAnswer(socketUrl(server))).toMatchObject({ status: 429 });
      const [first] = waiting;
      for (const message of gateway.start()) if (first) send(first, message);
      answer(await server.nextCall());
      await expectToWork(server);
    });

    it('bounds its sockets altogether', async () => {
      const server = await serve({ maxConnections: 1 });
      const peer = await TestPeer.connect(socketUrl(server));
      expect(await upgradeAnswer(socketUrl(server))).toMatchObject({ status: 503 });
      peer.vanish();
      await expect.poll(async () => (await upgradeAnswer(socketUrl(server))).status).toBe(101);
    });

    it('answers 404 on other paths and serves no page of another origin', async () => {
      const server = await serve();
      expect(await upgradeAnswer(`${server.url}/nothing/here`)).toMatchObject({ status: 404 });
      const foreign = await upgradeAnswer(socketUrl(server), { Origin: 'https://evil.example' });
      expect(foreign.status).toBe(403);
      const rebound = await upgradeAnswer(socketUrl(server), {
        Host: 'evil.example',
        Origin: 'http://evil.example',
      });
      expect(rebound.status).toBe(403);
      await expectToWork(server);
    });

    it('holds no socket open for a peer that it refused and that never closes', async () => {
      const server = await serve();
      const socket = connectTcp({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
      await once(socket, 'connect');
      socket.write(
        'GET /nothing/here HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
      await once(socket, 'data');
      await expect.poll(() => server.connections()).toBe(0);
      socket.destroy();
    });
  });
}
