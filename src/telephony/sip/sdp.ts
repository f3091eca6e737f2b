import { isIP } from 'node:net';
import type { KeyFormat } from '../rtp/keys.ts';
import { factsOf, packetMs, type SipCodec } from './codecs.ts';

/** Which way sound goes, as the one who writes the description sees it. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface SdpCodec {
  readonly payloadType: number;
  /** In upper case, such as `PCMU` or `TELEPHONE-EVENT`. */
  readonly name: string;
  readonly rateHz: number;
  readonly fmtp: string | undefined;
}

/** A key for SRTP (RFC 4568), as it stands in `a=crypto`. */
export interface SdpCrypto {
  readonly tag: number;
  readonly suite: string;
  /** Master key and salt. */
  readonly key: Uint8Array;
}

/** The first audio line of a description. */
export interface SdpAudio {
  readonly address: string;
  /** 0: the line is switched off. */
  readonly port: number;
  readonly rtcpPort: number;
  readonly rtcpMux: boolean;
  readonly protocol: string;
  readonly codecs: readonly SdpCodec[];
  readonly direction: Direction;
  readonly cryptos: readonly SdpCrypto[];
}

export interface Sdp {
  readonly audio: SdpAudio | undefined;
  /** Every media line as `audio 49170 RTP/AVP 0`; an answer must have as many. */
  readonly lines: readonly { readonly kind: string; readonly protocol: string; readonly formats: string }[];
  /** Which of `lines` `audio` is. */
  readonly audioIndex: number;
}

/** Payload types that need no rtpmap (RFC 3551). */
const staticCodecs: Readonly<Record<number, readonly [name: string, rateHz: number]>> = {
  0: ['PCMU', 8000],
  8: ['PCMA', 8000],
  9: ['G722', 8000],
  13: ['CN', 8000],
};
const directions: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const maxLines = 500;
const maxPort = 65_535;

interface Section {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: string;
  address: string | undefined;
  direction: Direction | undefined;
  readonly attributes: string[];
}

/** Reads a session description (RFC 8866), or tells why it is none. */
export function parseSdp(body: Uint8Array): Sdp | { readonly problem: string } {
  const lines = Buffer.from(body)
    .toString('latin1')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  if (lines[0] !== 'v=0') return { problem: 'it does not begin with v=0' };
  if (lines.length > maxLines) return { problem: 'it is too long' };
  const session: { address: string | undefined; direction: Direction } = {
    address: undefined,
    direction: 'sendrecv',
  };
  const sections: Section[] = [];
  for (const line of lines) {
    if (line[1] !== '=') return { problem: `a line without "=" (${line.slice(0, 20)})` };
    const value = line.slice(2).trim();
    const section = sections.at(-1);
    if (line.startsWith('m=')) {
      const match = /^(\S+) (\d{1,5})(?:\/\d+)? (\S+) (.+)$/.exec(value);
      if (!match || Number(match[2]) > maxPort) return { problem: 'a malformed m line' };
      const [, kind = '', port, protocol = '', formats = ''] = match;
      sections.push({
        ...{ kind: kind.toLowerCase(), port: Number(port), protocol: protocol.toUpperCase(), formats },
        ...{ address: undefined, direction: undefined, attributes: [] },
      });
    } else if (line.startsWith('c=')) {
      const address = /^IN IP[46] ([^\s/]+)/i.exec(value)?.[1];
      if (address === undefined) return { problem: 'a malformed c line' };
      (section ?? session).address = address.toLowerCase();
    } else if (line.startsWith('a=')) {
      if (directions.includes(value)) (section ?? session).direction = value as Direction;
      section?.attributes.push(value);
    }
  }
  const audioIndex = sections.findIndex(({ kind, port }) => kind === 'audio' && port !== 0);
  const section = sections[audioIndex];
  const audio = section && audioOf(section, session);
  if (typeof audio === 'string') return { problem: audio };
  return {
    audio,
    audioIndex,
    lines: sections.map(({ kind, protocol, formats }) => ({ kind, protocol, formats })),
  };
}

function audioOf(
  section: Section,
  session: { readonly address: string | undefined; readonly direction: Direction },
): SdpAudio | string {
  const address = section.address ?? session.address;
  if (address === undefined) return 'no c line';
  const attribute = (name: string): string[] =>
    section.attributes
      .filter((text) => text.startsWith(`${name}:`))
      .map((text) => text.slice(name.length + 1));
  const maps = new Map<number, string>();
  for (const text of attribute('rtpmap')) {
    const match = /^(\d+)\s+(\S+)/.exec(text);
    if (match) maps.set(Number(match[1]), match[2] ?? '');
  }
  const codecs: SdpCodec[] = [];
  for (const format of section.formats.split(/\s+/)) {
    const payloadType = Number(format);
    if (!/^\d{1,3}$/.test(format) || payloadType > 127) return `a payload type that is none (${format})`;
    const [name, rate] = maps.get(payloadType)?.split('/') ?? [];
    const [usualName, usualRate] = staticCodecs[payloadType] ?? [];
    if (name === undefined && usualName === undefined) continue;
    codecs.push({
      payloadType,
      name: (name ?? usualName ?? '').toUpperCase(),
      rateHz: rate === undefined ? (usualRate ?? 8000) : Number(rate),
      fmtp: attribute('fmtp')
        .find((text) => text.startsWith(`${payloadType} `))
        ?.slice(format.length + 1),
    });
  }
  // RFC 3605; a port that cannot be is as good as none, and 0 means that no reports are wanted.
  const ports = [Number(/^\d+/.exec(attribute('rtcp')[0] ?? '')?.[0]), section.port + 1];
  const rtcp = ports.find((port) => port > 0 && port <= maxPort) ?? 0;
  // Old peers put a call on hold by an address of zeros (RFC 3264 section 8.4).
  const held = address === '0.0.0.0' || address === '::';
  return {
    ...{ address, port: section.port, rtcpPort: rtcp, rtcpMux: section.attributes.includes('rtcp-mux') },
    protocol: section.protocol,
    codecs,
    direction: held ? 'inactive' : (section.direction ?? session.direction),
    cryptos: attribute('crypto').flatMap((text) => cryptoOf(text) ?? []),
  };
}

