import type { WireCodec } from '../core/audio.ts';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts';
import { createG722Decoder, createG722Encoder } from './g722.ts';
import { decodeL16, encodeL16 } from './l16.ts';

/**
 * Translates between 16-bit linear samples and a wire's payload, for one stream each way. Some codecs remember what came before: give
 * packets in their order, and let everything that goes over one wire pass through the same codec.
 */
export interface Codec {
  encode(samples: Int16Array): Uint8Array;
  decode(payload: Uint8Array): Int16Array;
  /** Takes what was put in place of lost packets, for codecs that remember. */
  follow?(samples: Int16Array): void;
  /** How many samples `decode` would give, without decoding. */
  samplesIn(payload: Uint8Array): number;
}

const bytesAreSamples = (payload: Uint8Array): number => payload.length;
const mulaw: Codec = { encode: encodeMulaw, decode: decodeMulaw, samplesIn: bytesAreSamples };
const alaw: Codec = { encode: encodeAlaw, decode: decodeAlaw, samplesIn: bytesAreSamples };
const l16: Codec = { encode: encodeL16, decode: decodeL16, samplesIn: ({ length }) => length >> 1 };

const creators: Readonly<Record<WireCodec, () => Codec>> = {
  mulaw: () => mulaw,
  alaw: () => alaw,
  l16: () => l16,
  g722: () => ({
    ...createG722Encoder(),
    ...createG722Decoder(),
    samplesIn: ({ length }) => 2 * length,
  }),
};

/** The codec of a wire format, at the beginning of a stream. */
export function createCodec(codec: WireCodec): Codec {
  return creators[codec]();
}
