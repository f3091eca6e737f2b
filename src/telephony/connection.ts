import type { WebSocket } from 'ws';
import type { Clock } from '../core/clock.ts';
import { toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';

/** Bounds of one WebSocket. Times in milliseconds. */
export interface SocketLimits {
  /** Largest message taken, in bytes; a larger one closes the socket with code 1009. */
  readonly maxPayloadBytes: number;
  /** The call must start within this time after the handshake. */
  readonly startWithinMs: number;
  /** Pause between pings; a peer from which nothing came since the last ping is lost. */
  readonly pingEveryMs: number;
  /** Unsent bytes above which the peer counts as no longer reading: 256 KiB hold 13 s or more of any gateway's audio. */
  readonly maxBufferedBytes: number;
  /** How long the closing handshake may take before the socket is destroyed. */
  readonly closeWithinMs: number;
  /** Sockets of one address that have not started a call. Behind a proxy all callers share one address. */
  readonly maxPendingPerAddress: number;
  /** Sockets of the gateway altogether. */
  readonly maxConnections: number;
}

export const defaultSocketLimits: SocketLimits = {
  maxPayloadBytes: 64 * 1024,
  startWithinMs: 5_000,
  pingEveryMs: 10_000,
  maxBufferedBytes: 256 * 1024,
  closeWithinMs: 1_000,
  maxPendingPerAddress: 32,
  maxConnections: 1_000,
};

/** Close codes of RFC 6455, section 7.4.1, and of the registry it opened (1013). */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  policyViolation: 1008,
  internalError: 1011,
  tryAgainLater: 1013,
} as const;

/** How a socket was lost to its user. `violation`: the peer broke WebSocket, a size limit, or started no call in time. */
export interface ConnectionEnd {
  readonly how: 'closed-by-peer' | 'closed-by-us' | 'lost' | 'violation';
  readonly detail: string;
}

/** What a gateway does with the messages of one socket. */
export interface ConnectionHandler {
  text(message: string): void;
  binary(payload: Uint8Array): void;
  /** The socket is of no more use. Comes exactly once and last, also after `close()`. */
  gone(end: ConnectionEnd): void;
}

/** One WebSocket with its limits, liveness checks and an end that comes exactly once. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #limits: SocketLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #whenStarted: () => void;
  readonly #closed: Promise<void>;
  #handler: ConnectionHandler | undefined;
  #cancelStart: () => void;
  #cancelPing: () => void = () => undefined;
  #cancelClose: () => void = () => undefined;
  #heardSincePing = true;
  #gone = false;
  #closing = false;

  /** `whenStarted` is called once: when the call has started or the socket is gone without. */
  constructor(
    socket: WebSocket,
    options: { limits: SocketLimits; clock: Clock; log: Logger; whenStarted: () => void },
  ) {
    this.#socket = socket;
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#whenStarted = options.whenStarted;
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    this.#cancelStart = this.#clock.setTimer(() => {
      const seconds = this.#limits.startWithinMs / 1000;
      this.#fail('violation', `no call was started within ${seconds} s`, closeCodes.policyViolation);
    }, this.#limits.startWithinMs);
    this.#schedulePing();
  }

  /** Begins to deliver messages. Called once, before control returns to the event loop. */
  listen(handler: ConnectionHandler): void {
    this.#handler = handler;
    const socket = this.#socket;
    socket.on('message', (data, isBinary) => {
      this.#heardSincePing = true;
      if (this.#gone) return;
      const bytes = Array.isArray(data)
        ? Buffer.concat(data)
        : data instanceof ArrayBuffer
          ? Buffer.from(data)
          : data;
      this.#guard(() => {
        if (isBinary) handler.binary(bytes);
        else handler.text(bytes.toString('utf8'));
      });
    });
    socket.on('pong', () => {
      this.#heardSincePing = true;
    });
    socket.on('error', (error) => {
      // `ws` answers broken frames itself with the fitting close code; everything else is the network's.
      const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
      if (code.startsWith('WS_ERR_')) this.#fail('violation', `${error.message} (${code})`, undefined);
      else this.#fail('lost', `the socket failed: ${error.message}`, undefined);
    });
    socket.on('close', (code) => {
      this.#cancelClose();
      if (this.#closing) this.#end({ how: 'closed-by-us', detail: `closed with code ${code}` });
      else if (code === 1006)
        this.#end({ how: 'lost', detail: 'the connection broke without a close frame' });
      else this.#end({ how: 'closed-by-peer', detail: `the peer closed with code ${code}` });
    });
  }

  /** Tells that the first message was good: the call has started, the limit for starting is off. */
  started(): void {
    this.#cancelStart();
    this.#whenStarted();
  }

  /** Sends a text (string) or binary message; ignored once closing. A peer that no longer reads is given up. */
  send(message: string | Uint8Array): void {
    if (this.#gone || this.#closing || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#limits.maxBufferedBytes) {
      this.#fail('lost', 'the peer no longer reads what is sent', undefined);
      this.#socket.terminate();
      return;
    }
    // A failed send surfaces as the socket's `error` or `close`; the callback keeps it from being thrown.
    this.#socket.send(message, () => undefined);
  }

  /** Closes with a code and a reason (cut to the 123 bytes a close frame can hold). Resolves once closed. Idempotent. */
  close(code: number, reason: string): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#closeSocket(code, reason);
    }
    return this.#closed;
  }

  #fail(how: 'lost' | 'violation', detail: string, code: number | undefined): void {
    // Marked first: whatever the handler does about the end must not close the socket with another code.
    this.#closing = true;
    this.#end({ how, detail });
    if (code === undefined) this.#terminateLater();
    else this.#closeSocket(code, detail);
  }

  #closeSocket(code: number, reason: string): void {
    this.#terminateLater();
    this.#socket.close(
      code,
      Buffer.from(reason)
        .subarray(0, 120)
        .toString('utf8')
        .replace(/\uFFFD$/, ''),
    );
  }

  #terminateLater(): void {
    this.#cancelClose();
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    this.#cancelClose = this.#clock.setTimer(() => {
      this.#socket.terminate();
    }, this.#limits.closeWithinMs);
  }

  #schedulePing(): void {
    this.#cancelPing = this.#clock.setTimer(() => {
      if (!this.#heardSincePing) {
        this.#fail('lost', `no sign of life for ${this.#limits.pingEveryMs / 1000} s`, undefined);
        this.#socket.terminate();
        return;
      }
      this.#heardSincePing = false;
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
      this.#schedulePing();
    }, this.#limits.pingEveryMs);
  }

  #end(end: ConnectionEnd): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#cancelStart();
    this.#cancelPing();
    this.#whenStarted();
    this.#guard(() => this.#handler?.gone(end));
  }

  /** A gateway's defect ends this socket and no other. */
  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#log.error({ error: toKefuError(error).message }, 'A gateway failed while handling a message');
      this.#fail('lost', 'the gateway failed; see the log', closeCodes.internalError);
    }
  }
}
