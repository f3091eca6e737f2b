import { splitOutsideQuotes } from './message.ts';

/** Parameters by lower-case name; a parameter without a value is the empty string. */
export type SipParams = ReadonlyMap<string, string>;

export interface SipUri {
  /** In lower case: `sip`, `sips`, `tel` or any other. */
  readonly scheme: string;
  readonly user: string;
  /** In lower case, IPv6 without its brackets; of a `tel:` URI empty. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: SipParams;
  /** Header fields to be put into a request, the part behind `?`; empty when there are none. */
  readonly headers: string;
}

/** A name with an address, as in From, To, Contact, Route and Refer-To. */
export interface SipAddress {
  readonly display: string;
  readonly uri: string;
  /** Parameters of the header, not of the URI. */
  readonly params: SipParams;
}

export interface SipVia {
  /** In lower case: `udp`, `tcp`, `tls` ... */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: SipParams;
}

const token = /^[\w\-.!%*+`'~]+$/;
const hostPort = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.\-_]*[a-z0-9.])?)(?:\s*:\s*(\d{1,5}))?$/i;

function parseHostPort(text: string): { host: string; port: number | undefined } | undefined {
  const match = hostPort.exec(text.trim());
  if (!match) return undefined;
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, '').toLowerCase(), port };
}

/** Parameters such as `;a=b;c="d"`, or undefined when they are malformed. */
export function parseParams(text: string): SipParams | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return new Map();
  if (!trimmed.startsWith(';') || hasOpenQuote(trimmed)) return undefined;
  if (/^;\s*(;|$)|;\s*;|;\s*$/.test(trimmed.replace(/"(?:\\.|[^"\\])*"/g, '""'))) return undefined;
  const params = new Map<string, string>();
  for (const part of splitOutsideQuotes(trimmed, ';')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === '' || /[\s,<>"]/.test(name)) return undefined;
    params.set(name, equals < 0 ? '' : unquote(part.slice(equals + 1).trim()));
  }
  return params;
}

/** A URI of any scheme, or undefined when it cannot be one. */
export function parseUri(text: string): SipUri | undefined {
  const match = /^([a-z][a-z0-9+.-]*):(.+)$/is.exec(text);
  if (!match || /[\s<>"]/.test(text)) return undefined;
  const scheme = (match[1] ?? '').toLowerCase();
  let rest = match[2] ?? '';
  if (scheme !== 'sip' && scheme !== 'sips') {
    const [user = '', ...params] = rest.split(';');
    return { scheme, user, host: '', port: undefined, params: looseParams(params), headers: '' };
  }
  const question = rest.indexOf('?', rest.indexOf('@') + 1);
  const headers = question < 0 ? '' : rest.slice(question + 1);
  if (question >= 0) rest = rest.slice(0, question);
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? '' : rest.slice(0, at);
  if (at === 0) return undefined;
  const [address = '', ...params] = rest.slice(at + 1).split(';');
  const place = parseHostPort(address);
  if (!place || /[,\s]/.test(address)) return undefined;
  return { scheme, user, ...place, params: looseParams(params), headers };
}

function looseParams(parts: readonly string[]): SipParams {
  return new Map(
    parts.map((part) => {
      const [name = '', value = ''] = part.split('=', 2);
      return [name.toLowerCase(), value];
    }),
  );
}

/** A name with an address, or a bare URI whose parameters then belong to the header (RFC 3261 section 20.10). */
export function parseAddress(text: string): SipAddress | undefined {
  const value = text.trim();
  if (hasOpenQuote(value)) return undefined;
  const quotedName = /^"((?:\\.|[^"\\])*)"\s*(?=<)/s.exec(value);
  const open = quotedName ? quotedName[0].length : value.indexOf('<');
  if (open < 0) {
    const [uri = '', ...rest] = value.split(';');
    // Commas, question marks and semicolons of a URI need brackets: who leaves them out cannot be understood safely.
    if (/[,?]/.test(uri) || parseUri(uri.trim()) === undefined) return undefined;
    const params = parseParams(rest.length === 0 ? '' : `;${rest.join(';')}`);
    return params && { display: '', uri: uri.trim(), params };
  }
  const close = value.indexOf('>', open);
  const params = close < 0 ? undefined : parseParams(value.slice(close + 1));
  const uri = value.slice(open + 1, close);
  if (!params || parseUri(uri) === undefined) return undefined;
  const display = quotedName ? unquote(`"${quotedName[1] ?? ''}"`) : value.slice(0, open).trim();
  if (!quotedName && /["<>]/.test(display)) return undefined;
  return { display, uri, params };
}

export function parseVia(text: string): SipVia | undefined {
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*([^\s/]+)\s+([^;]+)(;.*)?$/is.exec(text.trim());
  const place = match && parseHostPort(match[2] ?? '');
  const params = match && parseParams(match[3] ?? '');
  const transport = match?.[1] ?? '';
  if (!place || !params || !token.test(transport)) return undefined;
  return { transport: transport.toLowerCase(), ...place, params };
}

/** `CSeq: 7 INVITE`; a number over 2^31 - 1 is none (section 8.1.1.5). */
export function parseCseq(text: string): { readonly number: number; readonly method: string } | undefined {
  const match = /^(\d{1,10})\s+(\S+)$/.exec(text.trim());
  const number = Number(match?.[1] ?? Number.NaN);
  return match && number < 2 ** 31 ? { number, method: match[2] ?? '' } : undefined;
}

export function hasOpenQuote(text: string): boolean {
  return text.replace(/\\./gs, '').split('"').length % 2 === 0;
}

/** The content of a quoted string; other text as it is. */
export function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replace(/\\(.)/gs, '$1')
    : text;
}

export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

export function isToken(text: string): boolean {
  return token.test(text);
}

/** A host as it stands in a URI or Via: IPv6 in brackets. */
export function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The user part as a telephone number or name, percent signs decoded and number separators left out. */
export function userOf(uri: string): string {
  const parsed = parseUri(uri);
  if (!parsed) return '';
  const user = (parsed.user.split(/[;:]/, 1)[0] ?? '').replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /^\+?[\d\-.() ]+$/.test(user) ? user.replace(/[^\d+]/g, '') : user;
}
