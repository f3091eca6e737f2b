import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import { decodeHeader, encodeHeader } from '../../core/headed-bytes.ts';
import { IntentHead } from './head.ts';
import { LinearModel } from './linear-model.ts';

/*
 * A head as bytes: the letters KFIH, the length of a JSON header (uint32, little-endian), the header, and then as float32 (from the
 * next multiple of 4): bias, center, dense weights. Then how much each place of the word features says, a byte each (`learnWordWeights`).
 * Last come the model's weights of these places as int8, each place's classes together, with one scale for each class in the header:
 * they are many and small, and a byte is exact enough for them.
 */

const magic = 'KFIH';
const headerSchema = z.object({
  version: z.literal(2),
  encoder: z.string(),
  classes: z.array(z.string()).min(2),
  dimensions: z.int().positive(),
  places: z.int().positive(),
  temperature: z.number().positive(),
  rejectBelow: z.record(z.string(), z.number()),
  wordScales: z.array(z.number()),
});
type Header = z.infer<typeof headerSchema>;

export function encodeHead({ parts }: IntentHead): Buffer {
  const { model } = parts;
  const wordScales = scalesOf(model);
  const header: Header = {
    version: 2,
    encoder: parts.encoderId,
    classes: [...parts.classes],
    dimensions: model.dimensions,
    places: model.places,
    temperature: parts.temperature,
    rejectBelow: { ...parts.rejectBelow },
    wordScales,
  };
  const words = new Int8Array(model.sparse.length);
  for (let index = 0; index < words.length; index += 1) {
    words[index] = Math.round((model.sparse[index] ?? 0) / (wordScales[index % model.classes] ?? 1));
  }
  const floats = [model.bias, parts.center, model.dense].map(bytesOf);
  return Buffer.concat([encodeHeader(magic, header), ...floats, bytesOf(parts.wordWeights), bytesOf(words)]);
}

/** @throws KefuError `config_invalid` when the bytes are no head, or end too early. */
export function decodeHead(bytes: Uint8Array): IntentHead {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, at: first } = decodeHeader(buffer, magic, headerSchema, (cause) =>
    damaged('has a damaged beginning', cause),
  );
  const { classes, dimensions, places } = header;
  const count = classes.length;
  const sizes = [count, dimensions, count * dimensions];
  let at = first;
  const expected = at + 4 * sizes.reduce((sum, size) => sum + size, 0) + places + places * count;
  if (buffer.length !== expected) throw damaged(`has ${buffer.length} bytes where ${expected} belong`);
  const arrays = sizes.map((size) => {
    const copy = Uint8Array.from(buffer.subarray(at, at + 4 * size));
    at += 4 * size;
    return new Float32Array(copy.buffer);
  });
  const wordWeights = Uint8Array.from(buffer.subarray(at, at + places));
  const words = new Int8Array(buffer.buffer, buffer.byteOffset + at + places, places * count);
  const sparse = new Float32Array(words.length);
  for (let index = 0; index < words.length; index += 1) {
    sparse[index] = (words[index] ?? 0) * (header.wordScales[index % count] ?? 0);
  }
  const [bias = new Float32Array(), center = new Float32Array(), dense = new Float32Array()] = arrays;
  return new IntentHead({
    encoderId: header.encoder,
    classes,
    model: new LinearModel(count, dimensions, places, {
      bias,
      dense,
      sparse,
    }),
    center,
    wordWeights,
    temperature: header.temperature,
    rejectBelow: header.rejectBelow,
  });
}

function scalesOf(model: LinearModel): number[] {
  const largest = new Float64Array(model.classes);
  for (let index = 0; index < model.sparse.length; index += 1) {
    const row = index % model.classes;
    largest[row] = Math.max(largest[row] ?? 0, Math.abs(model.sparse[index] ?? 0));
  }
  return Array.from(largest, (value) => (value === 0 ? 1 : value / 127));
}

function bytesOf(values: Float32Array | Int8Array | Uint8Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function damaged(what: string, cause?: unknown): KefuError {
  return new KefuError('config_invalid', `The file of a trained intent head ${what}.`, { cause });
}
