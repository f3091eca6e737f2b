import { lookup, Resolver } from 'node:dns/promises';
import { KefuError } from '../../core/errors.ts';
import { plainAddress } from './addresses.ts';

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

export interface NaptrRecord {
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
  readonly order: number;
  readonly preference: number;
}

/** Who is asked for names. There is nothing wrong with a name that has no such record: the list is then empty. */
export interface NameSource {
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  srv(name: string): Promise<readonly SrvRecord[]>;
  /**
   * IPv4 first, since more machines have it.
   * @param signal - Whoever asks does not want to know any more. @throws KefuError `server_unreachable` when too many wait.
   */
  addresses(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Questions that name servers have not answered end at once, as if there were no such record. Idempotent. */
  close(): void;
}

/** Finds the addresses of a name in the machine's own way; rejects when there are none. */
export type MachineLookup = (host: string) => Promise<readonly string[]>;

/** A question is repeated once, after this time; the second try may take twice as long, with each name server. */
const answerLimitMs = 2_000;
/** Of the four threads on which Node looks up names, also reads and writes files: recordings and the database must not wait. */
const maxLookups = 2;
/** Names that wait for one of these threads. */
const maxWaiting = 100;

/** Asks name servers, those of the trunks file or the machine's own. */
export class NameServers implements NameSource {
  readonly #resolver = new Resolver({ timeout: answerLimitMs, tries: 2 });
  readonly #areOwn: boolean;
  readonly #machine: MachineNames;

  /** @param servers - Asked instead of the machine's own: `192.0.2.53` or `192.0.2.53:5353`. */
  constructor(servers: readonly string[] = [], machine = new MachineNames()) {
    this.#areOwn = servers.length > 0;
    if (this.#areOwn) this.#resolver.setServers(servers);
    this.#machine = machine;
  }

  // Most domains have no NAPTR record, and some name servers answer questions for it with an error.
  naptr(name: string): Promise<readonly NaptrRecord[]> {
    return this.#resolver.resolveNaptr(name).catch(() => []);
  }

  // No SRV record is the usual case.
  srv(name: string): Promise<readonly SrvRecord[]> {
    return this.#resolver.resolveSrv(name).catch(() => []);
  }

  async addresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
    if (this.#areOwn) {
      const [four, six] = await Promise.all([
        this.#resolver.resolve4(host).catch(() => []),
        this.#resolver.resolve6(host).catch(() => []),
      ]);
      if (four.length + six.length > 0) return [...four, ...six];
    }
    return this.#machine.addresses(host, signal);
  }

  close(): void {
    this.#resolver.cancel();
  }
}

/**
 * Looks names up in the machine's own way, which knows its hosts file and its search domains, too. The system tells nobody how long that
 * takes, and it cannot be stopped: so few names are looked up at once, and one that is being looked up is not asked for again.
 */
export class MachineNames {
  readonly #lookup: MachineLookup;
  readonly #running = new Map<string, Promise<readonly string[]>>();
  readonly #waiting = new Set<() => void>();

  constructor(lookUp: MachineLookup = lookUpBySystem) {
    this.#lookup = lookUp;
  }

  /** The addresses of a name, none when it is unknown. @throws KefuError `server_unreachable` when too many wait, or the signal's reason. */
  async addresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
    for (;;) {
      signal.throwIfAborted();
      const running = this.#running.get(host);
      if (running) return running;
      if (this.#running.size < maxLookups) return this.#begin(host);
      await this.#place(signal);
    }
  }

  #begin(host: string): Promise<readonly string[]> {
    const found = this.#lookup(host)
      .catch(() => [])
      .finally(() => {
        this.#running.delete(host);
        for (const wake of this.#waiting) wake();
      });
    this.#running.set(host, found);
    return found;
  }

  /** Resolves when another look-up has ended, or nobody wants to know any more. */
  #place(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= maxWaiting)
      return Promise.reject(new KefuError('server_unreachable', 'Too many names wait to be looked up.'));
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

async function lookUpBySystem(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, order: 'ipv4first' });
  return [...new Set(found.map(({ address }) => plainAddress(address)))];
}

/** True for what can be the name of a machine (RFC 1123 section 2.1, and the underscores of service records); nobody is asked for others. */
export function canBeName(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.');
  // RFC 6761 section 6.4: names that are known not to exist.
  if (host.length > 253 || labels.at(-1) === 'invalid') return false;
  return labels.every((label) => /^[a-z0-9_-]{1,63}$/i.test(label));
}
