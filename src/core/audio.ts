/** Sample rates Kefu converts between. */
export const sampleRatesHz = [8000, 16000, 22050, 24000, 48000] as const;
export type SampleRateHz = (typeof sampleRatesHz)[number];

/** Mono audio inside Kefu: the only form in which stages hand sound to each other. */
export interface AudioFrame {
  /** Signed 16-bit linear samples, full scale +-32768. */
  readonly samples: Int16Array;
  readonly sampleRateHz: SampleRateHz;
  /** Media time of the first sample: milliseconds since the first sample of the stream. */
  readonly mediaMs: number;
}

/**
 * How audio is coded on a wire. `l16` is 16-bit linear; its byte order is the gateway's affair: here it is little-endian. `g722` is
 * 16 kHz sound at 64 kbit/s, `opus` the same sound at half of that, with copies that make up for losses.
 */
export const wireCodecs = ['mulaw', 'alaw', 'l16', 'g722', 'opus'] as const;
export type WireCodec = (typeof wireCodecs)[number];

/**
 * Bit rate of `opus`, sent and asked for. RFC 7587 section 3.1.1 finds 16 to 20 kbit/s right for speech of this bandwidth; the rest is for the
 * copies of earlier packets.
 */
export const opusBitsPerSecond = 32_000;

/** What one direction of a call carries: codec, sample rate, and how much time one packet holds. */
export interface WireFormat {
  readonly codec: WireCodec;
  readonly sampleRateHz: SampleRateHz;
  /** Duration of one packet in milliseconds; 20 on every gateway of today. */
  readonly packetMs: number;
  /** True where packets may be lost, doubled, late and out of order, as over RTP. */
  readonly lossy?: boolean;
}

/** Rewrites the packets of one stream, in their order, into those of another wire format; each holds as much time as it did. */
export interface Transcoder {
  (payload: Uint8Array): Uint8Array;
  /** Gives back what its codecs hold; nothing may be rewritten afterwards. Idempotent. */
  close(): void;
}
/** For gateways, which do no signal processing themselves. */
export type CreateTranscoder = (from: WireFormat, to: WireFormat) => Transcoder;

/** Duration of a frame in milliseconds. */
export function frameMs(frame: AudioFrame): number {
  return (frame.samples.length / frame.sampleRateHz) * 1000;
}
