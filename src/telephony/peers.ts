import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Refusal } from './gateway.ts';

/** What a check of a peer looks at; both node's and fastify's requests fit. */
export interface PeerRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Who may open sockets of a gateway that carries no signature: the browser's and the text gateway. */
export interface PeerPolicy {
  /** Address under which people reach this server through its TLS proxy, such as `https://kefu.example.com`. */
  readonly publicUrl?: string | undefined;
  /** Further origins whose pages may connect, such as the shop's own site. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * Decides about peers on other machines (a bearer token, a session). Without it a page of the same origin is served and
   * programs on other machines are not.
   */
  readonly authorize?: ((request: PeerRequest) => boolean) | undefined;
}

/** Headers that a proxy adds. Their presence means that the peer of the socket is not the real client. */
const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

/** True for addresses of this machine: 127.0.0.0/8 and ::1, also IPv4 written as IPv6. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/**
 * True when a request comes from a program of this machine, directly: not through a proxy or tunnel on this machine, and not from
 * a web page that has pointed its own host name at 127.0.0.1.
 */
export function isDirectLocal(request: PeerRequest): boolean {
  return (
    isLoopback(request.socket.remoteAddress) &&
    forwardingHeaders.every((name) => request.headers[name] === undefined) &&
    isLocalHost(request.headers.host)
  );
}

/** Why an unsigned peer is not served, or undefined when it is. */
export function peerRefusal(request: PeerRequest, policy: PeerPolicy): Refusal | undefined {
  const { origin, host } = request.headers;
  const allowed = [policy.publicUrl, ...(policy.allowedOrigins ?? [])]
    .filter((url) => url !== undefined)
    .flatMap((url) => parseUrl(url) ?? []);
  if (!isLocalHost(host) && !isAddress(host) && !allowed.some((url) => url.host === host?.toLowerCase())) {
    return forbidden('This host name is not configured: set the public URL of this server to it.');
  }
  if (origin !== undefined) {
    const from = parseUrl(origin);
    const sameOrigin = from?.host === host?.toLowerCase();
    if (!from || !(sameOrigin || allowed.some((url) => url.origin === from.origin))) {
      return forbidden('Pages of other origins are not served: open the page from this server itself.');
    }
  }
  if (isDirectLocal(request)) return undefined;
  if (policy.authorize) {
    return policy.authorize(request) ? undefined : { status: 401, message: 'An access token is needed.' };
  }
  return origin === undefined
    ? forbidden('Only this machine and pages of this server are served; programs elsewhere need a token.')
    : undefined;
}

function forbidden(message: string): Refusal {
  return { status: 403, message };
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Host name of a Host header, without port and brackets. */
function hostname(host: string | undefined): string | undefined {
  return host === undefined ? undefined : parseUrl(`http://${host}`)?.hostname.replace(/^\[|\]$/g, '');
}

function isLocalHost(host: string | undefined): boolean {
  const name = hostname(host);
  return name !== undefined && (name === 'localhost' || isLoopback(name));
}

/** A Host header with an address instead of a name cannot have been rebound by a foreign page. */
function isAddress(host: string | undefined): boolean {
  const name = hostname(host);
  return name !== undefined && isIP(name) !== 0;
}
