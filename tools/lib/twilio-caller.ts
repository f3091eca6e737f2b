import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import { KefuError, toKefuError } from '../../src/core/errors.ts';
import type { Language } from '../../src/core/language.ts';
import { LineWaiting, type CallEnd, type Caller, type CallerClip, type SentClip } from './caller.ts';
import { PlaybackBuffer } from './playback-buffer.ts';
import { TwilioWebhooks } from './twilio-webhooks.ts';
import type { TwimlInstructions } from './twiml.ts';

/**
 * Twilio's side of a call, for tools and tests: announces a call at the voice webhook, opens the stream it is told to, sends 50 packets
 * of mu-law a second from first to last, plays what it receives as Twilio does, and asks the action URL how to go on.
 *
 *     clips ──> packets, one each 20 ms ──> Kefu ──> playback buffer ──> what the caller heard
 *
 * Line time begins with the call's first stream; see `Caller`.
 */

const accountSid = 'AC00000000000000000000000000000000';
const packetMs = 20;
const packetSamples = 160;
const samplesPerMs = 8;
const silentPacket = new Uint8Array(packetSamples).fill(0xff);
const openLimitMs = 15_000;
const closeLimitMs = 2_000;
/** More answers in a row without a stream mean that Kefu and this caller do not understand each other. */
const maxAnswersInARow = 5;

/** How Twilio says a dialled transfer has gone. */
export type DialOutcome = 'completed' | 'busy' | 'no-answer' | 'failed';

export interface TwilioCallerOptions {
  /** Where Kefu listens: `http`, `https`, `ws` or `wss`. */
  readonly url: string;
  readonly from: string;
  readonly to: string;
  readonly language?: Language | undefined;
  /** With it, webhooks and the stream are signed as Twilio signs them. */
  readonly authToken?: string | undefined;
  /** The address Kefu believes it is called at, where it differs from `url`: signatures are made for this one. */
  readonly publicUrl?: string | undefined;
  /** How each transfer goes. Default `completed`. */
  readonly dialOutcome?: DialOutcome | undefined;
  /** How long a webhook may take, in milliseconds. Default 15 s, as at Twilio. */
  readonly webhookLimitMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

type ConnectInstruction = Extract<TwimlInstructions['then'], { type: 'connect' }>;

const inboundSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('media'), streamSid: z.string(), media: z.object({ payload: z.base64() }) }),
  z.object({ event: z.literal('mark'), streamSid: z.string(), mark: z.object({ name: z.string() }) }),
  z.object({ event: z.literal('clear'), streamSid: z.string() }),
]);

/** The value of a JSON text; undefined when it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Calls Kefu. Resolves once the first stream is open.
 * @throws KefuError `server_unreachable` when nobody listens, `signature_invalid` when Kefu refuses to serve, `protocol_violation` when
 *   it answers with something else than a stream.
 */
export async function connectTwilioCaller(options: TwilioCallerOptions): Promise<TwilioCaller> {
  const caller = new TwilioCaller(options);
  await caller.connect();
  return caller;
}

