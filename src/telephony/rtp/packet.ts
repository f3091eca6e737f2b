/** One RTP packet (RFC 3550 section 5.1), without what only mixers need. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  /** 16 bits, runs over. */
  readonly sequence: number;
  /** 32 bits, runs over; in samples of the codec's clock. */
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

const headerBytes = 12;

/** Reads a packet, or undefined when it is none; the payload is a copy. */
export function parseRtp(bytes: Uint8Array): RtpPacket | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  if (first >> 6 !== 2) return undefined;
  let start = headerBytes + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (bytes.length < start + 4) return undefined;
    start += 4 + view.getUint16(start + 2) * 4;
  }
  const padding = first & 0x20 ? view.getUint8(bytes.length - 1) : 0;
  if (first & 0x20 && padding === 0) return undefined;
  const end = bytes.length - padding;
  if (end < start) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: Uint8Array.from(bytes.subarray(start, end)),
  };
}

export function writeRtp(packet: RtpPacket): Uint8Array {
  const bytes = new Uint8Array(headerBytes + packet.payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x80);
  view.setUint8(1, (packet.marker ? 0x80 : 0) | packet.payloadType);
  view.setUint16(2, packet.sequence);
  view.setUint32(4, packet.timestamp);
  view.setUint32(8, packet.ssrc);
  bytes.set(packet.payload, headerBytes);
  return bytes;
}

/** How far `to` is from `from` in a number of `bits` bits that runs over: negative when it lies before. */
export function distance(from: number, to: number, bits: 16 | 32): number {
  const size = 2 ** bits;
  const ahead = (((to - from) % size) + size) % size;
  return ahead >= size / 2 ? ahead - size : ahead;
}
