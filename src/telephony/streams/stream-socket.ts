import { randomUUID } from 'node:crypto';
import { KefuError, toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { closeCodes, type ConnectionEnd, type ConnectionHandler } from '../connection.ts';
import { offerCall } from '../offer.ts';
import { VoiceSession, type Farewell, type HandOver } from '../voice-session.ts';
import type { Introduction, StreamCalls, StreamLink } from './calls.ts';
import {
  bytesPerMs,
  type StreamCodec,
  type StreamEvent,
  type StreamStart,
  type WireMessage,
} from './codec.ts';
import { PlayingTime } from './playing-time.ts';

/** Vendors ask within a second or two of the stream's end what comes next; after this time they never will. */
const askedWithinMs = 10_000;
/** How long a vendor that answers our goodbye may take. */
const goodbyeLimitMs = 1_000;
/** Packets kept while the vendor's buffer is full: 20 s. */
const maxHeld = 1_000;
/** What vendors write for a caller who withholds the number. */
const withheld = /^(anonymous|restricted|private|unavailable|unknown|blocked|withheld)$/i;

/** One socket of a vendor: its messages become a call, and what Kefu asks of the call becomes messages. */
export class StreamSocket implements ConnectionHandler {
  readonly #calls: StreamCalls;
  readonly #link: StreamLink;
  readonly #introduction: Introduction;
  readonly #codec: StreamCodec;
  readonly #playing: PlayingTime;
  readonly #held: WireMessage[] = [];
  #session: VoiceSession | undefined;
  #carrierCall = '';
  #callId: string | undefined;
  #msPerByte = 0;
  #paused = false;
  /** The far side has said goodbye or is gone: nothing more is said to it. */
  #parted = false;
  #transferred = false;
  #whenParted: () => void = () => undefined;

  constructor(calls: StreamCalls, link: StreamLink, introduction: Introduction) {
    this.#calls = calls;
    this.#link = link;
    this.#introduction = introduction;
    this.#codec = calls.options.createCodec();
    this.#playing = new PlayingTime(calls.options.clock);
  }

  text(message: string): void {
    this.#take(this.#codec.text(message));
  }

  binary(payload: Uint8Array): void {
    this.#take(this.#codec.binary(payload));
  }

  gone(end: ConnectionEnd): void {
    const { log, closingIsGoodbye } = this.#calls.options;
    const session = this.#session;
    this.#part();
    if (!session) {
      log.info({ how: end.how, detail: end.detail }, 'A stream closed before its call began');
    } else if (!session.handingOver) {
      const hungUp = closingIsGoodbye && end.how === 'closed-by-peer';
      const reason = end.how === 'violation' ? 'protocol-error' : hungUp ? 'caller-hung-up' : 'gateway-lost';
      session.finish(reason, end.detail);
    }
  }

  // ---- from the vendor ----

  #take(events: readonly StreamEvent[]): void {
    if (this.#parted) {
      this.#session?.noteOnce('late', {}, 'Ignored a message after the goodbye');
      return;
    }
    this.#session?.heard();
    for (const event of events) this.#handle(event);
  }

  #handle(event: StreamEvent): void {
    const session = this.#session;
    // These two belong to the protocol and not to the call: they count also while we wait for the far side to part.
    if (event.type === 'reply') {
      for (const message of event.messages) this.#link.send(message);
      return;
    }
    if (event.type === 'goodbye') {
      this.#part();
      // When we close the stream ourselves to give the call away, its end is no hang-up.
      if (!session) void this.#link.close(closeCodes.normal, 'goodbye');
      else if (!session.handingOver) session.finish('caller-hung-up');
      return;
    }
    if (session?.over) return;
    switch (event.type) {
      case 'start':
        if (session) this.#violation('a second start');
        else this.#begin(event.start);
        return;
      case 'ignored':
        if (event.note !== undefined)
          this.#note(event.note, { what: event.note }, 'Ignored something in a stream');
        return;
      case 'unknown':
        this.#note(`unknown ${event.name}`, { event: event.name }, 'Ignored an unknown message of a stream');
        return;
      case 'malformed':
        this.#violation(event.problem);
        return;
      case 'failed':
        if (session) session.finish('gateway-lost', event.problem);
        else this.#violation(event.problem);
        return;
      default:
        if (session) this.#handleInCall(event, session);
        else this.#violation(`${event.type} before start`);
    }
  }

  #handleInCall(
    event: Extract<StreamEvent, { type: 'packet' | 'digit' | 'mark' | 'flow' }>,
    session: VoiceSession,
  ): void {
    switch (event.type) {
      case 'packet':
        session.packet(event.payload, event.sequence, event.mediaMs);
        return;
      case 'digit':
        session.digit(event.digit);
        return;
      case 'mark':
        session.markPlayed(event.name);
        return;
      case 'flow':
        this.#paused = event.paused;
        if (!event.paused) for (const message of this.#held.splice(0)) this.#link.send(message);
    }
  }

  #note(kind: string, fields: Record<string, unknown>, message: string): void {
    if (this.#session) this.#session.noteOnce(kind, fields, message);
    else this.#calls.options.log.warn(fields, message);
  }

  #violation(detail: string): void {
    if (this.#session) {
      this.#session.finish('protocol-error', detail);
      return;
    }
    this.#calls.options.log.warn({ detail }, 'Closed a stream that broke the protocol before its call began');
    void this.#link.close(closeCodes.policyViolation, detail);
  }

  #part(): void {
    this.#parted = true;
    this.#whenParted();
  }

  // ---- the call ----

  #begin(start: StreamStart): void {
    const { ticket, ...said } = this.#introduction;
    const { name, clock, onCall } = this.#calls.options;
    if (ticket && start.gatewayCallId !== undefined && start.gatewayCallId !== ticket.carrierCall) {
      this.#violation('a start of another call than the webhook announced');
      return;
    }
    const known = ticket?.carrierCall ?? start.gatewayCallId ?? said.call;
    this.#carrierCall = known ?? `${name}_${randomUUID()}`;
    this.#link.started();
    const log = this.#calls.options.log.child({ gatewayCallId: this.#carrierCall });
    const from = ticket?.from ?? start.from ?? said.from ?? '';
    const lost = ticket || known === undefined ? undefined : this.#calls.takeLost(known);
    let withdraw = (): void => undefined;
    const session = this.#makeSession(start, log, () => {
      withdraw();
    });
    this.#session = session;
    this.#calls.add(this.#carrierCall, session);
    const resumes = ticket ? (ticket.resumes ? ticket.callId : undefined) : lost;
    log.info({ resumes: resumes !== undefined, pii: { from } }, 'A stream has started');
    withdraw = offerCall({
      call: {
        gateway: name,
        gatewayCallId: this.#carrierCall,
        from: withheld.test(from) ? '' : from,
        to: ticket?.to ?? start.to ?? said.to ?? '',
        language: ticket?.language ?? start.language ?? said.language,
        resumes,
        ...(ticket && { proposedCallId: ticket.callId }),
        ...(ticket?.transferFailed !== undefined && { transferFailed: ticket.transferFailed }),
      },
      media: session,
      onCall,
      accepted: (callId) => {
        this.#callId = callId;
        session.accepted(log.child({ callId }));
        for (const message of this.#codec.answered?.() ?? []) this.#link.send(message);
      },
      rejected: (reason) => {
        session.rejected(reason);
      },
      clock,
      log,
    });
  }

  #makeSession(start: StreamStart, log: Logger, withdraw: () => void): VoiceSession {
    const { clock, mediaTimeoutMs, returnsClearedMarks } = this.#calls.options;
    const codec = this.#codec;
    this.#msPerByte = 1 / bytesPerMs(start.format);
    const session: VoiceSession = new VoiceSession({
      format: start.format,
      wire: {
        send: (payload) => {
          this.#sendAudio(payload);
        },
        mark: (name) => {
          const messages = codec.mark?.(name);
          if (messages) for (const message of messages) this.#link.send(message);
          else this.#playing.whenPlayed(() => session.markPlayed(name));
        },
        clear: () => {
          this.#held.length = 0;
          this.#playing.reset();
          for (const message of codec.clear()) this.#link.send(message);
        },
        returnsClearedMarks,
        checkTarget: (target) => {
          this.#checkTarget(target);
        },
        handOver: (target) => this.#handOver(target),
        leave: async (farewell) => {
          withdraw();
          this.#playing.reset();
          this.#calls.remove(this.#carrierCall, session);
          await this.#leave(farewell, log);
        },
      },
      clock,
      log,
      mediaTimeoutMs,
    });
    return session;
  }

  #sendAudio(payload: Uint8Array): void {
    this.#playing.sent(payload.byteLength * this.#msPerByte);
    const message = this.#codec.audio(payload);
    if (!this.#paused) this.#link.send(message);
    else if (this.#held.length < maxHeld) this.#held.push(message);
    else this.#session?.noteOnce('held', {}, 'Dropped audio: the far side takes none');
  }

  #checkTarget(target: string): void {
    const { endings, title } = this.#calls.options;
    if (this.#codec.transfer) return;
    if (endings && this.#introduction.ticket) {
      endings.checkTarget(target);
      return;
    }
    throw new KefuError(
      'transfer_unsupported',
      endings
        ? `${title} is asked to transfer at Kefu's webhook, and this call did not come from it.`
        : `${title} has no message that transfers a call.`,
    );
  }

  async #handOver(target: string): Promise<HandOver> {
    if (this.#codec.transfer) {
      this.#transferred = true;
      for (const message of this.#codec.transfer(target)) this.#link.send(message);
      return (await this.#awaitGoodbye(askedWithinMs)) ? 'taken' : 'lost';
    }
    const { endings } = this.#calls.options;
    if (!endings) return 'lost';
    // The decision is kept, the stream closed, and the vendor's question what comes next shows that the call is given away.
    await endings.planTransfer(this.#carrierCall, target);
    const asked = this.#calls.awaitTransfer(this.#carrierCall, askedWithinMs);
    void this.#link.close(closeCodes.normal, 'transfer');
    const result = await asked;
    if (result !== 'nobody asked') return result;
    // Another node may have been asked.
    return (await endings.withdraw(this.#carrierCall)) ? 'lost' : 'taken';
  }

  /** True once the far side has said goodbye or closed; false when the limit runs out. */
  #awaitGoodbye(limitMs: number): Promise<boolean> {
    if (this.#parted) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = this.#calls.options.clock.setTimer(() => {
        resolve(false);
      }, limitMs);
      this.#whenParted = () => {
        cancel();
        resolve(true);
      };
    });
  }

  async #leave(farewell: Farewell, log: Logger): Promise<void> {
    const { endings } = this.#calls.options;
    const reason = farewell.type === 'ended' ? farewell.reason : 'rejected';
    const broken = reason === 'gateway-lost' || reason === 'media-timeout';
    if (broken && this.#callId !== undefined) this.#calls.rememberLost(this.#carrierCall, this.#callId);
    try {
      if (endings && farewell.type === 'rejected')
        await endings.planRejection(this.#carrierCall, farewell.reason);
      else if (endings && reason === 'we-hung-up') await endings.planHangup(this.#carrierCall);
    } catch (error) {
      log.error(
        { error: toKefuError(error).message },
        'Could not keep how the call ended: the vendor may connect it again',
      );
    }
    if (!this.#parted && !this.#transferred) {
      for (const message of this.#codec.goodbye(farewell)) this.#link.send(message);
      if (this.#codec.answersGoodbye) await this.#awaitGoodbye(goodbyeLimitMs);
    }
    const violated = reason === 'protocol-error';
    const why = farewell.type === 'ended' ? (farewell.detail ?? farewell.reason) : farewell.reason;
    await this.#link.close(violated ? closeCodes.policyViolation : closeCodes.normal, why);
  }
}
