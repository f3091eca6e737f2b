import type { WireCodec } from '../core/audio.ts';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts';
import { createG722Decoder, createG722Encoder } from './g722.ts';
import { decodeL16, encodeL16 } from './l16.ts';
import { createOpusCodec } from './opus.ts';
import { loadOpus } from './opus-library.ts';

/**
 * Translates between 16-bit linear samples and a wire's payload, for one stream each way. Some codecs remember what came before: give
 * packets in their order, and let everything that goes over one wire pass through the same codec.
 */
export interface Codec {
  encode(samples: Int16Array): Uint8Array;
  decode(payload: Uint8Array): Int16Array;
  /** Takes what was put in place of lost packets, for codecs that remember. */
  follow?(samples: Int16Array): void;
  /**
   * What to put in place of `count` lost samples, for codecs that know better than to repeat: they remember, and `next`, the packet after the
   * loss, may hold a copy of what was lost. That packet is to be decoded afterwards.
   */
  conceal?(count: number, next: Uint8Array): Int16Array;
  /** How many samples `decode` would give, without decoding; 0 for what is no packet. */
  samplesIn(payload: Uint8Array): number;
  /** Gives back what is not in JavaScript's memory; the codec may not be used afterwards. Idempotent. */
  close?(): void;
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
  opus: createOpusCodec,
};

/** Makes codecs ready that cannot be made on the spot; the others need nothing. */
export async function loadCodecs(codecs: readonly WireCodec[]): Promise<void> {
  if (codecs.includes('opus')) await loadOpus();
}

/** The codec of a wire format, at the beginning of a stream; `loadCodecs` must have been called for it. */
export function createCodec(codec: WireCodec): Codec {
  return creators[codec]();
}
