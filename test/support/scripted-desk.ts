import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fastifyStatic from '@fastify/static';
import fastify from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';
import { projectDir } from '../../src/app/config.ts';
import {
  deskAudio,
  deskMessageSchema,
  deskRequestSchema,
  type ContactCard,
  type DeskConversation,
  type DeskMessage,
  type DeskRequest,
  type LiveCall,
  type TranscriptLine,
} from '../../src/core/desk.ts';
import type { EarlierContact, OpenMessage } from '../../src/core/desk-records.ts';
import { encodeWav } from '../../src/media/wav.ts';
import { beeps } from './tones.ts';
import { ScriptedFlow } from './scripted-flow.ts';
import {
  contactCard,
  deskAgent,
  liveCall,
  moodPoint,
  shopCustomer,
  shopFigures,
  transcriptLine,
} from './desk-cards.ts';

type RequestOf<Type extends DeskRequest['type']> = Extract<DeskRequest, { type: Type }>;
type Ended = Extract<DeskMessage, { type: 'conversation-ended' }>['because'];

const dist = join(projectDir, 'src/web/dist');
/** Two seconds of beeps. */
const messageSound = encodeWav(beeps(520, 2_000, deskAudio.sampleRateHz), deskAudio.sampleRateHz, 1);
const me = { id: 'ada', name: 'Ada Okafor' };
const colleague = { id: 'wei', name: '王伟' };
const packetSamples = deskAudio.packetBytes / 2;

/**
 * The server side of one desk, as a script: it serves the built pages and speaks the desk's protocol, and does what a test tells it.
 * What it is asked for that needs no decision (answering, hold, transfer) it does as Kefu does.
 */
export class ScriptedDesk {
  readonly requests: DeskRequest[] = [];
  /** Everything that broke the protocol. */
  readonly faults: string[] = [];
  /** The microphone's sound as it arrived. */
  readonly heard: Int16Array[] = [];
  /** How the server answers the pages' questions; undefined: 404. */
  customer: unknown = shopCustomer;
  figures: unknown = shopFigures;
  liveCalls: LiveCall[] = [];
  messages: OpenMessage[] = [];
  /** What was done about messages. */
  readonly messageDeeds: string[] = [];
  earlier: EarlierContact[] = [];
  agent = deskAgent();
  device: 'browser' | 'telephone' = 'browser';
  connections = 0;
  /** While true, connections are cut at once. */
  away = false;
  /** The return that is made at the press of a button. */
  readonly flow = new ScriptedFlow();
  readonly #role: string;
  readonly #app = fastify({ forceCloseConnections: true });
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #conversations = new Map<string, { conversation: DeskConversation; card: ContactCard }>();
  readonly #offers = new Map<string, ContactCard>();
  #waiters: (() => void)[] = [];
  #tone: ReturnType<typeof setInterval> | undefined;
  url = '';

  constructor(role = 'supervisor') {
    this.#role = role;
  }

  static async start(
    options: { readonly role?: string; readonly port?: number } = {},
  ): Promise<ScriptedDesk> {
    const desk = new ScriptedDesk(options.role);
    await desk.#listen(options.port ?? 0);
    return desk;
  }

