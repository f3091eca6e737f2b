import { isIP } from 'node:net';
import { systemClock, type Clock } from '../../core/clock.ts';
import { KefuError } from '../../core/errors.ts';
import type { Endpoint, SipTransportName } from './flow.ts';
import type { SipUri } from './grammar.ts';
import { canBeName, NameServers, type NameSource, type SrvRecord } from './names.ts';

/** A server that a URI stands for. */
export interface SipServer extends Endpoint {
  readonly transport: SipTransportName;
  /** The name its certificate must have: that of the URI, not that of a record (RFC 5922 section 4). */
  readonly name: string;
}

/** What one question to the name servers has brought, for people who look for a mistake. */
export interface DnsFinding {
  readonly kind: 'NAPTR' | 'SRV' | 'address';
  readonly name: string;
  /** Empty when there is no such record. */
  readonly found: readonly string[];
}

/** The servers of a URI in the order in which they are to be tried, and how they were found. */
export interface Located {
  readonly servers: readonly SipServer[];
  readonly findings: readonly DnsFinding[];
}

export interface SipResolverOptions {
  /** Who is asked; by default the machine's own name servers. */
  readonly names?: NameSource | undefined;
  readonly clock?: Clock | undefined;
  /** Numbers from 0 to 1, for the choice by weight. */
  readonly random?: () => number;
}

/** All questions for one URI together are answered within this time, unless who asks has less. */
const usualLimitMs = 10_000;
/** Servers of one service that are looked at; by the time so many have failed, nobody waits any more. */
const maxRecords = 8;
/** URIs that are looked up at once: messages with thousands of names must not fill the memory. */
const maxSearches = 100;
/** Services of NAPTR records that Kefu can use (RFC 3263 section 4.1). */
const services: Readonly<Record<string, SipTransportName>> = {
  'SIPS+D2T': 'tls',
  'SIP+D2T': 'tcp',
  'SIP+D2U': 'udp',
};

/** The transport that a URI asks for, by its scheme or parameter; UDP when it names none. */
export function transportOf(uri: SipUri): SipTransportName {
  return namedTransport(uri) ?? 'udp';
}

function namedTransport(uri: SipUri): SipTransportName | undefined {
  const named = uri.params.get('transport')?.toLowerCase();
  if (uri.scheme === 'sips' || named === 'tls') return 'tls';
  return named === 'tcp' || named === 'udp' ? named : undefined;
}

/** Finds the servers of SIP URIs (RFC 3263): by NAPTR and SRV records where there are any, else by address. */
export class SipResolver {
  readonly #names: NameSource;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #searches = new Set<AbortController>();

  constructor({ names, clock = systemClock, random = Math.random }: SipResolverOptions = {}) {
    this.#names = names ?? new NameServers();
    this.#clock = clock;
    this.#random = random;
  }

