import { DEFAULT_TASK } from "./default-task.ts";

/** How Qwen3's embedders read a query; passages are read bare. */
export function embeddingQueryPrompt(query: string, instruction: string = DEFAULT_TASK): string {
  return `Instruct: ${instruction}\nQuery:${query}`;
}

/** Whether a model's name says that it is one of Qwen3's, however a server spells it: "Qwen/Qwen3-Embedding-4B", "qwen3-embedding:0.6b". */
export function isQwen3Name(name: string): boolean {
  return /qwen-?3/i.test(name);
}
