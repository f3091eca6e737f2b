import type { WireFormat } from '../core/audio.ts';
import type { Clock } from '../core/clock.ts';
import { KefuError, toKefuError } from '../core/errors.ts';
import type { Briefing } from '../core/handoff.ts';
import type { Logger } from '../core/log.ts';
import { AsyncQueue } from '../core/queue.ts';
import type { EndReason, LineQuality, VoiceMedia, VoiceMediaEvent } from '../core/telephony.ts';
import { createNotices } from './notices.ts';
import type { RejectReason } from './offer.ts';

/** How a session parts from its peer. */
export type Farewell =
  | { readonly type: 'ended'; readonly reason: EndReason; readonly detail: string | undefined }
  | { readonly type: 'rejected'; readonly reason: RejectReason };

/** What became of a call that was given away: somebody has it, the caller hung up meanwhile, or nobody knows. */
export type HandOver = 'taken' | 'caller-gone' | 'lost';

/** One gateway's way to say things to the peer of one call. */
export interface VoiceWire {
  readonly send: (payload: Uint8Array) => void;
  readonly mark: (name: string) => void;
  readonly clear: () => void;
  readonly notify?: (message: Readonly<Record<string, unknown>>) => void;
  readonly sendKeys?: (keys: string) => boolean;
  readonly quality?: () => LineQuality;
  /** True when the peer itself returns the marks that a `clear` has skipped, as Twilio does. */
  readonly returnsClearedMarks: boolean;
  /** Throws `transfer_unsupported` when this gateway cannot reach the target. */
  readonly checkTarget: (target: string) => void;
  /**
   * Gives the call away. Throws while the call still goes on here; once it is out of our hands, it resolves with what became of it.
   */
  readonly handOver: (target: string, briefing: Briefing) => Promise<HandOver>;
  /** Says goodbye as the protocol wants it and closes the socket; resolves once it is closed. Called exactly once. */
  readonly leave: (farewell: Farewell) => Promise<void>;
}

export interface VoiceSessionOptions {
  readonly format: WireFormat;
  readonly wire: VoiceWire;
  readonly clock: Clock;
  readonly log: Logger;
  /** A peer that sends no message for this time, in milliseconds, has lost the call. */
  readonly mediaTimeoutMs: number;
}

/** How long a goodbye may take to be played before the line is dropped anyway; `VoiceMedia.hangup` promises it. */
export const drainLimitMs = 2_000;
/** Packets that wait to be read: a minute of audio. More means that the peer sends faster than real time. */
const maxUnread = 3_000;
/** Marks of our own that ask whether the last words have been played; never shown to the reader of the events. */
const drainMark = 'kefu:drained';

/**
 *  offered ──accept──> open ──hangup──────> draining ──played, or 2 s──> ended
 *     │                 │ └──transfer──> (drained) ──> handing-over ──> ended
 *     └──reject──> ended└──caller gone, lost, violation, silence──────> ended
 *
 * The state of one voice call that all gateways share. Events come out in order; `ended` comes exactly once and last.
 */
export class VoiceSession implements VoiceMedia {
  readonly kind = 'voice';
  readonly format: WireFormat;
  readonly events = new AsyncQueue<VoiceMediaEvent>();
  readonly notify?: (message: Readonly<Record<string, unknown>>) => void;
  readonly sendKeys?: (keys: string) => boolean;
  readonly quality?: () => LineQuality;
  readonly #wire: VoiceWire;
  readonly #clock: Clock;
  readonly #mediaTimeoutMs: number;
  readonly #outstandingMarks = new Map<string, number>();
  /** Those who wait for the last words to be played. */
  readonly #drains = new Set<() => void>();
  readonly #ended: Promise<void>;
  #log: Logger;
  #noteOnce: ReturnType<typeof createNotices>;
  #phase: 'offered' | 'open' | 'draining' | 'handing-over' | 'ended' = 'offered';
  #transferring = false;
  #lastHeardMs: number;
  #cancelSilence: () => void = () => undefined;
  #resolveEnded: () => void = () => undefined;

