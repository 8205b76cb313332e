import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { UserError } from "../../domain/errors.ts";

export interface GraphOutput {
  readonly name: string;
  /** Length by axis; `undefined` for an axis whose length is open. `undefined` as a whole where the graph does not say. */
  readonly shape: readonly (number | undefined)[] | undefined;
}

/** What a graph file says about itself, without its weights. */
export interface OnnxHeader {
  readonly outputs: readonly GraphOutput[];
  /** Files that hold its weights, relative to its own folder. Empty when they are inside. */
  readonly weightFiles: readonly string[];
}

const WINDOW_BYTES = 32 * 1024;
/** Larger pieces are weights, which are skipped: nodes and descriptions of outside weights are small. A file up to this size is read in one go. */
const LARGEST_NODE_BYTES = 1024 * 1024;
const LARGEST_REFERENCE_BYTES = 4 * 1024;

// Field numbers of onnx.proto.
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const GRAPH_OUTPUT = 12;
/** The entry of TensorProto.external_data whose key is "location", up to the length of its value. */
const LOCATION = Buffer.from("\x0a\x08location\x12", "latin1");

/**
 * Reads outputs and weight files from a graph of any size: it steps over the weights, so a gigabyte costs a few
 * milliseconds. Throws UserError for a file that is no ONNX graph, or is cut off.
 */
export function readOnnxHeader(path: string): OnnxHeader {
  const file = openWindow(path);
  try {
    const outputs: GraphOutput[] = [];
    const weightFiles = new Set<string>();
    const whole = file.sizeBytes <= LARGEST_NODE_BYTES;
    if (whole) addLocations(file.bytes(0, file.sizeBytes), weightFiles);
    const model = cursorAt(0);
    while (nextField(file, model, file.sizeBytes)) {
      if (model.number !== MODEL_GRAPH) continue;
      const field = cursorAt(model.start);
      while (nextField(file, field, model.end)) {
        const { number, start, end } = field;
        if (number === GRAPH_OUTPUT) outputs.push(parseOutput(file, field));
        if (whole) continue;
        const mayRefer = (number === GRAPH_NODE && end - start <= LARGEST_NODE_BYTES) || (number === GRAPH_INITIALIZER && end - start <= LARGEST_REFERENCE_BYTES);
        if (mayRefer) addLocations(file.bytes(start, end - start), weightFiles);
      }
    }
    if (outputs.length === 0) throw new DamagedGraph();
    return { outputs, weightFiles: [...weightFiles].sort() };
  } catch (error) {
    if (!(error instanceof DamagedGraph)) throw error;
    throw notAGraph(path, file);
  } finally {
    file.close();
  }
}

/** The bytes are not what their place says. */
class DamagedGraph extends Error {}

interface FileWindow {
  readonly sizeBytes: number;
  byteAt(position: number): number;
  bytes(start: number, length: number): Buffer;
  close(): void;
}

function openWindow(path: string): FileWindow {
  const descriptor = openSync(path, "r");
  const sizeBytes = fstatSync(descriptor).size;
  let window = Buffer.alloc(0);
  let windowStart = 0;
  const moveTo = (start: number, length: number): void => {
    if (start >= windowStart && start + length <= windowStart + window.length) return;
    if (start + length > sizeBytes) throw new DamagedGraph();
    const whole = sizeBytes <= LARGEST_NODE_BYTES;
    windowStart = whole ? 0 : start;
    window = Buffer.allocUnsafe(whole ? sizeBytes : Math.min(Math.max(WINDOW_BYTES, length), sizeBytes - start));
    if (readSync(descriptor, window, 0, window.length, windowStart) < window.length) throw new DamagedGraph();
  };
  return {
    sizeBytes,
    byteAt(position) {
      if (position < windowStart || position >= windowStart + window.length) moveTo(position, 1);
      // moveTo has made sure that it is in the window.
      return window[position - windowStart]!;
    },
    bytes(start, length) {
      moveTo(start, length);
      return window.subarray(start - windowStart, start - windowStart + length);
    },
    close: () => closeSync(descriptor),
  };
}

