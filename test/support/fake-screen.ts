import type { Candidate, Judgment, RankedPassage } from "../../src/domain/candidate.ts";
import type { Passage } from "../../src/domain/passage.ts";
import { rankByRelevance, relevanceOf } from "../../src/domain/ranking.ts";
import type { SearchEvent } from "../../src/pipeline/events.ts";
import { fallbackNotice } from "../../src/pipeline/rerank-fallback.ts";
import type { SearchResult } from "../../src/pipeline/search-result.ts";
import type { ScreenModels, ScreenRequest, ScreenServices } from "../../src/ui/screen-services.ts";

/** A search that says what the test wants it to say, when the test wants it. */
export interface FakeSearch {
  readonly request: ScreenRequest;
  readonly candidates: readonly Candidate[];
  recall(): void;
  /** Judges the next `count` candidates, or all. */
  judge(count?: number): void;
  /** Ends it with what has been judged. */
  finish(overrides?: Partial<SearchResult>): void;
  fail(error: Error): void;
  /** Answers with the order of the first stage, as a search does whose reranker has failed. */
  failReranker(failure: string): void;
  wasCancelled(): boolean;
  wasFinished(): boolean;
}

export interface FakeScreen {
  readonly services: ScreenServices;
  readonly searches: readonly FakeSearch[];
  /** The latest one. */
  search(): FakeSearch;
  load(): void;
  failToLoad(error: Error): void;
  notice(line: string): void;
  /** What was asked of the world, in order. */
  readonly calls: readonly string[];
}

export interface FakeScreenOptions {
  readonly passages?: readonly Passage[];
  /** One per passage; by default the last ones are the best. */
  readonly logits?: readonly number[];
  readonly history?: readonly string[];
  readonly rerankers?: readonly string[];
  /** Logits of the other rerankers. */
  readonly otherLogits?: readonly number[];
  readonly overrides?: Partial<ScreenServices>;
}

const TEXTS: readonly (Pick<Passage, "path" | "headings" | "text">)[] = [
  { path: "capitals/北京.md", headings: ["北京 🏯", "历史沿革"], text: "北京是中华人民共和国的首都。它也是全国的政治、文化中心。元、明、清三代都建都于此。" },
  { path: "capitals/tokyo.md", headings: ["Tokyo", "Government"], text: "Tokyo is the capital of Japan. It lies on the coast of Honshu." },
  { path: "trade/china-exports-2019.md", headings: ["Exports"], text: "China exports machines, clothing and\n  - furniture\n  - toys\n\nIts largest ports are Shanghai and Shenzhen." },
  { path: "capitals/beijing.md", headings: ["Beijing", "Government", "The capital city"], text: "The city has 21 million inhabitants. Beijing is the capital of the People's Republic of China. It has been so since 1949." },
  { path: "letters/capital-letters.md", headings: ["Writing", "Capital letters"], text: "A capital letter begins each sentence." },
  { path: "physics/gravity.md", headings: ["Gravity"], text: "Gravity is the attraction between masses." },
];

export function fakePassages(count: number): Passage[] {
  return Array.from({ length: count }, (_, position) => {
    const text = TEXTS[position % TEXTS.length]!;
    const round = Math.floor(position / TEXTS.length);
    return {
      ...text,
      id: position + 1,
      vectorId: position + 1,
      location: { startLine: 3 + round * 20, endLine: 12 + round * 20 },
      path: round === 0 ? text.path : text.path.replace(".md", `-${round}.md`),
    };
  });
}

export const FAKE_MODELS: ScreenModels = {
  embedder: { id: "qwen3-0.6b", precision: "int8", device: "cpu" },
  reranker: { id: "qwen3-0.6b", precision: "int8", device: "cpu" },
};

