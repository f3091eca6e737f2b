import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { KefuError } from '../../core/errors.ts';

/** The two sockets of one stream: sound on an even port, reports on the next. */
export interface RtpSockets {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
  /** Closes both and gives the ports back. Idempotent. */
  release(): void;
}

/** Takes pairs of ports out of a range, from both ends inclusive. */
export class RtpPorts {
  readonly #host: string;
  readonly #first: number;
  readonly #pairs: number;
  readonly #used = new Set<number>();
  /** Where the next search begins: ports just given back still get packets of the call before. */
  #next = 0;

  constructor(host: string, first: number, last: number) {
    this.#host = host;
    this.#first = first + (first % 2);
    this.#pairs = Math.max(0, Math.floor((last - this.#first + 1) / 2));
  }

  get inUse(): number {
    return this.#used.size;
  }

  /** @throws KefuError `overloaded` when every pair is taken. */
  async take(): Promise<RtpSockets> {
    for (let tries = 0; tries < this.#pairs; tries += 1) {
      const port = this.#first + 2 * (this.#next % this.#pairs);
      this.#next += 1;
      if (this.#used.has(port)) continue;
      this.#used.add(port);
      const sockets = await this.#bind(port);
      if (sockets) return sockets;
      this.#used.delete(port);
    }
    throw new KefuError(
      'overloaded',
      'Every RTP port of the range is taken: make rtp.ports in the trunks file wider.',
    );
  }

  async #bind(port: number): Promise<RtpSockets | undefined> {
    const type = isIP(this.#host) === 6 ? 'udp6' : 'udp4';
    const rtp = createSocket(type);
    const rtcp = createSocket(type);
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      rtp.close();
      rtcp.close();
      this.#used.delete(port);
    };
    try {
      const both = Promise.all([once(rtp, 'listening'), once(rtcp, 'listening')]);
      rtp.bind(port, this.#host);
      rtcp.bind(port + 1, this.#host);
      await both;
      return { rtp, rtcp, port, release };
    } catch {
      // Another program has one of the two: the next pair is tried.
      rtp.on('error', () => undefined);
      rtcp.on('error', () => undefined);
      rtp.close();
      rtcp.close();
      return undefined;
    }
  }
}
