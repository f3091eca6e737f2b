import { BlockList, isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { languageSchema } from '../../core/language.ts';
import { KefuError } from '../../core/errors.ts';
import type { Refusal } from '../gateway.ts';
import { isDirectLocal } from '../peers.ts';
import type { Introduction } from './calls.ts';
import { sameSecret, type Sealer, type Ticket } from './secrets.ts';

/** Addresses that may connect. */
export interface AllowList {
  has(address: string | undefined): boolean;
}

/**
 * Reads addresses and networks such as `203.0.113.7` and `2001:db8::/32`.
 * @throws KefuError `config_invalid` naming what is neither.
 */
export function createAllowList(entries: readonly string[]): AllowList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix, ...more] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const bits = Number(prefix);
    const fits = prefix === undefined || (/^\d+$/.test(prefix) && bits <= (family === 'ipv6' ? 128 : 32));
    if (isIP(address) === 0 || !fits || more.length > 0) {
      throw new KefuError('config_invalid', `${entry} is no address or network such as 203.0.113.0/24.`);
    }
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, bits, family);
  }
  return {
    has(address) {
      const plain = (address ?? '').replace(/^::ffff:/i, '');
      return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

export interface AdmissionOptions {
  /** The vendor's name for people. */
  readonly title: string;
  /** Shared secret of all streams; without one only this machine is served. */
  readonly token: string | undefined;
  readonly allow: AllowList | undefined;
  readonly sealer: Sealer;
  /** The vendor's own proof, instead of the token; undefined when it is not configured. */
  readonly ownProof?: ((request: IncomingMessage) => Refusal | undefined) | undefined;
}

/** Who may open a stream, and what the handshake says of its call. */
export interface Admission {
  /** True when streams carry proof of their sender. */
  readonly proven: boolean;
  refusal(request: IncomingMessage): Refusal | undefined;
  introduction(request: IncomingMessage): Introduction;
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { title, token, allow, sealer, ownProof } = options;
  const proven = token !== undefined || ownProof !== undefined;
  return {
    proven,
    refusal(request) {
      if (allow && !allow.has(request.socket.remoteAddress))
        return forbidden('This address is not on the list KEFU_STREAM_ALLOW.');
      if (ownProof) return ownProof(request);
      if (token === undefined) {
        // A program that speaks a vendor's protocol is no web page: a page on this machine's browser could be anybody's.
        if (isDirectLocal(request) && request.headers.origin === undefined) return undefined;
        return forbidden(
          `Without KEFU_STREAM_TOKEN only programs of this machine are served, directly. To take streams of ${title} set it.`,
        );
      }
      const given = credentials(request);
      if (given.length === 0) {
        return {
          status: 401,
          message:
            'The stream token is missing: send it as "Authorization: Bearer", as Basic password, or as ?token=.',
        };
      }
      const good = given.some((one) => sameSecret(one, token) || sealer.readTicket(one) !== undefined);
      return good
        ? undefined
        : forbidden('The stream token is wrong, or the ticket of the webhook has expired.');
    },
    introduction(request) {
      const query = queryOf(request);
      const text = (name: string): string | undefined => query.get(name)?.slice(0, 200);
      return {
        ticket: ticketOf(request, sealer),
        call: /^[\w:.@+-]{1,200}$/.exec(text('call') ?? '')?.[0],
        from: text('from'),
        to: text('to'),
        language: languageSchema.safeParse(text('language')).data,
      };
    },
  };
}

function ticketOf(request: IncomingMessage, sealer: Sealer): Ticket | undefined {
  for (const one of credentials(request)) {
    const ticket = sealer.readTicket(one);
    if (ticket) return ticket;
  }
  return undefined;
}

/** Everything in a handshake that may be the token or a ticket. */
function credentials(request: IncomingMessage): string[] {
  const { authorization = '', 'x-telnyx-streaming-auth-token': telnyx } = request.headers;
  const bearer = /^Bearer (.+)$/i.exec(authorization)?.[1];
  const basic = /^Basic (.+)$/i.exec(authorization)?.[1];
  const password =
    basic === undefined ? undefined : /^[^:]*:(.*)$/s.exec(Buffer.from(basic, 'base64').toString())?.[1];
  const query = queryOf(request);
  const all = [bearer, password, telnyx, query.get('token'), query.get('ticket')].flat();
  return all.filter((one): one is string => typeof one === 'string' && one !== '');
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams((request.url ?? '').split('?').slice(1).join('?'));
}

function forbidden(message: string): Refusal {
  return { status: 403, message };
}
