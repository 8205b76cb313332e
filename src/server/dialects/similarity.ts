import { Type } from "typebox";
import type { AppServices, ServerApp } from "../create-app.ts";
import { checkDocumentCount } from "../limits.ts";
import { MODEL } from "./rerank-fields.ts";
import { EMBEDDING_ROUTE } from "./embedding-route-options.ts";
import { embedInputs } from "./embedding-work.ts";
import { READING, readReading, TEI_ERRORS } from "./tei-embed-schemas.ts";
import { EmptyInputError } from "./tei-errors.ts";

const BODY = Type.Object(
  {
    model: MODEL,
    inputs: Type.Object({ source_sentence: Type.String(), sentences: Type.Array(Type.String()) }),
    parameters: Type.Optional(Type.Union([Type.Object(READING), Type.Null()])),
  },
  { examples: [{ inputs: { source_sentence: "What is Deep Learning?", sentences: ["What is Machine Learning?"] } }] },
);

const SIMILARITIES = Type.Array(Type.Number(), { description: "Cosine of each sentence with the source, -1 to 1, in the order given", examples: [[0.83]] });

/**
 * text-embeddings-inference's /similarity. All texts are embedded alike, as passages or as `prompt_name` says: similarity is
 * symmetric, and sentences are compared with sentences, not questions with answers.
 */
export function registerSimilarity(app: ServerApp, services: AppServices): void {
  app.post(
    "/similarity",
    {
      ...EMBEDDING_ROUTE,
      schema: { summary: "Compare a sentence with others, as text-embeddings-inference does", tags: ["embeddings"], body: BODY, response: { 200: SIMILARITIES, ...TEI_ERRORS } },
    },
    async (request, reply) => {
      const { model, inputs, parameters } = request.body;
      const { source_sentence, sentences } = inputs;
      if (sentences.length === 0) throw new EmptyInputError("sentences");
      checkDocumentCount(sentences.length, services.limits, "sentences");
      const nameOf = (position: number): string => (position === sentences.length ? "source_sentence" : `sentences[${position}]`);
      const asked = { ...readReading(parameters ?? {}), inputs: [...sentences, source_sentence], nameOf, model };
      const { vectors } = await embedInputs(asked, services, request, reply);
      const source = vectors.at(-1) ?? new Float32Array();
      return vectors.slice(0, -1).map((vector) => cosineOf(vector, source));
    },
  );
}

/** Of vectors of unit length, whose product rounding may lift a little above 1. */
function cosineOf(a: Float32Array, b: Float32Array): number {
  const product = a.reduce((sum, value, position) => sum + value * (b[position] ?? 0), 0);
  return Math.min(1, Math.max(-1, product));
}
