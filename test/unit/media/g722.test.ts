import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCodec } from '../../../src/media/codec.ts';
import { createG722Decoder, createG722Encoder } from '../../../src/media/g722.ts';
import { shareOfTone } from '../../support/sip/baresip.ts';

/**
 * What another implementation makes of the signals below: libg722 by way of the Python package G722 1.2.8, `G722(16000, 64000)`;
 * `encoded` is its encoding of `signal`, `decoded` its decoding of that, `decodedNoise` its decoding of the noise. Base64; samples low
 * byte first.
 */
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'g722.json'), 'utf8')) as Readonly<
  Record<'encoded' | 'decoded' | 'decodedNoise', string>
>;
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const samplesOf = (base64: string): Int16Array => new Int16Array(bytesOf(base64).buffer);

/** Numbers of 15 bits from the generator of the C standard's example, the same in any language. */
function noise(count: number, seed: number): number[] {
  let state = BigInt(seed);
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245n + 12_345n) & 0x7fff_ffffn;
    return Number(state >> 16n);
  });
}

/** A saw tooth whose pitch falls, from silence to clipping, with noise. */
function signal(count: number): Int16Array {
  return Int16Array.from(noise(count, 1), (random, index) => {
    const period = 20 + (index >> 6);
    const saw = Math.floor(((index % period) * 16_000) / period) - 8000;
    const loud = [0, 1, 4, 16, 64, 256][Math.floor(index / 200) % 6] ?? 0;
    const hiss = [0, 2, 16][Math.floor(index / 640) % 3] ?? 0;
    const value = ((saw * loud) >> 8) + (((random - 16_384) * hiss) >> 4);
    return Math.max(-32_768, Math.min(32_767, value));
  });
}

describe('G.722', () => {
  it('encodes bit by bit as another implementation does', () => {
    expect(createG722Encoder().encode(signal(1600))).toEqual(bytesOf(vectors.encoded));
  });

  it('decodes sample by sample as another implementation does, also what no encoder sends', () => {
    expect(createG722Decoder().decode(bytesOf(vectors.encoded))).toEqual(samplesOf(vectors.decoded));
    const random = Uint8Array.from(noise(600, 7), (value) => value & 0xff);
    expect(createG722Decoder().decode(random)).toEqual(samplesOf(vectors.decodedNoise));
  });

  it('gives the same however the sound is cut into pieces', () => {
    const encoder = createG722Encoder();
    const decoder = createG722Decoder();
    const encoded: number[] = [];
    const decoded: number[] = [];
    const sound = signal(1600);
    for (let at = 0, size = 1; at < sound.length; at += size, size = (size * 3) % 41) {
      const payload = encoder.encode(sound.subarray(at, at + size));
      encoded.push(...payload);
      decoded.push(...decoder.decode(payload));
    }
    expect(Uint8Array.from(encoded)).toEqual(bytesOf(vectors.encoded));
    expect(Int16Array.from(decoded)).toEqual(samplesOf(vectors.decoded));
  });

  it('is more whole right after a loss when the decoder has followed a good substitute', () => {
    // Pulses through a resonance, as a voice makes them.
    const sound = Int16Array.from({ length: 16_000 }, (_, index) =>
      Math.round(9000 * Math.exp(-(index % 133) / 25) * Math.sin((index % 133) / 3)),
    );
    const payload = createG722Encoder().encode(sound);
    const errorAfterLoss = (substitute: Int16Array | undefined): number => {
      const whole = createG722Decoder().decode(payload);
      const decoder = createG722Decoder();
      decoder.decode(payload.subarray(0, 4000));
      if (substitute) decoder.follow(substitute);
      const after = decoder.decode(payload.subarray(4160, 4320));
      return Math.max(...after.map((sample, index) => Math.abs(sample - (whole[2 * 4160 + index] ?? 0))));
    };
    // The decoder's own delay of 22 samples lies between input and output.
    expect(errorAfterLoss(sound.subarray(8000 - 22, 8320 - 22))).toBeLessThan(errorAfterLoss(undefined) / 2);
  });

  it('carries tones of the low and the high band, and goes on after a loss', () => {
    for (const frequencyHz of [300, 3000, 6500]) {
      const tone = Int16Array.from({ length: 16_000 }, (_, index) =>
        Math.round(8000 * Math.sin((2 * Math.PI * frequencyHz * index) / 16_000)),
      );
      const codec = createCodec('g722');
      const payload = codec.encode(tone);
      expect(codec.samplesIn(payload)).toBe(tone.length);
      expect(shareOfTone(codec.decode(payload), frequencyHz, 16_000)).toBeGreaterThan(0.98);
      // A decoder that begins in the middle, as after a loss.
      const late = createCodec('g722').decode(payload.subarray(4000));
      expect(shareOfTone(late.subarray(800), frequencyHz, 16_000)).toBeGreaterThan(0.98);
    }
  });
});
