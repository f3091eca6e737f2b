import type { AddressInfo } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import Fastify, { type FastifyInstance } from 'fastify';
import { WebSocket, type ClientOptions } from 'ws';
import type {
  IncomingCall,
  TextMedia,
  TextMediaEvent,
  VoiceMedia,
  VoiceMediaEvent,
} from '../../src/core/telephony.ts';
import { attachUpgrades, type WebSocketGateway } from '../../src/telephony/gateway.ts';
import { ManualClock } from './manual-clock.ts';
import { createCapturedLog, type CapturedLog } from './captured-log.ts';

/** What every gateway under test is made with. */
export interface GatewayTools {
  readonly clock: ManualClock;
  readonly log: CapturedLog;
}

/** A real HTTP server on a free port with one or more gateways, and a log and clock the test can look at and move. */
export class GatewayServer {
  readonly clock = new ManualClock();
  readonly log = createCapturedLog();
  readonly calls: IncomingCall[] = [];
  readonly app: FastifyInstance = Fastify();
  readonly gateways: readonly WebSocketGateway[];
  readonly #detach: () => void;
  #whenCall: (() => void)[] = [];
  #port = 0;

  private constructor(make: (tools: GatewayTools) => readonly WebSocketGateway[]) {
    this.gateways = make({ clock: this.clock, log: this.log });
    for (const { routes } of this.gateways) if (routes) this.app.register(routes);
    this.#detach = attachUpgrades(this.app.server, this.gateways, this.log);
  }

  /** Starts listening. `onCall` defaults to keeping the calls for `nextCall`. */
  static async listen(
    make: (tools: GatewayTools) => WebSocketGateway | readonly WebSocketGateway[],
    onCall?: (call: IncomingCall) => void,
  ): Promise<GatewayServer> {
    const server = new GatewayServer((tools) => [make(tools)].flat());
    for (const gateway of server.gateways) {
      gateway.start(
        onCall ??
          ((call) => {
            server.calls.push(call);
            for (const wake of server.#whenCall.splice(0)) wake();
          }),
      );
    }
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    server.#port = (server.app.server.address() as AddressInfo).port;
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** The next call that nobody has taken from `calls`. */
  async nextCall(): Promise<IncomingCall> {
    for (;;) {
      const call = this.calls.shift();
      if (call) return call;
      await new Promise<void>((resolve) => this.#whenCall.push(resolve));
    }
  }

  /** How many TCP connections are open. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.app.server.getConnections((error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });
  }

  async close(): Promise<void> {
    this.#detach();
    // Time stands still in tests: whatever a gateway still waits for runs out now.
    const left = new Set(this.gateways);
    const closed = Promise.all(
      [...left].map((gateway) => gateway.close().finally(() => left.delete(gateway))),
    );
    while (left.size > 0) await this.clock.advanceAsync(1_000, 500);
    await closed;
    await this.app.close();
  }
}

/** A JSON text as its value; another text, which a few protocols have, under `text`. */
function readText(text: string): Record<string, unknown> {
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
}

/** A WebSocket client that keeps what it receives. */
export class TestPeer {
  readonly socket: WebSocket;
  readonly texts: Record<string, unknown>[] = [];
  readonly binaries: Buffer[] = [];
  /** Close code, once closed. */
  readonly closed: Promise<number>;
  #wake: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        resolve(code);
        this.#notify();
      });
    });
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      if (isBinary) this.binaries.push(bytes);
      else this.texts.push(readText(bytes.toString('utf8')));
      this.#notify();
    });
  }

  /** Connects; rejects with `Unexpected server response: <status>` when the server refuses. */
  static async connect(url: string, options: ClientOptions = {}): Promise<TestPeer> {
    const peer = new TestPeer(new WebSocket(url.replace(/^http/, 'ws'), options));
    await once(peer.socket, 'open');
    return peer;
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  raw(message: string | Uint8Array): void {
    this.socket.send(message);
  }

  /** The first text message received that satisfies `wanted`. */
  async text(wanted: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    return this.#until(() => this.texts.find(wanted), 'a text message');
  }

  async binary(count = 1): Promise<Buffer[]> {
    return this.#until(() => (this.binaries.length >= count ? this.binaries : undefined), 'binary messages');
  }

  /** Breaks the connection as a pulled cable would, without a close frame. */
  vanish(): void {
    this.socket.terminate();
  }

  async #until<T>(look: () => T | undefined, what: string): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`the socket closed before ${what} came`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** What an upgrade request was answered with: the status code and body of a refusal, or 101. */
export async function upgradeAnswer(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const socket = connectTcp(Number(port), hostname);
  await once(socket, 'connect');
  const all = {
    Host: host,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`);
  let answer = '';
  for await (const chunk of socket) {
    answer += String(chunk);
    if (answer.startsWith('HTTP/1.1 101')) break;
  }
  socket.destroy();
  return { status: Number(answer.split(' ')[1]), body: answer.split('\r\n\r\n')[1] ?? '' };
}

/** Reads the events of an answered call, keeping all. */
export class EventReader<E extends VoiceMediaEvent | TextMediaEvent> {
  readonly seen: E[] = [];
  /** All events, once they have ended. */
  readonly done: Promise<E[]>;
  #wake: (() => void)[] = [];
  #finished = false;

  constructor(events: AsyncIterable<E>) {
    this.done = this.#read(events);
  }

  /** The `count`-th event of this type, once it is there; rejects when the events end without it. */
  async next<T extends E['type']>(type: T, count = 1): Promise<Extract<E, { type: T }>> {
    const isWanted = (event: E): event is Extract<E, { type: T }> => event.type === type;
    for (;;) {
      const found = this.seen.filter(isWanted)[count - 1];
      if (found) return found;
      if (this.#finished) throw new Error(`the events ended without ${type} number ${count}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async #read(events: AsyncIterable<E>): Promise<E[]> {
    for await (const event of events) {
      this.seen.push(event);
      for (const wake of this.#wake.splice(0)) wake();
    }
    this.#finished = true;
    for (const wake of this.#wake.splice(0)) wake();
    return this.seen;
  }
}

/** Accepts a call as a voice call, and reads its events. */
export function answerVoice(
  call: IncomingCall,
  callId = 'call_test',
): { media: VoiceMedia; events: EventReader<VoiceMediaEvent> } {
  const media = call.accept(callId);
  if (media.kind !== 'voice') throw new Error('this is no voice call');
  return { media, events: new EventReader(media.events) };
}

/** Accepts a call as a typed conversation, and reads its events. */
export function answerText(
  call: IncomingCall,
  callId = 'call_test',
): { media: TextMedia; events: EventReader<TextMediaEvent> } {
  const media = call.accept(callId);
  if (media.kind !== 'text') throw new Error('this is no typed conversation');
  return { media, events: new EventReader(media.events) };
}

/** Settles once the server has taken in everything this peer has sent so far: messages and pings are handled in order. */
export async function roundTrip(peer: TestPeer): Promise<void> {
  const answered = once(peer.socket, 'pong');
  peer.socket.ping();
  await answered;
}

/** A text message as one masked WebSocket frame, for clients that send bytes by hand (RFC 6455, section 5.2). */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 0xffff) throw new RangeError('too long for this helper');
  const mask = randomBytes(4);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff]);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([head, mask, masked]);
}
