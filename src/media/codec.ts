import type { WireCodec } from '../core/audio.ts';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts';
import { decodeL16, encodeL16 } from './l16.ts';

/** Translates between 16-bit linear samples and a wire's payload. Has no state: packets may be lost or come twice. */
export interface Codec {
  encode(samples: Int16Array): Uint8Array;
  decode(payload: Uint8Array): Int16Array;
}

const codecs: Readonly<Record<WireCodec, Codec>> = {
  mulaw: { encode: encodeMulaw, decode: decodeMulaw },
  alaw: { encode: encodeAlaw, decode: decodeAlaw },
  l16: { encode: encodeL16, decode: decodeL16 },
};

/** The codec of a wire format. */
export function createCodec(codec: WireCodec): Codec {
  return codecs[codec];
}
