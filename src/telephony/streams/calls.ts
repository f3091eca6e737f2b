import type { Clock } from '../../core/clock.ts';
import type { Language } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import type { EndReason, IncomingCall } from '../../core/telephony.ts';
import type { ConnectionHandler } from '../connection.ts';
import type { HandOver, VoiceSession } from '../voice-session.ts';
import type { StreamCodec, WireMessage } from './codec.ts';
import type { Ticket } from './secrets.ts';
import { StreamSocket } from './stream-socket.ts';

/** One socket to the vendor, of whatever kind. */
export interface StreamLink {
  send(message: WireMessage): void;
  /** Codes are those of WebSocket. Resolves once closed. Idempotent. */
  close(code: number, reason: string): Promise<void>;
  /** The call has started: the limit for starting is off. */
  started(): void;
}

/** What the handshake tells about the call, before the vendor's first message. */
export interface Introduction {
  /** From our own webhook, checked; believed before all else. */
  readonly ticket?: Ticket | undefined;
  /** From the address that the operator configured at the vendor. */
  readonly call?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly language?: Language | undefined;
}

/** How a gateway's streams end, where the vendor asks a webhook what comes next. */
export interface StreamEndings {
  /** Throws `transfer_unsupported` for a target that the vendor cannot dial. */
  checkTarget(target: string): void;
  planHangup(carrierCall: string): Promise<void>;
  planRejection(carrierCall: string, reason: 'overloaded' | 'closing' | 'not-allowed'): Promise<void>;
  planTransfer(carrierCall: string, target: string): Promise<void>;
  /** Takes the plan back if nobody has asked for it; false when somebody has. */
  withdraw(carrierCall: string): Promise<boolean>;
}

export interface StreamCallsOptions {
  /** Short name for logs and records. */
  readonly name: string;
  /** The vendor's name for people. */
  readonly title: string;
  readonly createCodec: () => StreamCodec;
  /** True when the vendor itself returns the marks that a `clear` has skipped. */
  readonly returnsClearedMarks: boolean;
  /** True when the vendor's protocol has no other goodbye than closing the socket. */
  readonly closingIsGoodbye: boolean;
  readonly endings: StreamEndings | undefined;
  readonly mediaTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onCall: (call: IncomingCall) => void;
}

/** A stream that was lost may come back within this time, by the vendor's own id of the call. */
export const returnWithinMs = 120_000;

/** The calls of one gateway whose streams end in this process. A call has one live stream: a newer one replaces an older one. */
export class StreamCalls {
  readonly options: StreamCallsOptions;
  readonly #sessions = new Map<string, VoiceSession>();
  readonly #transfers = new Map<string, (result: HandOver) => void>();
  readonly #lost = new Map<string, { readonly callId: string; readonly atMs: number }>();

  constructor(options: StreamCallsOptions) {
    this.options = options;
  }

  /** Makes the handler of a new socket. */
  connected(link: StreamLink, introduction: Introduction): ConnectionHandler {
    return new StreamSocket(this, link, introduction);
  }

  /** The vendor says that the call is over, whatever its stream says. */
  callEnded(carrierCall: string, detail: string): void {
    this.#transfers.get(carrierCall)?.('caller-gone');
    this.finish(carrierCall, 'caller-hung-up', detail);
  }

  /** The vendor says that the stream has ended and the call goes on: a socket that still looks open is half-open. */
  streamLost(carrierCall: string): void {
    this.finish(carrierCall, 'gateway-lost', 'the vendor reports that the stream has ended');
  }

  /** The vendor was told where to transfer the call. */
  transferTaken(carrierCall: string): void {
    this.#transfers.get(carrierCall)?.('taken');
  }

  /** Hangs up every call, after its last words. */
  async hangupAll(): Promise<void> {
    for (const settle of [...this.#transfers.values()]) settle('lost');
    await Promise.all([...this.#sessions.values()].map((session) => session.hangup()));
  }

  // ---- for the sockets ----

  finish(carrierCall: string, reason: EndReason, detail: string): void {
    const session = this.#sessions.get(carrierCall);
    if (session && !session.handingOver) session.finish(reason, detail);
  }

  add(carrierCall: string, session: VoiceSession): void {
    this.finish(carrierCall, 'gateway-lost', 'the vendor has opened another stream for this call');
    this.#sessions.set(carrierCall, session);
  }

  remove(carrierCall: string, session: VoiceSession): void {
    if (this.#sessions.get(carrierCall) === session) this.#sessions.delete(carrierCall);
  }

  /** Remembers a call whose stream broke, for when the vendor connects it again. */
  rememberLost(carrierCall: string, callId: string): void {
    const nowMs = this.options.clock.nowMs();
    for (const [call, { atMs }] of this.#lost) if (nowMs - atMs > returnWithinMs) this.#lost.delete(call);
    this.#lost.set(carrierCall, { callId, atMs: nowMs });
  }

  /** Kefu's id of the lost call that this stream continues, if any; told once. */
  takeLost(carrierCall: string): string | undefined {
    const lost = this.#lost.get(carrierCall);
    this.#lost.delete(carrierCall);
    return lost && this.options.clock.nowMs() - lost.atMs <= returnWithinMs ? lost.callId : undefined;
  }

  /** Resolves with what became of a transfer, or with `nobody asked` when the limit runs out. */
  awaitTransfer(carrierCall: string, limitMs: number): Promise<HandOver | 'nobody asked'> {
    return new Promise((resolve) => {
      const settle = (result: HandOver | 'nobody asked'): void => {
        cancel();
        if (this.#transfers.get(carrierCall) === settle) this.#transfers.delete(carrierCall);
        resolve(result);
      };
      const cancel = this.options.clock.setTimer(() => {
        settle('nobody asked');
      }, limitMs);
      this.#transfers.set(carrierCall, settle);
    });
  }
}