  constructor(options: VoiceSessionOptions) {
    this.format = options.format;
    this.#wire = options.wire;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#noteOnce = createNotices(options.log);
    this.#mediaTimeoutMs = options.mediaTimeoutMs;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const { notify, sendKeys, quality } = options.wire;
    if (quality) this.quality = quality;
    if (sendKeys) this.sendKeys = (keys) => this.#phase === 'open' && sendKeys(keys);
    if (notify) {
      this.notify = (message) => {
        if (this.#phase !== 'ended') notify(message);
      };
    }
    this.#lastHeardMs = this.#clock.nowMs();
    this.#watchSilence(this.#mediaTimeoutMs);
  }

  /** True once `ended` has been said or the call was rejected. */
  get over(): boolean {
    return this.#phase === 'ended';
  }

  /** True while the call is given away: the stream may end now without the call being lost. */
  get handingOver(): boolean {
    return this.#phase === 'handing-over';
  }

  // ---- what the gateway tells ----

  /** The call was accepted; from now on lines of the log carry Kefu's id. */
  accepted(log: Logger): void {
    if (this.#phase !== 'offered') return;
    this.#phase = 'open';
    this.#log = log;
    this.#noteOnce = createNotices(log);
    log.info({}, 'Answered the call');
  }

  /** The call was rejected: tells the peer so. Whoever accepts it all the same reads that it has ended. */
  rejected(reason: RejectReason): void {
    this.#conclude({ type: 'rejected', reason });
  }

  /** A message came from the peer, of whatever kind. */
  heard(): void {
    this.#lastHeardMs = this.#clock.nowMs();
  }

  /** A packet of audio. What is said before the call is answered reaches nobody, as on any telephone. */
  packet(payload: Uint8Array, sequence: number | undefined, mediaMs: number | undefined): void {
    if (this.#phase === 'offered' || this.#phase === 'ended') return;
    if (this.events.size >= maxUnread) {
      this.finish('protocol-error', 'audio comes faster than real time');
      return;
    }
    this.events.push({ type: 'packet', payload, sequence, mediaMs });
  }

  digit(digit: string): void {
    if (this.#phase !== 'ended') this.events.push({ type: 'digit', digit });
  }

  /** The peer says that it has played, or dropped, everything sent before the mark. */
  markPlayed(name: string): void {
    if (this.#phase === 'ended') return;
    const outstanding = this.#outstandingMarks.get(name) ?? 0;
    if (outstanding === 0) {
      // After `clear` we answer the marks for a peer that need not do it; one that does so too is right as well.
      if (this.#wire.returnsClearedMarks) {
        this.#noteOnce('unknown-mark', {}, 'Ignored a mark that was never sent or was already answered');
      }
      return;
    }
    if (outstanding === 1) this.#outstandingMarks.delete(name);
    else this.#outstandingMarks.set(name, outstanding - 1);
    if (name === drainMark) this.#wakeDrains();
    else this.events.push({ type: 'mark', name });
  }

  /** An oddity that harms nobody: logged once per call and kind. */
  noteOnce(kind: string, fields: Record<string, unknown>, message: string): void {
    this.#noteOnce(kind, fields, message);
  }

  /** Somebody else is at the other end from now on: what the one before had not played yet counts as played. */
  farSideChanged(): void {
    this.heard();
    this.#answerMarks();
  }

  /** Ends the call. The first reason counts; `detail` goes into logs and records and holds no personal values. */
  finish(reason: EndReason, detail?: string): void {
    this.#conclude({ type: 'ended', reason, detail });
  }

  // ---- what Kefu asks for (VoiceMedia) ----

  send(payload: Uint8Array): void {
    if (this.#phase === 'open') this.#wire.send(payload);
  }

  mark(name: string): void {
    if (this.#phase === 'open') this.#sendMark(name);
  }

  clear(): void {
    if (this.#phase !== 'open') return;
    this.#wire.clear();
    if (!this.#wire.returnsClearedMarks) this.#answerMarks();
  }

  async transfer(target: string, briefing: Briefing, signal: AbortSignal): Promise<void> {
    if (this.#phase !== 'open' || this.#transferring) {
      throw new KefuError('transfer_failed', 'The call has ended or is already being given away.');
    }
    this.#wire.checkTarget(target);
    this.#transferring = true;
    try {
      await this.#drain(signal);
      if (this.#hasLeft()) throw new KefuError('transfer_failed', 'The call ended before the transfer.');
      if (signal.aborted) throw new KefuError('aborted', 'The transfer was stopped before it began.');
      await this.#giveAway(target, briefing);
    } finally {
      this.#transferring = false;
    }
  }

  async hangup(): Promise<void> {
    if (this.#phase === 'offered') this.finish('we-hung-up');
    if (this.#phase === 'open') {
      this.#phase = 'draining';
      await this.#drain();
      this.finish('we-hung-up');
    }
    await this.#ended;
  }

  // ---- inside ----

  async #giveAway(target: string, briefing: Briefing): Promise<void> {
    this.#phase = 'handing-over';
    let result: HandOver;
    try {
      result = await this.#wire.handOver(target, briefing);
    } catch (error) {
      if (!this.over) this.#phase = 'open';
      throw new KefuError('transfer_failed', toKefuError(error).message, { cause: error });
    }
    switch (result) {
      case 'taken':
        this.finish('transferred');
        return;
      case 'caller-gone':
        this.finish('caller-hung-up', 'the caller hung up during the transfer');
        throw new KefuError('transfer_failed', 'The caller hung up during the transfer.');
      case 'lost':
        this.finish('gateway-lost', 'the carrier did not ask where to transfer the call');
        throw new KefuError('transfer_failed', 'The carrier did not ask where to transfer the call.');
    }
  }

  #answerMarks(): void {
    for (const [name, count] of [...this.#outstandingMarks]) {
      for (let index = 0; index < count; index += 1) this.markPlayed(name);
    }
  }

  #hasLeft(): boolean {
    return this.#phase !== 'open';
  }

  /** Resolves once the peer has played everything sent, after 2 s, when the call ends, or when aborted. */
  #drain(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancelTimer();
        signal?.removeEventListener('abort', done);
        this.#drains.delete(done);
        resolve();
      };
      const cancelTimer = this.#clock.setTimer(done, drainLimitMs);
      this.#drains.add(done);
      signal?.addEventListener('abort', done);
      if (signal?.aborted || this.over) done();
      else this.#sendMark(drainMark);
    });
  }

  #wakeDrains(): void {
    for (const done of [...this.#drains]) done();
  }

  #sendMark(name: string): void {
    this.#outstandingMarks.set(name, (this.#outstandingMarks.get(name) ?? 0) + 1);
    this.#wire.mark(name);
  }

  /** One timer that looks up the last message when it fires, instead of a new timer with each of 50 messages a second. */
  #watchSilence(delayMs: number): void {
    this.#cancelSilence = this.#clock.setTimer(() => {
      // While the call is given away its stream is closed, and silence is what we want.
      const sinceMs = this.handingOver ? 0 : this.#clock.nowMs() - this.#lastHeardMs;
      if (sinceMs < this.#mediaTimeoutMs) this.#watchSilence(this.#mediaTimeoutMs - sinceMs);
      else this.finish('media-timeout', `no message for ${this.#mediaTimeoutMs / 1000} s`);
    }, delayMs);
  }

  #conclude(farewell: Farewell): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#cancelSilence();
    const { reason, detail } =
      farewell.type === 'ended'
        ? farewell
        : { reason: 'we-hung-up' as const, detail: `rejected: ${farewell.reason}` };
    this.#log.info({ reason, detail }, 'The call has ended');
    this.events.push({ type: 'ended', reason, ...(detail === undefined ? {} : { detail }) });
    this.events.close();
    this.#wakeDrains();
    this.#wire
      .leave(farewell)
      .catch((error: unknown) => {
        this.#log.error({ error: toKefuError(error).message }, 'Parting from the peer failed');
      })
      .finally(this.#resolveEnded);
  }
}
