import protobuf from "protobufjs/light.js";

/**
 * The messages of onnx.proto3 that a graph of ours consists of, with the field numbers of the ONNX specification
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
const MESSAGES = {
  StringStringEntryProto: { fields: { key: { type: "string", id: 1 }, value: { type: "string", id: 2 } } },
  OperatorSetIdProto: { fields: { domain: { type: "string", id: 1 }, version: { type: "int64", id: 2 } } },
  Dimension: { fields: { dimValue: { type: "int64", id: 1 }, dimParam: { type: "string", id: 2 } } },
  TensorShapeProto: { fields: { dim: { rule: "repeated", type: "Dimension", id: 1 } } },
  TensorType: { fields: { elemType: { type: "int32", id: 1 }, shape: { type: "TensorShapeProto", id: 2 } } },
  TypeProto: { fields: { tensorType: { type: "TensorType", id: 1 } } },
  ValueInfoProto: { fields: { name: { type: "string", id: 1 }, type: { type: "TypeProto", id: 2 } } },
  TensorProto: {
    fields: {
      dims: { rule: "repeated", type: "int64", id: 1 },
      dataType: { type: "int32", id: 2 },
      name: { type: "string", id: 8 },
      rawData: { type: "bytes", id: 9 },
      externalData: { rule: "repeated", type: "StringStringEntryProto", id: 13 },
      dataLocation: { type: "int32", id: 14 },
    },
  },
  AttributeProto: {
    fields: {
      name: { type: "string", id: 1 },
      f: { type: "float", id: 2 },
      i: { type: "int64", id: 3 },
      ints: { rule: "repeated", type: "int64", id: 8 },
      type: { type: "int32", id: 20 },
    },
  },
  NodeProto: {
    fields: {
      input: { rule: "repeated", type: "string", id: 1 },
      output: { rule: "repeated", type: "string", id: 2 },
      name: { type: "string", id: 3 },
      opType: { type: "string", id: 4 },
      attribute: { rule: "repeated", type: "AttributeProto", id: 5 },
      domain: { type: "string", id: 7 },
    },
  },
  GraphProto: {
    fields: {
      node: { rule: "repeated", type: "NodeProto", id: 1 },
      name: { type: "string", id: 2 },
      initializer: { rule: "repeated", type: "TensorProto", id: 5 },
      input: { rule: "repeated", type: "ValueInfoProto", id: 11 },
      output: { rule: "repeated", type: "ValueInfoProto", id: 12 },
    },
  },
  ModelProto: {
    fields: {
      irVersion: { type: "int64", id: 1 },
      producerName: { type: "string", id: 2 },
      graph: { type: "GraphProto", id: 7 },
      opsetImport: { rule: "repeated", type: "OperatorSetIdProto", id: 8 },
    },
  },
};

const ModelProto = protobuf.Root.fromJSON({ nested: MESSAGES }).lookupType("ModelProto");

/** Values of TensorProto.DataType. */
export const ELEMENT_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10, bfloat16: 16 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** Values of AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, ints: 7 } as const;

/** The bytes of a model, from an object with the fields above. */
export function encodeModel(model: object): Uint8Array {
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}
