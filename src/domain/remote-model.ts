/** How servers of rerankers are asked. Any other server is "cohere" when it answers as Cohere does. */
export const RERANK_DIALECTS = ["cohere", "jina", "voyage", "siliconflow", "dashscope", "dashscope-compatible", "vllm", "vllm-score", "tei", "llamacpp"] as const;
export type RerankDialectName = (typeof RERANK_DIALECTS)[number];

/** How servers of embedders are asked. */
export const EMBED_DIALECTS = ["openai", "tei", "dashscope", "cohere"] as const;
export type EmbedDialectName = (typeof EMBED_DIALECTS)[number];

/**
 * Who puts a Qwen3 model's instruction and template around texts. Both would give scores that look right and are not: the template is
 * applied once, by the server that knows its model or by us.
 */
export const TEMPLATE_SIDES = ["server", "client"] as const;
export type TemplateSide = (typeof TEMPLATE_SIDES)[number];
