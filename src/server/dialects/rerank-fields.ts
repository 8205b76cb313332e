import { Type } from "typebox";

/** Clients send null for what they leave out: LangChain sends `max_chunks_per_doc: null`. */
function orNull<Value>(type: string, options: Readonly<Record<string, unknown>>) {
  return Type.Optional(Type.Unsafe<Value | null>({ type: [type, "null"], ...options }));
}

export function optionalString(description: string) {
  return orNull<string>("string", { description });
}

export function optionalBoolean(description: string) {
  return orNull<boolean>("boolean", { description });
}

export function optionalInteger(description: string, minimum: number) {
  return orNull<number>("integer", { description, minimum });
}

export function optionalStrings(description: string) {
  return orNull<string[]>("array", { description, items: { type: "string" } });
}

/** A text, or an object of fields of which some are read. */
export type GivenDocument = string | Readonly<Record<string, unknown>>;

export const DOCUMENT = Type.Unsafe<GivenDocument>({
  anyOf: [{ type: "string" }, { type: "object" }],
  description: "A text, or an object: its member `text`, or the fields that `rank_fields` names",
});

export const MODEL = optionalString("A name that GET /v1/models lists; absent, null or empty: the server's own model");
export const TOP_N = optionalInteger("How many results to answer with; absent, null or 0: all", 0);
export const RETURN_DOCUMENTS = optionalBoolean("Whether each result repeats its document");
export const RAW_SCORES = optionalBoolean("Logits in place of relevances from 0 to 1");
export const INSTRUCTION = optionalString("What relevant means, for models that read an instruction; the others ignore it");
export const TRUNCATED = Type.Optional(Type.Literal(true, { description: "The model read only the beginning of the document; absent where it read all" }));

/** What the dialects of Cohere, Jina, vLLM, SGLang, SiliconFlow, Together, Infinity, llama.cpp and DashScope's flat one share. */
export const SUPERSET_FIELDS = {
  model: MODEL,
  query: Type.String({ description: "What is asked" }),
  top_n: TOP_N,
  top_k: optionalInteger("Another name of top_n", 0),
  return_documents: optionalBoolean("Whether each result repeats its document; false unless told otherwise, though Jina and vLLM repeat them always"),
  rank_fields: optionalStrings('Fields of documents that are objects, read as lines "name: value"; absent or ["text"]: the text alone'),
  instruction: INSTRUCTION,
  instruct: optionalString("Another name of instruction (SGLang, DashScope)"),
  max_tokens_per_doc: optionalInteger("Reads no more of each document than this", 1),
  truncate_prompt_tokens: optionalInteger("As max_tokens_per_doc: the query's tokens are not counted; -1: as much as the model reads", -1),
  raw_scores: RAW_SCORES,
  max_chunks_per_doc: optionalInteger("Not used: a document is read in one piece", 0),
  overlap_tokens: optionalInteger("Not used: a document is read in one piece", 0),
} as const;
