import { ServiceError } from "../service-error.ts";

/** What clients call the side that they embed. */
export interface SideWishes {
  /** Cohere's, Voyage's and NVIDIA's name. */
  readonly input_type?: string | null;
  /** Jina's. */
  readonly task?: string | null;
  /** Sentence-transformers' and text-embeddings-inference's. */
  readonly prompt_name?: string | null;
  readonly instruction?: string | null;
}

export interface Side {
  readonly use: "query" | "passage";
  readonly instruction?: string;
}

/** "query", "search_query", "retrieval.query", "RETRIEVAL_QUERY". */
const QUERY = /(^|[._-])query$/i;
/** "document", "search_document", "retrieval.passage"; and tasks that compare texts of one kind. */
const PASSAGE = /(^|[._-])(document|passage)$|^(text-matching|classification|clustering|separation)$/i;

/**
 * Which side of a search a text stands on: models read queries and passages differently. Without a word about it, texts are
 * passages, unless there is an instruction, which only queries have.
 *
 * @throws ServiceError `invalid` for a name that says neither, or for names that contradict each other.
 */
export function readSide({ input_type, task, prompt_name, instruction }: SideWishes): Side {
  let said: { readonly use: Side["use"]; readonly param: string } | undefined;
  for (const [param, name] of Object.entries({ input_type, task, prompt_name })) {
    if (!name) continue;
    const use = sideNamed(name, param);
    if (said !== undefined && said.use !== use) throw new ServiceError("invalid", `${said.param} and ${param} contradict each other`, { param });
    said ??= { use, param };
  }
  if (!instruction) return { use: said?.use ?? "passage" };
  if (said?.use === "passage") throw new ServiceError("invalid", `an instruction is for queries, and ${said.param} says passages`, { param: "instruction" });
  return { use: "query", instruction };
}

function sideNamed(name: string, param: string): Side["use"] {
  if (QUERY.test(name)) return "query";
  if (PASSAGE.test(name)) return "passage";
  throw new ServiceError("invalid", `${param} must be a query (query, search_query, retrieval.query) or a passage (passage, document, search_document, retrieval.passage)`, {
    param,
  });
}