export function fakeScreen(options: FakeScreenOptions = {}): FakeScreen {
  const passages = options.passages ?? fakePassages(20);
  const searches: FakeSearch[] = [];
  const calls: string[] = [];
  let models: ScreenModels = { embedder: { ...FAKE_MODELS.embedder, device: null }, reranker: { ...FAKE_MODELS.reranker, device: null } };
  let load = (): void => {};
  let failToLoad = (_error: Error): void => {};
  let listener = (_line: string): void => {};

  const services: ScreenServices = {
    index: { name: "notes", documents: 310, passages: 12_340, history: options.history ?? [] },
    onNotice(heard) {
      listener = heard;
      return () => undefined;
    },
    models: () => models,
    loaded: () =>
      new Promise((resolve, reject) => {
        load = () => {
          models = { embedder: FAKE_MODELS.embedder, reranker: { ...models.reranker, device: "cpu" } };
          resolve(models);
        };
        failToLoad = reject;
      }),
    search(request, onEvent) {
      calls.push(`search ${request.query}`);
      const isOther = models.reranker.id !== FAKE_MODELS.reranker.id;
      const search = createFakeSearch(request, onEvent, passages, (isOther ? options.otherLogits : options.logits) ?? [], models);
      searches.push(search.fake);
      return search.running;
    },
    async weighSentences(_request, passage, signal) {
      calls.push(`weigh ${passage.path}`);
      signal.throwIfAborted();
      const sentences = [...passage.text.matchAll(/[^.。]+[.。]?/g)];
      return sentences.map(({ 0: text, index }) => ({ start: index, end: index + text.length, weight: /capital|首都/.test(text) ? 3 : 0.4 }));
    },
    neighbours: (passage) => ({
      before: [{ ...passage, id: 1000 + passage.id, text: "What stands before it.", location: { startLine: 1, endLine: 2 } }],
      after: [{ ...passage, id: 2000 + passage.id, text: "What stands after it.", location: { startLine: 13, endLine: 15 } }],
    }),
    otherRerankers: async () => options.rerankers ?? ["bge-reranker-v2-m3", "mini"],
    async changeReranker(name) {
      calls.push(`change ${name}`);
      models = { ...models, reranker: { id: name, precision: "fp32", device: "cpu" } };
      return models;
    },
    remember: (query) => void calls.push(`remember ${query}`),
    async open({ passage }) {
      calls.push(`open ${passage.path}`);
    },
    async copy(text) {
      calls.push(`copy ${text}`);
      return "OSC 52";
    },
    async save(results) {
      calls.push(`save ${results.length}`);
      return ["rerank-session.json", "rerank-session.md"];
    },
    ...options.overrides,
  };
  return {
    services,
    searches,
    calls,
    search() {
      const latest = searches.at(-1);
      if (latest === undefined) throw new Error("nothing was searched for");
      return latest;
    },
    load: () => load(),
    failToLoad: (error) => failToLoad(error),
    notice: (line) => listener(line),
  };
}

function createFakeSearch(
  request: ScreenRequest,
  onEvent: (event: SearchEvent) => void,
  passages: readonly Passage[],
  logits: readonly number[],
  models: ScreenModels,
) {
  const count = Math.min(request.candidateCount, passages.length);
  const candidates: Candidate[] = passages.slice(0, count).map((passage, position) => ({
    passage,
    similarity: 0.7 - 0.3 * (position / count),
    recallRank: position + 1,
  }));
  const judgments: (Judgment | null)[] = candidates.map(() => null);
  let done = 0;
  let isCancelled = false;
  let isFinished = false;
  let settle: { resolve(result: SearchResult): void; reject(error: Error): void } = { resolve() {}, reject() {} };
  const result = new Promise<SearchResult>((resolve, reject) => (settle = { resolve, reject }));
  result.catch(() => {});

  const fake: FakeSearch = {
    request,
    candidates,
    recall: () => onEvent({ type: "recalled", candidates, embedMs: 41, recallMs: 1.2 }),
    judge(wanted = count) {
      for (const end = Math.min(count, done + wanted); done < end; ) {
        const logit = logits[done] ?? ((done * 7) % count) - count / 2;
        const judgment = { logit, relevance: relevanceOf(logit), truncated: false };
        judgments[done] = judgment;
        done += 1;
        const usage = { computedTokens: done * 180, savedTokens: done * 62 };
        onEvent({ type: "judged", position: done - 1, judgment, done, total: count, usage });
      }
    },
    finish(overrides = {}) {
      const ranked = rankByRelevance(candidates, judgments);
      settle.resolve({ ...resultOf(request, ranked, done, models), ...overrides });
    },
    fail: (error) => settle.reject(error),
    failReranker(failure) {
      onEvent({ type: "rerank-failed", message: failure });
      judgments.fill(null);
      const { timings, ...result } = resultOf(request, rankByRelevance(candidates, judgments), 0, models);
      settle.resolve({
        ...result,
        timings: { ...timings, rerankMs: null },
        usage: null,
        partial: false,
        rerankFailure: failure,
        notices: [fallbackNotice(failure, null)],
      });
    },
    wasCancelled: () => isCancelled,
    wasFinished: () => isFinished,
  };
  const running = {
    result,
    finishNow() {
      isFinished = true;
      fake.finish();
    },
    cancel() {
      isCancelled = true;
      settle.reject(new Error("cancelled"));
    },
  };
  return { fake, running };
}

function resultOf(request: ScreenRequest, ranked: readonly RankedPassage[], judged: number, { embedder, reranker }: ScreenModels): SearchResult {
  const stamp = ({ id, precision }: ScreenModels["embedder"]) => ({ id, precision, revision: "2c1f0e9a", fingerprint: "a1b2c3" });
  return {
    query: request.query,
    instruction: request.instruction ?? null,
    models: { embedder: stamp(embedder), reranker: stamp(reranker) },
    settings: {
      recallMethod: "hnsw",
      hybrid: false,
      candidateCount: request.candidateCount,
      resultCount: 10,
      minRelevance: null,
      budgetMs: request.budgetMs ?? null,
      perDocument: false,
      paths: request.pathGlob === undefined ? [] : [request.pathGlob],
    },
    timings: { embedMs: 41, recallMs: 1.2, rerankMs: 2931, totalMs: 2974 },
    candidates: ranked.length,
    judged,
    usage: { computedTokens: judged * 180, savedTokens: judged * 62 },
    partial: judged < ranked.length,
    reranked: judged > 0,
    rerankFailure: null,
    notices: [],
    results: ranked.slice(0, 10),
    recalled: ranked.toSorted((a, b) => a.recallRank - b.recallRank),
  };
}
