import { sessionBody } from './bodies.ts';
import type { SipRequest } from './message.ts';
import { sdpType } from './negotiation.ts';
import { minSessionSeconds, parseSessionExpires } from './session-timer.ts';

export interface InviteRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Why an INVITE is refused before anybody is asked, or undefined. */
export function refusalOf(request: SipRequest): InviteRefusal | undefined {
  const { headers } = request;
  const sdp = { Accept: sdpType };
  if (sessionBody(request).type === 'unsupported') return { status: 415, headers: sdp };
  if (headers.get('content-encoding') !== undefined)
    return { status: 415, headers: { 'Accept-Encoding': 'identity' } };
  const accepts = headers.list('accept').map((entry) => entry.split(';')[0]?.trim().toLowerCase());
  const sdpFits = [sdpType, 'application/*', '*/*'].some((kind) => accepts.includes(kind));
  if (accepts.length > 0 && !sdpFits) return { status: 406, headers: sdp };
  const expiry = parseSessionExpires(headers, 'uas');
  if (expiry && expiry.seconds < minSessionSeconds)
    return { status: 422, headers: { 'Min-SE': String(minSessionSeconds) } };
  return undefined;
}
