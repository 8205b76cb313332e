import { isQwen3Name } from "../../domain/embedding-prompt.ts";
import type { EmbedDialectName } from "../../domain/remote-model.ts";
import type { ProviderLimits, RemoteEndpoint } from "../../ports/remote-provider.ts";
import { COHERE_EMBED } from "./embed-cohere.ts";
import { DASHSCOPE_EMBED } from "./embed-dashscope.ts";
import type { EmbedDialect } from "./embed-dialect.ts";
import { createOpenaiEmbedDialect, JINA, OPENAI, type OpenaiFlavour, PLAIN_NUMBERS, SELF_HOSTED, STRICT, VOYAGE } from "./embed-openai.ts";
import { TEI_EMBED } from "./embed-tei.ts";

/** What is known of those who speak a dialect. */
export interface EmbedProvider {
  /** As people write it. */
  readonly name: string;
  /** The service's own; `undefined` for servers that people run themselves. */
  readonly url: string | undefined;
  /** Of its route, for addresses that have none. */
  readonly path: string;
  readonly modelIsRequired: boolean;
  /** In the order in which they are looked for, the generic one last. */
  readonly keyVariables: readonly string[];
  readonly limits: ProviderLimits;
}

/** What all dialects ask for a key where their own variable is not set. */
export const GENERIC_EMBED_KEY = "RERANK_EMBED_KEY";
/** A text's length is the model's, not the provider's: `RemoteSpec.maxTokens` is the narrower one then. */
const MODELS_OWN = Number.POSITIVE_INFINITY;
/** What text-embeddings-inference takes unless it is started otherwise; the others that people run take more. */
const CAUTIOUS: ProviderLimits = { maxDocuments: 32, maxDocumentTokens: MODELS_OWN, maxRequestTokens: undefined };
const OPENAI_LIMITS: ProviderLimits = { maxDocuments: 2048, maxDocumentTokens: 8192, maxRequestTokens: 300_000 };
const DASHSCOPE_LIMITS: ProviderLimits = { maxDocuments: 10, maxDocumentTokens: 8192, maxRequestTokens: undefined };
/** Also of other regions: dashscope-intl.aliyuncs.com, cn-hongkong.dashscope.aliyuncs.com. */
const DASHSCOPE_HOST = /(^|\.)dashscope[a-z-]*\.aliyuncs\.com$/;
const STRICT_HOST = /(^|\.)api\.(mistral\.ai|together\.(xyz|ai)|fireworks\.ai|deepinfra\.com)$|(^|\.)generativelanguage\.googleapis\.com$/;
const DASHSCOPE_KEYS = ["DASHSCOPE_API_KEY", GENERIC_EMBED_KEY] as const;

export const EMBED_PROVIDERS: Readonly<Record<EmbedDialectName, EmbedProvider>> = {
  openai: {
    name: "OpenAI",
    url: "https://api.openai.com",
    path: "/v1/embeddings",
    modelIsRequired: true,
    keyVariables: ["OPENAI_API_KEY", GENERIC_EMBED_KEY],
    limits: OPENAI_LIMITS,
  },
  tei: { name: "text-embeddings-inference", url: undefined, path: TEI_EMBED.path, modelIsRequired: false, keyVariables: [GENERIC_EMBED_KEY], limits: CAUTIOUS },
  dashscope: {
    name: "DashScope",
    url: "https://dashscope.aliyuncs.com",
    path: DASHSCOPE_EMBED.path,
    modelIsRequired: true,
    keyVariables: DASHSCOPE_KEYS,
    limits: DASHSCOPE_LIMITS,
  },
  cohere: {
    name: "Cohere",
    url: "https://api.cohere.com",
    path: COHERE_EMBED.path,
    modelIsRequired: true,
    keyVariables: ["COHERE_API_KEY", "CO_API_KEY", GENERIC_EMBED_KEY],
    limits: { maxDocuments: 96, maxDocumentTokens: 128_000, maxRequestTokens: undefined },
  },
};

interface OpenaiHost {
  readonly name: string;
  readonly host: RegExp;
  readonly flavour: OpenaiFlavour;
  readonly keyVariables: readonly string[];
  readonly limits: ProviderLimits;
}

/** Those that answer as OpenAI, and what they take beside that. The first that matches. */
const OPENAI_HOSTS: readonly OpenaiHost[] = [
  { name: "OpenAI", host: /(^|\.)api\.openai\.com$/, flavour: OPENAI, keyVariables: ["OPENAI_API_KEY", GENERIC_EMBED_KEY], limits: OPENAI_LIMITS },
  { name: "Azure", host: /\.(openai|services\.ai)\.azure\.com$/, flavour: OPENAI, keyVariables: ["AZURE_OPENAI_API_KEY", GENERIC_EMBED_KEY], limits: OPENAI_LIMITS },
  { name: "DashScope", host: DASHSCOPE_HOST, flavour: PLAIN_NUMBERS, keyVariables: DASHSCOPE_KEYS, limits: DASHSCOPE_LIMITS },
  { name: "SiliconFlow", host: /(^|\.)siliconflow\.(cn|com)$/, flavour: OPENAI, keyVariables: ["SILICONFLOW_API_KEY", GENERIC_EMBED_KEY], limits: CAUTIOUS },
  { name: "Jina", host: /(^|\.)api\.jina\.ai$/, flavour: JINA, keyVariables: ["JINA_API_KEY", GENERIC_EMBED_KEY], limits: CAUTIOUS },
  {
    name: "Voyage",
    host: /(^|\.)api\.voyageai\.com$|^ai\.mongodb\.com$/,
    flavour: VOYAGE,
    keyVariables: ["VOYAGE_API_KEY", GENERIC_EMBED_KEY],
    // The larger models take 120,000 tokens in a request, the smaller ones up to a million.
    limits: { maxDocuments: 1000, maxDocumentTokens: 32_000, maxRequestTokens: 120_000 },
  },
  { name: "this service", host: STRICT_HOST, flavour: STRICT, keyVariables: [GENERIC_EMBED_KEY], limits: CAUTIOUS },
];

