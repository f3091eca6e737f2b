import { appendFile, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import type { Conversion } from './conversion.ts';

/** What is read of a Piper voice's JSON; it holds more. */
const piperConfigSchema = z.looseObject({
  audio: z.looseObject({ sample_rate: z.int().positive() }),
  espeak: z.looseObject({ voice: z.string().min(1) }),
  language: z.looseObject({ name_english: z.string().min(1) }).optional(),
  num_speakers: z.int().positive(),
  phoneme_id_map: z.record(z.string(), z.array(z.int().nonnegative()).nonempty()),
});
export type PiperConfig = z.infer<typeof piperConfigSchema>;

/** An unsigned integer as a protobuf varint. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** A protobuf field of wire type 2 (bytes with their length). */
function lengthDelimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

/**
 * `metadata_props` entries (field 14 of ONNX's ModelProto; key is field 1, value field 2) as bytes that may be appended to an
 * ONNX file: a repeated field of a protobuf message may stand anywhere in it, also at the end.
 */
export function onnxMetadata(properties: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(properties).map(([key, value]) =>
      lengthDelimited(
        14,
        Buffer.concat([lengthDelimited(1, Buffer.from(key)), lengthDelimited(2, Buffer.from(value))]),
      ),
    ),
  );
}

/** The metadata by which sherpa-onnx knows a Piper voice. */
export function piperMetadata(config: PiperConfig): Record<string, string> {
  return {
    model_type: 'vits',
    comment: 'piper',
    language: config.language?.name_english ?? config.espeak.voice,
    voice: config.espeak.voice,
    has_espeak: '1',
    n_speakers: String(config.num_speakers),
    sample_rate: String(config.audio.sample_rate),
  };
}

/** The phoneme table of sherpa-onnx: one `symbol id` per line, in the order of the ids. */
export function piperTokenTable(config: PiperConfig): string {
  return Object.entries(config.phoneme_id_map)
    .map(([symbol, ids]) => ({ symbol, id: ids[0] ?? 0 }))
    .sort((a, b) => a.id - b.id)
    .map(({ symbol, id }) => `${symbol} ${id}\n`)
    .join('');
}

/** Reads a Piper voice's JSON. @throws KefuError `model_conversion_failed` naming the field that is missing. */
export function parsePiperConfig(text: string, name: string): PiperConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new KefuError('model_conversion_failed', `${name} of the Piper voice is not JSON`, {
      cause: error,
    });
  }
  const result = piperConfigSchema.safeParse(json);
  if (!result.success) {
    throw new KefuError(
      'model_conversion_failed',
      `${name} is no Piper voice that can be used: ${z.prettifyError(result.error)}`,
    );
  }
  return result.data;
}

/** A Piper voice (`NAME.onnx` with `NAME.onnx.json`) for sherpa-onnx: metadata appended to the model, and `tokens.txt`. */
export const convertPiper: Conversion = async ({ unpackedDir, outputDir, signal }) => {
  const names = await readdir(unpackedDir);
  const configName = names.find((name) => name.endsWith('.onnx.json'));
  if (configName === undefined) {
    throw new KefuError('model_conversion_failed', 'The Piper voice has no NAME.onnx.json');
  }
  const modelName = configName.slice(0, -'.json'.length);
  const config = parsePiperConfig(await readFile(join(unpackedDir, configName), 'utf8'), configName);
  signal.throwIfAborted();
  await rename(join(unpackedDir, modelName), join(outputDir, modelName));
  await appendFile(join(outputDir, modelName), onnxMetadata(piperMetadata(config)));
  await writeFile(join(outputDir, 'tokens.txt'), piperTokenTable(config));
};
