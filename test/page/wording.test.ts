import { expect, test } from "vitest";
import { liveOrder } from "../../src/page/live-order.ts";
import { readEvents } from "../../src/page/read-events.ts";
import { announcementOf, formatAbout, formatMovement, formatPlace, formatRelevance, formatSimilarity, formatTime, formatTimings, headingPath, titleOf, whoReadsInstructions } from "../../src/page/wording.ts";
import type { DescribedModel, FoundPassage, SearchRecord } from "../../src/page/wire-types.ts";

const passage: FoundPassage = {
  passageId: 1, recallRank: 3, similarity: 0.5, path: "docs/howto/kettle.md", startLine: 6, endLine: 21, headings: [], text: "", highlights: [],
  snippet: { text: "", highlights: [], clippedStart: false, clippedEnd: false },
};
const model = (readsInstruction: boolean, device: string | null = "cpu"): DescribedModel => ({ id: "mini", precision: "int8", state: "loaded", device, readsInstruction });
const index = (embedder: DescribedModel, reranker: DescribedModel) => ({ documents: 1, passages: 1200, models: { embedder, reranker }, defaults: { candidates: 50, hybrid: false }, maxCandidates: 100 });

test("times, scores and movements are short, and claim no more than is known", () => {
  expect([0.4, 41.2, 999.4, 2941].map(formatTime)).toEqual(["<1 ms", "41 ms", "999 ms", "2.9 s"]);
  expect([0, 0.00049, 0.0005, 0.97, 0.9994, 0.99951, 1].map(formatRelevance)).toEqual(["<0.001", "<0.001", "0.001", "0.970", "0.999", ">0.999", ">0.999"]);
  expect([null, -0.25].map(formatSimilarity)).toEqual(["–", "−0.250"]);
  expect([2, -1, 0].map((places) => formatMovement(places)).map(({ shown, spoken }) => [shown, spoken])).toEqual([["↑2", "up 2 places"], ["↓1", "down 1 place"], ["=", "same place"]]);
});

test("a search's times stand in one line", () => {
  const record: SearchRecord = {
    timings: { embedMs: 41, recallMs: 1.2, rerankMs: 2931, totalMs: 2975 }, candidates: 50, judged: 50, usage: { computedTokens: 6420, savedTokens: 0 }, partial: false, reranked: true, rerankFailure: null, notices: [], results: [],
  };
  expect(formatTimings(record)).toBe("embed 41 ms · recall 1 ms · rerank 50 in 2.9 s, 6,420 tokens");
  expect(formatTimings({ ...record, usage: null, timings: { ...record.timings, rerankMs: null } })).toBe("embed 41 ms · recall 1 ms");
});

test("a passage is called by its nearest heading, else by its file, and placed by lines, page or row", () => {
  expect(titleOf(passage)).toBe("kettle.md");
  expect(titleOf({ ...passage, headings: ["Kitchen", "Descaling"] })).toBe("Descaling");
  expect(headingPath({ ...passage, headings: ["Kitchen", "Descaling"] })).toBe("Kitchen › Descaling");
  expect(headingPath(passage)).toBe("kettle.md");
  expect([passage, { ...passage, endLine: 6 }, { ...passage, page: 3 }, { ...passage, row: 4 }].map(formatPlace)).toEqual([
    "docs/howto/kettle.md:6–21", "docs/howto/kettle.md:6", "docs/howto/kettle.md p. 3", "docs/howto/kettle.md row 4",
  ]);
});

test("the head of the page tells what is searched, and who reads an instruction", () => {
  expect(formatAbout(index(model(false), model(true, "webgpu")))).toBe("1,200 passages of 1 document · recall mini int8 · rerank mini int8 · cpu · webgpu");
  expect(formatAbout(index(model(false, null), { ...model(true, null), id: "/models/own" }))).toContain("rerank own int8 · models load with the first search");
  expect([[false, false], [true, true], [false, true], [true, false]].map(([a, b]) => whoReadsInstructions(index(model(a === true), model(b === true))))).toEqual([
    { isRead: false, note: "these models read none" },
    { isRead: true, note: "what relevant means; both models read it" },
    { isRead: true, note: "what relevant means; only the reranker reads it" },
    { isRead: true, note: "what relevant means; only the embedder reads it" },
  ]);
});

test("the order so far: judged passages by logit, ties by similarity, the others behind them as they were recalled", () => {
  const candidates = [0.9, 0.8, 0.7, 0.6, 0.5].map((similarity, position) => ({ similarity, recallRank: position + 1 }));
  expect(liveOrder(candidates, new Map())).toEqual([0, 1, 2, 3, 4]);
  expect(liveOrder(candidates, new Map([[1, { logit: -2 }], [3, { logit: 5 }], [4, { logit: -2 }]]))).toEqual([3, 1, 4, 0, 2]);
});

test("events are read wherever their bytes are cut, and comments are left out", async () => {
  const bytes = new TextEncoder().encode(': still working\n\nevent: recalled\ndata: {"text":"水壶"}\n\n: x\n\nevent: judged\ndata: {}\n\nevent: cut off');
  for (const size of [1, 2, 5, 1000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));
    const events = [];
    for await (const event of readEvents((async function* () { yield* chunks; })())) events.push(event);
    expect(events).toEqual([{ event: "recalled", data: '{"text":"水壶"}' }, { event: "judged", data: "{}" }]);
  }
});

test("what is read aloud at the end claims no reranking that was not", () => {
  expect(announcementOf({ judged: 7, rerankFailure: null }, 7)).toBe("Done: 7 of 7 passages reranked.");
  expect(announcementOf({ judged: 0, rerankFailure: "mini has failed" }, 7)).toBe("The reranker did not run: this is the order of the first stage.");
  expect(announcementOf({ judged: 0, rerankFailure: null }, 0)).toBe("Nothing was found.");
});
