import type { RerankDialectName } from "../../domain/remote-model.ts";
import type { ProviderLimits } from "../../ports/remote-provider.ts";

/** What is known of a service, or of a kind of server, before it is asked. */
export interface RerankProvider {
  /** As people write it. */
  readonly name: string;
  /** The service's own address; `undefined` for servers that people run themselves. */
  readonly url: string | undefined;
  /** Of its route, for addresses that have none. */
  readonly path: string;
  readonly modelIsRequired: boolean;
  /** In the order in which they are looked for, the generic one last. */
  readonly keyVariables: readonly string[];
  limitsOf(model: string | undefined): ProviderLimits;
  /** Whether `maxDocumentTokens` is of query and document together. */
  readonly limitsPairs: boolean;
  /** The member of a request that carries the instruction to this model; `undefined`: it has none, and the instruction is ignored. */
  instructionMemberOf(model: string | undefined): "instruct" | "instruction" | undefined;
  /** Whether `--rerank-template client` can be had: query and document reach the model as they are sent, one after the other. */
  readonly takesTemplate: boolean;
  /**
   * - `probability`: from 0 to 1, always
   * - `logit`: any number
   * - `either`: one or the other, by model and server; the scores of a call tell
   */
  readonly scores: "probability" | "logit" | "either";
  /**
   * Whether each pair is judged alone, so that scores of separate requests for one query can be compared, and be kept. Jina's third reranker
   * reads all documents of a request together.
   */
  judgesPairsAlone(model: string | undefined): boolean;
}

/** Where the key is looked for when no provider's own variable has one. */
export const GENERIC_RERANK_KEY = "RERANK_RERANK_KEY";

const COMMON = {
  modelIsRequired: true,
  keyVariables: [GENERIC_RERANK_KEY],
  limitsPairs: false,
  takesTemplate: false,
  judgesPairsAlone: () => true,
} as const;

const isQwen3 = (model: string | undefined): boolean => model !== undefined && /qwen3.*rerank/i.test(model);
const limits = (maxDocuments: number, maxDocumentTokens: number, maxRequestTokens?: number): ProviderLimits => ({ maxDocuments, maxDocumentTokens, maxRequestTokens });

const DASHSCOPE = {
  ...COMMON,
  keyVariables: ["DASHSCOPE_API_KEY", GENERIC_RERANK_KEY],
  limitsOf: (model: string | undefined) => (model === "qwen3-vl-rerank" ? limits(100, 8000, 120_000) : limits(500, 4000, isQwen3(model) ? 120_000 : 30_000)),
  instructionMemberOf: (model: string | undefined) => (isQwen3(model) ? ("instruct" as const) : undefined),
  scores: "probability",
} as const;

const VLLM = {
  ...COMMON,
  // No limit of the server's: as many as are judged within the usual time for a request.
  limitsOf: () => limits(128, 8192),
  limitsPairs: true,
  instructionMemberOf: () => "instruction" as const,
  takesTemplate: true,
  scores: "either",
} as const;

/**
 * Addresses and limits as the providers documented them in November 2026; Jina's, SiliconFlow's and vLLM's limits are careful guesses of ours.
 * None of the paid services was asked.
 */
