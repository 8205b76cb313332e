/** What Qwen3's models are told to look for unless somebody says otherwise. */
export const DEFAULT_TASK = "Given a web search query, retrieve relevant passages that answer the query";
