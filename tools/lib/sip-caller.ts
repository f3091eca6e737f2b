import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import type { OutboundDialer, VoiceMedia, VoiceMediaEvent } from '../../src/core/telephony.ts';
import { LineWaiting, type CallEnd, type Caller, type CallerClip, type SentClip } from './caller.ts';
import { PlaybackBuffer } from './playback-buffer.ts';

export interface SipCallerOptions {
  /** Where calls to Kefu go; its sound must be mu-law. */
  readonly dialer: OutboundDialer;
  /** The API of the Kefu that is called, where the call's id is looked up. */
  readonly url: string;
  readonly apiToken?: string | undefined;
  /** Must be nobody else's at the time: the call's id is found by it. */
  readonly from: string;
  readonly to: string;
  readonly clock?: Clock | undefined;
}

const packetMs = 20;
const packetSamples = 160;
const samplesPerMs = 8;
const mulawSilence = 0xff;
const ringMs = 15_000;
/** Like a telephone's: what comes within this time of its turn is heard without a break. */
const jitterBufferMs = 60;
/** A key and the pause behind it, as `RtpSender` has them. */
const keyMs = 200;
const idLimitMs = 5_000;
const idEveryMs = 50;

/**
 * Calls Kefu over SIP and RTP, with Kefu's own gateway on our side. Resolves once it was answered and its id is known.
 * @throws KefuError as `OutboundDialer.dial`.
 */
export async function connectSipCaller(options: SipCallerOptions): Promise<SipCaller> {
  const { dialer, from, to } = options;
  const media = await dialer.dial(to, { from, ringMs, signal: AbortSignal.timeout(2 * ringMs) });
  const caller = new SipCaller(media, options.clock ?? systemClock);
  caller.callId = await callIdOf(options);
  return caller;
}

/**
 * One call over SIP, from the caller's side. Made by `connectSipCaller`.
 *
 *     clips ─▶ VoiceMedia: all packets at once, paced by its RtpSender ─▶ Kefu ─▶ playback buffer ─▶ what the caller heard
 */
export class SipCaller implements Caller {
  callId: string | undefined;
  readonly ended: Promise<CallEnd>;
  readonly #media: VoiceMedia;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #playback = new PlaybackBuffer(jitterBufferMs);
  readonly #waiting = new LineWaiting(this);
  readonly #sent: (SentClip & CallerClip)[] = [];
  /** When the packets before each mark had been sent. */
  readonly #marks = new Map<string, number>();
  #clips = 0;
  #maxLateMs = 0;
  #tickDueMs = 0;
  #endedAtMs: number | undefined;
  #cancelTick: () => void = () => undefined;

  /** Use `connectSipCaller`. */
  constructor(media: VoiceMedia, clock: Clock) {
    this.#media = media;
    this.#clock = clock;
    this.#startedAtMs = clock.nowMs();
    this.ended = this.#listen();
    this.#tick();
  }

  get over(): boolean {
    return this.#endedAtMs !== undefined;
  }

  get nowMs(): number {
    return this.#endedAtMs ?? this.#clock.nowMs() - this.#startedAtMs;
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
    const sound = new Uint8Array(Math.floor(this.nowMs * samplesPerMs)).fill(mulawSilence);
    for (const { mulaw, startMs } of this.#sent) {
      const at = Math.max(0, Math.round(startMs * samplesPerMs));
      sound.set(mulaw.subarray(0, Math.max(0, sound.length - at)), Math.min(at, sound.length));
    }
    return sound;
  }

  async play(clip: CallerClip): Promise<SentClip | undefined> {
    if (this.over) return undefined;
    this.#clips += 1;
    const [begin, end] = [`begin-${this.#clips}`, `end-${this.#clips}`];
    const packets = Math.ceil(clip.mulaw.length / packetSamples);
    this.#media.mark(begin);
    for (let index = 0; index < packets; index += 1) {
      const packet = new Uint8Array(packetSamples).fill(mulawSilence);
      packet.set(clip.mulaw.subarray(index * packetSamples, (index + 1) * packetSamples));
      this.#media.send(packet);
    }
    this.#media.mark(end);
    await this.waitUntil(() => this.#marks.has(end), Infinity);
    const beginMs = this.#marks.get(begin);
    if (beginMs === undefined || !this.#marks.has(end)) return undefined;
    // The first packet left at its mark, when its last sample had been spoken.
    const startMs = beginMs - packetMs;
    const sent = { name: clip.name, startMs, endMs: startMs + clip.mulaw.length / samplesPerMs };
    this.#sent.push({ ...sent, mulaw: clip.mulaw });
    return sent;
  }

  async pressKeys(digits: string): Promise<void> {
    if (this.#media.sendKeys?.(digits) !== true) return;
    const untilMs = this.nowMs + digits.length * keyMs;
    await this.waitUntil(() => this.nowMs >= untilMs, Infinity);
  }

  waitUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    return this.#waiting.until(condition, limitMs);
  }

  async hangUp(): Promise<CallEnd> {
    await this.#media.hangup();
    return this.ended;
  }

  async #listen(): Promise<CallEnd> {
    let last: Extract<VoiceMediaEvent, { type: 'ended' }> | undefined;
    for await (const event of this.#media.events) {
      if (event.type === 'packet' && event.payload.length > 0)
        this.#playback.receive(event.payload, this.nowMs);
      else if (event.type === 'mark') {
        this.#marks.set(event.name, this.nowMs);
        this.#waiting.look();
      } else if (event.type === 'ended') last = event;
    }
    this.#endedAtMs = this.nowMs;
    this.#cancelTick();
    this.#waiting.look();
    // Seen from our gateway, Kefu is the one who calls and hangs up.
    const by =
      last?.reason === 'caller-hung-up' ? 'kefu' : last?.reason === 'we-hung-up' ? 'caller' : 'failure';
    return { by, detail: last?.detail ?? last?.reason, transfers: [], said: [], streams: 1 };
  }

  /** As late as this timer is the one that sends packets. */
  #tick(): void {
    const { nowMs } = this;
    this.#maxLateMs = Math.max(this.#maxLateMs, nowMs - this.#tickDueMs);
    this.#tickDueMs = nowMs + packetMs;
    this.#waiting.look();
    this.#cancelTick = this.#clock.setTimer(() => this.#tick(), packetMs);
  }
}

const callsSchema = z.object({
  calls: z.array(
    z.object({
      callId: z.string(),
      gateway: z.string(),
      from: z.string(),
      endedAtEpochMs: z.number().nullable(),
    }),
  ),
});

/** Kefu's id of the call that goes on with this number over SIP; undefined when the API does not tell. */
async function callIdOf({ url, apiToken, from }: SipCallerOptions): Promise<string | undefined> {
  const headers = apiToken === undefined ? {} : { authorization: `Bearer ${apiToken}` };
  for (let waitedMs = 0; waitedMs < idLimitMs; waitedMs += idEveryMs) {
    const response = await fetch(`${url}/api/calls?limit=50`, { headers });
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const { calls } = callsSchema.parse(await response.json());
    const ours = calls.find(
      (call) => call.gateway === 'sip' && call.from === from && call.endedAtEpochMs === null,
    );
    if (ours) return ours.callId;
    await sleep(idEveryMs);
  }
  return undefined;
}
