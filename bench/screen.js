// How long one drawing of the interactive screen takes while judgments arrive: state, layout, React, Ink and the bytes for the terminal.
//
//   npm run build && node bench/screen.js [--columns 200] [--rows 60] [--candidates 200]
//
// 16 ms is the target on a quiet machine: a terminal repaints 60 times a second. Processor time is shown too, which a busy machine changes less.
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { parseArgs } from "node:util";

// Node loads React's development build unless told otherwise.
process.env.NODE_ENV ??= "production";
const { openScreen } = await import("../dist/ui/open-screen.js");

const { values } = parseArgs({
  options: { columns: { type: "string", default: "200" }, rows: { type: "string", default: "60" }, candidates: { type: "string", default: "200" } },
});
const [columns, rows, count] = [values.columns, values.rows, values.candidates].map(Number);

const TEXTS = ["Beijing is the capital of the People's Republic of China. It has been so since 1949.", "北京是中华人民共和国的首都。它也是全国的政治、文化中心。"];
const candidates = Array.from({ length: count }, (_, position) => ({
  passage: {
    id: position + 1,
    vectorId: position + 1,
    path: position % 2 === 0 ? `encyclopedia/asia/article-${position}.md` : `百科/亚洲/文章-${position}.md`,
    headings: ["Asia", position % 2 === 0 ? "The capital city" : "历史沿革"],
    location: { startLine: 1 + position * 20, endLine: 12 + position * 20 },
    text: TEXTS[position % 2].repeat(8),
  },
  similarity: 0.7 - (0.4 * position) / count,
  recallRank: position + 1,
}));

let emit = () => {};
const model = { id: "qwen3-0.6b", precision: "int8", device: "cpu" };
const services = {
  index: { name: "bench", documents: count, passages: count, history: [] },
  onNotice: () => () => {},
  models: () => ({ embedder: model, reranker: model }),
  loaded: async () => ({ embedder: model, reranker: model }),
  search(_request, onEvent) {
    emit = onEvent;
    return { result: new Promise(() => {}), finishNow() {}, cancel() {} };
  },
  remember() {},
};

let bytes = 0;
let writes = 0;
const stdout = Object.assign(new EventEmitter(), { columns, rows, isTTY: true, write: (text) => ((bytes += text.length), (writes += 1)) });
const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {}, ref() {}, unref() {} });
const stop = new AbortController();
const ended = openScreen(services, {
  stdin,
  stdout,
  terminal: { colors: true, unicode: true },
  query: "what is the capital of China",
  conditions: { candidateCount: count, instruction: undefined, pathGlob: undefined, budgetMs: undefined },
  signal: stop.signal,
});
await new Promise((resolve) => setTimeout(resolve, 100));
emit({ type: "recalled", candidates, embedMs: 41, recallMs: 1 });

/** A key draws at once, and what came before it with it: from the key to the last byte. */
const frames = [];
async function drawn(change) {
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  change();
  // React renders in a microtask.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  const { user, system } = process.cpuUsage(cpu);
  frames.push({ wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1000 });
}

const logits = candidates.map((_, position) => Math.sin(position * 12.9898) * 8);
bytes = writes = 0;
for (let position = 0; position < count; position++) {
  const logit = logits[position];
  const judgment = { logit, relevance: 1 / (1 + Math.exp(-logit)), truncated: false };
  emit({ type: "judged", position, judgment, done: position + 1, total: count, usage: { computedTokens: position * 180, savedTokens: position * 60 } });
  // The selection moves down and up while the order changes: every row of both lists may differ.
  await drawn(() => stdin.emit("data", position % 10 < 5 ? "j" : "k"));
  await new Promise((resolve) => setTimeout(resolve, 40));
}
stop.abort();
await ended;

// The first frames compile the code that draws them.
const measured = frames.slice(20);
const line = (name, times) => {
  const sorted = times.toSorted((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  console.log(`${name.padEnd(10)} mean ${mean.toFixed(2)} ms   median ${at(0.5).toFixed(2)} ms   p95 ${at(0.95).toFixed(2)} ms   max ${sorted.at(-1).toFixed(2)} ms`);
};
console.log(`${columns}x${rows}, ${count} candidates, ${measured.length} drawings of ${Math.round(bytes / writes)} bytes, ${(writes / frames.length).toFixed(2)} writes each`);
line("wall", measured.map(({ wallMs }) => wallMs));
line("processor", measured.map(({ cpuMs }) => cpuMs));
