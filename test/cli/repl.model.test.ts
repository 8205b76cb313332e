import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkplace, expectExit, type Workplace } from "./support/workplace.ts";

// The bundled pair loads from the package.
let place: Workplace;

beforeAll(async () => {
  place = createWorkplace({
    "docs/kettle.md": "# Kettles\n\nLimescale is removed with vinegar or citric acid.\n",
    "docs/tyres.md": "# Tyres\n\nA bicycle tyre needs three to six bar of air.\n",
    "docs/北京.md": "# 北京\n\n中国的首都是北京。\n",
  });
  expectExit(await place.rerank(["index", "docs"]), 0);
});
afterAll(() => place.remove());

describe("plain line mode", () => {
  test("answers each line with numbered results, keeps stderr for talk, and asks nothing of a pipe", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["--plain", "-n", "1"], { stdin: "how do I remove limescale?\r\n\n中国的首都是哪里\n" }), 0);
    const blocks = stdout.trimEnd().split("\n\n");
    expect(blocks).toEqual([
      expect.stringMatching(/^1 result for "how do I remove limescale\?"\n1\. docs\/kettle\.md, lines? \d.*, relevance 0\.\d+, .*\n {3}Kettles\n {3}Limescale is removed/),
      expect.stringMatching(/^1 result for "中国的首都是哪里"\n1\. docs\/北京\.md, /),
    ]);
    expect(stderr).toBe("");
  });

  test.each(["quit", "exit", "q", "Q", "退出"])("ends at %s, whatever comes after it", async (goodbye) => {
    const { stdout } = expectExit(await place.rerank(["repl", "--plain"], { stdin: `tyre pressure\n ${goodbye} \nlimescale\n` }), 0);
    expect(stdout).toContain('for "tyre pressure"');
    expect(stdout).not.toContain("limescale\"");
  });

  test("answers a query of the command line first", async () => {
    const { stdout } = expectExit(await place.rerank(["repl", "--plain", "tyre", "pressure"], { stdin: "limescale\n" }), 0);
    expect(stdout.match(/results? for ".*"/g)).toEqual(['results for "tyre pressure"', 'results for "limescale"']);
  });

  test("comes back with 1 where nothing was found or asked", async () => {
    expect(expectExit(await place.rerank(["--plain", "--path", "nowhere/**"], { stdin: "limescale\n" }), 1).stdout).toBe('no results for "limescale"\n\n');
    expect(expectExit(await place.rerank(["--plain"], { stdin: "\nquit\n" }), 1).stdout).toBe("");
  });

  test("names a query that is too long, and answers the others", async () => {
    const { exitCode, stdout, stderr } = await place.rerank(["--plain"], { stdin: `${"x".repeat(20_001)}\nlimescale\n` });
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^rerank: the query has 20001 characters.*\n {2}hint: /)]);
    expect(stdout).toContain('for "limescale"');
  });

  test("keeps no history: that is the screen's", async () => {
    expectExit(await place.rerank(["--plain"], { stdin: "limescale\n", env: { XDG_STATE_HOME: place.path("state") } }), 0);
    expect(existsSync(place.path("state"))).toBe(false);
  });

  test("keeps the first stage's order where the settings say so", async () => {
    const { stdout } = expectExit(await place.rerank(["--plain", "-n", "1"], { stdin: "limescale\n", env: { RERANK_RERANK: "false" } }), 0);
    expect(stdout).toMatch(/1\. docs\/kettle\.md, lines? .*, similarity 0\.\d+, not reranked\n/);
  });
});