  /** @throws KefuError `server_unreachable` when nothing is found in time; the message tells what was asked for. */
  async locate(uri: SipUri, limitMs = usualLimitMs): Promise<Located> {
    const { host } = uri;
    if (isIP(host) !== 0) {
      const transport = transportOf(uri);
      const place = { transport, host, port: uri.port ?? usualPort(transport), name: host };
      return { servers: [place], findings: [] };
    }
    if (!canBeName(host)) throw new KefuError('server_unreachable', `${host} is no name of a server.`);
    if (this.#searches.size >= maxSearches)
      throw new KefuError('server_unreachable', 'Too many names are being looked up.');
    const search = new AbortController();
    const late = new KefuError('server_unreachable', `The name ${host} was not found within ${limitMs} ms.`);
    const cancelLimit = this.#clock.setTimer(() => search.abort(late), limitMs);
    this.#searches.add(search);
    try {
      return await Promise.race([this.#find(uri, search.signal), whenAborted(search.signal)]);
    } finally {
      cancelLimit();
      this.#searches.delete(search);
      search.abort(late);
    }
  }

  /** Everybody who waits for a name waits no longer. Idempotent. */
  close(): void {
    for (const search of this.#searches)
      search.abort(new KefuError('aborted', 'The SIP gateway was closed while a name was looked up.'));
    this.#names.close();
  }

  async #find(uri: SipUri, signal: AbortSignal): Promise<Located> {
    const findings: DnsFinding[] = [];
    const named = namedTransport(uri);
    if (uri.port === undefined) {
      for (const { transport, name } of await this.#services(uri.host, named, findings)) {
        signal.throwIfAborted();
        const servers = await this.#bySrv({ name, transport, host: uri.host }, findings, signal);
        if (servers.length > 0) return { servers, findings };
      }
    }
    const transport = named ?? 'udp';
    const place = { transport, port: uri.port ?? usualPort(transport), name: uri.host };
    return { servers: await this.#at(uri.host, place, findings, signal), findings };
  }

  /** The names of SRV records to look up, best first. */
  async #services(
    host: string,
    named: SipTransportName | undefined,
    findings: DnsFinding[],
  ): Promise<readonly { readonly transport: SipTransportName; readonly name: string }[]> {
    const usual = (named === undefined ? (['udp', 'tcp'] as const) : [named]).map((transport) => ({
      transport,
      name: `${transport === 'tls' ? '_sips._tcp' : `_sip._${transport}`}.${host}`,
    }));
    // Whoever names a transport has decided what NAPTR records are there to decide.
    if (named !== undefined) return usual;
    const records = [...(await this.#names.naptr(host))].sort(
      (a, b) => a.order - b.order || a.preference - b.preference,
    );
    findings.push({
      kind: 'NAPTR',
      name: host,
      found: records.map(({ service, replacement }) => `${service} ${replacement}`),
    });
    const told = records.flatMap(({ flags, service, replacement }) => {
      const transport = services[service.toUpperCase()];
      return transport && flags.toLowerCase() === 's' ? [{ transport, name: replacement }] : [];
    });
    return told.length > 0 ? told : usual;
  }

  async #bySrv(
    service: { readonly name: string; readonly transport: SipTransportName; readonly host: string },
    findings: DnsFinding[],
    signal: AbortSignal,
  ): Promise<SipServer[]> {
    const { name, transport, host } = service;
    const ordered = orderByWeight(await this.#names.srv(name), this.#random).slice(0, maxRecords);
    findings.push({
      kind: 'SRV',
      name,
      found: ordered.map((record) => `${record.priority} ${record.weight} ${record.name}:${record.port}`),
    });
    // A single record with the root for a target means that there is no such service (RFC 2782).
    if (ordered.length === 1 && /^\.?$/.test(ordered[0]?.name ?? ''))
      throw new KefuError(
        'server_unreachable',
        `The domain ${host} says that it has no SIP over ${transport}.`,
      );
    const places = await Promise.all(
      ordered.map(async (record) => {
        const mine: DnsFinding[] = [];
        // One name that is wrong must not keep the others from being tried.
        const place = { transport, port: record.port, name: host };
        const servers = await this.#at(record.name, place, mine, signal).catch(() => []);
        return { servers, mine };
      }),
    );
    findings.push(...places.flatMap(({ mine }) => mine));
    return places.flatMap(({ servers }) => servers);
  }

  async #at(
    host: string,
    place: { readonly transport: SipTransportName; readonly port: number; readonly name: string },
    findings: DnsFinding[],
    signal: AbortSignal,
  ): Promise<SipServer[]> {
    if (isIP(host) !== 0) return [{ ...place, host }];
    signal.throwIfAborted();
    const addresses = await this.#names.addresses(host, signal);
    findings.push({ kind: 'address', name: host, found: addresses });
    if (addresses.length === 0) throw new KefuError('server_unreachable', `The name ${host} has no address.`);
    return addresses.map((address) => ({ ...place, host: address }));
  }
}

/** Rejects with the signal's reason. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as KefuError), { once: true });
  });
}

/** Lower priorities first; among equals by chance, in proportion to the weights (RFC 2782, "Usage rules"). */
export function orderByWeight(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const ordered: SrvRecord[] = [];
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b);
  for (const wanted of priorities) {
    const rest = records.filter(({ priority }) => priority === wanted).sort((a, b) => a.weight - b.weight);
    while (rest.length > 0) {
      const total = rest.reduce((sum, { weight }) => sum + weight, 0);
      const limit = random() * total;
      let sum = 0;
      const at = rest.findIndex(({ weight }) => (sum += weight) >= limit);
      ordered.push(...rest.splice(Math.max(0, at), 1));
    }
  }
  return ordered;
}

function usualPort(transport: SipTransportName): number {
  return transport === 'tls' ? 5061 : 5060;
}
