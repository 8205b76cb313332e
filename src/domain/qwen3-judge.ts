/** What Qwen3's rerankers were trained to be told before every pair. */
export const QWEN3_JUDGE =
  'Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".';