/** Tokens that a model reads, where its name says it; servers that tell their own are believed instead. The first that matches. */
const MODEL_TOKENS: readonly (readonly [RegExp, number])[] = [
  [/text-embedding-(3-|ada-002)/, 8192],
  [/text-embedding-v[34]/, 8192],
  [/text-embedding-v[12]/, 2048],
  [/embed-v4/, 128_000],
  [/embed-.*v[23]/, 512],
  [/qwen-?3.*embed/i, 32_768],
  [/bge-m3/i, 8192],
  [/(bge|e5)-|bce-embedding/i, 512],
  [/jina-embeddings-v4/, 32_768],
  [/jina-embeddings-v[23]/, 8192],
  [/voyage-/, 32_000],
  [/^nomic-embed/, 2048],
];

/** Where neither name nor server tells: nearly all embedders read this much. */
const LEAST_TOKENS = 512;

/** What is known of this very server: the providers that answer as OpenAI differ. */
export function embedProviderOf({ dialect, url }: Pick<RemoteEndpoint<EmbedDialectName>, "dialect" | "url">): EmbedProvider {
  const known = EMBED_PROVIDERS[dialect];
  if (dialect !== "openai") return known;
  const host = openaiHost(url);
  if (host !== undefined) return { ...known, name: host.name, keyVariables: host.keyVariables, limits: host.limits };
  // OpenAI's key is nobody else's business.
  return { ...known, name: "this server", modelIsRequired: false, keyVariables: [GENERIC_EMBED_KEY], limits: CAUTIOUS };
}

/** How this very server is asked. */
export function embedDialectOf({ dialect, url }: Pick<RemoteEndpoint<EmbedDialectName>, "dialect" | "url">): EmbedDialect {
  if (dialect === "openai") return createOpenaiEmbedDialect(openaiHost(url)?.flavour ?? SELF_HOSTED);
  return { tei: TEI_EMBED, dashscope: DASHSCOPE_EMBED, cohere: COHERE_EMBED }[dialect];
}

/** The dialect that an address says plainly: a provider's host, or the end of a path. */
export function guessEmbedDialect(address: string): EmbedDialectName | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname, pathname, port } = new URL(address);
  const path = pathname.replace(/\/+$/, "");
  if (DASHSCOPE_HOST.test(hostname)) return /compatible-mode/.test(path) ? "openai" : "dashscope";
  if (/(^|\.)cohere\.(com|ai)$/.test(hostname) || path.endsWith("/v2/embed")) return "cohere";
  if (openaiHost(address) !== undefined || /\/(v1|embeddings)$/.test(path)) return "openai";
  if (path.endsWith("/text-embedding")) return "dashscope";
  if (path.endsWith("/embed")) return "tei";
  // Ollama.
  return port === "11434" ? "openai" : undefined;
}

/** Where servers that people run themselves tell of their model: beside the route that embeds. */
export function modelRouteOf({ dialect, url }: Pick<RemoteEndpoint<EmbedDialectName>, "dialect" | "url">): string | undefined {
  if (dialect === "tei") return "info?role=embedder";
  return dialect === "openai" && openaiHost(url) === undefined ? "models" : undefined;
}

/** Tokens that a model of this name reads, or surely reads where the name says nothing. */
export function embedTokensOf(model: string | undefined): number {
  return MODEL_TOKENS.find(([name]) => name.test(model ?? ""))?.[1] ?? LEAST_TOKENS;
}

/**
 * Who says what is searched for, and how: "client", we put Qwen3's instruction before a query; "server", the request names it; "none",
 * nobody does, and `RemoteSpec.readsInstruction` is false.
 *
 * @param model as the server calls it; where it has no name there, what it told.
 */
export function instructionSide({ dialect, url, template }: Pick<RemoteEndpoint<EmbedDialectName>, "dialect" | "url" | "template">, model: string | undefined): "client" | "server" | "none" {
  const isQwen3 = isQwen3Name(model ?? "");
  if (isQwen3 && template === "client") return "client";
  if (dialect === "dashscope") return /text-embedding-v4/.test(model ?? "") ? "server" : "none";
  return isQwen3 && dialect === "openai" && openaiHost(url) === undefined ? "server" : "none";
}

function openaiHost(url: string): OpenaiHost | undefined {
  const { hostname } = new URL(url);
  return OPENAI_HOSTS.find(({ host }) => host.test(hostname));
}

/** The variables whose key a server may be shown. A provider's key goes to the provider's own hosts alone, whatever dialect another server speaks. */
export function embedKeyVariables(url: string): readonly string[] {
  const own = guessEmbedDialect(new URL(url).origin) ?? "tei";
  return embedProviderOf({ dialect: own, url }).keyVariables;
}
