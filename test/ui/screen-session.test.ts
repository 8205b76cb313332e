import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Passage } from "../../src/domain/passage.ts";
import { UserError } from "../../src/domain/errors.ts";
import { createKeyDecoder } from "../../src/ui/decode-keys.ts";
import { messageOf } from "../../src/ui/draw-footer.ts";
import { hintsFor } from "../../src/ui/key-help.ts";
import { createPaint } from "../../src/ui/paint.ts";
import { createScreenSession, type ScreenSession } from "../../src/ui/screen-session.ts";
import type { ScreenModels, ScreenServices } from "../../src/ui/screen-services.ts";
import { createViewer } from "../../src/ui/screen-view.ts";
import { FAKE_MODELS, fakeScreen, type FakeScreen, type FakeScreenOptions } from "../support/fake-screen.ts";

const OTHER: ScreenModels = { ...FAKE_MODELS, reranker: { id: "bge-reranker-v2-m3", precision: "int8", device: "cpu" } };

const viewOf = createViewer({ paint: createPaint({ colors: false, unicode: true }), displayPath: (path) => path });

let world: FakeScreen;
let session: ScreenSession;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  session.end();
  vi.useRealTimers();
});

function open(options: FakeScreenOptions & { readonly query?: string } = {}): void {
  world = fakeScreen(options);
  session = createScreenSession({
    services: world.services,
    size: { columns: 120, rows: 30 },
    query: options.query ?? "capital",
    conditions: { candidateCount: 20, instruction: undefined, pathGlob: undefined, budgetMs: undefined },
    viewOf,
    displayPath: (path) => path,
    onQuit: () => {},
    onRedraw: () => {},
  });
  session.start();
  world.load();
}

async function openDone(options: FakeScreenOptions = {}): Promise<void> {
  open(options);
  world.search().recall();
  world.search().judge();
  world.search().finish();
  await settled();
}

function settled(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(50);
}

async function type(...chunks: readonly string[]): Promise<void> {
  const decoder = createKeyDecoder();
  for (const chunk of chunks) {
    session.press([...decoder.push(chunk), ...decoder.flush()]);
    await settled();
  }
}

function message(): string | undefined {
  const { run, message: said } = session.state();
  return messageOf(run, said)?.text;
}

function detailRows(): readonly string[] {
  return viewOf(session.state()).detail ?? [];
}

function detailText(): string {
  return detailRows().join("\n");
}

function hints(): string[] {
  return hintsFor(session.state()).map(({ keys }) => keys);
}

/** A change of the reranker that ends when the test wants it. */
function slowChange(): { readonly overrides: Partial<ScreenServices>; resolve(): void; reject(error: Error): void } {
  let settle = { resolve: (_models: ScreenModels): void => {}, reject: (_error: Error): void => {} };
  return {
    overrides: { changeReranker: () => new Promise((resolve, reject) => (settle = { resolve, reject })) },
    resolve: () => settle.resolve(OTHER),
    reject: (error) => settle.reject(error),
  };
}

describe("another reranker", () => {
  test("leaves the query that is being typed alone, and the keys where they are", async () => {
    const change = slowChange();
    await openDone({ overrides: change.overrides });
    await type("m", "\r", "e", "\u0015gravi");
    change.resolve();
    await settled();
    expect(world.searches).toHaveLength(2);
    expect(session.state()).toMatchObject({ focus: "query", query: { text: "gravi" }, models: OTHER });
    expect(session.state().previous?.result).not.toBeNull();
    await type("ty");
    expect(session.state().query.text).toBe("gravity");
  });

  test("does not judge again what is not on the screen any more", async () => {
    const change = slowChange();
    await openDone({ overrides: change.overrides });
    await type("m", "\r", "e", "\u0015gravity\r");
    change.resolve();
    await settled();
    expect(world.searches).toHaveLength(2);
    expect(world.search()).toMatchObject({ request: { query: "gravity" } });
    expect(world.search().wasCancelled()).toBe(false);
    expect(session.state().previous).toBeNull();
  });

  test("is compared with what had been judged when it was loaded", async () => {
    const change = slowChange();
    open({ overrides: change.overrides });
    const first = world.search();
    first.recall();
    first.judge(3);
    await type("m", "\r");
    expect(session.state().run?.failure).toBeNull();
    first.judge(4);
    change.resolve();
    await settled();
    expect([first.wasFinished(), first.wasCancelled(), world.searches.length]).toEqual([true, false, 2]);
    expect(session.state().previous?.result).toMatchObject({ judged: 7, partial: true });
    expect(session.state().run).toMatchObject({ judged: 0, failure: null });
  });

  test("that cannot be loaded leaves the search as it is, and offers no retry", async () => {
    const change = slowChange();
    open({ overrides: change.overrides });
    world.search().recall();
    world.search().judge(3);
    await type("m", "\r");
    change.reject(new UserError("no memory for it", { hint: "close something" }));
    await settled();
    expect(message()).toBe("no memory for it");
    expect([world.search().wasFinished(), world.search().wasCancelled()]).toEqual([false, false]);
    expect(session.state()).toMatchObject({ loading: null, run: { judged: 3, failure: null } });
    expect(hints()).not.toContain("r");
    world.search().judge();
    world.search().finish();
    await settled();
    expect(session.state().run?.result?.judged).toBe(20);
  });
});

