import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { DigestGuard, parseDigest } from './digest.ts';
import { parseAddress, userOf } from './grammar.ts';
import type { SipRequest } from './message.ts';
import type { Trunk } from './trunks.ts';

/** What becomes of a request that begins something new. */
export type Admission =
  | { readonly type: 'admitted'; readonly trunk: Trunk }
  | { readonly type: 'challenge'; readonly challenges: readonly string[] }
  /** No answer: an answer is what scanners look for. */
  | { readonly type: 'dropped' };

/** Why a message got no answer; the names stand in the metrics. `stray`: an ACK that belongs to no call. */
export const dropReasons = ['unknown', 'banned', 'flood', 'scanner', 'unreadable', 'stray'] as const;
export type DropReason = (typeof dropReasons)[number];

/** Challenges and wrong passwords that one address may have within the window. */
const maxFailures = 10;
const windowMs = 60_000;
/** Who goes on guessing is banned for twice as long each time, up to this. */
const maxBanMs = 60 * 60_000;
/** Addresses remembered; a flood of forged ones must not fill the memory. */
const maxAddresses = 10_000;
/** Requests that one trunk address may begin something new with within a second: well over what `npm run bench -- sip` asks for. */
const maxPerSecond = 200;
/** Messages of any kind that are read of an unknown address within a second: it may have a call, or be the server of one. */
const maxUnknownPerSecond = 100;
/** How the tools that look for open exchanges introduce themselves. */
const scanners =
  /friendly-scanner|sipvicious|svwar|svcrack|sipcli|sip-scan|sipsak|sundayddr|pplsip|vaxsip|iwar|smap|nmap/i;

interface Failures {
  count: number;
  untilMs: number;
  /** How often this address was banned before. */
  bans: number;
}

/** Decides who may speak with us: addresses of trunks, else who proves to know a login. */
export class Guard {
  #trunks: readonly Trunk[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #digest: DigestGuard;
  readonly #failures = new Map<string, Failures>();
  readonly #rates = new Map<string, { count: number; untilMs: number }>();
  /** Addresses of the servers at which a trunk, by its name, is registered: calls of the line come from them. */
  readonly #registrars = new Map<string, ReadonlySet<string>>();
  readonly #drops = new Map<DropReason, number>();

  constructor(parts: { readonly trunks: readonly Trunk[]; readonly clock: Clock; readonly log: Logger }) {
    this.#trunks = parts.trunks;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#digest = new DigestGuard('kefu', parts.clock);
  }

