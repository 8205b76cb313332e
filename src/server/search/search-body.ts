import { Type, type Static } from "typebox";
import { ServiceError } from "../service-error.ts";
import type { SearchRequest } from "./search-service.ts";

const MAX_COUNT = 100_000;
const MAX_GLOBS = 32;

// Clients send null for what they do not set. Ajv's words for a list of types are better than those for `anyOf`.
const integer = (description: string) => Type.Optional(Type.Unsafe<number | null>({ type: ["integer", "null"], minimum: 1, maximum: MAX_COUNT, description }));
const boolean = (description: string) => Type.Optional(Type.Unsafe<boolean | null>({ type: ["boolean", "null"], description }));
const text = (description: string) => Type.Optional(Type.Unsafe<string | null>({ type: ["string", "null"], minLength: 1, description }));

/** What POST /v1/search takes. A misspelt member would be a wish that is not heard: it is refused. */
export const SEARCH_BODY = Type.Object(
  {
    query: Type.String({ description: "What is looked for." }),
    limit: integer("Results that come back."),
    candidates: integer("Passages that the first stage hands to the reranker."),
    rerank: boolean("False keeps the order of the first stage."),
    hybrid: boolean("Recalls by words (BM25) as well as by meaning."),
    paths: Type.Optional(
      Type.Unsafe<string[] | null>({
        type: ["array", "null"],
        items: { type: "string", minLength: 1, maxLength: 200 },
        maxItems: MAX_GLOBS,
        description: "Only documents whose path matches one of these globs; ! in front excludes.",
      }),
    ),
    min_relevance: Type.Optional(
      Type.Unsafe<number | null>({ type: ["number", "null"], minimum: 0, maximum: 1, description: "Leaves out results of a lower relevance." }),
    ),
    instruction: text("What relevant means, for models that read an instruction."),
    budget_ms: Type.Optional(
      Type.Unsafe<number | null>({ type: ["number", "null"], minimum: 1, maximum: 86_400_000, description: "Time for the search; then the best order so far is the answer." }),
    ),
    per_document: boolean("Keeps the best passage of each document only."),
    on_failure: Type.Optional(
      Type.Unsafe<"error" | "cosine" | null>({
        type: ["string", "null"],
        enum: ["error", "cosine", null],
        description: "When the reranker fails: its error (error), or the order of the first stage, marked (cosine). The server's setting when absent.",
      }),
    ),
    model: text("The reranker; the server's own when absent."),
    stream: boolean("Answers with server-sent events, as Accept: text/event-stream does."),
  },
  { additionalProperties: false, title: "SearchRequest" },
);

export type SearchBody = Static<typeof SEARCH_BODY>;

/** @throws ServiceError `invalid` for a glob that could take forever. */
export function searchRequestOf(body: SearchBody): SearchRequest {
  for (const [position, glob] of (body.paths ?? []).entries()) checkGlob(glob, `paths[${position}]`);
  return {
    query: body.query,
    limit: body.limit ?? undefined,
    candidates: body.candidates ?? undefined,
    rerank: body.rerank ?? undefined,
    hybrid: body.hybrid ?? undefined,
    paths: body.paths ?? undefined,
    minRelevance: body.min_relevance ?? undefined,
    instruction: body.instruction ?? undefined,
    budgetMs: body.budget_ms ?? undefined,
    perDocument: body.per_document ?? undefined,
    onFailure: body.on_failure ?? undefined,
    model: body.model ?? undefined,
  };
}

/** Wildcards in one part of a path, and in all of it. */
const MAX_WILDCARDS_A_PART = 3;
const MAX_WILDCARDS = 8;

/**
 * A glob becomes a regular expression, whose time grows with the path's length to the power of the wildcards in one part: a stranger
 * gets no more of them than a person needs.
 */
function checkGlob(glob: string, param: string): void {
  const parts = glob.split("/").map((part) => part.match(/\*+/g)?.length ?? 0);
  const total = parts.reduce((sum, count) => sum + count, 0);
  if (!/[()]/.test(glob) && Math.max(...parts) <= MAX_WILDCARDS_A_PART && total <= MAX_WILDCARDS) return;
  throw new ServiceError("invalid", `a glob may have ${MAX_WILDCARDS_A_PART} wildcards between two slashes, ${MAX_WILDCARDS} in all, and no parentheses`, { param });
}
