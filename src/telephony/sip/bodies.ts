import { noBody, SipHeaders, type SipMessage } from './message.ts';

/** What a message carries: a session description, nothing, or something else, which a request is refused for (415). */
export type SessionBody =
  | { readonly type: 'none' }
  | { readonly type: 'sdp'; readonly bytes: Uint8Array }
  | { readonly type: 'unsupported' };

/** More parts than any gateway sends. */
const maxParts = 20;

/**
 * Finds the session description of a message: its body, or a part of a `multipart/mixed` or `multipart/alternative` body (RFC 5621
 * section 3.1), as gateways to the old network send it together with their own signalling (RFC 3204). Parts of other kinds are left
 * out, unless one says that it must be understood (`handling=required`, RFC 3261 section 20.11).
 */
export function sessionBody({ headers, body }: SipMessage): SessionBody {
  if (body.length === 0) return { type: 'none' };
  const type = mediaType(headers);
  if (type === 'application/sdp') return { type: 'sdp', bytes: body };
  if (type !== 'multipart/mixed' && type !== 'multipart/alternative') return { type: 'unsupported' };
  const parts = partsOf(body, headers.get('content-type') ?? '');
  const description = parts.find((part) => mediaType(part.headers) === 'application/sdp');
  const required = parts.some(
    (part) =>
      part !== description &&
      /;\s*handling\s*=\s*"?required/i.test(part.headers.get('content-disposition') ?? ''),
  );
  if (!description || description.body.length === 0 || required) return { type: 'unsupported' };
  return { type: 'sdp', bytes: description.body };
}

/** The session description of an answer; empty when there is none, or none that can be used. */
export function sessionBytes(message: SipMessage): Uint8Array {
  const found = sessionBody(message);
  return found.type === 'sdp' ? found.bytes : noBody;
}

function mediaType(headers: SipHeaders): string | undefined {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
}

/** The parts of a multipart body (RFC 2046 section 5.1); those that cannot be read are left out. */
function partsOf(body: Uint8Array, contentType: string): { headers: SipHeaders; body: Uint8Array }[] {
  const match = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return [];
  // One byte per character, so that what is binary comes out as it went in.
  const text = `\r\n${Buffer.from(body).toString('latin1')}`;
  return text
    .split(`\r\n--${boundary}`, maxParts + 2)
    .slice(1)
    .filter((part) => !part.startsWith('--'))
    .flatMap((part) => {
      const start = part.indexOf('\r\n');
      const end = part.indexOf('\r\n\r\n');
      if (start < 0 || end < 0) return [];
      const headers = new SipHeaders();
      for (const line of part
        .slice(start + 2, end)
        .replace(/\r\n[ \t]+/g, ' ')
        .split('\r\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) headers.add(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
      }
      const content = part.slice(end + 4);
      return [{ headers, body: content === '' ? noBody : Uint8Array.from(Buffer.from(content, 'latin1')) }];
    });
}
