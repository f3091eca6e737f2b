import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Conversion } from '../../../src/models/conversions/conversion.ts';
import { convertByCopy } from '../../../src/models/conversions/copy.ts';
import { convertMoonshine, moonshineTokenTable } from '../../../src/models/conversions/moonshine.ts';
import { convertPiper, onnxMetadata, parsePiperConfig } from '../../../src/models/conversions/piper.ts';
import { temporaryFolder } from '../../support/model-fixtures.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

async function convert(
  conversion: Conversion,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Record<string, Buffer>> {
  const unpackedDir = join(folder.path, 'unpacked');
  const outputDir = join(folder.path, 'output');
  for (const path of [unpackedDir, outputDir]) await mkdir(path);
  for (const [name, content] of Object.entries(files)) await writeFile(join(unpackedDir, name), content);
  await conversion({
    unpackedDir,
    outputDir,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const names = (await readdir(outputDir)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(outputDir, name))] as const)),
  );
}

/** The tokenizer file as Moonshine writes it. */
function moonshineTokenizer(tokens: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    tokens.flatMap((token) => {
      const { length } = token;
      const prefix = length < 128 ? [length] : [128 + (length % 128), Math.floor(length / 128)];
      return [Buffer.from(prefix), Buffer.from(token)];
    }),
  );
}

describe('the Moonshine conversion', () => {
  it('writes every token of any length as base64 with its number', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 }), (tokens) => {
        const lines = moonshineTokenTable(moonshineTokenizer(tokens)).split('\n');
        expect(lines.pop()).toBe('');
        const read = lines.map((line) => line.split('\t'));
        expect(read.map(([, number]) => Number(number))).toEqual(tokens.map((_, index) => index));
        expect(read.map(([text]) => Buffer.from(text ?? '', 'base64'))).toEqual(
          tokens.map((token) => Buffer.from(token)),
        );
      }),
    );
  });

  it('refuses a tokenizer that is cut off, naming the token', () => {
    const whole = moonshineTokenizer([Buffer.from('yes'), Buffer.alloc(200, 1)]);
    expect(() => moonshineTokenTable(whole.subarray(0, whole.length - 1))).toThrow(/token 1 at byte 4/);
    expect(() => moonshineTokenTable(whole.subarray(0, 5))).toThrow(/token 1 at byte 4/);
    expect(moonshineTokenTable(whole)).toContain('eWVz\t0\n');
  });

  it('leaves the models as they are and puts the table in place of the tokenizer', async () => {
    const made = await convert(convertMoonshine, {
      'encoder_model.ort': 'encoder',
      'decoder_model_merged.ort': 'decoder',
      'tokenizer.bin': moonshineTokenizer([Buffer.from('hi')]),
    });
    expect(Object.keys(made)).toEqual(['decoder_model_merged.ort', 'encoder_model.ort', 'tokens.txt']);
    expect(made['encoder_model.ort']?.toString()).toBe('encoder');
    expect(made['tokens.txt']?.toString()).toBe('aGk=\t0\n');
  });
});

/** Reads protobuf fields of wire type 2, independently of the code under test. */
function protobufStrings(bytes: Buffer): [field: number, content: Buffer][] {
  const fields: [number, Buffer][] = [];
  let offset = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(offset);
      offset += 1;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (offset < bytes.length) {
    const tag = varint();
    expect(tag & 7).toBe(2);
    const length = varint();
    fields.push([tag >> 3, bytes.subarray(offset, offset + length)]);
    offset += length;
  }
  expect(offset).toBe(bytes.length);
  return fields;
}

const piperJson = {
  audio: { sample_rate: 22_050, quality: 'medium' },
  espeak: { voice: 'en-us' },
  language: { code: 'en_US', name_english: 'English' },
  num_speakers: 1,
  phoneme_id_map: { b: [5], _: [0], '1': [4], ' ': [3] },
};

describe('the Piper conversion', () => {
  it('appends metadata entries that a protobuf reader finds again', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string({ maxLength: 300 })), (properties) => {
        const read = protobufStrings(onnxMetadata(properties)).map(([field, entry]) => {
          expect(field).toBe(14);
          return protobufStrings(entry).map(([number, text]) => [number, text.toString()]);
        });
        expect(read).toEqual(
          Object.entries(properties).map(([key, value]) => [
            [1, key],
            [2, value],
          ]),
        );
      }),
    );
  });

  it('keeps the model, appends what sherpa-onnx reads, and writes the phonemes in the order of their numbers', async () => {
    const made = await convert(convertPiper, {
      'voice.onnx': 'MODEL',
      'voice.onnx.json': JSON.stringify(piperJson),
    });
    expect(Object.keys(made)).toEqual(['tokens.txt', 'voice.onnx']);
    expect(made['tokens.txt']?.toString()).toBe('_ 0\n  3\n1 4\nb 5\n');
    const model = made['voice.onnx'] ?? Buffer.alloc(0);
    expect(model.subarray(0, 5).toString()).toBe('MODEL');
    const metadata = protobufStrings(model.subarray(5)).map(([, entry]) =>
      protobufStrings(entry).map(([, text]) => text.toString()),
    );
    expect(Object.fromEntries(metadata)).toEqual({
      model_type: 'vits',
      comment: 'piper',
      language: 'English',
      voice: 'en-us',
      has_espeak: '1',
      n_speakers: '1',
      sample_rate: '22050',
    });
  });

  it('names the field that a voice lacks', () => {
    expect(() => parsePiperConfig('{"audio":{}}', 'v.onnx.json')).toThrow(
      /v\.onnx\.json[^]*audio\.sample_rate/,
    );
    expect(() => parsePiperConfig('<html>', 'v.onnx.json')).toThrow(
      /v\.onnx\.json of the Piper voice is not JSON/,
    );
  });

  it('refuses a package without a voice', async () => {
    await expect(convert(convertPiper, { 'readme.md': '' })).rejects.toMatchObject({
      code: 'model_conversion_failed',
    });
  });
});

describe('the plain copy', () => {
  it('keeps every file', async () => {
    const made = await convert(convertByCopy, { a: '1', b: '2' });
    expect(Object.entries(made).map(([name, content]) => [name, content.toString()])).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });
});