export const RERANK_PROVIDERS: Readonly<Record<RerankDialectName, RerankProvider>> = {
  dashscope: { ...DASHSCOPE, name: "DashScope", url: "https://dashscope.aliyuncs.com/api/v1/services/rerank/text-rerank/text-rerank", path: "/api/v1/services/rerank/text-rerank/text-rerank" },
  "dashscope-compatible": { ...DASHSCOPE, name: "DashScope", url: "https://dashscope.aliyuncs.com/compatible-api/v1/reranks", path: "/compatible-api/v1/reranks" },
  cohere: {
    ...COMMON,
    name: "Cohere",
    url: "https://api.cohere.com/v2/rerank",
    path: "/v2/rerank",
    // Servers that answer as Cohere does may have one model, and ask for no name.
    modelIsRequired: false,
    keyVariables: ["COHERE_API_KEY", "CO_API_KEY", GENERIC_RERANK_KEY],
    // 1,000 documents are advised; 4,096 tokens of each are read by default.
    limitsOf: () => limits(1000, 4096),
    instructionMemberOf: () => undefined,
    scores: "either",
  },
  jina: {
    ...COMMON,
    name: "Jina",
    url: "https://api.jina.ai/v1/rerank",
    path: "/v1/rerank",
    keyVariables: ["JINA_API_KEY", GENERIC_RERANK_KEY],
    // The third reads 64 documents in one go, of 131,072 tokens together.
    limitsOf: (model) => (isListwise(model) ? limits(64, 8192, 131_072) : limits(1000, 8192)),
    instructionMemberOf: () => undefined,
    scores: "either",
    judgesPairsAlone: (model) => !isListwise(model),
  },
  voyage: {
    ...COMMON,
    name: "Voyage",
    url: "https://api.voyageai.com/v1/rerank",
    path: "/v1/rerank",
    keyVariables: ["VOYAGE_API_KEY", GENERIC_RERANK_KEY],
    limitsOf: voyageLimits,
    limitsPairs: true,
    instructionMemberOf: () => undefined,
    scores: "probability",
  },
  siliconflow: {
    ...COMMON,
    name: "SiliconFlow",
    url: "https://api.siliconflow.cn/v1/rerank",
    path: "/v1/rerank",
    keyVariables: ["SILICONFLOW_API_KEY", GENERIC_RERANK_KEY],
    // Its documentation names no limits: these are careful ones.
    limitsOf: () => limits(100, 8192),
    instructionMemberOf: (model) => (isQwen3(model) ? "instruction" : undefined),
    scores: "probability",
  },
  vllm: { ...VLLM, name: "vLLM", url: undefined, path: "/v1/rerank" },
  "vllm-score": { ...VLLM, name: "vLLM", url: undefined, path: "/v1/score" },
  tei: {
    ...COMMON,
    name: "text-embeddings-inference",
    url: undefined,
    path: "/rerank",
    modelIsRequired: false,
    // Its --max-client-batch-size. It cuts what its model cannot read.
    limitsOf: () => limits(32, 8192),
    instructionMemberOf: () => undefined,
    scores: "logit",
  },
  llamacpp: {
    ...COMMON,
    name: "llama.cpp",
    url: undefined,
    path: "/v1/rerank",
    modelIsRequired: false,
    // Its --ubatch-size: pairs that are longer fail.
    limitsOf: () => limits(128, 512),
    limitsPairs: true,
    instructionMemberOf: () => undefined,
    scores: "either",
  },
};

function isListwise(model: string | undefined): boolean {
  return model !== undefined && /jina-reranker-v3/i.test(model);
}

function voyageLimits(model: string | undefined): ProviderLimits {
  if (model === "rerank-lite-1") return limits(1000, 4000, 300_000);
  if (model === "rerank-1") return limits(1000, 8000, 300_000);
  if (model === "rerank-2-lite") return limits(1000, 8000, 600_000);
  if (model === "rerank-2") return limits(1000, 16_000, 600_000);
  return limits(1000, 32_000, 600_000);
}

const HOSTS: readonly (readonly [RegExp, RerankDialectName])[] = [
  [/^dashscope[\w-]*\.aliyuncs\.com$/, "dashscope"],
  [/^api\.cohere\.(com|ai)$/, "cohere"],
  [/^api\.jina\.ai$/, "jina"],
  [/^(api\.voyageai|ai\.mongodb)\.com$/, "voyage"],
  [/^api\.siliconflow\.(cn|com)$/, "siliconflow"],
];

const PATHS: readonly (readonly [RegExp, RerankDialectName])[] = [
  [/\/services\/rerank\/text-rerank\/text-rerank$/, "dashscope"],
  [/\/compatible-api\/v1(\/reranks)?$/, "dashscope-compatible"],
  [/\/voyage\/v1\/rerank$/, "voyage"],
  [/\/score$/, "vllm-score"],
  [/\/reranking$/, "llamacpp"],
  [/\/v2\/rerank$/, "cohere"],
];

/** The dialect, where the address says it plainly: a service's own host, or a path that one dialect alone has. */
export function guessRerankDialect(url: string): RerankDialectName | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, "");
  const byPath = PATHS.find(([pattern]) => pattern.test(path))?.[1];
  const byHost = HOSTS.find(([pattern]) => pattern.test(hostname))?.[1];
  // DashScope's two dialects share a host.
  return byHost === undefined || byHost === "dashscope" ? (byPath ?? byHost) : byHost;
}

/** The variables whose key a server may be shown. A provider's key goes to the provider's own hosts alone, whatever dialect another server speaks. */
export function rerankKeyVariables(url: string): readonly string[] {
  const own = guessRerankDialect(new URL(url).origin);
  return own === undefined ? [GENERIC_RERANK_KEY] : RERANK_PROVIDERS[own].keyVariables;
}
