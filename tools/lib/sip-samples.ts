import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who sends a message, and in which call. */
export interface SampleCaller {
  readonly host: string;
  readonly port: number;
  readonly transport: 'UDP' | 'TCP';
  readonly callId: string;
  /** Tells one caller's messages from each other's. */
  readonly branch: string;
  readonly cseq: number;
  /** The tag that the other side gave the call, within it. */
  readonly toTag?: string | undefined;
}

/** A description as callers offer it; `srtpKey` makes it one of encrypted sound (RFC 4568). */
export function sampleOffer(host: string, rtpPort: number, srtpKey?: Uint8Array): string {
  const protocol = srtpKey === undefined ? 'RTP/AVP' : 'RTP/SAVP';
  const crypto =
    srtpKey === undefined
      ? []
      : [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.from(srtpKey).toString('base64')}`];
  return [
    ...['v=0', `o=sample 1 1 IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0'],
    ...[`m=audio ${rtpPort} ${protocol} 0 8 9 13 101`, 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:8 PCMA/8000'],
    ...['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', `a=rtcp:${rtpPort + 1}`, ...crypto],
    ...['a=ptime:20', 'a=sendrecv', ''],
  ].join('\r\n');
}

/** A request as a well-behaved caller writes it, with a body of the given type. */
export function sampleRequest(
  method: string,
  caller: SampleCaller,
  more: readonly string[] = [],
  body = '',
): Uint8Array {
  const { host, port, transport, callId, branch, cseq, toTag } = caller;
  const lines = [
    `${method} sip:shop@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/${transport} ${host}:${port};branch=z9hG4bK${branch};rport`,
    `From: "A caller" <sip:+15551234567@${host}:${port}>;tag=caller`,
    `To: <sip:shop@127.0.0.1>${toTag === undefined ? '' : `;tag=${toTag}`}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:caller@${host}:${port}>`,
    'Max-Forwards: 70',
    'Supported: timer, 100rel, replaces',
    ...more,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ];
  return Buffer.from(lines.join('\r\n'));
}

/** Requests of every kind within a call; each has its own number. */
export function sampleRequestsWithin(caller: SampleCaller, rtpPort: number): Uint8Array[] {
  const sdp = ['Content-Type: application/sdp'];
  const offer = sampleOffer(caller.host, rtpPort);
  const kinds: readonly (readonly [method: string, more: readonly string[], body: string])[] = [
    ['INVITE', [...sdp, 'Session-Expires: 1800;refresher=uac', 'Min-SE: 90'], offer],
    ['INVITE', sdp, offer.replace('sendrecv', 'sendonly').replace(' 0 8 9', ' 8 0 9')],
    ['UPDATE', sdp, offer],
    ['INFO', ['Content-Type: application/dtmf-relay'], 'Signal=5\r\nDuration=160\r\n'],
    ['INFO', ['Content-Type: application/dtmf'], '5'],
    [
      'NOTIFY',
      ['Event: refer', 'Subscription-State: active', 'Content-Type: message/sipfrag'],
      'SIP/2.0 180 Ringing',
    ],
    [
      'REFER',
      ['Refer-To: <sip:+4930123@127.0.0.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>', 'Referred-By: <sip:a@b>'],
      '',
    ],
    ['PRACK', ['RAck: 1 1 INVITE'], ''],
    ['OPTIONS', ['Accept: application/sdp'], ''],
    ['MESSAGE', ['Content-Type: text/plain'], 'Hello'],
    ['CANCEL', ['Reason: SIP;cause=200;text="Call completed elsewhere"'], ''],
  ];
  return kinds.map(([method, more, body], index) =>
    sampleRequest(
      method,
      { ...caller, cseq: caller.cseq + index, branch: `${caller.branch}-${index}` },
      more,
      body,
    ),
  );
}

/** Every message of a folder, such as those of RFC 4475: files that end in `.dat`. */
export function messagesOf(folder: string): Uint8Array[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.dat'))
    .sort()
    .map((name) => readFileSync(join(folder, name)));
}
