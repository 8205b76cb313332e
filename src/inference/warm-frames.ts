/** A length of four bytes, then JSON in UTF-8. JSON rather than V8's own format: it cannot be made to harm the reader, and no version of Node differs. */
const HEADER_BYTES = 4;
/** A slice of a request has a million characters at most, each of six bytes at most where it has to be escaped. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** A message as it travels. Numbers come back as they were, NaN and the infinities aside; vectors are written out as bytes. */
export function encodeFrame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message, writeVector));
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, HEADER_BYTES);
  return frame;
}

export interface FrameReader {
  /**
   * Takes what has arrived, and gives the messages that are complete with it.
   * @throws Error for what is no frame: nothing behind it can be read.
   */
  read(bytes: Buffer): unknown[];
}

export function createFrameReader(maxBytes = MAX_FRAME_BYTES): FrameReader {
  let chunks: Buffer[] = [];
  let length = 0;

  function take(count: number): Buffer {
    const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    const rest = all.subarray(count);
    chunks = rest.length > 0 ? [rest] : [];
    length = rest.length;
    return all.subarray(0, count);
  }

  let bodyBytes: number | undefined;
  return {
    read(bytes) {
      chunks.push(bytes);
      length += bytes.length;
      const messages: unknown[] = [];
      for (;;) {
        if (bodyBytes === undefined) {
          if (length < HEADER_BYTES) return messages;
          bodyBytes = take(HEADER_BYTES).readUInt32BE();
          if (bodyBytes > maxBytes) throw new Error(`a message of ${bodyBytes} bytes is too long`);
        }
        if (length < bodyBytes) return messages;
        const body = take(bodyBytes).toString("utf8");
        bodyBytes = undefined;
        messages.push(JSON.parse(body));
      }
    },
  };
}

function writeVector(_key: string, value: unknown): unknown {
  return value instanceof Float32Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") : value;
}

/** @returns `undefined` for what `encodeFrame` does not make of a vector. */
export function readVector(value: unknown): Float32Array | undefined {
  if (typeof value !== "string") return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.length % Float32Array.BYTES_PER_ELEMENT !== 0) return undefined;
  // A copy of its own: a small Buffer is a part of a shared one, and begins anywhere in it.
  const vector = new Float32Array(bytes.length / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(vector.buffer).set(bytes);
  return vector;
}
