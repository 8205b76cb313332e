import { RemoteFailure } from "../../domain/errors.ts";
import type { RerankDialectName } from "../../domain/remote-model.ts";

/** What one request was answered with. */
export interface RerankAnswer {
  /** One per document, in the order in which they were sent. */
  readonly scores: readonly number[];
  /** As the provider counts; `undefined` where it does not tell. */
  readonly tokens: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** By dialect, where the results are, and which member is the score. */
const SHAPES: Readonly<Record<RerankDialectName, { readonly list: readonly string[]; readonly score: string }>> = {
  dashscope: { list: ["output", "results"], score: "relevance_score" },
  "dashscope-compatible": { list: ["results"], score: "relevance_score" },
  cohere: { list: ["results"], score: "relevance_score" },
  jina: { list: ["results"], score: "relevance_score" },
  voyage: { list: ["data"], score: "relevance_score" },
  siliconflow: { list: ["results"], score: "relevance_score" },
  vllm: { list: ["results"], score: "relevance_score" },
  "vllm-score": { list: ["data"], score: "score" },
  tei: { list: [], score: "score" },
  llamacpp: { list: ["results"], score: "relevance_score" },
};

/** Where providers tell what a request has cost. */
const TOKEN_PATHS = [
  ["usage", "total_tokens"],
  ["usage", "prompt_tokens"],
  ["meta", "tokens", "input_tokens"],
  ["meta", "billed_units", "input_tokens"],
] as const;

/**
 * @param name of the server, for messages; nothing of the answer is repeated in them.
 * @throws RemoteFailure `bad-answer` unless every document has one score that is a finite number.
 */
export function readRerankAnswer(dialect: RerankDialectName, json: unknown, count: number, name: string): RerankAnswer {
  const { list, score: member } = SHAPES[dialect];
  const results = valueAt(json, list);
  if (!Array.isArray(results)) throw badAnswer(name, `answers without a list of results${list.length === 0 ? "" : ` (${list.join(".")})`}`);
  if (results.length !== count) throw badAnswer(name, `answers with ${results.length} results for ${count} documents`);
  const scores: number[] = [];
  for (const result of results as readonly (Fields | null)[]) {
    const index = result?.["index"];
    const score = result?.[member];
    if (typeof index !== "number" || !Number.isInteger(index)) throw badAnswer(name, "answers with a result that says of no document that it is its");
    if (index < 0 || index >= count) throw badAnswer(name, `judges document ${index}, and has been sent ${count}, counted from 0`);
    if (scores[index] !== undefined) throw badAnswer(name, `judges document ${index} twice`);
    if (typeof score !== "number" || !Number.isFinite(score)) throw badAnswer(name, `answers with a score that is no number (${member} of document ${index})`);
    scores[index] = score;
  }
  return { scores, tokens: TOKEN_PATHS.map((path) => valueAt(json, path)).find((tokens): tokens is number => typeof tokens === "number" && tokens >= 0 && Number.isFinite(tokens)) };
}

export function badAnswer(name: string, what: string): RemoteFailure {
  return new RemoteFailure("bad-answer", `${name} ${what}`, { hint: "check --rerank-dialect: servers of another kind answer in another shape" });
}

function valueAt(json: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (typeof value === "object" && value !== null ? (value as Fields)[name] : undefined), json);
}
