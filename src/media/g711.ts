/**
 * G.711 (ITU-T Recommendation G.711, 1988): 8 bits per sample on a logarithmic scale, 64 kbit/s at 8 kHz.
 * Both laws have 8 segments per sign with 16 equal steps each; the step doubles from segment to segment. Negative
 * samples are folded by one's complement, as in the reference codec of ITU-T G.191, so that each of the 65,536 input
 * values gives the reference's byte.
 */

/** Mu-law drops the 2 lowest bits of a 16-bit sample, A-law the 4 lowest: the encoding tables are that much shorter. */
const mulawDroppedBits = 2;
const alawDroppedBits = 4;
/** Added before the segment is found, so that every mu-law segment begins at a power of two. */
const mulawBias = 33;
/** Largest biased 14-bit magnitude; anything louder is clipped. */
const mulawClip = 0x1fff;
/** A-law inverts every other bit on the line, so that silence is not a long row of zeros. */
const alawToggle = 0x55;

/** Index of the highest set bit; -1 for 0. */
const highestBit = (value: number): number => 31 - Math.clz32(value);

function encodeMulawLevel(level: number): number {
  const magnitude = Math.min((level < 0 ? ~level : level) + mulawBias, mulawClip);
  const segment = highestBit(magnitude) - 5;
  const step = (magnitude >> (segment + 1)) & 0x0f;
  // Everything but the sign is sent inverted: positive silence is 0xff.
  return (level < 0 ? 0x7f : 0xff) ^ ((segment << 4) | step);
}

function decodeMulawCode(code: number): number {
  const inverted = ~code & 0x7f;
  const segment = inverted >> 4;
  const step = inverted & 0x0f;
  const magnitude = (((2 * step + mulawBias) << segment) - mulawBias) << mulawDroppedBits;
  return code & 0x80 ? magnitude : -magnitude;
}

function encodeAlawLevel(level: number): number {
  const magnitude = level < 0 ? ~level : level;
  // Segments 0 and 1 have the same step, so that the lowest 32 levels are linear.
  const segment = magnitude < 16 ? 0 : highestBit(magnitude) - 3;
  const step = (magnitude >> Math.max(0, segment - 1)) & 0x0f;
  return ((segment << 4) | step | (level < 0 ? 0 : 0x80)) ^ alawToggle;
}

function decodeAlawCode(code: number): number {
  const plain = (code ^ alawToggle) & 0x7f;
  const segment = plain >> 4;
  const step = plain & 0x0f;
  const magnitude = segment === 0 ? (2 * step + 1) << 3 : (2 * step + 33) << (segment + 2);
  return code & 0x80 ? magnitude : -magnitude;
}

/** Codes by level, the level taken as an unsigned index of 16 - `droppedBits` bits. */
function encodingTable(droppedBits: number, encodeLevel: (level: number) => number): Uint8Array {
  const bits = 16 - droppedBits;
  // Shifting up and back down spreads the sign of the shortened number.
  return Uint8Array.from({ length: 1 << bits }, (_, index) =>
    encodeLevel((index << (32 - bits)) >> (32 - bits)),
  );
}

const mulawCodes = encodingTable(mulawDroppedBits, encodeMulawLevel);
const alawCodes = encodingTable(alawDroppedBits, encodeAlawLevel);
const mulawSamples = Int16Array.from({ length: 256 }, (_, code) => decodeMulawCode(code));
const alawSamples = Int16Array.from({ length: 256 }, (_, code) => decodeAlawCode(code));

function encode(samples: Int16Array, codes: Uint8Array, droppedBits: number): Uint8Array {
  const payload = new Uint8Array(samples.length);
  const mask = codes.length - 1;
  for (let index = 0; index < samples.length; index += 1) {
    payload[index] = codes[((samples[index] ?? 0) >> droppedBits) & mask] ?? 0;
  }
  return payload;
}

function decode(payload: Uint8Array, table: Int16Array): Int16Array {
  const samples = new Int16Array(payload.length);
  for (let index = 0; index < payload.length; index += 1) {
    samples[index] = table[payload[index] ?? 0] ?? 0;
  }
  return samples;
}

/** 16-bit linear samples to mu-law, one byte each. */
export function encodeMulaw(samples: Int16Array): Uint8Array {
  return encode(samples, mulawCodes, mulawDroppedBits);
}

/** Mu-law bytes to 16-bit linear samples; the loudest is +-32,124. */
export function decodeMulaw(payload: Uint8Array): Int16Array {
  return decode(payload, mulawSamples);
}

/** 16-bit linear samples to A-law, one byte each. */
export function encodeAlaw(samples: Int16Array): Uint8Array {
  return encode(samples, alawCodes, alawDroppedBits);
}

/** A-law bytes to 16-bit linear samples; the loudest is +-32,256 and none is 0. */
export function decodeAlaw(payload: Uint8Array): Int16Array {
  return decode(payload, alawSamples);
}
