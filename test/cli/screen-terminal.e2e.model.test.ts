import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../support/inference-processes.ts";
import { createBilingualIndex, createScreenSessions, freezeJudging, MANY_CANDIDATES, SHOWS_RESULT, STARTED } from "./support/screen-in-terminal.ts";
import { NO_TMUX, withReason } from "./support/tmux.ts";
import { expectUserError, type Workplace } from "./support/workplace.ts";

// The built program in a real terminal, tmux's; the bundled pair loads from the package.
let place: Workplace;
const { start, startWith, closeAll } = createScreenSessions(() => place);

beforeAll(async () => {
  if (NO_TMUX === undefined) place = await createBilingualIndex();
});
afterEach(closeAll);
afterAll(() => place?.remove());

describe.skipIf(NO_TMUX !== undefined)(withReason("the terminal that the screen had"), () => {
  test.each(["q", "C-c"])("is as it was after %s", async (key) => {
    const { terminal, expectLeft } = await startWith("what is gravity?");
    await terminal.press(key);
    expect(await expectLeft(0)).toMatch(/^again: rerank search 'what is gravity\?'$/m);
  });

  test("is as it was after Ctrl-C in a search, at once", async () => {
    const { terminal, expectLeft } = await start({ candidates: MANY_CANDIDATES });
    await terminal.command("what is gravity?");
    const { program, model } = await terminal.processes();
    // Stopped, the models' process cannot be asked to end.
    await freezeJudging(terminal);
    await terminal.press("C-c");
    await expectLeft(130);
    expect([program, model].filter(isAlive)).toEqual([]);
  });

  test("is as it was after Ctrl-C with half a query typed, and repeats nothing", async () => {
    const { terminal, expectLeft } = await start();
    await terminal.type("half a que");
    await terminal.press("C-c");
    expect(await expectLeft(0)).not.toContain("again:");
  });

  test.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)("is as it was after %s", async (signal) => {
    const { terminal, expectLeft } = await startWith("what is gravity?");
    const { program, model } = await terminal.processes();
    process.kill(program, signal);
    await expectLeft(130);
    expect([program, model].filter(isAlive)).toEqual([]);
  });

  test("is the shell's after Ctrl-Z, and the screen's again after fg, in the size that it has then", async () => {
    const { terminal } = await startWith("what is gravity?");
    const before = await terminal.settled();
    await terminal.press("C-z");
    await terminal.until((text) => text.includes("what stood here before") && text.trimEnd().endsWith("$"));
    expect((await terminal.cursor()).isVisible).toBe(true);
    await terminal.command("fg");
    await terminal.until(/final order, by relevance/);
    expect(await terminal.settled()).toBe(before);
    await terminal.press("j");
    await terminal.until(/by relevance +2 of/);
    await terminal.press("C-z");
    await terminal.until((text) => text.includes("what stood here before") && text.trimEnd().endsWith("$"));
    await terminal.resize(60, 20);
    await terminal.command("fg");
    await terminal.until(/final order/);
    const narrow = (await terminal.settled()).trimEnd().split("\n");
    // The last line is the screen's: a painting of the old height would have scrolled the first one away.
    expect([narrow[0], narrow.length]).toEqual([expect.stringMatching(/passages/), 20]);
    await terminal.press("q");
    await terminal.until(/^again: /m);
  });

  test("is a pager's, with its Ctrl-C: the screen comes back when that ends", async () => {
    const pager = "sh -c 'trap \"echo heard it\" INT; echo the pager; until read answer; do :; done' --";
    const { terminal, expectLeft } = await startWith("what is gravity?", { env: { EDITOR: pager } });
    await terminal.press("Tab");
    await terminal.type("o");
    await terminal.until(/the pager/);
    await terminal.press("C-c");
    await terminal.until(/heard it/);
    await terminal.press("Enter");
    await terminal.until(/final order, by relevance/);
    await terminal.press("q");
    await expectLeft(0);
  });

  test("keeps no process when its window is closed", async () => {
    const { terminal } = await startWith("what is gravity?");
    const { program, model } = await terminal.processes();
    await terminal.close();
    await terminal.untilFound(() => (isAlive(program) || isAlive(model) ? undefined : true), "the end of both processes");
  });
});

describe.skipIf(NO_TMUX !== undefined)(withReason("without the screen"), () => {
  test("says what to do instead where there is no terminal, and where TERM is dumb", async () => {
    expectUserError(await place.rerank([]), "the interactive screen needs a terminal, and stdin is none", "rerank --plain");
    const { terminal } = await start({ command: "TERM=dumb rerank", started: /left with 2$/m });
    expect(await terminal.text()).toMatch(/^rerank: this terminal cannot show a screen: TERM is dumb\n {2}hint: .*rerank --plain$/m);
  });

  test("answers line by line in a terminal, and leaves at 退出", async () => {
    const { terminal, expectLeft } = await start({ command: "rerank repl --plain -n 1", started: /^query>$/m });
    await terminal.command("中国的首都");
    await terminal.until(/^1 result for "中国的首都"\n1\. docs\/capitals\/北京\.md, [\s\S]*\nquery>$/m);
    await terminal.command("退出");
    await expectLeft(0);
  });

  test("answers what is piped in, and paints nothing over it", async () => {
    const { expectLeft } = await start({ command: "printf 'what is gravity?\\n' | rerank repl --plain -n 1", started: /left with \d$/m });
    expect(await expectLeft(0)).toMatch(/^1 result for "what is gravity\?"\n1\. docs\/physics\/gravity-newton\.md/m);
  });
});

describe.skipIf(NO_TMUX !== undefined)(withReason("rerank demo"), () => {
  /** Embedding the demo's 218 passages costs as much as four sessions; `npm run demo` has done it before in .ci/run, with a cache folder of its own. */
  function takeDemoMadeBefore(): void {
    const [made, own] = [process.env["XDG_CACHE_HOME"], place.environment["XDG_CACHE_HOME"]].map((cache) => cache && join(cache, "rerank", "demo"));
    if (made && own && existsSync(made)) cpSync(made, own, { recursive: true, preserveTimestamps: true });
  }

  test("leads from its two searches into the screen, and back", { timeout: 300_000 }, async () => {
    takeDemoMadeBefore();
    const { terminal, expectLeft } = await start({ command: "rerank demo", started: /rerank demo/, rows: 60 });
    await terminal.until(/Press Enter for the interactive screen/, 240_000);
    await terminal.press("Enter");
    await terminal.until(STARTED);
    expect(await terminal.text()).toMatch(/^rerank demo · \d+ passages in \d+ documents/);
    await terminal.command("how do I remove limescale?");
    await terminal.until(SHOWS_RESULT);
    await terminal.press("q");
    expect(await expectLeft(0, "Press Enter for")).toMatch(/^Try your own:$/m);
  });
});
