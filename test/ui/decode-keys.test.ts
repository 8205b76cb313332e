import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKeyDecoder } from "../../src/ui/decode-keys.ts";

function names(...chunks: readonly string[]): string[] {
  const decoder = createKeyDecoder();
  const keys = [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.flush()];
  return keys.map(({ name, text }) => (text === "" ? name : `${name} ${text}`));
}

describe("createKeyDecoder", () => {
  test("tells Backspace from Delete, and arrows of both kinds", () => {
    expect(names("\u007f\u001b[3~\u001b[A\u001bOB\u001b[Z")).toEqual(["backspace", "delete", "up", "down", "backtab"]);
  });

  test("takes a sequence that comes in pieces as one key", () => {
    expect(names("a\u001b", "[", "5~b")).toEqual(["text a", "pageup", "text b"]);
  });

  test("takes a lone escape character for the Esc key once nothing follows", () => {
    const decoder = createKeyDecoder();
    expect(decoder.push("\u001b")).toEqual([]);
    expect(decoder.waitMs()).toBe(40);
    expect(decoder.flush()).toEqual([{ name: "escape", text: "" }]);
  });

  test("keeps the line breaks of a paste from being the Enter key", () => {
    expect(names("\u001b[200~one\r", "two\n\u001b[201~\r")).toEqual(["paste one\rtwo\n", "enter"]);
  });

  test("ends a paste whose end got lost after a silence, or at Ctrl-C", () => {
    const decoder = createKeyDecoder();
    expect(decoder.push("\u001b[200~one\r")).toEqual([]);
    expect(decoder.waitMs()).toBe(500);
    expect(decoder.flush()).toEqual([{ name: "paste", text: "one\r" }]);
    expect(decoder.waitMs()).toBeNull();
    expect(names("\u001b[200~one", "\u0003", "x")).toEqual(["paste one", "ctrl-c", "text x"]);
  });

  test("keeps no more of an open paste than a line takes, and still finds its end in pieces", () => {
    const decoder = createKeyDecoder();
    decoder.push("\u001b[200~");
    for (let piece = 0; piece < 100; piece++) decoder.push("0123456789".repeat(1000));
    const [paste, ...more] = [...decoder.push("\u001b[20"), ...decoder.push("1~y")];
    expect(paste?.text.length).toBeLessThan(70_000);
    expect(more).toEqual([{ name: "text", text: "y" }]);
  });

  test("knows words and control keys", () => {
    expect(names("\u001b[1;5D\u001bb\u0001\u0017")).toEqual(["wordleft", "alt-b", "ctrl-a", "ctrl-w"]);
  });

  test("passes over keys that it does not know: Ctrl-F1, F1 of the Linux console, Alt-q, an answer of the terminal", () => {
    expect(names("\u001b[1;5P\u001b[[A\u001bq\u001b😀\u001b[?1;2c\u001b[15~x")).toEqual(["text x"]);
    expect(names("\u001b", "[[", "Ax")).toEqual(["text x"]);
  });

  test("reads the same keys however the bytes are cut", () => {
    const pieces = fc.constantFrom("a", "北京", "\r", "\u001b[A", "\u001b[3~", "\u001b[200~p\rq\u001b[201~", "\u0015", "\u001b[[A");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), fc.array(fc.nat(40), { maxLength: 6 }), (parts, cuts) => {
        const whole = parts.join("");
        const places = [...new Set(cuts.map((cut) => Math.min(cut, whole.length)))].sort((a, b) => a - b);
        const chunks = [0, ...places].map((from, at) => whole.slice(from, places[at] ?? whole.length));
        const joined = (keys: readonly string[]) => keys.join("|").replaceAll("|text ", "");
        expect(joined(names(...chunks))).toBe(joined(names(whole)));
      }),
    );
  });
});
