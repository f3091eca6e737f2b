import { isIP } from 'node:net';
import type { Endpoint } from './flow.ts';

/** One datagram of a capture. */
export interface CapturedPacket {
  readonly atEpochMs: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: Uint8Array;
}

/** Largest packet that a reader is told to expect. */
const snapLength = 262_144;
/** Packets begin with their IP header, version 4 or 6 (LINKTYPE_RAW of the registry of link-layer types). */
const rawIp = 101;
const udpHeaderBytes = 8;
const udpProtocol = 17;

/** The beginning of a capture file: version 2.4, little-endian, times in microseconds (draft-ietf-opsawg-pcap). */
export function pcapHeader(): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(snapLength, 16);
  header.writeUInt32LE(rawIp, 20);
  return header;
}

/**
 * One packet of a capture file, as a UDP datagram. What came over TCP or TLS is written as one, too: Kefu sees messages, not segments,
 * and what was encrypted can be read like this.
 */
export function pcapPacket({ atEpochMs, from, to, payload }: CapturedPacket): Uint8Array {
  const udp = Buffer.alloc(udpHeaderBytes);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(udpHeaderBytes + payload.byteLength, 4);
  // No checksum (0) is allowed over IPv4; readers do not check it over IPv6.
  const six = isIP(from.host) === 6 && isIP(to.host) === 6;
  const ip = six ? ipv6Header(from, to, payload.byteLength) : ipv4Header(from, to, payload.byteLength);
  const packet = Buffer.concat([ip, udp, payload]);
  const record = Buffer.alloc(16);
  record.writeUInt32LE(Math.floor(atEpochMs / 1000), 0);
  record.writeUInt32LE(Math.floor((atEpochMs % 1000) * 1000), 4);
  record.writeUInt32LE(packet.length, 8);
  record.writeUInt32LE(packet.length, 12);
  return Buffer.concat([record, packet]);
}

function ipv4Header(from: Endpoint, to: Endpoint, payloadBytes: number): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(header.length + udpHeaderBytes + payloadBytes, 2);
  header[8] = 64;
  header[9] = udpProtocol;
  header.set(ipv4Bytes(from.host), 12);
  header.set(ipv4Bytes(to.host), 16);
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.writeUInt16BE(~sum & 0xffff, 10);
  return header;
}

function ipv6Header(from: Endpoint, to: Endpoint, payloadBytes: number): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(udpHeaderBytes + payloadBytes, 4);
  header[6] = udpProtocol;
  header[7] = 64;
  header.set(ipv6Bytes(from.host), 8);
  header.set(ipv6Bytes(to.host), 24);
  return header;
}

/** Four bytes; zeros for what is no such address. */
function ipv4Bytes(host: string): Uint8Array {
  return Uint8Array.from(isIP(host) === 4 ? host.split('.').map(Number) : [0, 0, 0, 0]);
}

function ipv6Bytes(host: string): Uint8Array {
  const [head = '', tail] = host.split('::');
  const groups = (text: string | undefined): string[] =>
    (text ?? '').split(':').filter((group) => group !== '');
  const left = groups(head);
  const right = groups(tail);
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return Uint8Array.from(
    [...left, ...zeros, ...right].slice(0, 8).flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}
