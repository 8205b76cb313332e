import { relevanceOf } from "../../src/domain/ranking.ts";
import type { RankedPassage } from "../../src/domain/candidate.ts";
import type { SearchResult } from "../../src/pipeline/search-result.ts";
import type { Terminal } from "../../src/reporters/terminal.ts";

export const VIEW = { baseFolder: "/home/ana/notes", cwd: "/home/ana/notes" };

/** A terminal without colours and links, whose output reads like plain text. */
export function plainTerminal(columns: number, overrides: Partial<Terminal> = {}): Terminal {
  return { isTerminal: true, columns, colors: false, hyperlinks: false, unicode: true, ...overrides };
}

export interface SamplePassage {
  readonly path?: string;
  readonly headings?: readonly string[];
  readonly text?: string;
  readonly location?: RankedPassage["passage"]["location"];
  readonly rank?: number;
  readonly recallRank?: number;
  /** `null`: not judged. */
  readonly logit?: number | null;
  readonly similarity?: number | null;
  readonly truncated?: boolean;
}

export function samplePassage(sample: SamplePassage, position = 0): RankedPassage {
  const { logit = 5, similarity = 0.5, recallRank = position + 1, rank = position + 1 } = sample;
  return {
    passage: {
      id: 100 + recallRank,
      vectorId: recallRank,
      path: sample.path ?? `file-${position + 1}.md`,
      headings: sample.headings ?? [],
      location: sample.location ?? { startLine: 1, endLine: 3 },
      text: sample.text ?? "Some text.",
    },
    rank,
    recallRank,
    similarity,
    judgment: logit === null ? null : { logit, relevance: relevanceOf(logit), truncated: sample.truncated ?? false },
  };
}

export function sampleResult(
  samples: readonly SamplePassage[],
  overrides: Partial<Omit<SearchResult, "results">> = {},
): SearchResult {
  const results = samples.map(samplePassage);
  return {
    query: "capital of China",
    instruction: null,
    models: {
      embedder: { id: "mini", revision: "2c1f0e9a8b7d6c5e4f3a", precision: "int8", fingerprint: "a1b2c3d4e5f607182930" },
      reranker: { id: "mini", revision: "2c1f0e9a8b7d6c5e4f3a", precision: "int8", fingerprint: "99aabbccddeeff001122" },
    },
    settings: {
      recallMethod: "exact",
      hybrid: false,
      candidateCount: 50,
      resultCount: 10,
      minRelevance: null,
      budgetMs: null,
      perDocument: false,
      paths: [],
    },
    timings: { embedMs: 41.2344, recallMs: 1.2, rerankMs: 2931, totalMs: 2975.4 },
    candidates: 50,
    judged: 50,
    usage: { computedTokens: 9120, savedTokens: 0 },
    partial: false,
    reranked: true,
    rerankFailure: null,
    notices: [],
    results,
    recalled: recalledWith(results),
    ...overrides,
  };
}

/** The results where the first stage had put them, among others that end below them: 50 candidates in all. */
function recalledWith(results: readonly RankedPassage[]): RankedPassage[] {
  const byRecallRank = new Map(results.map((ranked) => [ranked.recallRank, ranked]));
  let rank = Math.max(0, ...results.map((ranked) => ranked.rank));
  return Array.from({ length: 50 }, (_, position) => {
    const recallRank = position + 1;
    return byRecallRank.get(recallRank) ?? samplePassage({ path: `other-${recallRank}.md`, recallRank, rank: ++rank, logit: -5 });
  });
}

/** Three results in two languages, one of them not judged. */
export const BILINGUAL: readonly SamplePassage[] = [
  {
    path: "capitals/beijing.md",
    headings: ["Beijing", "Government", "The capital city"],
    location: { startLine: 9, endLine: 14 },
    text: "Beijing is the capital of the People's Republic of China.",
    recallRank: 3,
    logit: 9.9,
    similarity: 0.612,
  },
  {
    path: "capitals/北京.md",
    headings: ["北京 🏯", "历史沿革"],
    location: { startLine: 3, endLine: 7 },
    text: "中华人民共和国的首都是北京。",
    recallRank: 1,
    logit: 9.4,
    similarity: 0.688,
  },
  {
    path: "history/moon-landing.pdf",
    headings: ["Moon landing"],
    location: { startLine: 1, endLine: 9, page: 3 },
    text: "Apollo 11 landed in 1969.",
    recallRank: 2,
    logit: null,
    similarity: 0.402,
  },
];
