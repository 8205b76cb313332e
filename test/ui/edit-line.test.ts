import { describe, expect, test } from "vitest";
import { createKeyDecoder } from "../../src/ui/decode-keys.ts";
import { editLine, EMPTY_LINE, lineOf, type LineEdit } from "../../src/ui/edit-line.ts";

/** The line after these keys, "|" where the cursor is. */
function typed(line: LineEdit, sent: string): string {
  const { text, cursor } = createKeyDecoder().push(sent).reduce((edited, key) => editLine(edited, key) ?? edited, line);
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

describe("editLine", () => {
  test("moves and erases by user-perceived characters", () => {
    expect(typed(EMPTY_LINE, "北京👨‍👩‍👧\u007f")).toBe("北京|");
    expect(typed(lineOf("a👨‍👩‍👧b"), "\u001b[D\u001b[D")).toBe("a|👨‍👩‍👧b");
    expect(typed(lineOf("e\u0301x"), "\u001b[D\u007f")).toBe("|x");
  });

  test("knows the keys of a shell", () => {
    const line = lineOf("what is gravity");
    expect(typed(line, "\u0017")).toBe("what is |");
    expect(typed(line, "\u0001\u001b[C")).toBe("w|hat is gravity");
    expect(typed(line, "\u001bb\u0015")).toBe("|gravity");
    expect(typed(line, "\u0001\u001bf\u000b")).toBe("what|");
    expect(typed(line, "\u0001\u001b[3~\u0005s")).toBe("hat is gravitys|");
  });

  test("makes one line of a paste of several, and control characters visible", () => {
    expect(typed(EMPTY_LINE, "\u001b[200~what is\n   gravity?\tsay\u001b[201~")).toBe("what is gravity? say|");
    expect(lineOf("a\u001b[31mb").text).toBe("a\\x1b[31mb");
  });

  test("says when a key edits nothing", () => {
    expect(editLine(EMPTY_LINE, { name: "pageup", text: "" })).toBeNull();
  });
});
