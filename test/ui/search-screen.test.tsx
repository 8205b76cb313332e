import { afterEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/domain/errors.ts";
import { renderScreen, type RenderedScreen, type RenderOptions } from "./render-screen.tsx";

const ESC = "\u001b";
const UP = "\u001b[A";
let screen: RenderedScreen;
afterEach(() => screen.close());

async function open(options: RenderOptions = {}): Promise<void> {
  screen = await renderScreen(options);
}

/** A search that is done, the keys being with the results. */
async function openDone(options: RenderOptions = {}): Promise<void> {
  await open({ query: "capital of China", ...options });
  screen.world.load();
  const search = screen.world.search();
  search.recall();
  search.judge();
  search.finish();
  await screen.settle();
}

function line(part: string): string {
  return screen.text().split("\n").find((each) => each.includes(part)) ?? `no line with "${part}":\n${screen.text()}`;
}

describe("a search", () => {
  test("can be typed while the models load, and says so", async () => {
    await open();
    expect(screen.text()).toContain("loading models");
    expect(screen.text()).toContain("The models are loading; type already.");
    await screen.type("what is gravity", "\r");
    expect(screen.world.calls).toEqual(["remember what is gravity", "search what is gravity"]);
    expect(screen.text()).toContain("Waiting for the models");
    screen.world.load();
    await screen.settle();
    expect(line("notes")).toBe("notes · 12,340 passages in 310 documents");
    expect(screen.text()).toContain("qwen3-0.6b int8 on cpu");
  });

  test("shows the first stage's order before anything is judged", async () => {
    await open({ query: "capital of China", columns: 120 });
    screen.world.search().recall();
    await screen.settle();
    expect(line("▸ 1")).toMatch(/▸ 1 █+ 0\.700 {2}capitals\/北京\.md:3-12 .* ▸ 1 +– +capitals\/北京\.md:3-12/);
    expect(screen.text()).toContain("0/20");
  });

  test("re-sorts as judgments arrive, with progress and the tokens that were saved", async () => {
    await open({ query: "capital of China", columns: 120, logits: [-2, -1, -4, 6] });
    const search = screen.world.search();
    search.recall();
    search.judge(4);
    await screen.settle();
    expect(screen.text()).toContain("4/20");
    expect(screen.text()).toContain("248 tokens saved");
    expect(line("▸ 1")).toMatch(/▸ 1 +↑3 +█+ 0\.9975 +capitals\/beijing\.md:3-12/);
    expect(line("0.682")).toContain("→  1");
    // Those that wait for their judgment follow in the first stage's order.
    expect(screen.text()).toMatch(/ 5 +– +letters\/capital-letters\.md/);
  });

  test("says how long each stage took", async () => {
    await openDone();
    expect(screen.text()).toContain("embed 41 ms · recall 1 ms · rerank 20 in 2.9 s");
  });

  test("is stopped by Esc, keeps the best so far and says that it is partial", async () => {
    await open({ query: "capital of China" });
    screen.world.search().recall();
    screen.world.search().judge(7);
    await screen.settle();
    await screen.type(ESC);
    expect(screen.world.search().wasFinished()).toBe(true);
    await screen.settle();
    expect(screen.text()).toContain("partial: 7 of 20 judged");
  });

  test("is cancelled at once by another one, whose results alone are shown", async () => {
    await open({ query: "capital of China" });
    const first = screen.world.search();
    first.recall();
    await screen.settle();
    await screen.type("e", "\u0015gravity\r");
    expect(first.wasCancelled()).toBe(true);
    first.judge(3);
    await screen.settle();
    expect(screen.text()).toContain("Waiting for the models");
    expect(screen.session.state().run?.judged).toBe(0);
  });

  test("that fails says why and what to do, and is tried again with r", async () => {
    await open({ query: "capital of China" });
    screen.world.load();
    screen.world.search().fail(new UserError("the model process ended twice", { hint: "run `rerank doctor`" }));
    await screen.settle();
    expect(screen.text()).toContain("the model process ended twice · run `rerank doctor`");
    expect(line("retry")).toContain("r retry");
    await screen.type("r");
    expect(screen.world.searches).toHaveLength(2);
    screen.world.search().recall();
    await screen.settle();
    expect(screen.text()).not.toContain("ended twice");
  });

  test("whose reranker fails shows the order of the first stage, says so, and claims no relevance", async () => {
    await open({ query: "capital of China", columns: 120, logits: [-2, -1, -4, 6] });
    const search = screen.world.search();
    search.recall();
    search.judge(4);
    await screen.settle();
    expect(line("▸ 1")).toContain("0.9975");
    search.failReranker("api.example.com asks to wait: 429");
    await screen.settle();
    expect(screen.text()).toContain("the reranker did not run: api.example.com asks to wait: 429; this is the order of the first stage");
    expect(line("not reranked, by similarity")).toMatch(/^ first stage, by similarity {2,}not reranked, by similarity {2,}1 of 20$/);
    expect(line("▸ 1")).toMatch(/▸ 1 █+ 0\.700 .* ▸ 1 █+ 0\.700 {2}capitals\/北京\.md:3-12/);
    expect(line("embed 41 ms")).toBe("not reranked · embed 41 ms · recall 1 ms");
    expect(screen.text()).not.toMatch(/by relevance|0\.9975|↑|↓|rerank \d/);
    expect(screen.text()).toMatch(/^r retry /m);
  });

  test("whose reranker fails explains no relevance, weighs no sentences, and is searched again with r", async () => {
    await open({ query: "capital of China" });
    screen.world.load();
    screen.world.search().recall();
    screen.world.search().judge(4);
    screen.world.search().failReranker("api.example.com asks to wait: 429");
    await screen.settle();
    expect(line("▸ 1")).toMatch(/^▸ 1 █+ 0\.700 {2}capitals\/北京\.md/);
    await screen.type("\r");
    await screen.settle(200);
    expect(line("relevance")).toMatch(/^relevance +not judged/);
    expect(screen.world.calls.filter((call) => call.startsWith("weigh"))).toEqual([]);
    await screen.type("r");
    expect(screen.world.searches).toHaveLength(2);
    screen.world.search().recall();
    screen.world.search().judge();
    screen.world.search().finish();
    await screen.settle();
    expect(screen.text()).not.toMatch(/did not run|not reranked/);
    expect(screen.text()).toContain("final order, by relevance");
  });

  test("whose other reranker fails is not said to be judged by it", async () => {
    await openDone({ columns: 120 });
    await screen.type("m");
    await screen.settle();
    await screen.type("\r");
    await screen.settle();
    screen.world.search().recall();
    screen.world.search().failReranker("it is gone");
    await screen.settle();
    expect(line("judged by")).toMatch(/^ judged by qwen3-0\.6b {2,}not judged by bge-reranker-v2-m3/);
  });

  test("survives services that throw at once, and models that cannot be loaded", async () => {
    await open({ overrides: { search: () => { throw new Error("the index is gone"); } } });
    screen.world.failToLoad(new UserError("no reranker here", { hint: "run `rerank models pull`" }));
    await screen.settle();
    expect(screen.text()).toContain("no reranker here · run `rerank models pull`");
    await screen.type("x\r");
    expect(screen.text()).toContain("the index is gone");
  });

  test("that finds nothing names the filter", async () => {
    await open({ query: "capital", passages: [], conditions: { pathGlob: "drafts/**" } });
    screen.world.search().recall();
    screen.world.search().finish();
    await screen.settle();
    expect(screen.text()).toContain("No passage in drafts/**.");
    expect(screen.text()).toContain("only drafts/** · 20 candidates");
  });
});

describe("keys", () => {
  test("are text in the query line and commands among the results", async () => {
    await open();
    await screen.type("quick j");
    expect(screen.session.state().query.text).toBe("quick j");
    expect(screen.hasQuit()).toBe(false);
    await screen.type("\r");
    await screen.type("q");
    expect(screen.hasQuit()).toBe(true);
  });

  test("walk through the list, and keep the selection on its passage while the order changes", async () => {
    await open({ query: "capital of China", columns: 120, logits: [1, 2, 3, 4, 5] });
    const search = screen.world.search();
    search.recall();
    search.judge(2);
    await screen.settle();
    await screen.type("j");
    const selected = screen.session.state().selectedId;
    search.judge(3);
    await screen.settle();
    expect(screen.session.state().selectedId).toBe(selected);
    expect(screen.text().split("\n").filter((each) => each.includes("▸"))).toHaveLength(2);
  });

  test("leave the first order still while the leader changes, and bring its passage into view when the selection is moved", async () => {
    await openDone({ columns: 120, rows: 14, logits: [...Array.from({ length: 19 }, () => 0), 9] });
    expect(line("first stage")).toBeTruthy();
    expect(screen.text()).toMatch(/\n  1 █/);
    await screen.type("jk");
    await screen.type("G", "g");
    expect(screen.text()).toMatch(/\n  1 █/);
    await screen.type("j", "G");
    expect(screen.text()).toContain("\n▸19 ");
    expect(screen.text()).toContain(" ▸20 ");
  });

  test("bring back earlier queries, by step and by search", async () => {
    await open({ history: ["what is gravity", "capital of Japan", "什么是重力"] });
    await screen.type("x", UP, UP);
    expect(screen.session.state().query.text).toBe("capital of Japan");
    await screen.type("\u001b[B", "\u001b[B");
    expect(screen.session.state().query.text).toBe("x");
    await screen.type("\u0012", "is");
    expect(screen.text()).toContain("earlier query with ❯ is   what is gravity");
    await screen.type("\r");
    expect(screen.world.search().request.query).toBe("what is gravity");
  });

  test("copy, open and save, and say what has been done", async () => {
    await openDone({ logits: [9] });
    await screen.type("y");
    expect(screen.text()).toContain("copied capitals/北京.md:3 (OSC 52)");
    await screen.type("o", "s");
    expect(screen.text()).toContain("saved rerank-session.json and rerank-session.md");
    expect(screen.world.calls.slice(-3)).toEqual(["copy capitals/北京.md:3", "open capitals/北京.md", "save 1"]);
  });

  test("change instruction, filter and number of candidates, and search again with them", async () => {
    await openDone();
    await screen.type("c", "\u0015", "0", "\r");
    expect(screen.text()).toContain('"0" is no number of candidates');
    // What was typed can be mended.
    expect(screen.text()).toContain("candidates ❯ 0");
    await screen.type("\u007f", "12\r");
    await screen.type("/docs/**\r");
    await screen.type("i", "Find capitals\r");
    expect(screen.world.search().request).toMatchObject({ candidateCount: 12, pathGlob: "docs/**", instruction: "Find capitals" });
    await screen.settle();
    expect(screen.text()).toContain("only docs/** · 12 candidates · instruction: Find capitals");
  });

  test("compare two rerankers until m or the next query", async () => {
    await openDone({ columns: 120, logits: [5, 4], otherLogits: [-5, 6, 7] });
    await screen.type("m");
    expect(screen.text()).toContain("▸ bge-reranker-v2-m3");
    await screen.type("\r");
    await screen.settle();
    const search = screen.world.search();
    search.recall();
    search.judge();
    search.finish();
    await screen.settle();
    expect(line("judged by")).toMatch(/judged by qwen3-0\.6b .* judged by bge-reranker-v2-m3/);
    expect(screen.session.state().previous).not.toBeNull();
    await screen.type("m");
    expect(screen.text()).toContain("first stage, by similarity");
  });

  test("show all keys, on a small screen by scrolling", async () => {
    await openDone({ columns: 40, rows: 14 });
    await screen.type("?");
    expect(screen.text()).toContain("open the document at the line");
    await screen.type("jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj");
    expect(screen.text()).toContain("go to the results");
    await screen.type("x");
    expect(screen.text()).toContain("final order");
  });
});

describe("the open passage", () => {
  test("shows where it stands, why, and its text with the sentences that carry the relevance", async () => {
    await openDone({ logits: [-1, -2, -3, 9], columns: 80 });
    await screen.type("\r");
    await screen.settle(250);
    const text = screen.text();
    expect(text).toContain("Beijing › Government › The capital city");
    expect(text).toContain("capitals/beijing.md:3-12");
    expect(text).toMatch(/similarity +4 of 20 +0\.655 /);
    expect(text).toMatch(/relevance .*\[.\].*↑\d/);
    expect(text).toContain("█ ");
    expect(text).toContain("underlined: what carries the relevance");
    // Underlined, with the query's terms in bold inside.
    expect(screen.frame()).toContain("\u001b[4m");
  });

  test("weighs sentences only of the passage on which the selection rests, and never before the search is done", async () => {
    await open({ query: "capital of China" });
    screen.world.search().recall();
    screen.world.search().judge(3);
    await screen.settle();
    await screen.type("\r");
    await screen.settle(250);
    expect(screen.world.calls.filter((call) => call.startsWith("weigh"))).toEqual([]);
    screen.world.search().judge();
    screen.world.search().finish();
    await screen.settle(10);
    await screen.type("lll");
    await screen.settle(250);
    expect(screen.world.calls.filter((call) => call.startsWith("weigh"))).toHaveLength(1);
  });

  test("shows its neighbours on demand", async () => {
    await openDone();
    await screen.type("\r", "n");
    expect(screen.text()).toContain("What stands before it.");
    await screen.type("n", ESC);
    expect(screen.text()).toContain("final order");
  });

  test("stands beside the list from 140 columns on", async () => {
    await openDone({ columns: 200, rows: 30 });
    await screen.type("\r");
    expect(line("first stage, by similarity")).toMatch(/final order, by relevance .*│/);
    await screen.type(ESC);
    screen.session.dispatch({ type: "resized", size: { columns: 120, rows: 30 } });
    await screen.type("\r");
    expect(screen.text()).not.toContain("first stage, by similarity");
  });
});

describe("layout", () => {
  test.each([40, 60, 80])("lists one order with movements at %i columns", async (columns) => {
    await openDone({ columns, rows: 20 });
    expect(screen.text()).not.toContain("first stage");
    expect(line("▸")).toMatch(/▸ 1 +↑\d+/);
  });

  test("needs neither colours nor Unicode", async () => {
    await openDone({ columns: 100, colors: false, unicode: false, passages: [{ id: 1, vectorId: 1, path: "a.md", headings: [], location: { startLine: 1, endLine: 2 }, text: "plain" }] });
    expect(screen.text()).toMatch(/^[\x20-\x7e\n]*$/);
    // oxlint-disable-next-line no-control-regex
    expect(screen.frame()).not.toMatch(/\u001b\[3[0-7]m/);
  });

  test("puts the cursor where the next character goes, Chinese before it or not", async () => {
    await open();
    await screen.type("北京");
    expect(screen.cursor()).toEqual({ x: 6, y: 2 });
    await screen.type("\r");
    expect(screen.cursor()).toBeNull();
  });

  test("takes the hostile out of paths and texts", async () => {
    const passage = { id: 1, vectorId: 1, path: "a\u001b[2J.md", headings: ["\u202eevil"], location: { startLine: 1, endLine: 1 }, text: "x\u001b]0;title\u0007 capital" };
    await openDone({ passages: [passage], columns: 100 });
    await screen.type("\r");
    expect(screen.frame()).not.toContain("\u001b[2J");
    expect(screen.frame()).not.toContain("\u001b]0");
    expect(screen.text()).toContain("a\\x1b[2J.md");
  });
});
