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

/** How audio is coded on a wire. `l16` is 16-bit linear; its byte order is the gateway's affair: here it is little-endian. */
export const wireCodecs = ['mulaw', 'alaw', 'l16'] as const;
export type WireCodec = (typeof wireCodecs)[number];

/** What one direction of a call carries: codec, sample rate, and how much time one packet holds. */
export interface WireFormat {
  readonly codec: WireCodec;
  readonly sampleRateHz: SampleRateHz;
  /** Duration of one packet in milliseconds; 20 on every gateway of today. */
  readonly packetMs: number;
}

/** Duration of a frame in milliseconds. */
export function frameMs(frame: AudioFrame): number {
  return (frame.samples.length / frame.sampleRateHz) * 1000;
}
