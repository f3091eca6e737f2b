import type { Clock } from '../../core/clock.ts';
import { KefuError, toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { endpointText } from './addresses.ts';
import type { SipFlow } from './flow.ts';
import type { SipUri } from './grammar.ts';
import type { SipResponse } from './message.ts';
import type { SipResolver, SipServer } from './resolve.ts';
import type { SipTransports } from './transports.ts';

/** A server that can be reached, as far as its transport tells. */
export interface ServerWay {
  readonly server: SipServer;
  readonly flow: SipFlow;
  /** It did not answer, or said that it cannot (503): it comes last for a while. */
  failed(restMs?: number): void;
  /** It answers again: it need not come last any more. */
  recovered(): void;
}

/** How long a server that failed is left alone, unless it says so itself (Retry-After). */
const usualRestMs = 60_000;
/** Nobody is left alone for longer, whatever Retry-After says: it may have been a slip. */
const maxRestMs = 10 * 60_000;
/** Servers remembered as failed; forged names must not fill the memory. */
const maxRemembered = 1_000;

/**
 * Finds servers that work (RFC 3263 section 4.3): those of several URIs in order, each URI's in the order of its records, those that
 * failed lately last. Who is not satisfied with one takes the next.
 */
export class SipServers {
  readonly #resolver: SipResolver;
  readonly #transports: Pick<SipTransports, 'flowTo'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Until when servers are left alone. */
  readonly #resting = new Map<string, number>();

  constructor(parts: {
    readonly resolver: SipResolver;
    readonly transports: Pick<SipTransports, 'flowTo'>;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    this.#resolver = parts.resolver;
    this.#transports = parts.transports;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /**
   * Every server of the URIs, in the order in which they are to be tried.
   * @param preferred - Comes first as long as it works, such as the registrar that already knows us.
   * @param limitMs - How long names may be looked up; by default as long as the resolver has it.
   * @throws KefuError `server_unreachable` when none of the URIs leads anywhere.
   */
  async locate(uris: readonly SipUri[], preferred?: SipServer, limitMs?: number): Promise<SipServer[]> {
    const located = await Promise.allSettled(uris.map((uri) => this.#resolver.locate(uri, limitMs)));
    const servers = new Map<string, SipServer>();
    for (const result of located) {
      if (result.status === 'fulfilled')
        for (const server of result.value.servers) servers.set(serverText(server), server);
    }
    const failure = located.find((result) => result.status === 'rejected');
    if (servers.size === 0) throw toKefuError(failure?.reason, 'server_unreachable');
    const wanted = preferred && serverText(preferred);
    const rank = (server: SipServer): number =>
      this.#isResting(server) ? 2 : serverText(server) === wanted ? 0 : 1;
    return [...servers.values()].sort((a, b) => rank(a) - rank(b));
  }

  /**
   * Ways to the servers, one after the other; a connection is opened when its turn comes.
   * @throws KefuError `server_unreachable` when there is not a single one.
   */
  async *ways(
    uris: readonly SipUri[],
    preferred?: SipServer,
    limitMs?: number,
  ): AsyncGenerator<ServerWay, void> {
    let reached = false;
    let failure: unknown = new KefuError('server_unreachable', 'No SIP server is named.');
    for (const server of await this.locate(uris, preferred, limitMs)) {
      let way: ServerWay;
      try {
        way = await this.wayTo(server);
      } catch (error) {
        failure = error;
        continue;
      }
      reached = true;
      yield way;
    }
    if (!reached) throw toKefuError(failure, 'server_unreachable');
  }

  /** The way to one server; a connection is opened. Rejects when it cannot be, and the server comes last for a while. */
  async wayTo(server: SipServer): Promise<ServerWay> {
    try {
      return {
        server,
        flow: await this.#transports.flowTo(server.transport, server, server.name),
        failed: (restMs = usualRestMs) => this.#rest(server, restMs),
        recovered: () => this.#recovered(server),
      };
    } catch (error) {
      this.#rest(server, usualRestMs);
      throw error;
    }
  }

  /** The first way; its name may be looked up for `limitMs`. @throws KefuError `server_unreachable`. */
  async first(uri: SipUri, limitMs?: number): Promise<SipFlow> {
    for await (const { flow } of this.ways([uri], undefined, limitMs)) return flow;
    throw new KefuError('server_unreachable', `Nobody can be reached at ${uri.host}.`);
  }

  #isResting(server: SipServer): boolean {
    return (this.#resting.get(serverText(server)) ?? 0) > this.#clock.nowMs();
  }

  #recovered(server: SipServer): void {
    if (this.#resting.delete(serverText(server)))
      this.#log.info({ server: serverText(server) }, 'A SIP server answers again');
  }

  #rest(server: SipServer, restMs: number): void {
    if (this.#resting.size >= maxRemembered) this.#resting.clear();
    const forMs = Math.min(restMs, maxRestMs);
    if (!this.#isResting(server))
      this.#log.warn({ server: serverText(server), restMs: forMs }, 'A SIP server is left alone for a while');
    this.#resting.set(serverText(server), this.#clock.nowMs() + forMs);
  }
}

/** Names a server where one is told apart from others: `udp 192.0.2.1:5060`. */
export function serverText(server: Pick<SipServer, 'transport' | 'host' | 'port'>): string {
  return `${server.transport} ${endpointText(server)}`;
}

/** How long the server wants to be left alone (RFC 3261 section 20.33), or undefined. */
export function retryAfterMs(response: SipResponse): number | undefined {
  const seconds = /^\s*(\d{1,6})/.exec(response.headers.get('retry-after') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
