import type { IncomingMessage } from 'node:http';
import twilio from 'twilio';
import type { Refusal } from '../gateway.ts';
import { isDirectLocal, type PeerRequest } from '../peers.ts';

/** Decides whether a request really comes from Twilio. */
export interface TwilioAuthenticator {
  /** True when requests carry proof of their sender. */
  readonly signed: boolean;
  /**
   * @param pathAndQuery as it stands in the request line.
   * @param body the decoded form fields.
   */
  webhook(
    request: PeerRequest,
    pathAndQuery: string,
    body: Readonly<Record<string, unknown>>,
  ): Refusal | undefined;
  handshake(request: IncomingMessage): Refusal | undefined;
}

export interface TwilioAuthOptions {
  /** Undefined: only programs of this machine are served. */
  readonly authToken: string | undefined;
  /** Without a slash at its end; Twilio signs the address it calls, which behind a proxy only the operator knows. */
  readonly publicUrl: string | undefined;
}

const unsigned: Refusal = {
  status: 403,
  message:
    'Without a Twilio auth token only programs of this machine are served, directly and at its loopback address. ' +
    'To take calls from Twilio set KEFU_TWILIO_AUTH_TOKEN and KEFU_PUBLIC_URL.',
};
const wrongSignature: Refusal = {
  status: 403,
  message:
    'The X-Twilio-Signature is missing or wrong. Check that the auth token is that of the account, and that the public URL ' +
    'is exactly the address Twilio calls.',
};

export function createTwilioAuthenticator(options: TwilioAuthOptions): TwilioAuthenticator {
  const { authToken, publicUrl } = options;
  if (authToken === undefined || publicUrl === undefined) {
    const check = (request: PeerRequest): Refusal | undefined =>
      // A program that speaks Twilio's protocol is no web page: a page on this machine's browser could be anybody's.
      isDirectLocal(request) && request.headers.origin === undefined ? undefined : unsigned;
    return { signed: false, webhook: check, handshake: check };
  }
  return {
    signed: true,
    webhook(request, pathAndQuery, body) {
      const url = publicUrl + pathAndQuery;
      return twilio.validateRequest(authToken, signatureOf(request), url, body) ? undefined : wrongSignature;
    },
    handshake(request) {
      const signature = signatureOf(request);
      const url = webSocketUrl(publicUrl) + (request.url ?? '');
      return handshakeUrls(url).some((candidate) =>
        twilio.validateRequest(authToken, signature, candidate, {}),
      )
        ? undefined
        : wrongSignature;
    },
  };
}

/** The address of sockets for an address of pages: https becomes wss, http becomes ws. */
export function webSocketUrl(url: string): string {
  return url.replace(/^http/i, 'ws');
}

function signatureOf(request: PeerRequest): string {
  const header = request.headers['x-twilio-signature'];
  return typeof header === 'string' ? header : '';
}

/**
 * The forms of a socket's address that Twilio signs: with and without a slash at the end, with and without the port.
 * `validateRequest` tries ports itself, but takes 80 for the standard port of everything that is not https.
 */
function handshakeUrls(url: string): string[] {
  const slashed = url.endsWith('/') ? url.slice(0, -1) : `${url}/`;
  return [url, slashed].flatMap((candidate) => [
    candidate,
    candidate.replace(/^wss:\/\/([^/:]+)(?=\/|$)/i, 'wss://$1:443'),
  ]);
}