  async close(): Promise<void> {
    clearInterval(this.#tone);
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    await this.#app.close();
  }

  /** Rings. A card of an earlier moment would say that the caller has waited long. */
  offer(card: ContactCard, ringMs = 20_000): void {
    this.#offers.set(card.entryId, card);
    this.#setAgent({ state: 'ringing' });
    this.send({ type: 'offer', card, untilEpochMs: Date.now() + ringMs });
  }

  withdraw(entryId: string): void {
    this.#offers.delete(entryId);
    this.#setAgent({ state: 'available' });
    this.send({ type: 'offer-withdrawn', entryId });
  }

  end(entryId: string, because: Ended): void {
    this.#conversations.delete(entryId);
    this.send({ type: 'conversation-ended', entryId, because });
    if (this.#conversations.size === 0) this.#setAgent({ state: 'after-call' });
  }

  /** As a server that was started anew: it knows nothing of the conversation. */
  forget(entryId: string): void {
    this.#conversations.delete(entryId);
  }

  /** Changes how a conversation stands. */
  change(entryId: string, change: Partial<DeskConversation>): void {
    const known = this.#conversations.get(entryId);
    if (!known) return;
    known.conversation = { ...known.conversation, ...change };
    this.send({ type: 'conversation', ...known });
  }

  send(message: DeskMessage): void {
    const text = JSON.stringify(deskMessageSchema.parse(message));
    if (message.type === 'line') this.#remember(message.callId, message.line);
    for (const socket of this.#sockets.clients) socket.send(text);
  }

  /** Plays a tone into the conversation until the returned function is called. */
  playTone(frequencyHz: number): () => void {
    let at = 0;
    const startedMs = performance.now();
    let sent = 0;
    clearInterval(this.#tone);
    this.#tone = setInterval(() => {
      for (; sent * deskAudio.packetMs < performance.now() - startedMs; sent += 1) {
        const packet = Int16Array.from({ length: packetSamples }, () => {
          at += 1;
          return Math.round(9000 * Math.sin((2 * Math.PI * frequencyHz * at) / deskAudio.sampleRateHz));
        });
        for (const socket of this.#sockets.clients) socket.send(Buffer.from(packet.buffer));
      }
    }, deskAudio.packetMs);
    return () => clearInterval(this.#tone);
  }

  /** Cuts the line, as a network does. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** The next request of a kind after `from` requests, or an error after five seconds. */
  async asked<Type extends DeskRequest['type']>(type: Type, from = 0): Promise<RequestOf<Type>> {
    const found = () =>
      this.requests.slice(from).find((request): request is RequestOf<Type> => request.type === type);
    await this.until(() => found() !== undefined, `a request ${type}`);
    const request = found();
    if (!request) throw new Error(`The request ${type} is gone`);
    return request;
  }

  async until(condition: () => boolean, what: string, withinMs = 5000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!condition()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`Waited ${withinMs} ms in vain for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async #listen(port: number): Promise<void> {
    if (!existsSync(join(dist, 'index.html'))) throw new Error('Build the pages first: npm run build:web');
    this.#app.addHook('onSend', async (_request, reply) => {
      void reply.header(
        'content-security-policy',
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self' ws: wss:",
      );
    });
    await this.#app.register(fastifyStatic, { root: dist, index: false });
    for (const page of ['/', '/calls', '/desk', '/supervise', '/figures']) {
      this.#app.get(page, (_request, reply) => reply.sendFile('index.html'));
    }
    this.#app.get('/api/session', () => ({ setUp: false, maySetUp: false, me: null }));
    this.#app.get('/api/demo', () => ({ orders: [] }));
    this.#app.get('/api/calls', () => ({ calls: [] }));
    this.#app.get('/api/desk/messages', () => ({ messages: this.messages }));
    this.#app.post<{ Params: { id: string; what: string } }>(
      '/api/desk/messages/:id/:what',
      (request, reply) => {
        const { id, what } = request.params;
        this.messageDeeds.push(`${what} ${id}`);
        this.messages = this.messages.filter(({ callId }) => callId !== id);
        return reply.code(204).send();
      },
    );
    this.#app.get('/api/desk/voicemail/:id', (_request, reply) =>
      reply.type('audio/wav').send(Buffer.from(messageSound)),
    );
    this.#app.get('/api/desk/calls/:id/earlier', () => ({ contacts: this.earlier }));
    this.#app.get('/api/desk/customer/:id', (_request, reply) => this.customer ?? reply.code(404).send({}));
    this.flow.serve(this.#app);
    this.#app.get('/api/figures', (_request, reply) => this.figures ?? reply.code(404).send({}));
    this.url = await this.#app.listen({ host: '127.0.0.1', port });
    this.#app.server.on('upgrade', (request, stream, head) => {
      if (this.away || request.url !== '/desk/socket') {
        stream.destroy();
        return;
      }
      this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#onConnection(socket));
    });
  }

  #onConnection(socket: WebSocket): void {
    this.connections += 1;
    this.#wake();
    socket.on('message', (data: Buffer, binary) => {
      if (binary) this.#onSound(data);
      else this.#onText(data.toString());
      this.#wake();
    });
    socket.on('error', (error) => this.faults.push(String(error)));
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #onSound(data: Buffer): void {
    if (data.length !== deskAudio.packetBytes) this.faults.push(`a packet of ${data.length} bytes`);
    this.heard.push(new Int16Array(Uint8Array.from(data).buffer));
  }

  #onText(text: string): void {
    const parsed = deskRequestSchema.safeParse(JSON.parse(text));
    if (!parsed.success) {
      this.faults.push(parsed.error.message);
      return;
    }
    this.requests.push(parsed.data);
    this.#answer(parsed.data);
  }

  #answer(request: DeskRequest): void {
    switch (request.type) {
      case 'hello':
        this.#welcome();
        return;
      case 'choose':
        this.#setAgent({
          state: request.choice.state,
          breakReason: request.choice.state === 'break' ? request.choice.reason : null,
          ...(request.choice.state === 'available' && request.choice.anyway && { beyondHours: true }),
        });
        return;
      case 'device':
        this.device = request.device;
        this.send({ type: 'device', device: request.device });
        return;
      case 'accept': {
        const card = this.#offers.get(request.entryId);
        if (!card) return;
        this.#offers.delete(request.entryId);
        this.#setAgent({ state: 'talking' });
        this.converse(card);
        return;
      }
      case 'decline':
        this.withdraw(request.entryId);
        return;
      case 'hold':
        this.change(request.entryId, { state: request.on ? 'hold' : 'talking' });
        return;
      case 'text':
        this.#say(request.entryId, request.text);
        return;
      case 'transfer':
        this.end(request.entryId, 'transferred');
        return;
      case 'finish':
        this.end(request.entryId, 'finished');
        return;
      case 'consult':
        this.change(request.entryId, { state: 'consulting', people: people(true) });
        return;
      case 'consult-end':
        if (request.then === 'hand-over') this.end(request.entryId, 'transferred');
        else if (request.then === 'back')
          this.change(request.entryId, { state: 'talking', people: people(false) });
        else this.change(request.entryId, { state: 'conference', people: people(true) });
        return;
      case 'supervise': {
        const call = this.liveCalls.find(({ callId }) => callId === request.callId);
        if (call)
          this.converse({ ...contactCard(), entryId: call.callId, call }, 'supervising', request.mode);
        return;
      }
      case 'supervise-end':
        this.end(request.callId, 'finished');
        return;
      case 'take-over': {
        const call = this.liveCalls.find(({ callId }) => callId === request.callId);
        if (call) this.converse({ ...contactCard(), entryId: call.callId, call });
        return;
      }
      case 'mute':
      case 'keys':
      case 'note':
      case 'wrap-up':
        return;
    }
  }

  /** Puts the desk into a conversation. */
  converse(
    card: ContactCard,
    state: DeskConversation['state'] = 'talking',
    mode: DeskConversation['mode'] = null,
  ): void {
    const conversation = {
      entryId: card.entryId,
      state,
      mode,
      sinceEpochMs: Date.now(),
      people: people(false),
    };
    this.#conversations.set(card.entryId, { conversation, card });
    this.send({ type: 'conversation', conversation, card });
  }

  #say(entryId: string, text: string): void {
    const known = this.#conversations.get(entryId);
    if (!known) return;
    const id = Math.max(0, ...known.card.transcript.map((line) => line.id)) + 1;
    const line = { ...transcriptLine(id, 'agent', text), name: me.name, atEpochMs: Date.now() };
    this.send({ type: 'line', callId: known.card.call.callId, line });
  }

  #remember(callId: string, line: TranscriptLine): void {
    for (const known of this.#conversations.values()) {
      if (known.card.call.callId !== callId) continue;
      const others = known.card.transcript.filter(({ id }) => id !== line.id);
      known.card = { ...known.card, transcript: [...others, line] };
    }
  }

  #welcome(): void {
    const since = Date.now() - 300_000;
    this.send({
      type: 'welcome',
      nowEpochMs: Date.now(),
      me: { ...me, role: this.#role },
      agent: this.agent,
      colleagues: [
        {
          ...me,
          teams: ['orders'],
          languages: ['en'],
          state: this.agent.state,
          breakReason: null,
          sinceEpochMs: since,
        },
        {
          ...colleague,
          teams: ['orders'],
          languages: ['zh', 'en'],
          state: 'available',
          breakReason: null,
          sinceEpochMs: since,
        },
        {
          id: 'tom',
          name: 'Tom Berg',
          teams: ['payments'],
          languages: ['en'],
          state: 'break',
          breakReason: 'lunch',
          sinceEpochMs: since,
        },
      ],
      queues: ['general', 'complaints'],
      flows: [
        { name: 'order-status', about: 'Where an order is' },
        { name: 'survey', about: 'The survey after a call' },
      ],
      telephone: '+493012345',
      device: this.device,
      wrapUpCodes: ['resolved', 'follow-up', 'complaint', 'other'],
      conversations: [...this.#conversations.values()],
    });
    this.send({ type: 'queue', waiting: 3, longestWaitMs: 42_000 });
    if (this.#role === 'supervisor') this.send({ type: 'live-calls', calls: this.liveCalls });
  }

  #setAgent(change: Partial<typeof this.agent>): void {
    this.agent = { ...this.agent, breakReason: null, ...change, sinceEpochMs: Date.now() };
    this.send({ type: 'agent', agent: this.agent });
  }
}

function people(both: boolean): DeskConversation['people'] {
  return [{ ...me, muted: false }, ...(both ? [{ ...colleague, muted: true }] : [])];
}

/** By hand: `npx tsx test/support/scripted-desk.ts` serves a desk whose telephone rings whenever its agent is available. */
async function byHand(): Promise<void> {
  const desk = await ScriptedDesk.start({ port: 8099 });
  desk.liveCalls = [
    liveCall({ callId: 'call_one', phase: 'person', agents: [colleague] }),
    liveCall({
      callId: 'call_two',
      phase: 'kefu',
      mood: 'neutral',
      anger: 0.1,
      customerName: 'Yusuf Rossi',
      wanted: '',
    }),
  ];
  desk.playTone(440);
  process.stdout.write(`${desk.url}/desk and ${desk.url}/supervise\n`);
  let number = 0;
  setInterval(() => {
    if (desk.agent.state === 'talking') {
      desk.send({ type: 'mood', callId: `call_${number}`, mood: moodPoint(0, { words: 'All right.' }) });
    }
    if (desk.agent.state !== 'available') return;
    number += 1;
    desk.offer(contactCard({ callId: `call_${number}`, channel: number % 3 === 2 ? 'text' : 'voice' }));
  }, 4000);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await byHand();
