import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { ConnectionEnd, ConnectionHandler, SocketLimits } from '../connection.ts';
import type { StreamLink } from '../streams/calls.ts';
import { encodeFrame, FrameReader, frameKinds } from './frames.ts';

/** A channel that is silent sends no audio; then the call begins at 8 kHz, the rate of the dialplan application. */
const silentStartMs = 1_000;

/** One TCP connection of Asterisk with its limits and an end that comes exactly once. */
export class AudioSocketConnection implements StreamLink {
  readonly #socket: Socket;
  readonly #limits: SocketLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #whenStarted: () => void;
  readonly #closed: Promise<void>;
  readonly #reader = new FrameReader();
  #handler: ConnectionHandler | undefined;
  #cancelStart: () => void;
  #cancelSilent: () => void = () => undefined;
  #cancelClose: () => void = () => undefined;
  #gone = false;
  #closing = false;

  /** `whenStarted` is called when the call has started or the connection is gone without. */
  constructor(
    socket: Socket,
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
      const detail = `no call was started within ${this.#limits.startWithinMs / 1000} s`;
      this.#end({ how: 'violation', detail });
      void this.close();
    }, this.#limits.startWithinMs);
  }

  /** Begins to deliver frames. Called once, before control returns to the event loop. */
  listen(handler: ConnectionHandler): void {
    this.#handler = handler;
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, this.#limits.pingEveryMs);
    socket.on('data', (chunk) => {
      if (!this.#gone) this.#take(chunk);
    });
    socket.on('error', (error) => {
      this.#end({ how: 'lost', detail: `the connection failed: ${error.message}` });
    });
    socket.on('end', () => {
      this.#end({ how: 'closed-by-peer', detail: 'the peer closed the connection' });
    });
    socket.on('close', () => {
      this.#cancelClose();
      this.#end(
        this.#closing
          ? { how: 'closed-by-us', detail: 'closed' }
          : { how: 'lost', detail: 'the connection broke' },
      );
    });
  }

  started(): void {
    this.#cancelStart();
    this.#cancelSilent();
    this.#whenStarted();
  }

  /** Sends a frame; ignored once closing. A peer that no longer reads is given up. */
  send(message: string | Uint8Array): void {
    if (this.#gone || this.#closing) return;
    if (this.#socket.writableLength > this.#limits.maxBufferedBytes) {
      this.#end({ how: 'lost', detail: 'the peer no longer reads what is sent' });
      this.#socket.destroy();
      return;
    }
    this.#socket.write(message);
  }

  /** AudioSocket has no codes and reasons: what is to be said is said by a frame before. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      if (!this.#socket.destroyed) {
        this.#cancelClose = this.#clock.setTimer(() => {
          this.#socket.destroy();
        }, this.#limits.closeWithinMs);
        this.#socket.end();
      }
    }
    return this.#closed;
  }

  #take(chunk: Uint8Array): void {
    for (const frame of this.#reader.push(chunk)) {
      if (this.#gone) return;
      if (frame === 'oversized') {
        this.#end({ how: 'violation', detail: 'a frame is longer than AudioSocket sends' });
        void this.close();
        return;
      }
      if (frame.kind === frameKinds.uuid) this.#beginInSilence();
      const message = new Uint8Array(1 + frame.payload.byteLength);
      message[0] = frame.kind;
      message.set(frame.payload, 1);
      this.#deliver(message);
    }
  }

  #beginInSilence(): void {
    this.#cancelSilent();
    this.#cancelSilent = this.#clock.setTimer(() => {
      // An empty frame of audio stands for the silence.
      this.#deliver(encodeFrame(0x10).subarray(0, 1));
    }, silentStartMs);
  }

  #deliver(message: Uint8Array): void {
    this.#guard(() => this.#handler?.binary(message));
  }

  #end(end: ConnectionEnd): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#cancelStart();
    this.#cancelSilent();
    this.#whenStarted();
    this.#guard(() => this.#handler?.gone(end));
  }

  /** A defect ends this connection and no other. */
  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#log.error({ error: toKefuError(error).message }, 'A gateway failed while handling a frame');
      this.#end({ how: 'lost', detail: 'the gateway failed; see the log' });
      this.#socket.destroy();
    }
  }
}
