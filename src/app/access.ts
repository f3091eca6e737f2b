import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Actor } from '../core/audit.ts';
import type { Person } from '../core/people.ts';
import type { People } from '../people/people.ts';
import { newProfile } from '../people/profile.ts';
import { sessionLimits, type Sessions } from '../people/sessions.ts';
import { isDirectLocal, isLoopback, type PeerRequest } from '../telephony/peers.ts';

/** What is looked at to find out who asks; node's requests fit, and fastify's. */
export interface AccessRequest extends PeerRequest {
  readonly method?: string | undefined;
}

/** Who asks. */
export interface Identity {
  /** For programs a stand-in with the role of an administrator. */
  readonly person: Person;
  readonly via: 'session' | 'api-token' | 'local-token' | 'local';
  /** Null for programs. */
  readonly sessionId: string | null;
  /** What the person must do before anything else is open to them. */
  readonly needs: 'password' | 'code' | null;
  readonly actor: Actor;
}

export interface AccessOptions {
  readonly people: Pick<People, 'get' | 'isSetUp'>;
  readonly sessions: Pick<Sessions, 'find'>;
  readonly apiToken: string | undefined;
  readonly localToken: string;
  readonly publicUrl: string | undefined;
}

export interface Access {
  readonly apiTokenIsSet: boolean;
  isSetUp(): Promise<boolean>;
  /** Who sent a request, whatever they may do. */
  identify(request: AccessRequest): Promise<Identity | undefined>;
  /**
   * Who wants to open a WebSocket, once they may do something at all. Another site's page is nobody. Asked again later, with the same
   * request, it tells whether they still may, and keeps the session from idling out.
   */
  authenticate(request: IncomingMessage): Promise<Identity | undefined>;
  /** False for a page of another site. Programs send no origin. */
  isOwnOrigin(request: AccessRequest): boolean;
  /** The `Set-Cookie` header of a new session; without a token that of its end. */
  cookie(request: AccessRequest, token?: string): string;
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const isSame = (given: string, wanted: string) => timingSafeEqual(digest(given), digest(wanted));
const bearerOf = ({ headers }: PeerRequest) => /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** True when a request carries the API token; never without a configured token. */
export function hasApiToken(request: PeerRequest, apiToken: string | undefined): boolean {
  const given = bearerOf(request);
  return apiToken !== undefined && given !== undefined && isSame(given, apiToken);
}

/** True for what changes something or stays open: a foreign page must not be able to send it with the user's cookie. */
export const isWrite = ({ method, headers }: AccessRequest): boolean =>
  headers.upgrade !== undefined || !readingMethods.has(method ?? 'GET');

/** Where a request comes from. A proxy on this machine is believed about the last step before it. */
export function addressOf({ socket, headers }: PeerRequest): string {
  const peer = socket.remoteAddress ?? 'unknown';
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  const address = isLoopback(peer) && forwarded ? forwarded.slice(0, 64) : peer;
  return address.replace(/^::ffff:/i, '');
}

/** Finds out who sends requests: people by their session, programs by a token, and until Kefu is set up whoever sits at this machine. */
export function createAccess({ people, sessions, apiToken, localToken, publicUrl }: AccessOptions): Access {
  const publicOrigin = publicUrl === undefined ? undefined : new URL(publicUrl);

  function isOwnOrigin({ headers }: AccessRequest): boolean {
    const { origin, host } = headers;
    if (origin === undefined) return true;
    if (!URL.canParse(origin)) return false;
    const from = new URL(origin);
    return from.host === host?.toLowerCase() || from.origin === publicOrigin?.origin;
  }

  /** Whether the browser talks https, with us or with a proxy in front. */
  function isSecure({ headers, socket }: AccessRequest): boolean {
    if ('encrypted' in socket && socket.encrypted === true) return true;
    const forwarded = String(headers['x-forwarded-proto'] ?? '')
      .split(',')
      .at(-1)
      ?.trim();
    return (
      forwarded === 'https' ||
      (publicOrigin?.protocol === 'https:' && publicOrigin.host === headers.host?.toLowerCase())
    );
  }
  /** With the prefix, browsers refuse to take the cookie from another host of the domain. */
  const cookieName = (request: AccessRequest) => (isSecure(request) ? '__Host-kefu_session' : 'kefu_session');

  function sessionToken(request: AccessRequest): string | undefined {
    const wanted = `${cookieName(request)}=`;
    const pair = (request.headers.cookie ?? '').split(/;\s*/).find((text) => text.startsWith(wanted));
    return pair?.slice(wanted.length);
  }

  function program(
    via: 'api-token' | 'local-token' | 'local',
    name: string,
    request: AccessRequest,
  ): Identity {
    return {
      person: standIn(via, name),
      via,
      sessionId: null,
      needs: null,
      actor: { personId: null, name, address: addressOf(request) },
    };
  }

  async function bySession(request: AccessRequest): Promise<Identity | undefined> {
    const token = sessionToken(request);
    if (token === undefined || !isOwnOrigin(request)) return undefined;
    // Browsers name the origin of every write and upgrade; what comes with a cookie but without an origin is no page of ours.
    if (isWrite(request) && request.headers.origin === undefined) return undefined;
    const session = await sessions.find(token);
    const person = session && (await people.get(session.personId));
    if (!person || person.disabled) return undefined;
    return {
      person,
      via: 'session',
      sessionId: session.id,
      needs: person.mustChangePassword ? 'password' : person.codeRequired && !person.hasCode ? 'code' : null,
      actor: { personId: person.id, name: person.name, address: addressOf(request) },
    };
  }

  const access: Access = {
    apiTokenIsSet: apiToken !== undefined,
    isSetUp: () => people.isSetUp(),
    async identify(request) {
      if (hasApiToken(request, apiToken)) return program('api-token', 'API token', request);
      const bearer = bearerOf(request);
      if (bearer !== undefined && isDirectLocal(request) && isSame(bearer, localToken))
        return program('local-token', 'tool of this machine', request);
      const person = await bySession(request);
      if (person) return person;
      const { origin, host } = request.headers;
      const ownPage = origin === undefined || origin === `http://${host ?? ''}`;
      if (ownPage && isDirectLocal(request) && !(await people.isSetUp()))
        return program('local', 'this machine, before set-up', request);
      return undefined;
    },
    async authenticate(request) {
      const identity = await access.identify(request);
      return identity?.needs === null ? identity : undefined;
    },
    isOwnOrigin,
    cookie(request, token) {
      const maxAgeS = token === undefined ? 0 : sessionLimits.absoluteMs / 1000;
      const secure = isSecure(request) ? '; Secure' : '';
      return `${cookieName(request)}=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure}`;
    },
  };
  return access;
}

/** Programs count as an administrator that is in no list. */
function standIn(id: string, name: string): Person {
  return {
    id,
    login: id,
    name,
    role: 'administrator',
    profile: newProfile,
    codeRequired: false,
    disabled: false,
    hasCode: false,
    mustChangePassword: false,
    createdAtEpochMs: 0,
  };
}
