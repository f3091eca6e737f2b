import {
  opusBitsPerSecond,
  type CreateTranscoder,
  type SampleRateHz,
  type WireCodec,
  type WireFormat,
} from '../../core/audio.ts';

/** Time of one packet that we send, and that we ask for. */
export const packetMs = 20;

interface CodecFacts {
  /** RFC 3551 section 6; for Opus, which has none of its own, the one under which we offer it. */
  readonly payloadType: number;
  /**
   * Ticks of the RTP time stamps in a second, as in the `rtpmap`. That of G.722 says 8000 though the sound has 16 kHz: a mistake in an
   * old RFC, kept for good (RFC 3551 section 4.5.2).
   */
  readonly clockHz: number;
  /** Channels as in the `rtpmap`; without them one is meant. */
  readonly channels?: number;
  /** What we say of our own ears (`a=fmtp`). */
  readonly parameters?: string;
  readonly format: WireFormat;
}

/**
 * RFC 7587 section 6.1: sound above 8 kHz and a second channel would be thrown away here, and copies of earlier packets are made use of.
 */
const opusParameters = [
  'maxplaybackrate=16000',
  'sprop-maxcapturerate=16000',
  `maxaveragebitrate=${opusBitsPerSecond}`,
  'stereo=0',
  'useinbandfec=1',
].join(';');

const facts = {
  PCMU: {
    ...{ payloadType: 0, clockHz: 8000 },
    format: { codec: 'mulaw', sampleRateHz: 8000, packetMs, lossy: true },
  },
  PCMA: {
    ...{ payloadType: 8, clockHz: 8000 },
    format: { codec: 'alaw', sampleRateHz: 8000, packetMs, lossy: true },
  },
  G722: {
    ...{ payloadType: 9, clockHz: 8000 },
    format: { codec: 'g722', sampleRateHz: 16_000, packetMs, lossy: true },
  },
  // Always with this clock and two channels, whatever the sound has (RFC 7587 section 7).
  opus: {
    ...{ payloadType: 111, clockHz: 48_000, channels: 2, parameters: opusParameters },
    format: { codec: 'opus', sampleRateHz: 16_000, packetMs, lossy: true },
  },
} as const satisfies Readonly<Record<string, CodecFacts>>;

/** The sound codecs Kefu speaks by SDP name; `PCMU` is mu-law, `PCMA` A-law. */
export type SipCodec = keyof typeof facts;
export const sipCodecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const satisfies readonly SipCodec[];
/** Those of a trunk that names none: they cost next to nothing. */
export const usualCodecs = ['PCMU', 'PCMA', 'G722'] as const satisfies readonly SipCodec[];

export function factsOf(codec: SipCodec): CodecFacts {
  return facts[codec];
}

/** The codecs that calls over these trunks may need, as `createCodec` knows them. */
export function wireCodecsOf(trunks: readonly { readonly codecs: readonly SipCodec[] }[]): WireCodec[] {
  const codecs = new Set(trunks.flatMap((trunk) => trunk.codecs));
  return [...codecs].map((codec) => facts[codec].format.codec);
}

/** A second of silence is sent again and again. That before it is left out: by then the encoder is at rest, and goes on as it began. */
const silencePackets = 50;
const silences = new Map<SipCodec, readonly Uint8Array[]>();

/**
 * Packets to be sent in turn while there is nothing to say. They come from the codec itself: one and the same packet of G.722 over and over
 * drives a decoder away from silence, since no encoder sends it that way.
 */
export function silenceOf(codec: SipCodec, createTranscoder: CreateTranscoder): readonly Uint8Array[] {
  const known = silences.get(codec);
  if (known) return known;
  const { sampleRateHz } = facts[codec].format;
  const zeros = new Int16Array((2 * silencePackets * sampleRateHz * packetMs) / 1000);
  const packets = encodePackets(zeros, sampleRateHz, codec, createTranscoder).slice(silencePackets);
  silences.set(codec, packets);
  return packets;
}

/** Whole packets of a sound in a codec; a rest shorter than one is left out. */
export function encodePackets(
  samples: Int16Array,
  sampleRateHz: SampleRateHz,
  codec: SipCodec,
  createTranscoder: CreateTranscoder,
): readonly Uint8Array[] {
  const encode = createTranscoder({ codec: 'l16', sampleRateHz, packetMs }, facts[codec].format);
  const bytes = Buffer.alloc(samples.length * 2);
  for (const [index, sample] of samples.entries()) bytes.writeInt16LE(sample, index * 2);
  const packetBytes = (sampleRateHz * packetMs * 2) / 1000;
  const packets: Uint8Array[] = [];
  for (let at = 0; at + packetBytes <= bytes.length; at += packetBytes)
    packets.push(encode(bytes.subarray(at, at + packetBytes)));
  encode.close();
  return packets;
}
