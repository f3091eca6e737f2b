import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { distance } from './packet.ts';

/** The two suites everybody has (RFC 4568 section 6.2); they differ in the length of the RTP tag. */
export const srtpSuites = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const;
export type SrtpSuite = (typeof srtpSuites)[number];

const keyBytes = 16;
const saltBytes = 14;
/** Length of a master key with its salt. */
export const srtpKeyBytes = keyBytes + saltBytes;
const rtcpTagBytes = 10;
/** Packets older than this many are refused, and of those within, each is taken once. */
const windowPackets = 64;

interface SessionKeys {
  readonly cipher: Buffer;
  readonly salt: Buffer;
  readonly auth: Buffer;
}

/** Encrypts or decrypts one direction of a stream (RFC 3711): AES in counter mode, HMAC-SHA1. */
export class SrtpContext {
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #tagBytes: number;
  /** By SSRC: the highest index and which of the last ones have come. */
  readonly #seen = new Map<string, { highest: number; window: bigint }>();
  #rtcpIndex = 0;

  /** @param key - Master key (16 bytes) and salt (14 bytes). */
  constructor(suite: SrtpSuite, key: Uint8Array) {
    const master = Buffer.from(key.subarray(0, keyBytes));
    const salt = Buffer.from(key.subarray(keyBytes, srtpKeyBytes));
    this.#rtp = sessionKeys(master, salt, 0);
    this.#rtcp = sessionKeys(master, salt, 3);
    this.#tagBytes = suite === 'AES_CM_128_HMAC_SHA1_32' ? 4 : 10;
  }

