import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../support/inference-processes.ts";
import { createBilingualIndex, createScreenSessions, freezeJudging, MANY_CANDIDATES, SHOWS_RESULT, type ScreenSession } from "./support/screen-in-terminal.ts";
import { NO_TMUX, withReason } from "./support/tmux.ts";
import type { Workplace } from "./support/workplace.ts";

// The built program in a real terminal, tmux's; the bundled pair loads from the package.
const SIZES = [120, 80, 40, 80, 120, 200];

let place: Workplace;
const { start, startWith, closeAll } = createScreenSessions(() => place);

beforeAll(async () => {
  if (NO_TMUX === undefined) place = await createBilingualIndex();
});
afterEach(closeAll);
afterAll(() => place?.remove());

/** The numbers of the final order from its top; `null`: not judged yet. */
function relevancesOf(text: string): (number | null)[] {
  return text.split("\n").flatMap((line) => {
    // Of two columns the right one: behind the rank comes the movement, then bar and number.
    const match = /\s\d+\s+(?:(?:=|new|[↑↓]\d+)[\s█▏▎▍▌▋▊▉]+(\d\.\d+)|–)\s+\S+$/.exec(line);
    return match === null ? [] : [match[1] === undefined ? null : Number(match[1])];
  });
}

function falling(numbers: readonly number[]): boolean {
  return numbers.every((number, position) => position === 0 || number <= (numbers[position - 1] ?? 0));
}