/**
 * A place in a protobuf message, and the field that was read last. It is moved, not copied: a graph has thousands of
 * fields, and this runs once per start, before the compiler has warmed to it.
 */
interface Cursor {
  position: number;
  number: number;
  /** Where the content of the field begins and ends; for a varint, `value` is its number. */
  start: number;
  end: number;
  value: number;
}

function cursorAt(position: number): Cursor {
  return { position, number: 0, start: 0, end: 0, value: 0 };
}

/** Moves the cursor over the next field; `false` at the end of the message. */
function nextField(file: FileWindow, cursor: Cursor, to: number): boolean {
  if (cursor.position >= to) return false;
  const tag = varint(file, cursor);
  const wireType = tag % 8;
  cursor.number = Math.floor(tag / 8);
  if (wireType === 0) {
    cursor.start = cursor.position;
    cursor.value = varint(file, cursor);
    cursor.end = cursor.position;
  } else {
    // A length that is no number stands for a wire type that ONNX does not use.
    const length = wireType === 2 ? varint(file, cursor) : ({ 1: 8, 5: 4 }[wireType] ?? Number.NaN);
    cursor.start = cursor.position;
    cursor.end = cursor.position += length;
  }
  if (cursor.number === 0 || !(cursor.end <= to)) throw new DamagedGraph();
  return true;
}

function varint(file: FileWindow, cursor: Cursor): number {
  let value = 0;
  for (let factor = 1; factor < 2 ** 70; factor *= 128) {
    const byte = file.byteAt(cursor.position++);
    if (byte < 0x80) return value + byte * factor;
    value += (byte - 0x80) * factor;
  }
  throw new DamagedGraph();
}

/** ValueInfoProto: name = 1, type = 2; in it tensor_type = 1; in it shape = 2; in it dim = 1; in it dim_value = 1. */
function parseOutput(file: FileWindow, { start, end }: Cursor): GraphOutput {
  let name = "";
  let shape: (number | undefined)[] | undefined;
  const field = cursorAt(start);
  while (nextField(file, field, end)) {
    if (field.number === 1) name = file.bytes(field.start, field.end - field.start).toString("utf8");
    if (field.number !== 2) continue;
    for (const tensor of childrenOf(file, field, 1)) {
      for (const dimensions of childrenOf(file, tensor, 2)) {
        shape = childrenOf(file, dimensions, 1).map((axis) => childrenOf(file, axis, 1)[0]?.value);
      }
    }
  }
  return { name, shape };
}

function childrenOf(file: FileWindow, { start, end }: Cursor, number: number): Cursor[] {
  const children: Cursor[] = [];
  const field = cursorAt(start);
  while (nextField(file, field, end)) if (field.number === number) children.push({ ...field });
  return children;
}

function addLocations(bytes: Buffer, locations: Set<string>): void {
  for (let found = bytes.indexOf(LOCATION); found !== -1; found = bytes.indexOf(LOCATION, found + LOCATION.length)) {
    const start = found + LOCATION.length + 1;
    // File names are shorter than 128 bytes, so their length is one byte.
    locations.add(bytes.subarray(start, start + (bytes[start - 1] ?? 0)).toString("utf8"));
  }
}

function notAGraph(path: string, file: FileWindow): UserError {
  const beginning = file.bytes(0, Math.min(64, file.sizeBytes)).toString("latin1");
  if (beginning.startsWith("version https://git-lfs")) {
    return new UserError(`${path} is a Git LFS pointer, not the model itself`, { hint: "run `git lfs pull` in its folder" });
  }
  const what = file.sizeBytes === 0 ? "is empty" : "is damaged, cut off, or no ONNX graph";
  return new UserError(`${path} ${what}`, { hint: "bring the model again: rerank models pull <name>" });
}
