import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../src/core/errors.ts';
import { wavHeader } from '../../../src/core/wav.ts';
import { encodeAlaw, encodeMulaw } from '../../../src/media/g711.ts';
import { encodeWav, parseWav } from '../../../src/media/wav.ts';

/** A WAV file of any coding, with a chunk of odd length before its format. */
function wavOf(options: {
  tag: number;
  bits: number;
  channels?: number;
  data: Uint8Array;
  claimedBytes?: number;
  extensible?: boolean;
}): Uint8Array {
  const { tag, bits, channels = 1, data, claimedBytes = data.length, extensible = false } = options;
  const u16 = (value: number): number[] => [value & 255, value >> 8];
  const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
  const text = (value: string): number[] => [...Buffer.from(value, 'latin1')];
  const format = [
    ...u16(extensible ? 0xfffe : tag),
    ...u16(channels),
    ...u32(8000),
    ...u32((8000 * channels * bits) / 8),
    ...u16((channels * bits) / 8),
    ...u16(bits),
    ...(extensible
      ? [...u16(22), ...u16(bits), ...u32(0), ...u16(tag), ...new Array<number>(14).fill(0)]
      : []),
  ];
  return Uint8Array.from([
    ...text('RIFF'),
    ...u32(0xffffffff),
    ...text('WAVE'),
    ...text('LIST'),
    ...u32(3),
    ...text('abc'),
    0,
    ...text('fmt '),
    ...u32(format.length),
    ...format,
    ...text('data'),
    ...u32(claimedBytes),
    ...data,
  ]);
}

const samplesOf = (file: Uint8Array): number[] => Array.from(parseWav(file).samples);

function errorOf(act: () => unknown): KefuError {
  try {
    act();
  } catch (error) {
    if (error instanceof KefuError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('WAV files', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.int16Array({ minLength: 1 }), fc.integer({ min: 1, max: 192_000 }), (samples, rate) => {
        expect(parseWav(encodeWav(samples, rate))).toEqual({ samples, sampleRateHz: rate, channels: 1 });
      }),
    );
  });

  it('are read in every usual coding', () => {
    const float = Buffer.alloc(8);
    float.writeFloatLE(0.5, 0);
    float.writeFloatLE(-2, 4);
    const double = Buffer.alloc(8);
    double.writeDoubleLE(-0.25, 0);
    const linear = Int16Array.of(0, 1000, -1000);
    expect(samplesOf(wavOf({ tag: 1, bits: 8, data: Uint8Array.of(128, 255, 0) }))).toEqual([
      0, 32512, -32768,
    ]);
    expect(samplesOf(wavOf({ tag: 1, bits: 24, data: Uint8Array.of(0, 1, 0, 0, 0, 0x80) }))).toEqual([
      1, -32768,
    ]);
    expect(samplesOf(wavOf({ tag: 1, bits: 32, data: Uint8Array.of(0, 0, 2, 0) }))).toEqual([2]);
    expect(samplesOf(wavOf({ tag: 3, bits: 32, data: float }))).toEqual([16384, -32768]);
    expect(samplesOf(wavOf({ tag: 3, bits: 64, data: double }))).toEqual([-8192]);
    expect(samplesOf(wavOf({ tag: 7, bits: 8, data: encodeMulaw(linear) }))).toEqual([0, 988, -988]);
    expect(samplesOf(wavOf({ tag: 6, bits: 8, data: encodeAlaw(linear) }))).toEqual([8, 1008, -1008]);
    expect(samplesOf(wavOf({ tag: 1, bits: 16, extensible: true, data: Uint8Array.of(5, 0) }))).toEqual([5]);
  });

  it('with several channels are averaged into one', () => {
    const data = Uint8Array.from([100, 0, 44, 1, 0, 0, 10, 0]);
    expect(parseWav(wavOf({ tag: 1, bits: 16, channels: 2, data }))).toMatchObject({
      samples: Int16Array.of(200, 5),
      channels: 2,
    });
  });

  it('that were cut off or streamed are read to their end', () => {
    const data = Uint8Array.of(1, 0, 2, 0, 3);
    for (const claimedBytes of [0, 0xffffffff, 4000])
      expect(samplesOf(wavOf({ tag: 1, bits: 16, data, claimedBytes }))).toEqual([1, 2]);
    const streamed = new Uint8Array([...wavHeader({ sampleRateHz: 8000, channels: 1 }), 7, 0]);
    expect(samplesOf(streamed)).toEqual([7]);
  });

  it('that are none are refused with what is wrong', () => {
    const refused: readonly (readonly [Uint8Array, RegExp])[] = [
      [new Uint8Array(0), /no WAV file/],
      [Buffer.from('<!doctype html> not found'), /no WAV file/],
      [encodeWav(new Int16Array(0), 8000), /no sound/],
      [encodeWav(Int16Array.of(1), 8000).subarray(0, 30), /fmt/],
      [wavOf({ tag: 0x55, bits: 0, data: Uint8Array.of(1) }), /format 85/],
      [wavOf({ tag: 1, bits: 16, channels: 0, data: Uint8Array.of(1, 0) }), /0 channels/],
    ];
    for (const [file, message] of refused) {
      const error = errorOf(() => parseWav(file));
      expect(error.code).toBe('audio_invalid');
      expect(error.message).toMatch(message);
    }
  });

  it('of random bytes never throw anything but audio_invalid', () => {
    const valid = encodeWav(Int16Array.of(1, 2, 3), 8000);
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length), (place, value, length) => {
        const file = valid.slice(0, length);
        if (place < length) file[place] = value;
        try {
          expect(parseWav(file).samples.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'audio_invalid' });
        }
      }),
    );
  });
});
