import { Type, type Static } from "typebox";
import type { AppServices, ServerApp } from "../create-app.ts";
import { checkDocumentCount } from "../limits.ts";
import { ServiceError } from "../service-error.ts";
import { EMBEDDING_INPUTS, readInputs } from "./embedding-inputs.ts";
import { EMBEDDING_ROUTE } from "./embedding-route-options.ts";
import { readSide } from "./embedding-side.ts";
import { packVector } from "./embedding-vectors.ts";
import { embedInputs } from "./embedding-work.ts";
import { OPENAI_ERROR } from "./openai-errors.ts";
import { MODEL, optionalBoolean, optionalInteger, optionalString } from "./rerank-fields.ts";

function optionalEncoding(description: string) {
  return Type.Optional(Type.Unsafe<"float" | "base64" | null>({ type: ["string", "null"], enum: ["float", "base64", null], description }));
}

const BODY = Type.Object(
  {
    input: EMBEDDING_INPUTS,
    model: MODEL,
    encoding_format: optionalEncoding("float where nothing is said"),
    embedding_type: optionalEncoding("Another name of encoding_format (Jina)"),
    dimensions: optionalInteger("Shorter vectors, from models that were trained for it", 1),
    input_type: optionalString("query or passage; passage where nothing is said"),
    task: optionalString("Another name of input_type (Jina): retrieval.query, retrieval.passage"),
    prompt_name: optionalString("Another name of input_type (sentence-transformers)"),
    instruction: optionalString("What is searched for: makes the texts queries; models that read no instruction ignore it"),
    normalized: optionalBoolean("Vectors have unit length: false is refused"),
    truncate: optionalBoolean("false refuses a text that is longer than the model reads; otherwise it is cut, and marked"),
    user: optionalString("Not used"),
  },
  { examples: [{ input: ["Descale the kettle with vinegar.", "Store it in a dry place."], encoding_format: "float" }] },
);

const ANSWER = Type.Object({
  object: Type.Literal("list"),
  data: Type.Array(
    Type.Object({
      object: Type.Literal("embedding"),
      index: Type.Integer(),
      embedding: Type.Union([Type.Array(Type.Number()), Type.String({ description: "Little-endian 32-bit floats in base64" })]),
      truncated: Type.Optional(Type.Boolean({ description: "The text was longer than the model reads: its end is not in the vector" })),
    }),
  ),
  model: Type.String(),
  usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() }),
});

/** OpenAI's embeddings, with what Jina, Cohere and others say about the side. */
export function registerOpenaiEmbeddings(app: ServerApp, services: AppServices): void {
  for (const path of ["/v1/embeddings", "/embeddings"]) {
    app.post(
      path,
      {
        ...EMBEDDING_ROUTE,
        schema: { summary: "Embed texts, as OpenAI does", tags: ["embeddings"], body: BODY, response: { 200: ANSWER, "4xx": OPENAI_ERROR, "5xx": OPENAI_ERROR } },
      },
      async (request, reply) => {
        const { body } = request;
        const isPacked = encodingOf(body) === "base64";
        if (body.normalized === false) throw new ServiceError("invalid", "vectors have unit length here: normalized: false cannot be had", { param: "normalized" });
        const inputs = readInputs(body.input);
        if (inputs.length === 0) throw new ServiceError("invalid", "input is empty", { param: "input" });
        checkDocumentCount(inputs.length, services.limits, "input");
        const { model, dimensions, truncate } = body;
        const asked = { inputs, nameOf: (position: number) => `input[${position}]`, side: readSide(body), model, dimensions, mayTruncate: truncate !== false };
        const { vectors, work } = await embedInputs(asked, services, request, reply);
        return {
          object: "list" as const,
          data: vectors.map((vector, index) => ({
            object: "embedding" as const,
            index,
            embedding: isPacked ? packVector(vector) : [...vector],
            ...(work.embeddings[index]?.truncated && { truncated: true }),
          })),
          model: work.modelName,
          usage: { prompt_tokens: work.inputTokens, total_tokens: work.inputTokens },
        };
      },
    );
  }
}

/** Jina's client says it under a name of its own. */
function encodingOf({ encoding_format, embedding_type }: Static<typeof BODY>): "float" | "base64" {
  if (encoding_format && embedding_type && encoding_format !== embedding_type) {
    throw new ServiceError("invalid", "encoding_format and embedding_type contradict each other", { param: "embedding_type" });
  }
  return encoding_format ?? embedding_type ?? "float";
}
