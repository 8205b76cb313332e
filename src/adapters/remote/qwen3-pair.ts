import { DEFAULT_TASK } from "../../domain/default-task.ts";
import { QWEN3_JUDGE } from "../../domain/qwen3-judge.ts";

/** Of the template, what comes after the document. */
const SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";

/** A query in the template of Qwen3's rerankers, for servers that put the document's text right behind it: vLLM's /score and /rerank. */
export function qwen3Query(query: string, instruction: string = DEFAULT_TASK): string {
  return `<|im_start|>system\n${QWEN3_JUDGE}<|im_end|>\n<|im_start|>user\n<Instruct>: ${harmless(instruction)}\n<Query>: ${harmless(query)}\n`;
}

/** The document's half of the template. */
export function qwen3Document(document: string): string {
  return `<Document>: ${harmless(document)}${SUFFIX}`;
}

/** The server reads marks of the template wherever they stand: a document could end its own turn, and answer "yes" for the model. */
function harmless(text: string): string {
  return text.replaceAll(/<\|(im_start|im_end|endoftext)\|>/g, "<| $1 |>");
}
