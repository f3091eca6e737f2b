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

/** Challenges and wrong passwords that one address may have within the window. */
const maxFailures = 10;
const windowMs = 60_000;
/** Addresses remembered; a flood of forged ones must not fill the memory. */
const maxAddresses = 10_000;
/** New calls that one trunk address may begin within a second: well over what `npm run bench -- sip` asks for. */
const maxPerSecond = 200;

/** Decides who may speak with us: addresses of trunks, else who proves to know a login. */
export class Guard {
  readonly #trunks: readonly Trunk[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #digest: DigestGuard;
  readonly #failures = new Map<string, { count: number; untilMs: number }>();
  readonly #rates = new Map<string, { count: number; untilMs: number }>();
  /** Servers at which we are registered: calls of their line come from them. */
  readonly #registrars = new Map<string, Trunk>();
  #dropped = 0;

  constructor(parts: { readonly trunks: readonly Trunk[]; readonly clock: Clock; readonly log: Logger }) {
    this.#trunks = parts.trunks;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#digest = new DigestGuard('kefu', parts.clock);
  }

  /** Messages dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The trunk with this address, if any. */
  trunkAt(host: string): Trunk | undefined {
    return this.#trunks.find(({ admits }) => admits(host)) ?? this.#registrars.get(host);
  }

  /** From now on calls of this trunk may come from the address of its registrar. */
  admitRegistrar(host: string, trunk: Trunk): void {
    this.#registrars.set(host, trunk);
  }

  /** True when anybody at this address could be admitted at all: otherwise its connections are closed unread. */
  mayConnect(host: string): boolean {
    const anyLogin = this.#trunks.some(({ login }) => login !== undefined);
    return this.trunkAt(host) !== undefined || (anyLogin && !this.#isBlocked(host));
  }

  admit(request: SipRequest, host: string): Admission {
    const known = this.trunkAt(host);
    if (known) return this.#count(this.#rates, host, 1000) > maxPerSecond ? this.drop() : admitted(known);
    if (this.#isBlocked(host)) return this.drop();
    const authorization = request.headers.lines('authorization').find((value) => parseDigest(value));
    const proof = authorization === undefined ? undefined : parseDigest(authorization);
    // Only who names a user that exists learns that somebody is here.
    const claimed =
      proof?.get('username') ?? userOf(parseAddress(request.headers.get('from') ?? '')?.uri ?? '');
    const trunk = this.#trunks.find(({ login }) => login?.user === claimed);
    if (!trunk?.login || !['INVITE', 'OPTIONS', 'REGISTER'].includes(request.method)) return this.drop();
    if (authorization === undefined) {
      if (this.#count(this.#failures, host, windowMs) > maxFailures) return this.drop();
      return { type: 'challenge', challenges: this.#digest.challenges(trunk.login.algorithms, false) };
    }
    const verdict = this.#digest.check(authorization, trunk.login, request.method);
    if (verdict === 'right') {
      this.#failures.delete(host);
      return admitted(trunk);
    }
    if (this.#count(this.#failures, host, windowMs) > maxFailures) return this.drop();
    if (verdict === 'wrong') this.#log.warn({ trunk: trunk.name, pii: { host } }, 'A SIP login was wrong');
    return {
      type: 'challenge',
      challenges: this.#digest.challenges(trunk.login.algorithms, verdict === 'stale'),
    };
  }

  /** Notes a message that gets no answer. */
  drop(): Admission {
    this.#dropped += 1;
    // A flood of scanners must not fill the log.
    if (Number.isInteger(Math.log2(this.#dropped))) {
      this.#log.info({ dropped: this.#dropped }, 'Dropped SIP messages of unknown senders without an answer');
    }
    return { type: 'dropped' };
  }

  #isBlocked(host: string): boolean {
    const entry = this.#failures.get(host);
    return entry !== undefined && entry.untilMs > this.#clock.nowMs() && entry.count > maxFailures;
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