  /** Messages dropped so far. */
  get dropped(): number {
    return [...this.#drops.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Messages dropped so far, by reason. */
  get drops(): ReadonlyMap<DropReason, number> {
    return this.#drops;
  }

  /** From now on these trunks count; what was learned about addresses stays. */
  renew(trunks: readonly Trunk[]): void {
    this.#trunks = trunks;
    for (const name of [...this.#registrars.keys()])
      if (!trunks.some((trunk) => trunk.name === name && trunk.register)) this.#registrars.delete(name);
  }

  /** The trunk with this address, if any. */
  trunkAt(host: string): Trunk | undefined {
    return (
      this.#trunks.find(({ admits }) => admits(host)) ??
      this.#trunks.find(({ name }) => this.#registrars.get(name)?.has(host))
    );
  }

  /** From now on calls of this trunk may come from these addresses of its registrar, and from no earlier ones. */
  admitRegistrars(hosts: readonly string[], trunk: Pick<Trunk, 'name'>): void {
    this.#registrars.set(trunk.name, new Set(hosts));
  }

  /** True when anybody at this address could be admitted at all: otherwise its connections are closed unread. */
  mayConnect(host: string): boolean {
    const anyLogin = this.#trunks.some(({ login }) => login !== undefined);
    return this.trunkAt(host) !== undefined || (anyLogin && !this.#isBanned(host));
  }

  /** True when a message from this address is worth reading; others are counted as dropped. */
  mayBeRead(host: string): boolean {
    if (this.trunkAt(host)) return true;
    if (this.#isBanned(host)) this.drop('banned');
    else if (this.#count(this.#rates, host, 1000) > maxUnknownPerSecond) this.drop('flood');
    else return true;
    return false;
  }

  admit(request: SipRequest, host: string): Admission {
    const known = this.trunkAt(host);
    if (known)
      return this.#count(this.#rates, host, 1000) > maxPerSecond ? this.drop('flood') : admitted(known);
    if (this.#isBanned(host)) return this.drop('banned');
    if (scanners.test(request.headers.get('user-agent') ?? '')) return this.drop('scanner');
    const authorization = request.headers.lines('authorization').find((value) => parseDigest(value));
    const proof = authorization === undefined ? undefined : parseDigest(authorization);
    // Only who names a user that exists learns that somebody is here.
    const claimed =
      proof?.get('username') ?? userOf(parseAddress(request.headers.get('from') ?? '')?.uri ?? '');
    const trunk = this.#trunks.find(({ login }) => login?.user === claimed);
    if (!trunk?.login || !['INVITE', 'OPTIONS', 'REGISTER'].includes(request.method))
      return this.drop('unknown');
    if (authorization === undefined) {
      if (this.#fails(host)) return this.drop('banned');
      return { type: 'challenge', challenges: this.#digest.challenges(trunk.login.algorithms, false) };
    }
    const verdict = this.#digest.check(authorization, trunk.login, request.method);
    if (verdict === 'right') {
      this.#failures.delete(host);
      return admitted(trunk);
    }
    if (this.#fails(host)) return this.drop('banned');
    if (verdict === 'wrong') this.#log.warn({ trunk: trunk.name, pii: { host } }, 'A SIP login was wrong');
    return {
      type: 'challenge',
      challenges: this.#digest.challenges(trunk.login.algorithms, verdict === 'stale'),
    };
  }

  /** Notes a message that gets no answer. */
  drop(reason: DropReason): Admission {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
    const { dropped } = this;
    // A flood of scanners must not fill the log.
    if (Number.isInteger(Math.log2(dropped))) {
      this.#log.info({ dropped, reason }, 'Dropped SIP messages without an answer');
    }
    return { type: 'dropped' };
  }

  #isBanned(host: string): boolean {
    const entry = this.#failures.get(host);
    return entry !== undefined && entry.untilMs > this.#clock.nowMs() && entry.count > maxFailures;
  }

  /** Counts a try that proved nothing; true when the address is banned for it from now on. */
  #fails(host: string): boolean {
    const nowMs = this.#clock.nowMs();
    let entry = this.#failures.get(host);
    if (!entry || entry.untilMs <= nowMs) {
      if (this.#failures.size >= maxAddresses) this.#failures.clear();
      entry = { count: 0, untilMs: nowMs + windowMs, bans: entry?.bans ?? 0 };
      this.#failures.set(host, entry);
    }
    entry.count += 1;
    if (entry.count <= maxFailures) return false;
    const banMs = Math.min(windowMs * 2 ** entry.bans, maxBanMs);
    entry.bans += 1;
    entry.untilMs = nowMs + banMs;
    this.#log.warn(
      { banMs, pii: { host } },
      'An address that keeps guessing a SIP login is ignored for a while',
    );
    return true;
  }

  #count(counts: Map<string, { count: number; untilMs: number }>, host: string, lastsMs: number): number {
    const nowMs = this.#clock.nowMs();
    let entry = counts.get(host);
    if (!entry || entry.untilMs <= nowMs) {
      if (counts.size >= maxAddresses) counts.clear();
      entry = { count: 0, untilMs: nowMs + lastsMs };
      counts.set(host, entry);
    }
    entry.count += 1;
    return entry.count;
  }
}

function admitted(trunk: Trunk): Admission {
  return { type: 'admitted', trunk };
}