describe.skipIf(NO_TMUX !== undefined)(withReason("the screen in a terminal"), () => {
  test("shows the first stage at once, re-sorts as judgments land, answers keys meanwhile, and says what it took", async () => {
    const { terminal, expectLeft } = await start({ candidates: MANY_CANDIDATES });
    await terminal.until(/^work · \d+ passages in 12 documents +mini int8 on cpu$/m);
    await terminal.command("what is gravity?");
    const { goOn } = await freezeJudging(terminal);
    const midway = await terminal.text();
    expect(midway).toMatch(/first stage, by similarity +final order, by relevance +\d+\/\d+ ━/);
    const [judged, waiting] = [relevancesOf(midway).filter((each) => each !== null), relevancesOf(midway).filter((each) => each === null)];
    expect(falling(judged)).toBe(true);
    expect(judged.length + waiting.length).toBeGreaterThan(10);
    // The models' process stands still; the screen does not.
    await terminal.press("j", "j");
    await terminal.until(/▸ +3 +(?:=|[↑↓]\d+|–)/);
    goOn();
    const after = await terminal.until(SHOWS_RESULT);
    expect(relevancesOf(after)).not.toContain(null);
    expect(falling(relevancesOf(after).map(Number))).toBe(true);
    expect(after).toMatch(/[↑↓]\d+/);
    expect(after).toMatch(/^embed .+ · recall .+ · rerank \d+ in .+ · [\d,]+ tokens/m);
    await terminal.press("q");
    await expectLeft(0);
  });

  test.each(["the lists", "an open passage"])("draws %s anew at every width, with nothing left of the width before", async (shown) => {
    const { terminal, expectLeft } = await startWith("什么是重力?", { columns: 200, rows: 32, candidates: MANY_CANDIDATES });
    if (shown === "an open passage") {
      await terminal.press("Enter");
      // What is weighed later would be no remainder of another width.
      await terminal.until(/underlined: what|no sentence carries/);
    }
    const first = await terminal.settled();
    for (const columns of SIZES) {
      await terminal.resize(columns, 32);
      await terminal.until((text) => (/^work · \d+ passages in 12 documents\n/.test(text)) === columns < 100);
      const resized = await terminal.settled();
      await terminal.press("C-l", "?");
      await terminal.until(/copy path and line/);
      await terminal.press("x");
      await terminal.until((text) => !text.includes("copy path and line"));
      expect(resized, `at ${columns} columns`).toBe(await terminal.settled());
      expect(resized.match(/❯ 什么是重力\?/g)).toHaveLength(1);
    }
    expect(await terminal.settled()).toBe(first);
    await terminal.press("q");
    await expectLeft(0);
  });

  test("keeps the cursor where wide characters end, and finds what was asked in Chinese", async () => {
    const { terminal } = await start();
    await terminal.type("中国的首都是哪里呢");
    await terminal.until(/^❯ 中国的首都是哪里呢$/m);
    expect(await terminal.cursor()).toEqual({ x: 2 + 18, y: 1, isVisible: true });
    await terminal.press("BSpace");
    await terminal.until(/^❯ 中国的首都是哪里$/m);
    expect((await terminal.cursor()).x).toBe(2 + 16);
    await terminal.press("Left", "Left", "Left");
    await terminal.type("城市");
    await terminal.until(/^❯ 中国的首都城市是哪里$/m);
    expect((await terminal.cursor()).x).toBe(2 + 14);
    await terminal.press("Enter");
    const shown = await terminal.until(SHOWS_RESULT);
    expect(shown).toMatch(/▸ +1 +(?:=|↑\d+) \S+ +0\.\d+ +docs\/capitals\/北京\.md/);
    expect((await terminal.cursor()).isVisible).toBe(false);
  });

  test("stops with Esc and keeps what was judged, marked as a part", async () => {
    const { terminal } = await start({ candidates: MANY_CANDIDATES });
    await terminal.command("what is gravity?");
    const { goOn } = await freezeJudging(terminal);
    await terminal.press("Escape");
    await terminal.until(/stopping|partial/);
    goOn();
    await terminal.until(/^partial: \d+ of \d+ judged · /m);
    await terminal.press("r");
    await terminal.until((text) => SHOWS_RESULT.test(text) && !text.includes("partial"));
  });

  test("throws a running search away for a new one", async () => {
    const { terminal } = await start({ candidates: MANY_CANDIDATES });
    await terminal.command("what is gravity?");
    const { goOn } = await freezeJudging(terminal);
    await terminal.press("e", "C-u");
    await terminal.command("capital of Australia");
    await terminal.until((text) => text.includes("❯ capital of Australia") && !text.includes("gravity-newton.md:3-4"));
    goOn();
    const shown = await terminal.until(SHOWS_RESULT);
    expect(shown).toMatch(/▸ +1 +(?:=|↑\d+) \S+ +0\.\d+ +docs\/capitals\/canberra\.md/);
  });


  test("saves the session's searches as JSON and as Markdown", async () => {
    const { terminal } = await startWith("what is gravity?");
    await terminal.press("e", "C-u");
    await terminal.command("中国的首都");
    await terminal.until((text) => text.includes("❯ 中国的首都") && SHOWS_RESULT.test(text) && !text.includes("gravity"));
    await terminal.press("s");
    await terminal.until(/rerank-session-[\d-]+\.json/);
    const files = readdirSync(place.folder).filter((name) => name.startsWith("rerank-session-"));
    expect(files.map((name) => name.replace(/.*\./, "")).sort()).toEqual(["json", "md"]);
    const [json = "", markdown = ""] = files.sort().map((name) => readFileSync(place.path(name), "utf8"));
    expect(JSON.parse(json)).toMatchObject({ version: 1, searches: [{ query: "what is gravity?" }, { query: "中国的首都" }] });
    expect(markdown).toContain("北京.md");
  });

  test("knows in the next session what was asked in the last one", async () => {
    const env = { XDG_STATE_HOME: place.path("..", "kept-state") };
    const { terminal, expectLeft } = await startWith("what is gravity?", { env });
    await terminal.press("e", "C-u");
    await terminal.command("中国的首都");
    await terminal.until((text) => text.includes("❯ 中国的首都") && SHOWS_RESULT.test(text));
    await terminal.press("q");
    await expectLeft(0);
    const { terminal: next } = await start({ env });
    await next.press("Up");
    await next.until(/^❯ 中国的首都$/m);
    await next.press("Up");
    await next.until(/^❯ what is gravity\?$/m);
    await next.press("Down", "Down", "C-r");
    await next.type("grav");
    await next.until(/^earlier query with ❯ grav +what is gravity\?$/m);
    await next.press("Enter");
    await next.until(SHOWS_RESULT);
  });

  test("goes on when the process of the models dies: says so, and keeps what was judged", async () => {
    const { terminal, expectLeft } = await start({ candidates: MANY_CANDIDATES });
    await terminal.command("what is gravity?");
    await freezeJudging(terminal);
    const { program, model } = await terminal.processes();
    process.kill(model, "SIGKILL");
    await terminal.until(/the inference process died \(.*SIGKILL.*\)/);
    await terminal.until((text) => SHOWS_RESULT.test(text) && !text.includes("partial"));
    expect((await terminal.processes()).model).not.toBe(model);
    await terminal.press("e", "C-u");
    await terminal.command("capital of Australia");
    await terminal.until(/▸ +1 +(?:=|↑\d+) \S+ +0\.\d+ +docs\/capitals\/canberra\.md/);
    await terminal.press("q");
    await expectLeft(0);
    expect(isAlive(program)).toBe(false);
  });

  test("carries no colours where NO_COLOR is set, and the selection still stands out", async () => {
    const { terminal } = await startWith("what is gravity?", { env: { NO_COLOR: "1" } });
    // oxlint-disable-next-line no-control-regex
    expect(await terminal.painted()).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])[;m]/);
    expect(await terminal.text()).toMatch(/▸ 1 /);
  });
});

