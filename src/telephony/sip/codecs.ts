import type { WireFormat } from '../../core/audio.ts';

/** Time of one packet that we send, and that we ask for. */
export const packetMs = 20;

interface CodecFacts {
  /** RFC 3551 section 6. */
  readonly payloadType: number;
  /**
   * Ticks of the RTP time stamps in a second, as in the `rtpmap`. That of G.722 says 8000 though the sound has 16 kHz: a mistake in an
   * old RFC, kept for good (RFC 3551 section 4.5.2).
   */
  readonly clockHz: number;
  readonly format: WireFormat;
  /** One packet of silence. */
  readonly silence: Uint8Array;
}

const facts = {
  PCMU: {
    ...{ payloadType: 0, clockHz: 8000, silence: new Uint8Array(160).fill(0xff) },
    format: { codec: 'mulaw', sampleRateHz: 8000, packetMs, lossy: true },
  },
  PCMA: {
    ...{ payloadType: 8, clockHz: 8000, silence: new Uint8Array(160).fill(0xd5) },
    format: { codec: 'alaw', sampleRateHz: 8000, packetMs, lossy: true },
  },
  G722: {
    // Both bands stay where they are and their steps shrink to the least.
    ...{ payloadType: 9, clockHz: 8000, silence: new Uint8Array(160).fill(0xfa) },
    format: { codec: 'g722', sampleRateHz: 16_000, packetMs, lossy: true },
  },
} as const satisfies Readonly<Record<string, CodecFacts>>;

/** The sound codecs Kefu speaks by SDP name; `PCMU` is mu-law, `PCMA` A-law. */
export type SipCodec = keyof typeof facts;
export const sipCodecs = ['PCMU', 'PCMA', 'G722'] as const satisfies readonly SipCodec[];

export function factsOf(codec: SipCodec): CodecFacts {
  return facts[codec];
}