describe("a search that failed", () => {
  test("hides no later message, and is told again once that is dismissed", async () => {
    await openDone();
    await type("r");
    world.search().recall();
    await settled();
    world.search().fail(new Error("the model process ended twice"));
    await settled();
    expect(message()).toBe("the model process ended twice");
    expect(hints()).toContain("r");
    await type("y");
    expect(message()).toContain("copied");
    await type("j");
    expect(message()).toBe("the model process ended twice");
  });

  test("is changed by nothing that comes late", async () => {
    open();
    const search = world.search();
    search.recall();
    search.judge(2);
    await settled();
    search.fail(new Error("ended"));
    await settled();
    const before = session.state();
    search.judge(3);
    await settled();
    expect(session.state().run).toBe(before.run);
  });
});

test("models that cannot be loaded can be tried again; what the user mistyped cannot", async () => {
  open({ query: "", overrides: { loaded: async () => { throw new UserError("no reranker here"); } } });
  await settled();
  session.dispatch({ type: "focused", focus: "results" });
  expect([message(), hints().includes("r")]).toEqual(["no reranker here", true]);
  session.end();
  await openDone({ overrides: { copy: async () => { throw new Error("no clipboard"); } } });
  await type("y");
  expect([message(), hints().includes("r")]).toEqual(["no clipboard", false]);
});

test("no key is offered for a passage where there is none", async () => {
  await openDone({ passages: [] });
  expect(hints()).toEqual(expect.arrayContaining(["e", "?", "/"]));
  for (const keys of ["Enter", "o", "y", "Tab"]) expect(hints()).not.toContain(keys);
});

test("the results of a long session are saved as far as they are kept", async () => {
  let saved = 0;
  await openDone({ overrides: { save: async (results) => ((saved = results.length), ["a.json"]) } });
  for (let round = 0; round < 60; round++) {
    await type("r");
    world.search().recall();
    world.search().finish();
    await settled();
  }
  await type("s");
  expect(saved).toBe(50);
});

describe("the open passage", () => {
  const weight = { start: 0, end: 5, weight: 2 };

  test("says that its sentences could not be weighed, and tries again when it is opened again", async () => {
    let tries = 0;
    await openDone({ overrides: { weighSentences: async () => { if (++tries === 1) throw new Error("the model process ended"); return [weight]; } } });
    await type("\r");
    await vi.advanceTimersByTimeAsync(500);
    expect(message()).toContain("the model process ended");
    expect(detailText()).toContain("its sentences could not be weighed");
    await type("jjkk");
    await vi.advanceTimersByTimeAsync(500);
    expect(tries).toBe(1);
    await type("\u001b", "\r");
    await vi.advanceTimersByTimeAsync(500);
    expect(tries).toBe(2);
    expect(detailText()).not.toContain("could not be weighed");
  });

  test("is weighed once for each search, however often it is opened", async () => {
    await openDone();
    const weighed = () => world.calls.filter((call) => call.startsWith("weigh")).length;
    for (const keys of ["\r", "l", "h", "\u001b", "\r"]) {
      await type(keys);
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(weighed()).toBe(2);
    await type("\u001b", "r");
    world.search().recall();
    world.search().judge();
    world.search().finish();
    await settled();
    await type("\r");
    await vi.advanceTimersByTimeAsync(500);
    expect(weighed()).toBe(3);
  });

  test("stays where it stands when three of a thousand neighbours come above it", async () => {
    const around = (passage: Passage, from: number) =>
      Array.from({ length: 1000 }, (_, at) => ({ ...passage, id: from + at, text: `Neighbour ${from + at}.`, location: { startLine: from + at, endLine: from + at } }));
    await openDone({ overrides: { neighbours: (passage) => ({ before: around(passage, 1000), after: around(passage, 2000).slice(0, 1000) }) } });
    session.dispatch({ type: "resized", size: { columns: 80, rows: 16 } });
    await type("\r");
    const text = session.state().run?.result?.results[0]?.passage.text.slice(0, 12) ?? "";
    const rowOf = (part: string) => detailRows().findIndex((row) => row.includes(part));
    const before = rowOf(text);
    expect(before).toBeGreaterThan(0);
    await type("n");
    expect(rowOf(text)).toBe(before);
    expect(rowOf("Neighbour 1999.")).toBe(before - 2);
    await type("g", "G", "g");
    expect(session.state().detail?.scroll).toBeLessThan(0);
    await type("jjjjj");
    expect(detailText()).toContain("Neighbour 1997.");
    expect(detailText()).not.toContain("Neighbour 1996.");
    await type("n");
    expect(rowOf(text)).toBe(before);
  });
});

describe("the search in earlier queries", () => {
  test("does nothing with Enter while nothing is found: the draft is neither run nor remembered", async () => {
    open({ query: "", history: ["what is gravity"] });
    await type("draft", "\u0012", "zzz", "\r");
    expect(session.state()).toMatchObject({ historySearch: { text: "zzz", position: -1 }, query: { text: "draft" } });
    expect(world.calls).toEqual([]);
  });

  test("takes nothing at Backspace on an empty line, nor at keys that it does not know", async () => {
    open({ query: "", history: ["what is gravity"] });
    await type("draft", "\u0012", "\u007f", "\u000f", "\u001b[5~");
    expect(session.state().historySearch).not.toBeNull();
    expect(session.state().query.text).toBe("draft");
    await type("\u001b[C");
    expect(session.state()).toMatchObject({ historySearch: null, query: { text: "what is gravity" } });
  });
});
