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
    expect(decoder.isWaiting()).toBe(true);
    expect(decoder.flush()).toEqual([{ name: "escape", text: "" }]);
  });

  test("keeps the line breaks of a paste from being the Enter key", () => {
    expect(names("\u001b[200~one\r", "two\n\u001b[201~\r")).toEqual(["paste one\rtwo\n", "enter"]);
  });

  test("knows words, control keys and the wheel", () => {
    expect(names("\u001b[1;5D\u001bb\u0001\u0017\u001b[<64;10;5M\u001b[<65;10;5M")).toEqual([
      "wordleft", "alt-b", "ctrl-a", "ctrl-w", "wheelup", "wheeldown",
    ]);
  });

  test("passes over keys that it does not know: Ctrl-F1, a click", () => {
    expect(names("\u001b[1;5P\u001b[<0;1;1M\u001b[15~x")).toEqual(["text x"]);
  });

  test("reads the same keys however the bytes are cut", () => {
    const pieces = fc.constantFrom("a", "北京", "\r", "\u001b[A", "\u001b[3~", "\u001b[200~p\rq\u001b[201~", "\u0015", "\u001b[<64;1;1M");
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