describe.skipIf(NO_TMUX !== undefined)(withReason("one session of the screen"), () => {
  const sessions = createScreenSessions(() => place);
  let session: ScreenSession;

  beforeAll(async () => {
    session = await sessions.startWith("what is gravity?");
  });
  afterAll(sessions.closeAll);

  test("opens the passage with the sentences that carry the relevance, and its neighbours", async () => {
    const { terminal } = session;
    await terminal.press("Enter");
    const detail = await terminal.until(/underlined: what carries the relevance/);
    expect(detail).toMatch(/^Gravity according to Newton\ndocs\/physics\/gravity-newton\.md:3-4$/m);
    expect(detail).toMatch(/^similarity +\d+ of \d+ +0\.\d+/m);
    expect(detail).toMatch(/^relevance +1 of \d+ +0\.\d+ .* logit \d/m);
    // oxlint-disable-next-line no-control-regex
    expect(await terminal.painted()).toMatch(/\u001b\[(?:\d+;)*4(?:;\d+)*m/);
    expect(detail).not.toContain("In the Principia");
    await terminal.press("n");
    await terminal.until(/── :3-4 ─[\s\S]*── :8-13 ─+\n +In the Principia/);
    await terminal.press("l");
    await terminal.until(/^relevance +2 of \d+/m);
    await terminal.press("Escape");
    await terminal.until(/final order, by relevance +2 of/);
  });

  test("shows all keys on demand, at every width", async () => {
    const { terminal } = session;
    for (const columns of [120, 80, 40]) {
      await terminal.resize(columns, 40);
      await terminal.press("?");
      await terminal.until(/open the document/);
      expect(await terminal.settled()).toMatch(/any other key close/);
      await terminal.press("x");
      await terminal.until(/final order/);
    }
    await terminal.resize(120, 30);
  });

  test("asks again with an instruction, with fewer candidates and for some paths only", async () => {
    const { terminal } = session;
    await terminal.press("i");
    await terminal.until(/^instruction ❯ what the models should look for/m);
    await terminal.command("Given a question, find recipes");
    await terminal.until((text) => text.includes("instruction: Given a question, find recipes") && SHOWS_RESULT.test(text));
    await terminal.press("c");
    await terminal.until(/^candidates ❯ 8$/m);
    await terminal.press("C-u");
    await terminal.command("none");
    await terminal.until('"none" is no number of candidates');
    await terminal.press("C-u");
    await terminal.command("5");
    await terminal.until(/rerank 5 in /);
    await terminal.press("/");
    await terminal.until(/^only paths like ❯ docs/m);
    await terminal.command("docs/capitals/**");
    const filtered = await terminal.until((text) => text.includes("only docs/capitals/**") && /rerank 5 in /.test(text));
    expect(filtered).toMatch(/▸ +1 .*capitals/);
    expect(filtered).not.toMatch(/physics|howto/);
  });
});
