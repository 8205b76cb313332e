import { describe, expect, test } from "vitest";
import { noticeLines } from "../../src/reporters/notice-lines.ts";
import { widthOf } from "../../src/reporters/style.ts";
import type { Terminal } from "../../src/reporters/terminal.ts";

const NOTICE = "candidates comes from /home/ana/模型/.rerankrc.json for now, which goes before /home/ana/.config/rerank/config.json: to change that one, add --project";
const WINDOW: Terminal = { isTerminal: true, columns: 80, colors: false, hyperlinks: false, unicode: true };

describe("noticeLines", () => {
  test.each([40, 80, 120])("break between words at %i columns, below the text", (columns) => {
    const lines = noticeLines(NOTICE, { ...WINDOW, columns });
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(lines.map((line, position) => line.startsWith(position === 0 ? "rerank: " : "        "))).not.toContain(false);
    // A path that is wider than a line is broken inside.
    if (columns >= 80) expect(lines.map((line) => line.slice("rerank: ".length)).join(" ")).toBe(NOTICE);
  });

  test("are one line in a pipe, and never carry control characters", () => {
    expect(noticeLines(NOTICE, { ...WINDOW, isTerminal: false })).toEqual([`rerank: ${NOTICE}`]);
    expect(noticeLines("a\u001b[2Jb\nc", WINDOW)).toEqual(["rerank: a\\x1b[2Jb␊c"]);
  });
});
