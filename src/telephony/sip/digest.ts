import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { quote, unquote } from './grammar.ts';
import { splitOutsideQuotes } from './message.ts';
import { digestAlgorithms, type DigestAlgorithm, type SipCredentials } from './trunks.ts';

const hashes: Readonly<Record<DigestAlgorithm, string>> = { 'SHA-256': 'sha256', MD5: 'md5' };

/** How long a challenge may be answered. */
const nonceLimitMs = 60_000;

/** Parameters of a Digest header by lower-case name, or undefined for another scheme. */
export function parseDigest(value: string): ReadonlyMap<string, string> | undefined {
  const match = /^Digest\s+(.*)$/is.exec(value.trim());
  if (!match) return undefined;
  return new Map(
    splitOutsideQuotes(match[1] ?? '', ',').map((part) => {
      const equals = part.indexOf('=');
      return [part.slice(0, equals).trim().toLowerCase(), unquote(part.slice(equals + 1).trim())];
    }),
  );
}

interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly realm: string;
  readonly nonce: string;
  readonly method: string;
  readonly uri: string;
  /** Undefined for servers of RFC 2069, without `qop`. */
  readonly qop: { readonly cnonce: string; readonly count: string } | undefined;
}

export function digestResponse(credentials: SipCredentials, input: DigestInput): string {
  const hash = (text: string): string => createHash(hashes[input.algorithm]).update(text).digest('hex');
  const secret = hash(`${credentials.user}:${input.realm}:${credentials.password}`);
  const what = hash(`${input.method}:${input.uri}`);
  const { qop } = input;
  return hash(
    qop
      ? `${secret}:${input.nonce}:${qop.count}:${qop.cnonce}:auth:${what}`
      : `${secret}:${input.nonce}:${what}`,
  );
}

/**
 * The Authorization value that answers the best of several challenges, or undefined when none can be answered.
 * @param challenges - Values of WWW-Authenticate or Proxy-Authenticate.
 */
export function answerChallenge(
  challenges: readonly string[],
  credentials: SipCredentials,
  request: { readonly method: string; readonly uri: string },
): string | undefined {
  const offers = challenges.flatMap((value) => parseDigest(value) ?? []);
  for (const algorithm of digestAlgorithms) {
    const offer = offers.find((params) => (params.get('algorithm') ?? 'MD5').toUpperCase() === algorithm);
    const [realm, nonce] = [offer?.get('realm'), offer?.get('nonce')];
    if (!offer || realm === undefined || nonce === undefined) continue;
    const qops = offer
      .get('qop')
      ?.split(',')
      .map((name) => name.trim());
    if (qops && !qops.includes('auth')) continue;
    const qop = qops && { cnonce: randomBytes(8).toString('hex'), count: '00000001' };
    const response = digestResponse(credentials, { algorithm, realm, nonce, qop, ...request });
    const opaque = offer.get('opaque');
    return [
      `Digest username=${quote(credentials.user)}`,
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      `uri=${quote(request.uri)}`,
      `response="${response}"`,
      `algorithm=${algorithm}`,
      ...(qop ? [`qop=auth, nc=${qop.count}, cnonce="${qop.cnonce}"`] : []),
      ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ].join(', ');
  }
  return undefined;
}

/** Challenges that need no memory: a nonce carries its time, sealed. */
export class DigestGuard {
  readonly realm: string;
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  /** Nonces that were used, with the highest count of each, until they expire. */
  readonly #used = new Map<string, { count: number; untilMs: number }>();

  constructor(realm: string, clock: Clock) {
    this.realm = realm;
    this.#clock = clock;
  }

  /** Values of WWW-Authenticate, one for each algorithm. */
  challenges(algorithms: readonly DigestAlgorithm[], stale: boolean): string[] {
    const atMs = Math.floor(this.#clock.nowMs());
    const nonce = `${atMs.toString(36)}.${randomBytes(6).toString('hex')}`;
    const sealed = `${nonce}.${this.#seal(nonce)}`;
    return algorithms.map(
      (algorithm) =>
        `Digest realm=${quote(this.realm)}, nonce="${sealed}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
    );
  }

  /** Whether an Authorization value proves the credentials for this request; `stale`: it would, but its nonce is too old or used. */
  check(
    value: string,
    credentials: SipCredentials & { readonly algorithms: readonly DigestAlgorithm[] },
    method: string,
  ): 'right' | 'stale' | 'wrong' {
    const params = parseDigest(value);
    const named = (params?.get('algorithm') ?? 'MD5').toUpperCase();
    const algorithm = credentials.algorithms.find((name) => name === named);
    const [nonce, response, uri] = [params?.get('nonce'), params?.get('response'), params?.get('uri')];
    if (!params || !algorithm) return 'wrong';
    if (nonce === undefined || response === undefined || uri === undefined) return 'wrong';
    if (params.get('username') !== credentials.user || params.get('realm') !== this.realm) return 'wrong';
    const [cnonce, count] = [params.get('cnonce'), params.get('nc')];
    if (params.get('qop') !== 'auth' || cnonce === undefined || !/^[0-9a-f]{8}$/i.test(count ?? ''))
      return 'wrong';
    const qop = { cnonce, count: count ?? '' };
    const expected = digestResponse(credentials, { algorithm, realm: this.realm, nonce, method, uri, qop });
    if (!sameText(expected, response.toLowerCase())) return 'wrong';
    return this.#isFresh(nonce, Number.parseInt(qop.count, 16)) ? 'right' : 'stale';
  }

  #isFresh(sealed: string, count: number): boolean {
    const [time = '', salt = '', seal = ''] = sealed.split('.');
    const nowMs = this.#clock.nowMs();
    const ageMs = nowMs - Number.parseInt(time, 36);
    if (!sameText(this.#seal(`${time}.${salt}`), seal) || !(ageMs >= -1 && ageMs <= nonceLimitMs))
      return false;
    for (const [nonce, { untilMs }] of this.#used) if (untilMs < nowMs) this.#used.delete(nonce);
    const used = this.#used.get(sealed);
    if (used && count <= used.count) return false;
    this.#used.set(sealed, { count, untilMs: nowMs + nonceLimitMs });
    return true;
  }

  #seal(nonce: string): string {
    return createHmac('sha256', this.#key).update(nonce).digest('hex').slice(0, 24);
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
