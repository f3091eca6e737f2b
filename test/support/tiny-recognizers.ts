import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecognizerFiles } from '../../src/workers/recognizer-model.ts';
import { tinyOnnx } from './tiny-onnx.ts';

/**
 * Streaming recognisers of a few nodes in the forms that sherpa-onnx takes. They write a word for every stretch of sound and
 * nothing for silence, so that what comes out depends on the audio. They learn nothing and know no language.
 */
const symbols = '<blk> 0\n▁sound 1\n<unk> 2\n';
/** Scores of blank, word and unknown for a feature that is positive in sound and negative in silence. */
const scores = { name: 'scores', type: 'float', shape: [1, 3], values: [-1, 1, -50] } as const;
const featureCount = 80;

/** A transducer with the inputs of sherpa-onnx's streaming LSTM transducers: loaded by the same code as a zipformer. */
export async function writeTinyTransducer(folder: string): Promise<RecognizerFiles> {
  const frames = 16;
  const encoder = tinyOnnx({
    inputs: [
      { name: 'x', type: 'float', shape: ['N', frames, featureCount] },
      { name: 'h', type: 'float', shape: [1, 'N', 1] },
      { name: 'c', type: 'float', shape: [1, 'N', 1] },
    ],
    outputs: [
      { name: 'encoder_out', type: 'float', shape: ['N', 'T', 1] },
      { name: 'next_h', type: 'float', shape: [1, 'N', 1] },
      { name: 'next_c', type: 'float', shape: [1, 'N', 1] },
    ],
    nodes: [
      { op: 'ReduceMean', inputs: ['x'], outputs: ['level'], attributes: { axes: [2], keepdims: 1 } },
      { op: 'Add', inputs: ['level', 'offset'], outputs: ['sound'] },
      { op: 'Slice', inputs: ['sound', 'from', 'to', 'axis', 'step'], outputs: ['encoder_out'] },
      { op: 'Identity', inputs: ['h'], outputs: ['next_h'] },
      { op: 'Identity', inputs: ['c'], outputs: ['next_c'] },
    ],
    constants: [
      // Log energies of samples between -1 and 1: about -16 for silence, about 0 for a loud noise.
      { name: 'offset', type: 'float', shape: [1], values: [8] },
      { name: 'from', type: 'int64', shape: [1], values: [0] },
      { name: 'to', type: 'int64', shape: [1], values: [frames] },
      { name: 'axis', type: 'int64', shape: [1], values: [1] },
      { name: 'step', type: 'int64', shape: [1], values: [8] },
    ],
    metadata: {
      model_type: 'lstm',
      num_encoder_layers: 1,
      T: frames,
      decode_chunk_len: frames,
      rnn_hidden_size: 1,
      d_model: 1,
    },
  });
  const decoder = tinyOnnx({
    inputs: [{ name: 'y', type: 'int64', shape: ['N', 2] }],
    outputs: [{ name: 'decoder_out', type: 'float', shape: ['N', 1] }],
    nodes: [
      { op: 'Cast', inputs: ['y'], outputs: ['numbers'], attributes: { to: 1 } },
      { op: 'ReduceMean', inputs: ['numbers'], outputs: ['mean'], attributes: { axes: [1], keepdims: 1 } },
      { op: 'Mul', inputs: ['mean', 'zero'], outputs: ['decoder_out'] },
    ],
    constants: [{ name: 'zero', type: 'float', shape: [1], values: [0] }],
    metadata: { vocab_size: 3, context_size: 2 },
  });
  const joiner = tinyOnnx({
    inputs: [
      { name: 'encoder_out', type: 'float', shape: ['N', 1] },
      { name: 'decoder_out', type: 'float', shape: ['N', 1] },
    ],
    outputs: [{ name: 'logit', type: 'float', shape: ['N', 3] }],
    nodes: [
      { op: 'Add', inputs: ['encoder_out', 'decoder_out'], outputs: ['sum'] },
      { op: 'MatMul', inputs: ['sum', 'scores'], outputs: ['logit'] },
    ],
    constants: [scores],
    metadata: { joiner_dim: 1 },
  });
  return {
    family: 'zipformer',
    encoder: await write(folder, 'encoder.onnx', encoder),
    decoder: await write(folder, 'decoder.onnx', decoder),
    joiner: await write(folder, 'joiner.onnx', joiner),
    tokens: await write(folder, 'tokens.txt', symbols),
  };
}

