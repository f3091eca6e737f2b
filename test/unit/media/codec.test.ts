import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCodec } from '../../../src/media/codec.ts';

describe('codecs', () => {
  it('carries L16 unchanged, low byte first', () => {
    const codec = createCodec('l16');
    expect(Array.from(codec.encode(Int16Array.of(1, -2)))).toEqual([1, 0, 0xfe, 0xff]);
    fc.assert(
      fc.property(fc.int16Array(), (samples) => {
        expect(codec.decode(codec.encode(samples))).toEqual(samples);
      }),
    );
  });

  it('reads L16 at an odd place in memory and ignores half a sample at the end', () => {
    const memory = Uint8Array.of(9, 1, 0, 2, 0, 3);
    expect(Array.from(createCodec('l16').decode(memory.subarray(1)))).toEqual([1, 2]);
  });

  it('chooses the law by its name', () => {
    expect(Array.from(createCodec('mulaw').encode(Int16Array.of(0)))).toEqual([0xff]);
    expect(Array.from(createCodec('alaw').encode(Int16Array.of(0)))).toEqual([0xd5]);
  });
});
