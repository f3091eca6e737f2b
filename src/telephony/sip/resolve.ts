import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { KefuError } from '../../core/errors.ts';
import { plainAddress } from './addresses.ts';
import type { Endpoint, SipTransportName } from './flow.ts';
import type { SipUri } from './grammar.ts';

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

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface SipResolverOptions {
  /** Asked instead of the machine's own: `192.0.2.53` or `192.0.2.53:5353`. */
  readonly nameServers?: readonly string[] | undefined;
  /** Numbers from 0 to 1, for the choice by weight. */
  readonly random?: () => number;
}

/** A question is repeated once; the whole of it takes twice as long at most. */
const answerLimitMs = 2_000;
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
  readonly #resolver: Resolver | undefined;
  readonly #machine = new Resolver({ timeout: answerLimitMs, tries: 2 });
  readonly #random: () => number;

  constructor({ nameServers, random = Math.random }: SipResolverOptions = {}) {
    if (nameServers !== undefined && nameServers.length > 0) {
      this.#resolver = new Resolver({ timeout: answerLimitMs, tries: 2 });
      this.#resolver.setServers(nameServers);
    }
    this.#random = random;
  }

  /** @throws KefuError `server_unreachable` when nothing is found; the message tells what was asked for. */
  async locate(uri: SipUri): Promise<Located> {
    const findings: DnsFinding[] = [];
    const named = namedTransport(uri);
    if (isIP(uri.host) !== 0 || uri.port !== undefined) {
      const transport = named ?? 'udp';
      const port = uri.port ?? usualPort(transport);
      return { servers: await this.#at(uri.host, { transport, port, name: uri.host }, findings), findings };
    }
    for (const { transport, name } of await this.#services(uri.host, named, findings)) {
      const servers = await this.#bySrv(name, transport, uri.host, findings);
      if (servers.length > 0) return { servers, findings };
    }
    const transport = named ?? 'udp';
    const place = { transport, port: usualPort(transport), name: uri.host };
    return { servers: await this.#at(uri.host, place, findings), findings };
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
    // Most domains have no such record, and some name servers answer questions for it with an error.
    const records = await (this.#resolver ?? this.#machine).resolveNaptr(host).catch(() => []);
    records.sort((a, b) => a.order - b.order || a.preference - b.preference);
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
    name: string,
    transport: SipTransportName,
    host: string,
    findings: DnsFinding[],
  ): Promise<SipServer[]> {
    // No SRV record is the usual case.
    const records = await (this.#resolver ?? this.#machine).resolveSrv(name).catch(() => []);
    const ordered = orderByWeight(records, this.#random);
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
        const servers = await this.#at(record.name, { transport, port: record.port, name: host }, mine).catch(
          () => [],
        );
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
  ): Promise<SipServer[]> {
    if (isIP(host) !== 0) return [{ ...place, host }];
    const addresses = await this.#addresses(host);
    findings.push({ kind: 'address', name: host, found: addresses });
    if (addresses.length === 0) throw new KefuError('server_unreachable', `The name ${host} has no address.`);
    return addresses.map((address) => ({ ...place, host: address }));
  }

  /** IPv4 first, since more machines have it. */
  async #addresses(host: string): Promise<string[]> {
    const asked = this.#resolver;
    if (asked) {
      const [four, six] = await Promise.all([
        asked.resolve4(host).catch(() => []),
        asked.resolve6(host).catch(() => []),
      ]);
      if (four.length + six.length > 0) return [...four, ...six];
    }
    // The machine's own way knows its hosts file, too.
    const found = await lookup(host, { all: true, order: 'ipv4first' }).catch(() => []);
    return [...new Set(found.map(({ address }) => plainAddress(address)))];
  }
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
