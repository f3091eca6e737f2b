/**
 * A writer for the part of ONNX that conversions need: a graph of nodes with initializers, as the protobuf message
 * `ModelProto` (field numbers from onnx.proto, version 1.16 of the format). The same graph gives the same bytes.
 */

/** Element types, with their numbers in `TensorProto.DataType`. */
const elementTypes = { float32: 1, int32: 6, int64: 7, uint8: 2, int8: 3, int4: 22 } as const;
export type OnnxElementType = keyof typeof elementTypes;

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxElementType;
  readonly dims: readonly number[];
  /** Little-endian, row-major; of `int4` two to a byte, the first in the low half. */
  readonly data: Uint8Array;
}

/** An attribute's value: whole numbers become `INT` (or `INTS`), `{ float }` becomes `FLOAT`. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly op: string;
  /** The operator set; the default one when left out. */
  readonly domain?: string;
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxElementType;
  /** A string is a dimension that varies. */
  readonly dims: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

export interface OnnxModelOptions {
  readonly producer: string;
  /** Version of each operator set; the default one has the name `''`. */
  readonly operatorSets: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** `IR_VERSION` 10: the first with 4-bit integers. */
const irVersion = 10;

/** The bytes of an ONNX file. Large tensors are not copied more than once. */
export function encodeOnnxModel(graph: OnnxGraph, options: OnnxModelOptions): Uint8Array {
  const message = [
    ...intField(1, irVersion),
    ...stringField(2, options.producer),
    ...messageField(7, encodeGraph(graph)),
    ...Object.entries(options.operatorSets).flatMap(([domain, version]) =>
      messageField(8, [...stringField(1, domain), ...intField(2, version)]),
    ),
    ...Object.entries(options.metadata ?? {}).flatMap(([key, value]) =>
      messageField(14, [...stringField(1, key), ...stringField(2, value)]),
    ),
  ];
  return Buffer.concat(message);
}

function encodeGraph(graph: OnnxGraph): Chunks {
  return [
    ...graph.nodes.flatMap((node, index) => messageField(1, encodeNode(node, index))),
    ...stringField(2, graph.name),
    ...graph.initializers.flatMap((tensor) => messageField(5, encodeTensor(tensor))),
    ...graph.inputs.flatMap((value) => messageField(11, encodeValue(value))),
    ...graph.outputs.flatMap((value) => messageField(12, encodeValue(value))),
  ];
}

function encodeNode(node: OnnxNode, index: number): Chunks {
  return [
    ...node.inputs.flatMap((name) => stringField(1, name)),
    ...node.outputs.flatMap((name) => stringField(2, name)),
    ...stringField(3, `${node.op}_${index}`),
    ...stringField(4, node.op),
    ...Object.entries(node.attributes ?? {}).flatMap(([name, value]) =>
      messageField(5, encodeAttribute(name, value)),
    ),
    ...stringField(7, node.domain ?? ''),
  ];
}

/** `AttributeProto.AttributeType`. */
const attributeTypes = { float: 1, int: 2, ints: 7 } as const;

function encodeAttribute(name: string, value: OnnxAttribute): Chunks {
  if (typeof value === 'number') {
    return [...stringField(1, name), ...intField(3, value), ...intField(20, attributeTypes.int)];
  }
  if ('float' in value) {
    return [...stringField(1, name), ...floatField(2, value.float), ...intField(20, attributeTypes.float)];
  }
  return [
    ...stringField(1, name),
    ...value.flatMap((item) => intField(8, item)),
    ...intField(20, attributeTypes.ints),
  ];
}

function encodeTensor(tensor: OnnxTensor): Chunks {
  return [
    ...tensor.dims.flatMap((dim) => intField(1, dim)),
    ...intField(2, elementTypes[tensor.type]),
    ...stringField(8, tensor.name),
    ...messageField(9, [tensor.data]),
  ];
}

function encodeValue(value: OnnxValue): Chunks {
  const dims = value.dims.flatMap((dim) =>
    messageField(1, typeof dim === 'string' ? stringField(2, dim) : intField(1, dim)),
  );
  const tensorType = [...intField(1, elementTypes[value.type]), ...messageField(2, dims)];
  return [...stringField(1, value.name), ...messageField(2, messageField(1, tensorType))];
}

// Protobuf wire format: a message is a list of byte chunks until the whole file is joined.

type Chunks = readonly Uint8Array[];

function varint(value: number): number[] {
  // Negative numbers are ten bytes of two's complement.
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

function intField(field: number, value: number): Chunks {
  return [Uint8Array.from([...varint(field * 8), ...varint(value)])];
}

function floatField(field: number, value: number): Chunks {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return [Uint8Array.from(varint(field * 8 + 5)), bytes];
}

function messageField(field: number, content: Chunks): Chunks {
  const length = content.reduce((sum, chunk) => sum + chunk.length, 0);
  return [Uint8Array.from([...varint(field * 8 + 2), ...varint(length)]), ...content];
}

function stringField(field: number, value: string): Chunks {
  return messageField(field, [Buffer.from(value)]);
}
