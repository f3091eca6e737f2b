import { parseMessage } from '../../../src/telephony/sip/parse.ts';
import type { SipRequest, SipResponse } from '../../../src/telephony/sip/message.ts';
import type { Endpoint, SipFlow, SipTransportName } from '../../../src/telephony/sip/flow.ts';

/** A message as text, with line ends as SIP wants them and the right Content-Length. */
export function sipText(lines: readonly string[], body = ''): Uint8Array {
  return Buffer.from([...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
}

export interface RequestParts {
  readonly method?: string;
  readonly uri?: string;
  readonly branch?: string;
  readonly callId?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cseq?: number;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A request of a well-behaved peer at 192.0.2.1. */
export function requestText(parts: RequestParts = {}): Uint8Array {
  const method = parts.method ?? 'INVITE';
  return sipText(
    [
      `${method} ${parts.uri ?? 'sip:shop@192.0.2.9'} SIP/2.0`,
      `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${parts.branch ?? 'z9hG4bKone'};rport`,
      `From: ${parts.from ?? '<sip:+15551234567@192.0.2.1>;tag=caller'}`,
      `To: ${parts.to ?? '<sip:shop@192.0.2.9>'}`,
      `Call-ID: ${parts.callId ?? 'call-one'}`,
      `CSeq: ${parts.cseq ?? 1} ${method}`,
      'Contact: <sip:caller@192.0.2.1:5060>',
      ...(parts.headers ?? []),
    ],
    parts.body ?? '',
  );
}

export function asRequest(bytes: Uint8Array): SipRequest {
  const parsed = parseMessage(bytes);
  if (parsed.type !== 'message' || parsed.message.type !== 'request') throw new Error('this is no request');
  return parsed.message;
}

export function asResponse(bytes: Uint8Array): SipResponse {
  const parsed = parseMessage(bytes);
  if (parsed.type !== 'message' || parsed.message.type !== 'response') throw new Error('this is no response');
  return parsed.message;
}

/** A flow that keeps what is sent. */
export function keepingFlow(
  transport: SipTransportName = 'udp',
  remote: Endpoint = { host: '192.0.2.1', port: 5060 },
): SipFlow & { readonly sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const local = { host: '192.0.2.9', port: 5060 };
  return { transport, remote, local, sent, send: (bytes) => void sent.push(bytes) };
}

/** The first line of each message sent, without the version. */
export function firstLines(sent: readonly Uint8Array[]): string[] {
  return sent.map((bytes) =>
    (Buffer.from(bytes).toString().split('\r\n')[0] ?? '').replace(/ ?SIP\/2\.0 ?/, ''),
  );
}
