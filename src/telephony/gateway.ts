import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyPluginCallback } from 'fastify';
import { KefuError, toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { CallTransport } from '../core/telephony.ts';

/** A gateway whose callers arrive over WebSockets of the one HTTP server that the app owns. */
export interface WebSocketGateway extends CallTransport {
  /** Path of the gateway's sockets, such as `/twilio/media`; no other gateway has the same. */
  readonly path: string;
  /** Takes over an upgrade request for `path`: answers it with a WebSocket or with an HTTP error, never leaves it open. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** HTTP routes that belong to the gateway, for `fastify.register`. */
  readonly routes?: FastifyPluginCallback;
}

/** Why a request is not served; `message` tells the peer's owner what to do. */
export interface Refusal {
  readonly status: 401 | 403 | 404 | 429 | 500 | 503;
  readonly message: string;
}

/**
 * Options for `http.createServer` (fastify: `http`) that bound how long a peer may take to send its request, so that half-open
 * handshakes do not pile up. Times in milliseconds.
 */
export const httpServerLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
} as const;

/**
 * Routes upgrade requests of `server` to the gateway that owns the path; unknown paths get 404. Every socket is either given to a
 * gateway or answered and destroyed.
 * @returns a function that stops routing; it leaves sockets already handed over alone.
 * @throws KefuError `config_invalid` when two gateways share a path.
 */
export function attachUpgrades(
  server: Server,
  gateways: readonly WebSocketGateway[],
  log: Logger,
): () => void {
  const byPath = new Map<string, WebSocketGateway>();
  for (const gateway of gateways) {
    if (byPath.has(gateway.path)) {
      throw new KefuError('config_invalid', `Two gateways want the path ${gateway.path}.`);
    }
    byPath.set(gateway.path, gateway);
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // A peer that resets in the middle of the handshake must not surface as an uncaught error.
    socket.on('error', (error) => {
      log.debug({ error: error.message }, 'A socket failed during or after its upgrade');
    });
    const path = pathOf(request);
    const gateway = byPath.get(path);
    if (!gateway) {
      log.info({ path }, 'Refused a WebSocket: no gateway has this path');
      const known = [...byPath.keys()].join(', ');
      refuseUpgrade(socket, { status: 404, message: `No gateway has this path. Paths: ${known}.` });
      return;
    }
    try {
      gateway.handleUpgrade(request, socket, head);
    } catch (error) {
      log.error({ path, error: toKefuError(error).message }, 'A gateway failed on an upgrade request');
      refuseUpgrade(socket, { status: 500, message: 'The gateway failed; see the log of the server.' });
    }
  };
  server.on('upgrade', onUpgrade);
  return () => {
    server.off('upgrade', onUpgrade);
  };
}

/** The path of a request without its query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

/** Answers an upgrade request with an HTTP error and destroys the socket once the answer is out. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  if (socket.destroyed || socket.writableEnded) {
    socket.destroy();
    return;
  }
  const body = `${refusal.message}\n`;
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\n` +
      'Connection: close\r\n' +
      'Content-Type: text/plain; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