function cryptoOf(text: string): SdpCrypto | undefined {
  const match = /^(\d{1,9})\s+(\S+)\s+inline:([A-Za-z0-9+/=]+)/.exec(text);
  if (!match) return undefined;
  return { tag: Number(match[1]), suite: match[2] ?? '', key: Buffer.from(match[3] ?? '', 'base64') };
}

/** What both sides have in common. */
export interface AgreedAudio {
  readonly codec: SipCodec;
  readonly payloadType: number;
  /** Undefined when the far side takes no keys. */
  readonly keys: KeyFormat | undefined;
}

/** The first codec of the far side's list that we allow; undefined when there is none. */
export function agree(audio: SdpAudio, allowed: readonly SipCodec[]): AgreedAudio | undefined {
  for (const { name, rateHz, payloadType } of audio.codecs) {
    const codec = allowed.find((one) => one.toUpperCase() === name && factsOf(one).clockHz === rateHz);
    if (codec === undefined) continue;
    const events = audio.codecs.filter((one) => one.name === 'TELEPHONE-EVENT');
    // Keys should run on the clock of the sound (RFC 4733 section 2.5.1.2); some peers know only that of G.711.
    const keys = events.find((one) => one.rateHz === rateHz) ?? events.find((one) => one.rateHz === 8000);
    return {
      ...{ codec, payloadType },
      keys: keys && { payloadType: keys.payloadType, clockHz: keys.rateHz },
    };
  }
  return undefined;
}

/** Our own side of a description. */
export interface LocalAudio {
  readonly address: string;
  readonly port: number;
  readonly direction: Direction;
  /** Number of the session and how often it has changed. */
  readonly sessionId: number;
  readonly version: number;
  readonly crypto?: SdpCrypto | undefined;
}

/** What our direction becomes when the far side has said its own (RFC 3264 section 6.1). */
export function answerDirection(offered: Direction): Direction {
  if (offered === 'sendonly') return 'recvonly';
  return offered === 'recvonly' ? 'sendonly' : offered;
}

/**
 * The payload types under which we offer keys, by their clock. They should run on that of the sound (RFC 4733 section 2.5.1.2); that of G.711 is
 * always offered, since some peers know no other.
 */
const usualKeys: KeyFormat = { payloadType: 101, clockHz: 8000 };
const opusKeys: KeyFormat = { payloadType: 110, clockHz: 48_000 };

/** A codec in a description of ours. */
type NamedCodec = readonly [payloadType: number, codec: SipCodec];

/** An offer of every codec allowed, with keys. */
export function writeOffer(local: LocalAudio, allowed: readonly SipCodec[]): Uint8Array {
  const codecs = allowed.map((codec): NamedCodec => [factsOf(codec).payloadType, codec]);
  const keys = allowed.includes('opus') ? [opusKeys, usualKeys] : [usualKeys];
  return writeLines(local, [audioLines(local, codecs, keys)]);
}

/** An answer: every line of the offer, all but the sound we agreed on switched off. */
export function writeAnswer(local: LocalAudio, offer: Sdp, agreed: AgreedAudio): Uint8Array {
  const keys = agreed.keys ? [agreed.keys] : [];
  const sections = offer.lines.map(({ kind, protocol, formats }, index) =>
    index === offer.audioIndex
      ? audioLines(local, [[agreed.payloadType, agreed.codec]], keys, protocol)
      : [`m=${kind} 0 ${protocol} ${formats}`],
  );
  return writeLines(local, sections);
}

function audioLines(
  local: LocalAudio,
  codecs: readonly NamedCodec[],
  keys: readonly KeyFormat[],
  protocol = local.crypto ? 'RTP/SAVP' : 'RTP/AVP',
): string[] {
  const types = [...codecs.map(([type]) => type), ...keys.map(({ payloadType }) => payloadType)];
  return [
    `m=audio ${local.port} ${protocol} ${types.join(' ')}`,
    ...codecs.flatMap(([type, codec]) => codecLines(type, codec)),
    ...keys.flatMap(({ payloadType, clockHz }) => [
      `a=rtpmap:${payloadType} telephone-event/${clockHz}`,
      `a=fmtp:${payloadType} 0-15`,
    ]),
    ...(local.crypto
      ? [
          `a=crypto:${local.crypto.tag} ${local.crypto.suite} inline:${Buffer.from(local.crypto.key).toString('base64')}`,
        ]
      : []),
    `a=ptime:${packetMs}`,
    `a=${local.direction}`,
  ];
}

function codecLines(type: number, codec: SipCodec): string[] {
  const { clockHz, channels, parameters } = factsOf(codec);
  const map = [codec, clockHz, ...(channels === undefined ? [] : [channels])].join('/');
  return [`a=rtpmap:${type} ${map}`, ...(parameters === undefined ? [] : [`a=fmtp:${type} ${parameters}`])];
}

function writeLines(local: LocalAudio, sections: readonly (readonly string[])[]): Uint8Array {
  const family = isIP(local.address) === 6 ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=kefu ${local.sessionId} ${local.version} IN ${family} ${local.address}`,
    's=-',
    `c=IN ${family} ${local.address}`,
    't=0 0',
    ...sections.flat(),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
}
