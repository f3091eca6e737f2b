import { createRandom } from '../../../src/commerce/demo-shop/random.ts';
import { createCodec } from '../../../src/media/codec.ts';
import { createInbound, type InboundStats } from '../../../src/media/inbound.ts';
import { createResampler } from '../../../src/media/resampler.ts';
import { writeRtp } from '../../../src/telephony/rtp/packet.ts';
import { RtpSession } from '../../../src/telephony/rtp/session.ts';
import { factsOf, type SipCodec } from '../../../src/telephony/sip/codecs.ts';
import { createCapturedLog } from '../../../test/support/captured-log.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { fakeSockets } from '../../../test/support/sip/fake-line.ts';
import { joined } from '../../../test/support/tones.ts';

/** What a network does to packets, each by itself. */
export interface Network {
  /** Share of packets that never come. */
  readonly lostShare: number;
  /** Every packet takes up to this much longer or shorter than the mean, evenly spread; so they overtake each other. */
  readonly jitterMs: number;
}

/** Sound at 16 kHz, as a call hears it, and what became of its packets. */
export interface Heard {
  readonly samples: Int16Array;
  readonly stats: InboundStats;
  /** Interarrival jitter as RFC 3550 reckons it. */
  readonly jitterMs: number;
}

const rateHz = 16_000;
const far = { host: '192.0.2.1', port: 4000 };
const payloadType = 96;
const ssrc = 1;

/**
 * Sends sound at 16 kHz through a codec, RTP packets, a network, and the receiving half of a SIP call: `RtpSession` and `Inbound`, as
 * they are in Kefu; only clock and sockets are played.
 */
export function throughLine(sound: Int16Array, codec: SipCodec, network: Network, seed: number): Heard {
  const { format, clockHz } = factsOf(codec);
  const { sampleRateHz, packetMs } = format;
  const random = createRandom(seed);
  const encoder = createCodec(format.codec);
  const wireSound = createResampler(rateHz, sampleRateHz).process(sound);
  const packetSamples = (sampleRateHz * packetMs) / 1000;
  const packets = Array.from({ length: Math.floor(wireSound.length / packetSamples) }, (_, index) => ({
    payload: encoder.encode(wireSound.subarray(index * packetSamples, (index + 1) * packetSamples)),
    index,
    atMs: (index + 1) * packetMs + network.jitterMs * 2 * random.next(),
    lost: random.chance(network.lostShare),
  }));

  const clock = new ManualClock();
  const sockets = fakeSockets();
  const frames: Int16Array[] = [];
  const inbound = createInbound({
    ...{ format, clock, outputRateHz: rateHz },
    onFrame: ({ samples }) => frames.push(samples),
  });
  const session = new RtpSession({
    ...{ sockets, clock, log: createCapturedLog() },
    onPacket: (payload, sequence, mediaMs) => inbound.push({ payload, sequence, mediaMs }),
    onKey: () => undefined,
    onMark: () => undefined,
    onHeard: () => undefined,
  });
  session.agree({
    ...{ remote: far, remoteRtcpPort: far.port + 1, rtcpMux: false, peerHost: far.host, srtp: undefined },
    ...{
      payloadType,
      clockHz,
      silence: [new Uint8Array(160)],
      keys: undefined,
      sending: true,
      receiving: true,
    },
  });
  for (const { payload, index, atMs, lost } of packets.sort((a, b) => a.atMs - b.atMs)) {
    if (lost) continue;
    clock.advance(Math.max(0, atMs - clock.nowMs()));
    const timestamp = (index * packetMs * clockHz) / 1000;
    const packet = { payloadType, marker: index === 0, sequence: index, timestamp, ssrc, payload };
    sockets.fakeRtp.arrive(writeRtp(packet), far.host, far.port);
  }
  // The last packets come, and what is missing before them is given up.
  clock.advance(140);
  const { jitterMs } = session.quality();
  const stats = inbound.stats();
  encoder.close?.();
  inbound.close();
  session.close();
  return { samples: joined(frames), stats, jitterMs };
}
