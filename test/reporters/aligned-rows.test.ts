import { expect, test } from "vitest";
import { alignedRows } from "../../src/reporters/aligned-rows.ts";

test("puts columns under each other, in columns of the screen", () => {
  expect(alignedRows([["重力", "a", "end"], ["x", "bbb", "end of the row"]])).toBe("重力  a    end\nx     bbb  end of the row\n");
});

test("wraps the last cell below itself on a terminal, and only there", () => {
  const rows = [["ok", "providers: cpu, webgpu, cuda"], ["failed", "no"]];
  expect(alignedRows(rows, { isTerminal: true, columns: 26 })).toBe("ok      providers: cpu,\n        webgpu, cuda\nfailed  no\n");
  expect(alignedRows(rows, { isTerminal: false, columns: 26 })).toBe("ok      providers: cpu, webgpu, cuda\nfailed  no\n");
});

test("leaves the wrapping to the terminal where there is no room for it", () => {
  expect(alignedRows([["a long first cell", "and a last one"]], { isTerminal: true, columns: 24 })).toBe("a long first cell  and a last one\n");
});
