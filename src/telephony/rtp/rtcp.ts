import type { ReceptionReport } from './statistics.ts';

/** What our own sender has done so far; undefined while nothing was sent. */
export interface SenderReport {
  /** Wall-clock time in milliseconds since 1970, and the RTP time that belongs to it. */
  readonly epochMs: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly bytes: number;
}

export interface RtcpReport {
  readonly ssrc: number;
  readonly sender: SenderReport | undefined;
  readonly reception: ReceptionReport | undefined;
  /** Middle 32 bits of the last sender report's time that came, and how long ago that was, in 1/65536 s. */
  readonly lastSenderReport: { readonly ntp: number; readonly delay: number } | undefined;
  /** Adds a goodbye. */
  readonly bye?: boolean;
}

const senderReport = 200;
const receiverReport = 201;
const description = 202;
const goodbye = 203;
/** Seconds from 1900 (NTP) to 1970. */
const ntpEpochSeconds = 2_208_988_800;

/** A compound packet: sender or receiver report, our name, and at the end a goodbye (RFC 3550 section 6.1). */
export function writeRtcp(report: RtcpReport): Uint8Array {
  const { ssrc, sender, reception } = report;
  const blocks = reception ? 1 : 0;
  const head = Buffer.alloc((sender ? 28 : 8) + blocks * 24);
  writeHead(head, blocks, sender ? senderReport : receiverReport);
  head.writeUInt32BE(ssrc, 4);
  if (sender) {
    const seconds = Math.floor(sender.epochMs / 1000);
    head.writeUInt32BE((seconds + ntpEpochSeconds) >>> 0, 8);
    head.writeUInt32BE(Math.floor(((sender.epochMs - seconds * 1000) / 1000) * 2 ** 32) >>> 0, 12);
    head.writeUInt32BE(sender.timestamp >>> 0, 16);
    head.writeUInt32BE(sender.packets >>> 0, 20);
    head.writeUInt32BE(sender.bytes >>> 0, 24);
  }
  if (reception) {
    const at = head.length - 24;
    head.writeUInt32BE(reception.ssrc, at);
    head.writeUInt8(reception.fractionLost, at + 4);
    head.writeIntBE(reception.lost, at + 5, 3);
    head.writeUInt32BE(reception.highestSequence, at + 8);
    head.writeUInt32BE(reception.jitter >>> 0, at + 12);
    head.writeUInt32BE(report.lastSenderReport?.ntp ?? 0, at + 16);
    head.writeUInt32BE(report.lastSenderReport?.delay ?? 0, at + 20);
  }
  // CNAME "kefu", which need not be unique between two ends of one call.
  const name = Buffer.alloc(16);
  writeHead(name, 1, description);
  name.writeUInt32BE(ssrc, 4);
  name.set([1, 4, ...Buffer.from('kefu')], 8);
  if (!report.bye) return Buffer.concat([head, name]);
  const end = Buffer.alloc(8);
  writeHead(end, 1, goodbye);
  end.writeUInt32BE(ssrc, 4);
  return Buffer.concat([head, name, end]);
}

function writeHead(bytes: Buffer, count: number, type: number): void {
  bytes.writeUInt8(0x80 | count, 0);
  bytes.writeUInt8(type, 1);
  bytes.writeUInt16BE(bytes.length / 4 - 1, 2);
}

/** What the far side says of one source that it hears (RFC 3550 section 6.4.1). */
export interface HeardSource {
  readonly ssrc: number;
  /** Share of packets lost since its last report, 0 to 1; and all packets lost. */
  readonly fractionLost: number;
  readonly lost: number;
  /** In ticks of the source's clock. */
  readonly jitter: number;
  /** Middle 32 bits of the time in the source's last report (0: none came), and how long ago that was, in 1/65536 s. */
  readonly lastSenderReport: number;
  readonly delay: number;
}

/** What a compound packet of the far side tells us. */
export interface RtcpNews {
  /** Middle 32 bits of the sender's time. */
  readonly senderNtp: number | undefined;
  readonly heard: readonly HeardSource[];
  readonly bye: boolean;
}

/** Reads a compound packet, or undefined when it is none. */
export function parseRtcp(bytes: Uint8Array): RtcpNews | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let senderNtp: number | undefined;
  const heard: HeardSource[] = [];
  let bye = false;
  let at = 0;
  if (buffer.length < 8) return undefined;
  while (at + 4 <= buffer.length) {
    const first = buffer.readUInt8(at);
    const type = buffer.readUInt8(at + 1);
    const end = at + (buffer.readUInt16BE(at + 2) + 1) * 4;
    if (first >> 6 !== 2 || end > buffer.length) return undefined;
    if (at === 0 && type !== senderReport && type !== receiverReport) return undefined;
    if (type === senderReport && end >= at + 28) senderNtp = buffer.readUInt32BE(at + 10);
    if (type === senderReport || type === receiverReport) {
      const blocksAt = at + (type === senderReport ? 28 : 8);
      for (let block = 0; block < (first & 0x1f); block += 1) {
        const blockAt = blocksAt + block * 24;
        if (blockAt + 24 <= end) heard.push(heardSourceAt(buffer, blockAt));
      }
    }
    bye ||= type === goodbye;
    at = end;
  }
  return { senderNtp, heard, bye };
}

function heardSourceAt(buffer: Buffer, at: number): HeardSource {
  return {
    ssrc: buffer.readUInt32BE(at),
    fractionLost: buffer.readUInt8(at + 4) / 256,
    lost: buffer.readIntBE(at + 5, 3),
    jitter: buffer.readUInt32BE(at + 12),
    lastSenderReport: buffer.readUInt32BE(at + 16),
    delay: buffer.readUInt32BE(at + 20),
  };
}

/** Middle 32 bits of a time as NTP counts it, in 1/65536 s; runs over every 18 hours. */
export function middleOfNtp(epochMs: number): number {
  return Math.floor(((epochMs / 1000 + ntpEpochSeconds) % 65_536) * 65_536) >>> 0;
}