/** A streaming paraformer: says how much of a word each frame holds, and which word it is. */
export async function writeTinyParaformer(folder: string): Promise<RecognizerFiles> {
  const stacked = 7;
  const size = stacked * featureCount;
  const encoder = tinyOnnx({
    inputs: [
      { name: 'speech', type: 'float', shape: [1, 'T', size] },
      { name: 'speech_lengths', type: 'int32', shape: [1] },
    ],
    outputs: [
      { name: 'enc', type: 'float', shape: [1, 'T', 1] },
      { name: 'enc_len', type: 'int32', shape: [1] },
      { name: 'alphas', type: 'float', shape: [1, 'T'] },
    ],
    nodes: [
      { op: 'ReduceMean', inputs: ['speech'], outputs: ['enc'], attributes: { axes: [2], keepdims: 1 } },
      { op: 'Identity', inputs: ['speech_lengths'], outputs: ['enc_len'] },
      { op: 'Clip', inputs: ['enc', 'none', 'part'], outputs: ['clipped'] },
      { op: 'Squeeze', inputs: ['clipped', 'axis'], outputs: ['alphas'] },
    ],
    constants: [
      { name: 'none', type: 'float', shape: [], values: [0] },
      { name: 'part', type: 'float', shape: [], values: [0.25] },
      { name: 'axis', type: 'int64', shape: [1], values: [2] },
    ],
    metadata: {
      model_type: 'paraformer',
      vocab_size: 3,
      lfr_window_size: stacked,
      lfr_window_shift: 6,
      encoder_output_size: 1,
      decoder_num_blocks: 1,
      decoder_kernel_size: 2,
      // Log energies of 16-bit samples: below 0 for silence, above 10 for a loud noise.
      neg_mean: Array<number>(size).fill(-8).join(','),
      inv_stddev: Array<number>(size).fill(1).join(','),
    },
  });
  const decoder = tinyOnnx({
    inputs: [
      { name: 'enc', type: 'float', shape: [1, 'T', 1] },
      { name: 'enc_len', type: 'int32', shape: [1] },
      { name: 'acoustic_embeds', type: 'float', shape: [1, 'L', 1] },
      { name: 'acoustic_embeds_len', type: 'int32', shape: [1] },
      { name: 'in_cache_0', type: 'float', shape: [1, 1, 1] },
    ],
    outputs: [
      { name: 'logits', type: 'float', shape: [1, 'L', 3] },
      { name: 'sample_ids', type: 'int64', shape: [1, 'L'] },
      { name: 'out_cache_0', type: 'float', shape: [1, 1, 1] },
    ],
    nodes: [
      { op: 'MatMul', inputs: ['acoustic_embeds', 'scores'], outputs: ['logits'] },
      { op: 'ArgMax', inputs: ['logits'], outputs: ['sample_ids'], attributes: { axis: 2, keepdims: 0 } },
      { op: 'Identity', inputs: ['in_cache_0'], outputs: ['out_cache_0'] },
    ],
    constants: [scores],
    metadata: {},
  });
  return {
    family: 'paraformer',
    encoder: await write(folder, 'encoder.onnx', encoder),
    decoder: await write(folder, 'decoder.onnx', decoder),
    tokens: await write(folder, 'tokens.txt', symbols.replace('▁', '')),
  };
}

async function write(folder: string, name: string, content: Uint8Array | string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}
