import { isToken, parseAddress, parseCseq, parseUri, parseVia } from './grammar.ts';
import { SipHeaders, type SipMessage, type SipRequest } from './message.ts';

/** What came over the wire. */
export type Parsed =
  | { readonly type: 'message'; readonly message: SipMessage }
  /** A request that can be answered, but only with a refusal. */
  | {
      readonly type: 'bad-request';
      readonly request: SipRequest;
      readonly status: number;
      readonly problem: string;
    }
  /** Nothing that could be answered: it is dropped. */
  | { readonly type: 'garbage'; readonly problem: string };

const startLine = /^(\S+) (\S+) SIP\/(\d+\.\d+)$/;
const statusLine = /^SIP\/2\.0 (\d{3})(?: (.*))?$/s;
/** Headers that may come once only (RFC 3261 section 20, table 2). */
const single = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'content-type'] as const;
const required = ['via', 'from', 'to', 'call-id', 'cseq'] as const;
const maxNumber: Readonly<Record<string, number>> = { 'max-forwards': 255, expires: 2 ** 32 - 1 };

/** Where the head of a message ends, or -1. */
export function headEnd(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf('\r\n\r\n');
}

/**
 * Reads one message: a datagram, or a message that `SipFramer` cut out of a stream. Bytes behind the body are ignored, as section
 * 18.3 wants it.
 */
export function parseMessage(bytes: Uint8Array): Parsed {
  let buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Empty lines before a message are allowed (section 7.5).
  while (buffer.length > 1 && buffer[0] === 13 && buffer[1] === 10) buffer = buffer.subarray(2);
  const end = headEnd(buffer);
  if (end < 0) return { type: 'garbage', problem: 'no empty line ends the headers' };
  const head = buffer
    .subarray(0, end)
    .toString('latin1')
    .replace(/\r\n[ \t]+/g, ' ');
  const [first = '', ...lines] = head.split('\r\n');

  const headers = new SipHeaders();
  let badLine = false;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (colon < 0 || !isToken(name)) badLine = true;
    else headers.add(name, line.slice(colon + 1).trim());
  }
  const rest = buffer.subarray(end + 4);
  const lengths = headers.lines('content-length');
  const length = lengths[0] === undefined ? rest.length : contentLength(lengths[0]);
  const body = Uint8Array.from(rest.subarray(0, length ?? 0));

  if (first.startsWith('SIP/')) {
    const match = statusLine.exec(first);
    if (!match) return { type: 'garbage', problem: 'a malformed status line' };
    const status = Number(match[1]);
    const problem =
      badLine || length === undefined ? 'a malformed header' : headerProblem(headers, undefined);
    if (status < 100 || status > 699) return { type: 'garbage', problem: 'a status that does not exist' };
    if (problem !== undefined) return { type: 'garbage', problem: `a response with ${problem}` };
    if (length !== undefined && length > rest.length) {
      return { type: 'garbage', problem: 'a response shorter than it says' };
    }
    return {
      type: 'message',
      message: { type: 'response', status, reason: match[2] ?? '', headers, body },
    };
  }

  const match = startLine.exec(first);
  const loose = /^\s*(\S+)\s+(.*?)\s+SIP\/\d/i.exec(first);
  const method = match?.[1] ?? loose?.[1];
  if (method === undefined || !isToken(method)) return { type: 'garbage', problem: 'no SIP message' };
  const request: SipRequest = { type: 'request', method, uri: match?.[2] ?? loose?.[2] ?? '', headers, body };
  const bad = (problem: string, status = 400): Parsed =>
    // Nobody answers an ACK, and without a Via nobody knows where to.
    method === 'ACK' || headers.get('via') === undefined
      ? { type: 'garbage', problem }
      : { type: 'bad-request', request, status, problem };

  if (!match) return bad('a malformed request line');
  if (match[3] !== '2.0') return bad('another version of SIP', 505);
  if (badLine) return bad('a malformed header line');
  if (length === undefined) return bad('a malformed Content-Length');
  if (length > rest.length) return bad('a body shorter than Content-Length says');
  const uri = parseUri(request.uri);
  if (!uri) return bad('a malformed request URI');
  if (uri.headers !== '') return bad('header fields in the request URI');
  const problem = headerProblem(headers, method);
  return problem === undefined ? { type: 'message', message: request } : bad(problem);
}

export function contentLength(text: string): number | undefined {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}

/** What is wrong with the headers, or undefined; `method` is that of the start line, undefined for responses. */
function headerProblem(headers: SipHeaders, method: string | undefined): string | undefined {
  for (const name of required) if (headers.get(name) === undefined) return `no ${name}`;
  for (const name of single) if (headers.lines(name).length > 1) return `more than one ${name}`;
  const cseq = parseCseq(headers.get('cseq') ?? '');
  if (!cseq) return 'a malformed CSeq';
  if (method !== undefined && cseq.method !== method) return 'a CSeq of another method';
  for (const name of ['from', 'to'] as const) {
    if (!parseAddress(headers.get(name) ?? '')) return `a malformed ${name}`;
  }
  if (/\s|^$/.test(headers.get('call-id') ?? '')) return 'a malformed Call-ID';
  for (const via of headers.list('via')) if (!parseVia(via)) return 'a malformed Via';
  for (const name of ['contact', 'route', 'record-route', 'refer-to'] as const) {
    for (const value of headers.list(name)) {
      const lonelyStar = name === 'contact' && value === '*';
      if (!lonelyStar && !parseAddress(value)) return `a malformed ${name}`;
    }
  }
  for (const contact of headers.list('contact')) {
    const expires = parseAddress(contact)?.params.get('expires');
    if (expires !== undefined && !isNumber(expires, 2 ** 32 - 1)) return 'a malformed expiry of a contact';
  }
  for (const [name, max] of Object.entries(maxNumber)) {
    const value = headers.get(name);
    if (value !== undefined && !isNumber(value, max)) return `a malformed ${name}`;
  }
  return undefined;
}

function isNumber(text: string, max: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) <= max;
}
