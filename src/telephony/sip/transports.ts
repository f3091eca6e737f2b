import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIP, Socket, type Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, rootCertificates } from 'node:tls';
import { KefuError, toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { localAddressFor, plainAddress } from './addresses.ts';
import type { Endpoint, SipFlow, SipTransportName } from './flow.ts';
import { SipFramer } from './framing.ts';

/** One place to listen at; port 0 takes a free one. */
export interface SipListener {
  readonly transport: SipTransportName;
  readonly host: string;
  readonly port: number;
  /** PEM texts, for TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
}

export interface SipTransportsOptions {
  readonly listeners: readonly SipListener[];
  /** Address under which peers outside of private networks reach this machine, behind a NAT. */
  readonly publicAddress: string | undefined;
  /** Certificate authorities, as PEM, that TLS servers we connect to are checked against, besides the well-known ones. */
  readonly authorities?: string | undefined;
  readonly onMessage: (bytes: Uint8Array, flow: SipFlow) => void;
  /** Sees every message that goes out; signs of life are none. */
  readonly onSent?: ((bytes: Uint8Array, flow: SipFlow) => void) | undefined;
  /** True when a connection from this address may stay open; others are closed before a byte is read. */
  readonly admits: (address: string) => boolean;
  readonly log: Logger;
}

/** More connections than this, of all and of one address, are closed at once; every peer needs one. */
const maxConnections = 500;
const maxOfHost = 50;
const connectLimitMs = 5_000;
/** Signs of life are empty or a few line ends; the shortest SIP message is far longer. */
const shortestMessageBytes = 16;
/** A connection on which nothing came for this time is closed; registered peers send signs of life far more often. */
const idleLimitMs = 15 * 60_000;

/** The sockets of the SIP gateway. */
export class SipTransports {
  readonly #options: SipTransportsOptions;
  readonly #udp: { readonly socket: UdpSocket; readonly bound: Endpoint }[] = [];
  readonly #servers: {
    readonly server: Server;
    readonly bound: Endpoint;
    readonly transport: 'tcp' | 'tls';
  }[] = [];
  readonly #connections = new Map<string, { readonly socket: Socket; readonly flow: SipFlow }>();
  #closed = false;

  constructor(options: SipTransportsOptions) {
    this.#options = options;
  }

  /** The places we listen at, with their real ports. */
  get bound(): readonly (Endpoint & { readonly transport: SipTransportName })[] {
    return [
      ...this.#udp.map(({ bound }) => ({ ...bound, transport: 'udp' as const })),
      ...this.#servers.map(({ bound, transport }) => ({ ...bound, transport })),
    ];
  }

  /** @throws KefuError `config_invalid` naming the address that is taken or not ours. */
  async open(): Promise<void> {
    for (const listener of this.#options.listeners) {
      try {
        if (listener.transport === 'udp') await this.#openUdp(listener);
        else await this.#openServer(listener, listener.transport);
      } catch (error) {
        const place = `${listener.transport} ${listener.host}:${listener.port}`;
        throw new KefuError(
          'config_invalid',
          `SIP cannot listen on ${place} (${toKefuError(error).message}): change it in the trunks file, or stop what uses it.`,
          { cause: error },
        );
      }
    }
  }

  /** A way to a peer: for TCP and TLS the open connection, or a new one, checked against `serverName`. */
  async flowTo(transport: SipTransportName, remote: Endpoint, serverName?: string): Promise<SipFlow> {
    if (this.#closed) throw new KefuError('aborted', 'The SIP gateway is closed.');
    if (transport === 'udp') {
      const family = isIP(remote.host);
      const entry = this.#udp.find(({ bound }) => isIP(bound.host) === family);
      if (!entry)
        throw new KefuError('config_invalid', 'The trunks file lists no UDP listener of this family.');
      return this.#udpFlow(entry.socket, entry.bound, remote);
    }
    const open = this.#connections.get(connectionKey(transport, remote));
    return open && !open.socket.destroyed ? open.flow : this.#connect(transport, remote, serverName);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { socket } of this.#connections.values()) socket.destroy();
    await Promise.all([
      ...this.#udp.map(({ socket }) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      ...this.#servers.map(({ server }) => new Promise<void>((resolve) => server.close(() => resolve()))),
    ]);
  }

  async #openUdp({ host, port }: SipListener): Promise<void> {
    const socket = createSocket({ type: isIP(host) === 6 ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    const listening = once(socket, 'listening');
    socket.bind(port, host);
    await listening;
    const bound = { host, port: socket.address().port };
    this.#udp.push({ socket, bound });
    socket.on('error', (error) => this.#options.log.warn({ error: error.message }, 'A SIP socket failed'));
    socket.on('message', (bytes, from) => {
      if (bytes.length < shortestMessageBytes) return;
      const remote = { host: plainAddress(from.address), port: from.port };
      this.#options.onMessage(bytes, this.#udpFlow(socket, bound, remote));
    });
  }

  #udpFlow(socket: UdpSocket, bound: Endpoint, remote: Endpoint): SipFlow {
    const flow: SipFlow = {
      transport: 'udp',
      remote,
      local: this.#localFor(remote.host, bound),
      send: (bytes) => {
        if (this.#closed) return;
        this.#sent(bytes, flow);
        socket.send(bytes, remote.port, remote.host, (error) => {
          if (error) this.#options.log.warn({ error: error.message }, 'A SIP datagram could not be sent');
        });
      },
    };
    return flow;
  }

  async #openServer(listener: SipListener, transport: 'tcp' | 'tls'): Promise<void> {
    const taken = (socket: Socket): void => {
      const remote = { host: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
      const ofHost = [...this.#connections.values()].filter(({ flow }) => flow.remote.host === remote.host);
      const full = this.#connections.size >= maxConnections || ofHost.length >= maxOfHost;
      if (full || !this.#options.admits(remote.host)) {
        socket.destroy();
        return;
      }
      this.#adopt(socket, transport, remote);
    };
    const server =
      transport === 'tls'
        ? createTlsServer(
            { cert: listener.tls?.certificate, key: listener.tls?.key, minVersion: 'TLSv1.2' },
            taken,
          )
        : createServer(taken);
    const listening = once(server, 'listening');
    server.listen(listener.port, listener.host);
    await listening;
    server.on('error', (error: Error) =>
      this.#options.log.warn({ error: error.message }, 'A SIP server failed'),
    );
    server.on('tlsClientError', (error: unknown) =>
      this.#options.log.info({ error: toKefuError(error).message }, 'A TLS handshake of a SIP peer failed'),
    );
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : listener.port;
    this.#servers.push({ server, bound: { host: listener.host, port }, transport });
  }

  async #connect(
    transport: 'tcp' | 'tls',
    remote: Endpoint,
    serverName: string | undefined,
  ): Promise<SipFlow> {
    const { authorities } = this.#options;
    const socket =
      transport === 'tls'
        ? connectTls({
            ...remote,
            ...(serverName !== undefined && isIP(serverName) === 0 && { servername: serverName }),
            ...(authorities !== undefined && { ca: [...rootCertificates, authorities] }),
            minVersion: 'TLSv1.2',
          })
        : new Socket().connect(remote.port, remote.host);
    try {
      await once(socket, transport === 'tls' ? 'secureConnect' : 'connect', {
        signal: AbortSignal.timeout(connectLimitMs),
      });
    } catch (error) {
      socket.destroy();
      throw new KefuError(
        'server_unreachable',
        `The SIP server does not answer: ${toKefuError(error).message}.`,
        {
          cause: error,
        },
      );
    }
    return this.#adopt(socket, transport, remote);
  }

  #adopt(socket: Socket, transport: 'tcp' | 'tls', remote: Endpoint): SipFlow {
    const server = this.#servers.find((entry) => entry.transport === transport);
    const bound = server?.bound ?? {
      host: plainAddress(socket.localAddress ?? ''),
      port: socket.localPort ?? 0,
    };
    const flow: SipFlow = {
      transport,
      remote,
      local: this.#localFor(remote.host, bound),
      isOpen: () => !socket.destroyed,
      send: (bytes) => {
        if (socket.destroyed) return;
        this.#sent(bytes, flow);
        socket.write(bytes);
      },
    };
    const key = connectionKey(transport, remote);
    const framer = new SipFramer(
      (bytes) => this.#options.onMessage(bytes, flow),
      () => socket.write('\r\n'),
    );
    this.#connections.set(key, { socket, flow });
    socket.setNoDelay(true);
    socket.setTimeout(idleLimitMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      try {
        framer.push(chunk);
      } catch (error) {
        this.#options.log.warn({ error: toKefuError(error).message }, 'Closed a SIP connection');
        socket.destroy();
      }
    });
    socket.on('error', (error) =>
      this.#options.log.info({ error: error.message }, 'A SIP connection failed'),
    );
    socket.on('close', () => {
      if (this.#connections.get(key)?.socket === socket) this.#connections.delete(key);
    });
    return flow;
  }

  #sent(bytes: Uint8Array, flow: SipFlow): void {
    if (bytes.length >= shortestMessageBytes) this.#options.onSent?.(bytes, flow);
  }

  #localFor(remote: string, bound: Endpoint): Endpoint {
    return { host: localAddressFor(remote, bound.host, this.#options.publicAddress), port: bound.port };
  }
}

function connectionKey(transport: string, { host, port }: Endpoint): string {
  return `${transport} ${host} ${port}`;
}
