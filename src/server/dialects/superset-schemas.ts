import { Type } from "typebox";
import { DOCUMENT, SUPERSET_FIELDS, TRUNCATED } from "./rerank-fields.ts";

export const SUPERSET_EXAMPLES = [{ query: "how do I remove limescale?", documents: ["Vinegar dissolves limescale.", "The kettle boils in three minutes."], top_n: 1 }];

export const SUPERSET_REQUEST = Type.Object(
  { ...SUPERSET_FIELDS, documents: Type.Array(DOCUMENT) },
  {
    description: "What rerank APIs ask for, all at once. Members that are not listed are ignored, and every optional one may be null.",
    examples: SUPERSET_EXAMPLES,
  },
);

export const SUPERSET_ANSWER = Type.Object(
  {
    id: Type.String({ description: "Of the request, as in the server's log" }),
    object: Type.Literal("list"),
    model: Type.String(),
    created: Type.Integer({ description: "Seconds since 1970" }),
    results: Type.Array(
      Type.Object({
        index: Type.Integer({ description: "Of the document in the request, from 0" }),
        relevance_score: Type.Number({ description: "From 0 to 1; with raw_scores the logit" }),
        document: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: "object", properties: { text: { type: "string" } }, required: ["text"], description: "With return_documents" })),
        truncated: TRUNCATED,
      }),
      { description: "Best first; equal ones by index" },
    ),
    usage: Type.Object({ prompt_tokens: Type.Integer(), completion_tokens: Type.Literal(0), total_tokens: Type.Integer() }),
    meta: Type.Object({
      api_version: Type.Object({ version: Type.String() }),
      billed_units: Type.Object({ search_units: Type.Integer({ description: "One for every 100 documents begun" }) }),
      tokens: Type.Object({ input_tokens: Type.Integer(), output_tokens: Type.Literal(0) }),
    }),
  },
  {
    examples: [
      {
        id: "req-1",
        object: "list",
        model: "mini",
        created: 1_764_000_000,
        results: [{ index: 0, relevance_score: 0.97 }],
        usage: { prompt_tokens: 32, completion_tokens: 0, total_tokens: 32 },
        meta: { api_version: { version: "2" }, billed_units: { search_units: 1 }, tokens: { input_tokens: 32, output_tokens: 0 } },
      },
    ],
  },
);

export const SUPERSET_ERROR = Type.Object(
  {
    error: Type.Object({
      message: Type.String(),
      type: Type.String({ description: "BadRequestError, NotFoundError, RateLimitError, ..." }),
      param: Type.Union([Type.String(), Type.Null()]),
      code: Type.Integer({ description: "The status" }),
    }),
    message: Type.String({ description: "The same, where Cohere's clients look for it" }),
    id: Type.String(),
  },
  { description: "As OpenAI, vLLM and Together word an error, and as Cohere does" },
);
