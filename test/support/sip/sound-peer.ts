import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../../src/telephony/sip/flow.ts';
import { parseRtp, writeRtp, type RtpPacket } from '../../../src/telephony/rtp/packet.ts';

/** The sound of one side of a call, sent and heard packet by packet by a test. */
export interface SoundPeer {
  readonly port: number;
  /** Packets that came, oldest first. */
  readonly heard: readonly RtpPacket[];
  /** Where the first packet came from. */
  firstSender(): Promise<Endpoint>;
  /** Sends one packet; what is not given goes on from the packet before: 20 ms of mu-law silence. */
  send(to: Endpoint, packet?: Partial<RtpPacket>): void;
  /** Sends this many packets, one each 20 ms. */
  talk(to: Endpoint, count: number, packet?: Partial<RtpPacket>): Promise<void>;
  close(): void;
}

const packetSamples = 160;
const packetMs = 20;

/** Opens a socket on an address of this machine. */
export async function openSoundPeer(host = '127.0.0.1'): Promise<SoundPeer> {
  const socket: Socket = createSocket('udp4');
  const heard: RtpPacket[] = [];
  let sequence = 1000;
  let timestamp = 50_000;
  const first = once(socket, 'message') as Promise<[Buffer, Endpoint & { readonly address: string }]>;
  socket.on('message', (bytes) => {
    const packet = parseRtp(bytes);
    if (packet) heard.push(packet);
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  const send: SoundPeer['send'] = (to, packet = {}) => {
    const payload = packet.payload ?? new Uint8Array(packetSamples).fill(0xff);
    const whole = { payloadType: 0, marker: false, sequence, timestamp, ssrc: 7, payload, ...packet };
    sequence = (whole.sequence + 1) & 0xffff;
    timestamp = (whole.timestamp + packetSamples) >>> 0;
    socket.send(writeRtp(whole), to.port, to.host);
  };
  return {
    ...{ port: socket.address().port, heard, send },
    async firstSender() {
      const [, { address, port }] = await first;
      return { host: address, port };
    },
    async talk(to, count, packet) {
      for (let sent = 0; sent < count; sent += 1) {
        send(to, packet);
        await delay(packetMs);
      }
    },
    close: () => void socket.close(),
  };
}
