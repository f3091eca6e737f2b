/**
 * Writes ONNX models of a few nodes, for tests of code that loads models: the bytes of the protobuf messages ModelProto, GraphProto,
 * NodeProto, TensorProto and ValueInfoProto of onnx.proto, with the fields that are needed here.
 */
export interface TinyModel {
  readonly inputs: readonly TinyValue[];
  readonly outputs: readonly TinyValue[];
  readonly nodes: readonly TinyNode[];
  readonly constants: readonly TinyConstant[];
  readonly metadata: Readonly<Record<string, string | number>>;
}

type ElementType = 'float' | 'int32' | 'int64';

/** A dimension is a size, or a name for one that varies. */
export interface TinyValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface TinyNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers or lists of integers. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface TinyConstant {
  readonly name: string;
  readonly type: 'float' | 'int64';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Numbers of TensorProto.DataType. */
const elementTypes: Readonly<Record<ElementType, number>> = { float: 1, int32: 6, int64: 7 };
const irVersion = 8;
const operatorSet = 13;

export function tinyOnnx(model: TinyModel): Uint8Array {
  const graph = bytes(
    ...model.nodes.map((node) => message(1, nodeBytes(node))),
    text(2, 'tiny'),
    ...model.constants.map((constant) => message(5, constantBytes(constant))),
    ...model.inputs.map((value) => message(11, valueBytes(value))),
    ...model.outputs.map((value) => message(12, valueBytes(value))),
  );
  return bytes(
    integer(1, irVersion),
    message(7, graph),
    message(8, bytes(text(1, ''), integer(2, operatorSet))),
    ...Object.entries(model.metadata).map(([key, value]) =>
      message(14, bytes(text(1, key), text(2, String(value)))),
    ),
  );
}

function nodeBytes({ op, inputs, outputs, attributes = {} }: TinyNode): Uint8Array {
  const intAttribute = 2;
  const intsAttribute = 7;
  return bytes(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) =>
      message(
        5,
        typeof value === 'number'
          ? bytes(text(1, name), integer(3, value), integer(20, intAttribute))
          : bytes(text(1, name), ...value.map((each) => integer(8, each)), integer(20, intsAttribute)),
      ),
    ),
  );
}

function constantBytes({ name, type, shape, values }: TinyConstant): Uint8Array {
  const data =
    type === 'float' ? Float32Array.from(values) : BigInt64Array.from(values, (value) => BigInt(value));
  return bytes(
    ...shape.map((size) => integer(1, size)),
    integer(2, elementTypes[type]),
    text(8, name),
    message(9, new Uint8Array(data.buffer)),
  );
}

function valueBytes({ name, type, shape }: TinyValue): Uint8Array {
  const dimensions = shape.map((size) =>
    message(1, typeof size === 'number' ? integer(1, size) : text(2, size)),
  );
  const tensor = bytes(integer(1, elementTypes[type]), message(2, bytes(...dimensions)));
  return bytes(text(1, name), message(2, message(1, tensor)));
}

function varint(value: number): number[] {
  // Negative numbers are 64-bit two's complement: ten bytes.
  let rest = BigInt.asUintN(64, BigInt(value));
  const encoded: number[] = [];
  do {
    encoded.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return encoded;
}

const integer = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...varint(field << 3), ...varint(value)]);

const message = (field: number, content: Uint8Array): Uint8Array =>
  bytes(Uint8Array.from([...varint((field << 3) | 2), ...varint(content.length)]), content);

const text = (field: number, content: string): Uint8Array =>
  message(field, new TextEncoder().encode(content));

function bytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