  protectRtp(packet: Uint8Array): Uint8Array {
    const bytes = Buffer.from(packet);
    const ssrc = bytes.readUInt32BE(8);
    const index = this.#indexOf(`out ${ssrc}`, bytes.readUInt16BE(2));
    this.#note(`out ${ssrc}`, index);
    const start = rtpHeaderBytes(bytes);
    const body = crypt(this.#rtp, ssrc, index, bytes.subarray(start));
    const whole = Buffer.concat([bytes.subarray(0, start), body]);
    return Buffer.concat([whole, rtpTag(this.#rtp, whole, index).subarray(0, this.#tagBytes)]);
  }

  /** The plain packet, or undefined when it is forged, damaged or has come before. */
  unprotectRtp(packet: Uint8Array): Uint8Array | undefined {
    const bytes = Buffer.from(packet);
    const end = bytes.length - this.#tagBytes;
    if (end < 12) return undefined;
    const ssrc = bytes.readUInt32BE(8);
    const whole = bytes.subarray(0, end);
    const start = rtpHeaderBytes(whole);
    if (start > end) return undefined;
    const source = `in ${ssrc}`;
    const index = this.#indexOf(source, bytes.readUInt16BE(2));
    if (
      index < 0 ||
      !sameBytes(rtpTag(this.#rtp, whole, index).subarray(0, this.#tagBytes), bytes.subarray(end))
    ) {
      return undefined;
    }
    if (!this.#note(source, index)) return undefined;
    return Buffer.concat([whole.subarray(0, start), crypt(this.#rtp, ssrc, index, whole.subarray(start))]);
  }

  protectRtcp(packet: Uint8Array): Uint8Array {
    const bytes = Buffer.from(packet);
    const ssrc = bytes.readUInt32BE(4);
    const index = this.#rtcpIndex;
    this.#rtcpIndex = (this.#rtcpIndex + 1) & 0x7fffffff;
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE((0x80000000 | index) >>> 0);
    const whole = Buffer.concat([
      bytes.subarray(0, 8),
      crypt(this.#rtcp, ssrc, index, bytes.subarray(8)),
      tail,
    ]);
    return Buffer.concat([whole, hmac(this.#rtcp.auth, whole).subarray(0, rtcpTagBytes)]);
  }

  unprotectRtcp(packet: Uint8Array): Uint8Array | undefined {
    const bytes = Buffer.from(packet);
    const end = bytes.length - rtcpTagBytes;
    if (end < 12) return undefined;
    const whole = bytes.subarray(0, end);
    if (!sameBytes(hmac(this.#rtcp.auth, whole).subarray(0, rtcpTagBytes), bytes.subarray(end)))
      return undefined;
    const tail = whole.readUInt32BE(end - 4);
    const index = tail & 0x7fffffff;
    const ssrc = bytes.readUInt32BE(4);
    if (!this.#note(`rtcp ${ssrc}`, index)) return undefined;
    const body = whole.subarray(8, end - 4);
    const encrypted = (tail & 0x80000000) !== 0;
    return Buffer.concat([whole.subarray(0, 8), encrypted ? crypt(this.#rtcp, ssrc, index, body) : body]);
  }

  /** The packet's number beyond 16 bits: the one nearest to the highest so far (section 3.3.1). */
  #indexOf(source: string, sequence: number): number {
    const seen = this.#seen.get(source);
    return seen ? seen.highest + distance(seen.highest & 0xffff, sequence, 16) : sequence;
  }

  /** Notes that a packet was taken; false when it came before or is too old to tell. */
  #note(source: string, index: number): boolean {
    const seen = this.#seen.get(source);
    if (!seen) {
      this.#seen.set(source, { highest: index, window: 1n });
      return true;
    }
    const ahead = index - seen.highest;
    if (ahead > 0) {
      seen.window = BigInt.asUintN(
        windowPackets,
        (seen.window << BigInt(Math.min(ahead, windowPackets))) | 1n,
      );
      seen.highest = index;
      return true;
    }
    if (-ahead >= windowPackets) return false;
    const bit = 1n << BigInt(-ahead);
    if (seen.window & bit) return false;
    seen.window |= bit;
    return true;
  }
}

/** Keys of a session out of the master key, by label: 0-2 for RTP, 3-5 for RTCP (section 4.3). */
function sessionKeys(master: Buffer, salt: Buffer, firstLabel: number): SessionKeys {
  const derive = (label: number, size: number): Buffer => {
    const iv = Buffer.alloc(16);
    salt.copy(iv);
    iv.writeUInt8(iv.readUInt8(7) ^ label, 7);
    return createCipheriv('aes-128-ctr', master, iv).update(Buffer.alloc(size));
  };
  return {
    cipher: derive(firstLabel, 16),
    auth: derive(firstLabel + 1, 20),
    salt: derive(firstLabel + 2, 14),
  };
}

function crypt(keys: SessionKeys, ssrc: number, index: number, body: Uint8Array): Buffer {
  const iv = Buffer.alloc(16);
  keys.salt.copy(iv);
  iv.writeUInt32BE((iv.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  const high = Math.floor(index / 2 ** 32);
  iv.writeUInt16BE(iv.readUInt16BE(8) ^ high, 8);
  iv.writeUInt32BE((iv.readUInt32BE(10) ^ (index >>> 0)) >>> 0, 10);
  return createCipheriv('aes-128-ctr', keys.cipher, iv).update(body);
}

function rtpTag(keys: SessionKeys, whole: Buffer, index: number): Buffer {
  const rollover = Buffer.alloc(4);
  rollover.writeUInt32BE(Math.floor(index / 0x10000) >>> 0);
  return hmac(keys.auth, Buffer.concat([whole, rollover]));
}

function hmac(key: Buffer, bytes: Uint8Array): Buffer {
  return createHmac('sha1', key).update(bytes).digest();
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function rtpHeaderBytes(bytes: Buffer): number {
  const start = 12 + (bytes.readUInt8(0) & 0x0f) * 4;
  if ((bytes.readUInt8(0) & 0x10) === 0) return start;
  return bytes.length < start + 4 ? start : start + 4 + bytes.readUInt16BE(start + 2) * 4;
}
