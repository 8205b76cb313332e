import type { RerankDialectName, TemplateSide } from "../../domain/remote-model.ts";
import type { ProviderLimits } from "../../ports/remote-provider.ts";

/** What is asked in one request. */
export interface RerankBatch {
  readonly query: string;
  readonly documents: readonly string[];
  /** For the dialect's own member. */
  readonly instruction: { readonly member: "instruct" | "instruction"; readonly text: string } | undefined;
}

/** The body of a request, in the words of the dialect; results for all documents are asked for, and no texts. */
export function rerankBody(dialect: RerankDialectName, model: string | undefined, template: TemplateSide, { query, documents, instruction }: RerankBatch): unknown {
  const name = model === undefined ? {} : { model };
  const instructed = instruction === undefined ? {} : { [instruction.member]: instruction.text };
  const top_n = documents.length;
  // vLLM refuses pairs that are too long, unless it is told to cut them. With our template it would cut the template's end.
  const cut = template === "server" ? { truncate_prompt_tokens: -1 } : {};
  switch (dialect) {
    case "dashscope":
      return { ...name, input: { query, documents }, parameters: { top_n, return_documents: false, ...instructed } };
    case "cohere":
    case "llamacpp":
    case "dashscope-compatible":
      return { ...name, query, documents, top_n, ...instructed };
    case "jina":
    case "siliconflow":
      return { ...name, query, documents, top_n, return_documents: false, ...instructed };
    case "voyage":
      return { ...name, query, documents, top_k: top_n, return_documents: false, truncation: true };
    case "vllm":
      return { ...name, query, documents, top_n, ...cut, ...instructed };
    case "vllm-score":
      return { ...name, text_1: query, text_2: documents, ...cut, ...instructed };
    case "tei":
      // Logits keep apart what a relevance of 1 cannot.
      return { query, texts: documents, raw_scores: true, truncate: true };
  }
}

/** Tokens are estimated, and models of other languages count up to so many times as many. */
const ESTIMATE_MARGIN = 1.25;
/** However long the query is. */
const MIN_DOCUMENT_TOKENS = 16;

/** How many tokens of a document are sent, by our estimate. */
export function documentRoom(queryTokens: number, { maxDocumentTokens, maxRequestTokens }: ProviderLimits, limitsPairs: boolean): number {
  const room = limitsPairs ? maxDocumentTokens / ESTIMATE_MARGIN - queryTokens : maxDocumentTokens / ESTIMATE_MARGIN;
  const requestRoom = maxRequestTokens === undefined ? Number.POSITIVE_INFINITY : maxRequestTokens / ESTIMATE_MARGIN - queryTokens;
  return Math.max(MIN_DOCUMENT_TOKENS, Math.floor(Math.min(room, requestRoom)));
}

/**
 * Splits documents into as few requests as the limits allow, in their order.
 *
 * @param queryTokens counted once for each document, as providers do.
 * @returns lists of the positions in `documentTokens`.
 */
export function splitRequests(queryTokens: number, documentTokens: readonly number[], { maxDocuments, maxRequestTokens }: ProviderLimits): number[][] {
  const maxTokens = maxRequestTokens === undefined ? Number.POSITIVE_INFINITY : maxRequestTokens / ESTIMATE_MARGIN;
  const requests: number[][] = [];
  let last: number[] = [];
  let tokens = 0;
  documentTokens.forEach((count, position) => {
    const cost = queryTokens + count;
    if (last.length === 0 || last.length >= maxDocuments || tokens + cost > maxTokens) {
      last = [];
      tokens = 0;
      requests.push(last);
    }
    last.push(position);
    tokens += cost;
  });
  return requests;
}
