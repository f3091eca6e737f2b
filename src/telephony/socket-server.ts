import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { closeCodes, Connection, type ConnectionHandler, type SocketLimits } from './connection.ts';
import { pathOf, refuseUpgrade, type Refusal } from './gateway.ts';

export interface SocketServerOptions {
  readonly limits: SocketLimits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Why this request is not served, or undefined when it is. */
  readonly admit: (request: IncomingMessage) => Refusal | undefined;
  /** Whether `admit` has proved who the peer is; such peers are not counted per address. */
  readonly authenticated: boolean;
  /** Makes the handler of a new socket. */
  readonly connected: (connection: Connection, request: IncomingMessage) => ConnectionHandler;
}

/** The WebSocket server of one gateway: admission, limits and closing; what is said on the sockets is the gateway's affair. */
export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #pending = new Map<string, number>();
  #open = false;
  #closing: Promise<void> | undefined;

  constructor(options: SocketServerOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.limits.maxPayloadBytes,
      perMessageDeflate: false,
      clientTracking: false,
    });
  }

  /** True between `open()` and `close()`. */
  get taking(): boolean {
    return this.#open;
  }

  /** Begins to take sockets. */
  open(): void {
    this.#open = this.#closing === undefined;
  }

  /** Takes no more sockets; those open go on. */
  shut(): void {
    this.#open = false;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { log, limits } = this.#options;
    const address = request.socket.remoteAddress ?? 'unknown';
    const refusal = this.#refusal(request, address);
    if (refusal) {
      log.warn(
        { path: pathOf(request), status: refusal.status, why: refusal.message, pii: { address } },
        'Refused a WebSocket',
      );
      refuseUpgrade(socket, refusal);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      let pending = !this.#options.authenticated;
      if (pending) this.#pending.set(address, (this.#pending.get(address) ?? 0) + 1);
      const connection = new Connection(webSocket, {
        limits,
        clock: this.#options.clock,
        log,
        whenStarted: () => {
          if (pending) this.#release(address);
          pending = false;
        },
      });
      this.#connections.add(connection);
      webSocket.once('close', () => this.#connections.delete(connection));
      connection.listen(this.#options.connected(connection, request));
    });
  }

  /** Closes every socket and resolves once they are closed. Idempotent. */
  close(): Promise<void> {
    this.shut();
    this.#closing ??= Promise.all(
      [...this.#connections].map((connection) => connection.close(closeCodes.goingAway, 'Kefu is closing')),
    ).then(() => {
      this.#server.close();
    });
    return this.#closing;
  }

  #refusal(request: IncomingMessage, address: string): Refusal | undefined {
    const { limits } = this.#options;
    if (!this.#open) return { status: 503, message: 'No calls are taken now: Kefu is starting or closing.' };
    const refusal = this.#options.admit(request);
    if (refusal) return refusal;
    if (this.#connections.size >= limits.maxConnections) {
      return { status: 503, message: 'Too many sockets are open; try again later.' };
    }
    if (!this.#options.authenticated && (this.#pending.get(address) ?? 0) >= limits.maxPendingPerAddress) {
      return { status: 429, message: 'Too many sockets of this address wait to start a call.' };
    }
    return undefined;
  }

  #release(address: string): void {
    const left = (this.#pending.get(address) ?? 1) - 1;
    if (left > 0) this.#pending.set(address, left);
    else this.#pending.delete(address);
  }
}
