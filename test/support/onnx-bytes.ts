/** Bytes of an ONNX graph that nobody runs: outputs with their shapes, weights inside or outside. */
export interface GraphSketch {
  /** Shape by output name; `null` is an open axis, an empty list a graph that does not say. */
  readonly outputs: Readonly<Record<string, readonly (number | null)[]>>;
  /** Files that hold weights. */
  readonly weightFiles?: readonly string[];
  /** Content that sits inside as one weight. */
  readonly weights?: Buffer;
}

export function onnxBytes({ outputs, weightFiles = [], weights }: GraphSketch): Buffer {
  const graph = [
    // A node with a name and an operator.
    message(1, [text(3, "Add_0"), text(4, "Add")]),
    text(2, "sketch"),
    ...weightFiles.map((file) => message(5, [text(8, `of ${file}`), message(13, [text(1, "location"), text(2, file)])])),
    ...(weights ? [message(5, [text(8, "inner"), bytes(9, weights)])] : []),
    ...Object.entries(outputs).map(([name, shape]) => message(12, [text(1, name), ...typeOf(shape)])),
  ];
  // Format version, producer, graph, operator set.
  return Buffer.concat([number(1, 8), text(2, "test"), message(7, graph), message(8, [number(2, 17)])]);
}

function typeOf(shape: readonly (number | null)[]): Buffer[] {
  const axes = shape.map((length) => message(1, [length === null ? text(2, "batch") : number(1, length)]));
  return shape.length === 0 ? [] : [message(2, [message(1, [number(1, 1), message(2, axes)])])];
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) out.push((left % 0x80) + 0x80);
  return Buffer.from([...out, left]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  return bytes(field, Buffer.concat(parts));
}
