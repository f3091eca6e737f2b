import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import { systemClock, type Clock } from '../../core/clock.ts';
import { KefuError } from '../../core/errors.ts';
import { languageSchema } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import type { CallTransport, IncomingCall } from '../../core/telephony.ts';
import { defaultSocketLimits, type SocketLimits } from '../connection.ts';
import { isDirectLocal, isLoopback } from '../peers.ts';
import type { AllowList } from '../streams/admission.ts';
import { StreamCalls } from '../streams/calls.ts';
import { sameSecret } from '../streams/secrets.ts';
import { createAudioSocketCodec, type Announced } from './codec.ts';
import { AudioSocketConnection } from './connection.ts';

/** A gateway with a TCP port of its own. */
export interface AudioSocketGateway extends CallTransport {
  /** Opens the port. Rejects with `config_invalid` when that is not possible. */
  listen(): Promise<AddressInfo>;
  /** `POST /streams/audiosocket/announce`, by which the dialplan tells who calls. */
  readonly routes: FastifyPluginCallback;
}

export interface AudioSocketOptions {
  readonly host: string;
  readonly port: number;
  /** Who may connect; without a list only this machine. AudioSocket itself has no proof of its sender. */
  readonly allow?: AllowList | undefined;
  /** Guards the announcement of calls from other machines. */
  readonly token?: string | undefined;
  readonly mediaTimeoutMs?: number | undefined;
  readonly limits?: Partial<SocketLimits> | undefined;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
}

/** Asterisk connects within a second or two of the announcement. */
const announcedForMs = 60_000;
const maxAnnounced = 1_000;

const announcementSchema = z.object({
  uuid: z.guid(),
  from: z.string().max(200).default(''),
  to: z.string().max(200).default(''),
  language: languageSchema.optional(),
  token: z.string().optional(),
});

/** The gateway for Asterisk's `AudioSocket()` application and channel driver: calls over plain TCP. */
export function createAudioSocketGateway(options: AudioSocketOptions): AudioSocketGateway {
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ gateway: 'audiosocket' });
  const limits: SocketLimits = { ...defaultSocketLimits, ...options.limits };
  const announced = new Map<string, Announced & { readonly atMs: number }>();
  const connections = new Set<AudioSocketConnection>();
  const pending = new Map<string, number>();
  let onCall: ((call: IncomingCall) => void) | undefined;
  let open = false;
  let closing: Promise<void> | undefined;

  const takeAnnounced = (uuid: string): Announced | undefined => {
    const found = announced.get(uuid);
    announced.delete(uuid);
    return found && clock.nowMs() - found.atMs <= announcedForMs ? found : undefined;
  };
  const calls = new StreamCalls({
    name: 'audiosocket',
    title: 'AudioSocket',
    createCodec: () => createAudioSocketCodec(takeAnnounced),
    returnsClearedMarks: false,
    closingIsGoodbye: true,
    endings: undefined,
    mediaTimeoutMs: options.mediaTimeoutMs ?? 15_000,
    clock,
    log,
    onCall: (call) => onCall?.(call),
  });

  const refusal = (address: string): string | undefined => {
    if (!open) return 'No calls are taken now: Kefu is starting or closing.';
    if (options.allow ? !options.allow.has(address) : !isLoopback(address))
      return 'This address is not on the list KEFU_STREAM_ALLOW.';
    if (connections.size >= limits.maxConnections) return 'Too many connections are open.';
    if ((pending.get(address) ?? 0) >= limits.maxPendingPerAddress)
      return 'Too many connections of this address wait to start a call.';
    return undefined;
  };
  const release = (address: string): void => {
    const left = (pending.get(address) ?? 1) - 1;
    if (left > 0) pending.set(address, left);
    else pending.delete(address);
  };
  const server = createServer((socket: Socket) => {
    const address = socket.remoteAddress ?? 'unknown';
    const why = refusal(address);
    if (why !== undefined) {
      log.warn({ why, pii: { address } }, 'Refused a connection');
      // Whatever the network says about a connection that we end is of no interest.
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    pending.set(address, (pending.get(address) ?? 0) + 1);
    let waits = true;
    const connection = new AudioSocketConnection(socket, {
      limits,
      clock,
      log,
      whenStarted: () => {
        if (waits) release(address);
        waits = false;
      },
    });
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
    connection.listen(calls.connected(connection, {}));
  });
  server.on('error', (error) => {
    log.error({ error: error.message }, 'The port of AudioSocket failed');
  });

  const routes: FastifyPluginCallback = (app, _pluginOptions, done) => {
    app.post('/streams/audiosocket/announce', (request, reply) => {
      const body = announcementSchema.safeParse(request.body);
      const { token } = options;
      const given = body.data?.token ?? /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const proven = token !== undefined && given !== undefined && sameSecret(given, token);
      const local = isDirectLocal(request) && request.headers.origin === undefined;
      if (!proven && !local) {
        log.warn({ pii: { address: request.socket.remoteAddress } }, 'Refused an announcement');
        return reply.code(403).send('Send the stream token from other machines: token=KEFU_STREAM_TOKEN.\n');
      }
      if (!body.success) return reply.code(400).send('uuid, from, to and language (en or zh) are read.\n');
      const nowMs = clock.nowMs();
      for (const [uuid, { atMs }] of announced) {
        if (nowMs - atMs > announcedForMs || announced.size >= maxAnnounced) announced.delete(uuid);
      }
      const { uuid, from, to, language } = body.data;
      announced.set(uuid.toLowerCase(), { from, to, language, atMs: nowMs });
      return reply.code(204).send();
    });
    done();
  };

  return {
    name: 'audiosocket',
    routes,
    async listen() {
      const { host, port } = options;
      server.listen({ host, port });
      try {
        await once(server, 'listening');
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed';
        throw new KefuError(
          'config_invalid',
          `AudioSocket cannot listen on ${host}:${port} (${code}): choose another KEFU_AUDIOSOCKET_HOST or KEFU_AUDIOSOCKET_PORT.`,
          { cause: error },
        );
      }
      return server.address() as AddressInfo;
    },
    start(listener) {
      onCall = listener;
      open = closing === undefined;
    },
    close() {
      open = false;
      closing ??= calls
        .hangupAll()
        .then(() => Promise.all([...connections].map((connection) => connection.close())))
        .then(
          () =>
            new Promise<void>((resolve) => {
              server.close(() => {
                resolve();
              });
            }),
        );
      return closing;
    },
  };
}