/** One call, from Twilio's side. Made by `connectTwilioCaller`. */
export class TwilioCaller implements Caller {
  readonly callSid = `CA${randomBytes(16).toString('hex')}`;
  readonly ended: Promise<CallEnd>;
  readonly sentClips: SentClip[] = [];
  readonly #options: TwilioCallerOptions;
  readonly #clock: Clock;
  readonly #webhooks: TwilioWebhooks;
  readonly #playback = new PlaybackBuffer();
  readonly #sentPackets: Uint8Array[] = [];
  readonly #waiting = new LineWaiting(this);
  readonly #transfers: string[] = [];
  readonly #said: string[] = [];
  #clips: {
    clip: CallerClip;
    startMs: number | undefined;
    offset: number;
    sent: (clip: SentClip) => void;
  }[] = [];
  #socket: WebSocket | undefined;
  #callId: string | undefined;
  #streamSid = '';
  #streams = 0;
  #streamStartMs = 0;
  #chunks = 0;
  #sequence = 0;
  #startedAtMs: number | undefined;
  #maxLateMs = 0;
  #hungUp = false;
  #over = false;
  #cancelTick: () => void = () => undefined;
  #cancelMark: () => void = () => undefined;
  #resolveEnded: (end: CallEnd) => void = () => undefined;

  /** Use `connectTwilioCaller`. */
  constructor(options: TwilioCallerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#webhooks = new TwilioWebhooks({ ...options, callSid: this.callSid, accountSid });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Announces the call and opens its first stream; called once, by `connectTwilioCaller`. */
  async connect(): Promise<void> {
    const query = this.#options.language === undefined ? '' : `?language=${this.#options.language}`;
    const { then, said } = await this.#webhooks.post(`/twilio/voice${query}`, { CallStatus: 'ringing' });
    this.#said.push(...said);
    if (then.type !== 'connect') {
      throw new KefuError('protocol_violation', 'The voice webhook did not connect the call to a stream.');
    }
    await this.#openStream(then);
  }

  /** Kefu's id of the call, by which its events are found; undefined when the stream's parameters name none. */
  get callId(): string | undefined {
    return this.#callId;
  }

  get over(): boolean {
    return this.#over;
  }

  get nowMs(): number {
    return this.#startedAtMs === undefined ? 0 : this.#clock.nowMs() - this.#startedAtMs;
  }

  get maxLateMs(): number {
    return this.#maxLateMs;
  }

  get playback(): Caller['playback'] {
    return this.#playback;
  }

  heardAudio(): Uint8Array {
    return this.#playback.render(this.nowMs);
  }

  sentAudio(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#sentPackets));
  }

  play(clip: CallerClip): Promise<SentClip | undefined> {
    if (this.#over) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#clips.push({ clip, startMs: undefined, offset: 0, sent: resolve });
      void this.ended.then(() => {
        resolve(undefined);
      });
    });
  }

  /** Presses keys, 100 ms apart. Resolves when all are pressed, or the call is over. */
  async pressKeys(digits: string): Promise<void> {
    for (const digit of digits) {
      this.#tell({ event: 'dtmf', dtmf: { track: 'inbound_track', digit } });
      await this.waitUntil(this.#after(100), 1_000);
    }
  }

  waitUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    return this.#waiting.until(condition, limitMs);
  }

  /**
   * Resolves with true once Kefu has been heard after `afterMs` and has then been silent for `quietMs`; with false when the call is over
   * or `limitMs` has passed.
   */
  untilQuiet(options: { quietMs: number; limitMs: number; afterMs?: number }): Promise<boolean> {
    const { quietMs, limitMs, afterMs = 0 } = options;
    return this.waitUntil(() => {
      const lastMs = this.#playback.lastAudibleMs;
      return lastMs !== undefined && lastMs > afterMs && this.nowMs - lastMs >= quietMs;
    }, limitMs);
  }

  async hangUp(): Promise<CallEnd> {
    if (!this.#over && !this.#hungUp) {
      this.#hungUp = true;
      const socket = this.#socket;
      if (socket?.readyState === WebSocket.OPEN) {
        this.#tell({ event: 'stop', stop: { callSid: this.callSid } });
        socket.close(1000);
        const cancel = this.#clock.setTimer(() => {
          socket.terminate();
        }, closeLimitMs);
        void this.ended.then(cancel);
      }
    }
    return this.ended;
  }

  /** Breaks the stream without a word, as a network does. Kefu may be asked to connect the call again. */
  breakStream(): void {
    this.#socket?.terminate();
  }

  async #openStream(connect: ConnectInstruction): Promise<void> {
    const { actionUrl, parameters } = connect;
    const { url, headers } = this.#webhooks.stream(connect.streamUrl);
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    try {
      await once(socket, 'open', { signal: AbortSignal.timeout(openLimitMs) });
    } catch (error) {
      socket.on('error', () => undefined);
      socket.terminate();
      const reason = toKefuError(error).message;
      throw new KefuError('server_unreachable', `The stream could not be opened: ${reason}`, {
        cause: error,
      });
    }
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      // Both `ws` and Kefu send texts as one buffer.
      this.#receive((data as Buffer).toString('utf8'));
    });
    socket.on('close', () => {
      this.#cancelMark();
      void this.#afterStream(actionUrl);
    });
    this.#socket = socket;
    this.#callId ??= parameters.call;
    this.#streams += 1;
    this.#streamSid = `MZ${randomBytes(16).toString('hex')}`;
    this.#chunks = 0;
    this.#sequence = 0;
    socket.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }));
    this.#tell({
      event: 'start',
      start: {
        accountSid,
        streamSid: this.#streamSid,
        callSid: this.callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: parameters,
      },
    });
    if (this.#startedAtMs === undefined) {
      this.#startedAtMs = this.#clock.nowMs();
      this.#scheduleTick();
    }
    this.#streamStartMs = this.#sentPackets.length * packetMs;
    // Whoever hung up while the stream was being opened is not there to use it.
    if (this.#hungUp) socket.close(1000);
  }

  /** Sends what is due, more than one packet when the process was held up: a line loses no time. */
  #tick(): void {
    if (this.#over) return;
    while ((this.#sentPackets.length + 1) * packetMs <= this.nowMs) {
      this.#maxLateMs = Math.max(this.#maxLateMs, this.nowMs - (this.#sentPackets.length + 1) * packetMs);
      this.#sendPacket();
    }
    this.#waiting.look();
    this.#scheduleTick();
  }

  #scheduleTick(): void {
    const dueMs = (this.#sentPackets.length + 1) * packetMs;
    this.#cancelTick = this.#clock.setTimer(
      () => {
        this.#tick();
      },
      Math.max(0, dueMs - this.nowMs),
    );
  }

  #sendPacket(): void {
    const packet = this.#nextPacket();
    const timestampMs = this.#sentPackets.length * packetMs - this.#streamStartMs;
    this.#sentPackets.push(packet);
    this.#chunks += 1;
    this.#tell({
      event: 'media',
      media: {
        track: 'inbound',
        chunk: String(this.#chunks),
        timestamp: String(timestampMs),
        payload: Buffer.from(packet).toString('base64'),
      },
    });
  }

  /** The next 20 ms of the clips that wait; silence where there are none. Clips follow each other without a gap. */
  #nextPacket(): Uint8Array {
    const packetStartMs = this.#sentPackets.length * packetMs;
    let filled = 0;
    let packet = silentPacket;
    for (let next = this.#clips[0]; next && filled < packetSamples; next = this.#clips[0]) {
      if (packet === silentPacket) packet = silentPacket.slice();
      next.startMs ??= packetStartMs + filled / samplesPerMs;
      const piece = next.clip.mulaw.subarray(next.offset, next.offset + packetSamples - filled);
      packet.set(piece, filled);
      filled += piece.length;
      next.offset += piece.length;
      if (next.offset < next.clip.mulaw.length) break;
      this.#clips.shift();
      const { startMs } = next;
      const clip = { name: next.clip.name, startMs, endMs: startMs + next.clip.mulaw.length / samplesPerMs };
      this.sentClips.push(clip);
      next.sent(clip);
    }
    return packet;
  }

  #receive(text: string): void {
    const parsed = inboundSchema.safeParse(parseJson(text));
    if (!parsed.success || parsed.data.streamSid !== this.#streamSid) {
      // Twilio ends a stream that is told something it does not understand (its error 31924).
      this.#fail(`Kefu sent what Twilio would not take: ${text.slice(0, 200)}`);
      return;
    }
    const message = parsed.data;
    const atMs = this.nowMs;
    switch (message.event) {
      case 'media':
        this.#playback.receive(Uint8Array.from(Buffer.from(message.media.payload, 'base64')), atMs);
        return;
      case 'mark':
        this.#playback.mark(message.mark.name, atMs);
        this.#returnMarks();
        return;
      case 'clear':
        for (const name of this.#playback.clear(atMs)) this.#tell({ event: 'mark', mark: { name } });
    }
  }

  #returnMarks(): void {
    this.#cancelMark();
    for (const name of this.#playback.reached(this.nowMs)) this.#tell({ event: 'mark', mark: { name } });
    const nextMs = this.#playback.nextMarkMs;
    if (nextMs === undefined) return;
    this.#cancelMark = this.#clock.setTimer(
      () => {
        this.#returnMarks();
      },
      Math.max(0, nextMs - this.nowMs),
    );
  }

  #tell(message: Readonly<Record<string, unknown>>): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#sequence += 1;
    this.#socket.send(
      JSON.stringify({ ...message, sequenceNumber: String(this.#sequence), streamSid: this.#streamSid }),
    );
  }

  /** The stream has ended: asks how to go on, and does so. */
  async #afterStream(actionUrl: string | undefined): Promise<void> {
    if (this.#over) return;
    // What was buffered belongs to the stream that is gone.
    this.#playback.clear(this.nowMs);
    try {
      let next = await this.#ask(actionUrl, {});
      for (let answers = 0; answers < maxAnswersInARow; answers += 1) {
        this.#said.push(...next.said);
        if (this.#hungUp || next.then.type === 'hangup') {
          this.#end(this.#hungUp ? 'caller' : 'kefu', undefined);
          return;
        }
        if (next.then.type === 'connect') {
          await this.#openStream(next.then);
          return;
        }
        this.#transfers.push(next.then.target);
        next = await this.#ask(next.then.actionUrl, {
          DialCallStatus: this.#options.dialOutcome ?? 'completed',
        });
      }
      this.#fail(`Kefu gave ${maxAnswersInARow} instructions in a row without a stream.`);
    } catch (error) {
      this.#fail(toKefuError(error).message);
    }
  }

  #ask(actionUrl: string | undefined, more: Readonly<Record<string, string>>): Promise<TwimlInstructions> {
    if (actionUrl === undefined) return Promise.resolve({ said: [], then: { type: 'hangup' } });
    return this.#webhooks.post(actionUrl, {
      ...more,
      CallStatus: this.#hungUp ? 'completed' : 'in-progress',
    });
  }

  #fail(detail: string): void {
    this.#end('failure', detail);
    this.#socket?.terminate();
  }

  #end(by: CallEnd['by'], detail: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTick();
    this.#cancelMark();
    this.#clips = [];
    this.#waiting.look();
    this.#resolveEnded({
      by,
      detail,
      transfers: this.#transfers,
      said: this.#said,
      streams: this.#streams,
    });
  }

  #after(delayMs: number): () => boolean {
    const atMs = this.nowMs + delayMs;
    return () => this.nowMs >= atMs;
  }
}
