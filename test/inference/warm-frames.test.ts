import { describe, expect, test } from "vitest";
import { createFrameReader, encodeFrame, readVector } from "../../src/inference/warm-frames.ts";
import { readReply, readRequest } from "../../src/inference/warm-protocol.ts";
import { fakeSpec } from "../support/fake-models.ts";

describe("frames", () => {
  test("come back whole, however they were cut on their way", () => {
    const messages = [{ a: 1 }, { text: "中国 🦊 \ud83d".repeat(1000) }, { logit: -7.204523086547852 }, {}];
    const bytes = Buffer.concat(messages.map((message) => encodeFrame(message)));
    for (const size of [1, 3, 4, 5, 1000, bytes.length]) {
      const reader = createFrameReader();
      const read: unknown[] = [];
      for (let at = 0; at < bytes.length; at += size) read.push(...reader.read(bytes.subarray(at, at + size)));
      expect(read).toEqual(messages);
    }
  });

  test("that say that they are longer than any message are refused before they are read", () => {
    expect(() => createFrameReader(100).read(Buffer.from([0, 0, 0, 101]))).toThrow("101 bytes is too long");
    expect(() => createFrameReader().read(Buffer.from("GET / HTTP/1.1\r\n\r\n"))).toThrow("too long");
  });

  test("that hold no JSON are an error", () => {
    expect(() => createFrameReader().read(Buffer.from([0, 0, 0, 2, 0x7b, 0xff]))).toThrow(SyntaxError);
  });

  test("bring vectors back bit for bit", () => {
    const all = Float32Array.of(0.1, -0, 3.4e38, 1e-45, 1 / 3, 7);
    const vector = all.subarray(1);
    const [read] = createFrameReader().read(encodeFrame({ type: "embedding", id: 1, vector, truncated: false, tokens: 3 }));
    const message = readReply(read);
    expect(message).toEqual({ type: "embedding", id: 1, vector: vector.slice(), truncated: false, tokens: 3 });
    expect(message?.type === "embedding" && Object.is(message.vector[0], -0)).toBe(true);
    expect(readVector("AAA")).toBeUndefined();
    expect(readVector([1, 2])).toBeUndefined();
  });
});

describe("messages", () => {
  const spec = fakeSpec("reranker");
  test.each([
    { type: "hello", version: "1" },
    { type: "load", specs: [spec], options: {} },
    { type: "embed", use: "query", id: 1, texts: ["a"], firstNumber: 1, instruction: "find" },
    { type: "score", id: 1, query: "q", texts: [], firstNumber: 1 },
    { type: "count", id: 1, texts: ["a"], firstNumber: 1 },
    { type: "cancel", id: 1 },
  ])("of a client are known: $type", (message) => {
    expect(readRequest(message)).toBe(message);
  });

  test.each([
    undefined,
    null,
    7,
    "hello",
    [],
    {},
    { type: "__proto__" },
    { type: "hello" },
    { type: "load", specs: [{ role: "reranker" }], options: {} },
    { type: "load", specs: [spec] },
    { type: "load", specs: { length: 1 }, options: {} },
    { type: "embed", use: "text", id: 1, texts: ["a"] },
    { type: "score", id: 1, query: 7, texts: ["a"] },
    { type: "score", id: 1, query: "q", texts: ["a", 7] },
    { type: "score", id: "1", query: "q", texts: ["a"] },
    { type: "score", id: 1, query: "q", texts: ["a"], instruction: {} },
    { type: "cancel", id: Number.NaN },
  ])("of a client that make no sense are none: %j", (message) => {
    expect(readRequest(message)).toBeUndefined();
  });

  test.each([
    { type: "judgment", id: 1, judgment: { logit: null, relevance: 0.5, truncated: false }, usage: { computedTokens: 1, savedTokens: 0 } },
    { type: "judgment", id: 1, judgment: { logit: 1, relevance: 0.5, truncated: false } },
    { type: "embedding", id: 1, vector: { 0: 1 }, truncated: false },
    { type: "counts", id: 1, tokens: [1, "2"] },
    { type: "loaded", role: "judge", loadMs: 1, device: "cpu" },
    { type: "welcome", version: "1" },
    { type: "done" },
    "done",
  ])("of a server that make no sense are none: %j", (message) => {
    expect(readReply(message)).toBeUndefined();
  });
});
