/** Header names in their compact form (RFC 3261 section 7.3.3, RFC 3515, 3892, 4028, 6665). */
const compactNames: Readonly<Record<string, string>> = {
  b: 'referred-by',
  c: 'content-type',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
};

interface HeaderLine {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

function keyOf(name: string): string {
  const lower = name.toLowerCase();
  return compactNames[lower] ?? lower;
}

/** The header lines of a message, in order. Names are compared without case; compact forms count as the long ones. */
export class SipHeaders {
  #lines: HeaderLine[] = [];

  /** The first value under this name. */
  get(name: string): string | undefined {
    const key = keyOf(name);
    return this.#lines.find((line) => line.key === key)?.value;
  }

  /** Every line's value under this name, as written: one line may hold a list. */
  lines(name: string): string[] {
    const key = keyOf(name);
    return this.#lines.filter((line) => line.key === key).map((line) => line.value);
  }

  /** The members of a header that is a list, over all of its lines. */
  list(name: string): string[] {
    return this.lines(name).flatMap((value) => splitOutsideQuotes(value, ','));
  }

  add(name: string, value: string): this {
    this.#lines.push({ name, key: keyOf(name), value });
    return this;
  }

  /** Replaces every line of this name by one, at the place of the first. */
  set(name: string, value: string): this {
    const key = keyOf(name);
    const at = this.#lines.findIndex((line) => line.key === key);
    if (at < 0) return this.add(name, value);
    const kept = this.#lines.filter((line, index) => index === at || line.key !== key);
    this.#lines = kept.map((line) => (line.key === key ? { name, key, value } : line));
    return this;
  }

  entries(): readonly (readonly [name: string, value: string])[] {
    return this.#lines.map(({ name, value }) => [name, value]);
  }
}

export interface SipRequest {
  readonly type: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: SipHeaders;
  readonly body: Uint8Array;
}

export interface SipResponse {
  readonly type: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
  readonly body: Uint8Array;
}

export type SipMessage = SipRequest | SipResponse;

export const noBody = new Uint8Array(0);

/**
 * The bytes of a message. Text is one byte per character (latin1), as the parser reads it, so that what a peer wrote comes back to
 * it byte by byte, in whatever encoding. Content-Length is always right.
 */
export function serializeMessage(message: SipMessage): Uint8Array {
  const first =
    message.type === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = message.headers
    .entries()
    .filter(([name]) => keyOf(name) !== 'content-length')
    .map(([name, value]) => `${name}: ${value}`);
  const head = [first, ...lines, `Content-Length: ${message.body.byteLength}`, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), message.body]);
}

/** Splits at a separator that stands outside of quotes, angle brackets and comments; parts are trimmed, empty ones left out. */
export function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (quoted) {
      if (char === '\\') index += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<' || char === '(') depth += 1;
    else if (char === '>' || char === ')') depth = Math.max(0, depth - 1);
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** What the statuses that Kefu sends are called. */
const reasons: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  302: 'Moved Temporarily',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  422: 'Session Interval Too Small',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  603: 'Decline',
};

/** What a status is called. */
export function reasonOf(status: number): string {
  return reasons[status] ?? 'Unknown';
}

export interface ResponseParts {
  /** Several values of one name become several lines. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: Uint8Array;
  /** Put into To when the request has none there. */
  readonly toTag?: string | undefined;
  readonly reason?: string | undefined;
}

/** A response to a request, with what RFC 3261 section 8.2.6 copies from it. */
export function responseTo(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
  const headers = new SipHeaders();
  for (const via of request.headers.lines('via')) headers.add('Via', via);
  const to = request.headers.get('to');
  const tagged = to === undefined || /;\s*tag\s*=/i.test(to.slice(to.lastIndexOf('>') + 1));
  const copied: readonly (readonly [string, string | readonly string[] | undefined])[] = [
    ['From', request.headers.get('from')],
    ['To', tagged || parts.toTag === undefined ? to : `${to};tag=${parts.toTag}`],
    ['Call-ID', request.headers.get('call-id')],
    ['CSeq', request.headers.get('cseq')],
    ...Object.entries(parts.headers ?? {}),
  ];
  for (const [name, values = []] of copied) for (const value of [values].flat()) headers.add(name, value);
  // A dialog's route is the one the request came by (section 12.1.1).
  if (request.method === 'INVITE' && status > 100 && status < 300) {
    for (const route of request.headers.lines('record-route')) headers.add('Record-Route', route);
  }
  const reason = parts.reason ?? reasonOf(status);
  return { type: 'response', status, reason, headers, body: parts.body ?? noBody };
}
