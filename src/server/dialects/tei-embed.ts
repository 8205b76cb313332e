import { Type } from "typebox";
import type { AppServices, ServerApp } from "../create-app.ts";
import { checkDocumentCount } from "../limits.ts";
import { ServiceError } from "../service-error.ts";
import { EMBEDDING_INPUTS, readInputs } from "./embedding-inputs.ts";
import { EMBEDDING_ROUTE } from "./embedding-route-options.ts";
import { embedInputs } from "./embedding-work.ts";
import { MODEL, optionalBoolean, optionalInteger } from "./rerank-fields.ts";
import { READING, readReading, TEI_ERRORS } from "./tei-embed-schemas.ts";
import { EmptyInputError } from "./tei-errors.ts";

const BODY = Type.Object(
  {
    model: MODEL,
    inputs: EMBEDDING_INPUTS,
    ...READING,
    normalize: optionalBoolean("Vectors have unit length: false is refused"),
    dimensions: optionalInteger("Shorter vectors, from models that were trained for it", 1),
  },
  { examples: [{ inputs: "What is Deep Learning?" }] },
);

const VECTORS = Type.Array(Type.Array(Type.Number()), { description: "A vector for each text, in the order given", examples: [[[0.1, 0.2, 0.3]]] });

/** text-embeddings-inference's /embed. */
export function registerTeiEmbed(app: ServerApp, services: AppServices): void {
  app.post(
    "/embed",
    { ...EMBEDDING_ROUTE, schema: { summary: "Embed texts, as text-embeddings-inference does", tags: ["embeddings"], body: BODY, response: { 200: VECTORS, ...TEI_ERRORS } } },
    async (request, reply) => {
      const { body } = request;
      if (body.normalize === false) throw new ServiceError("invalid", "vectors have unit length here: normalize: false cannot be had", { param: "normalize" });
      const inputs = readInputs(body.inputs);
      if (inputs.length === 0) throw new EmptyInputError("inputs");
      checkDocumentCount(inputs.length, services.limits, "inputs");
      const asked = { ...readReading(body), inputs, nameOf: (position: number) => `inputs[${position}]`, dimensions: body.dimensions, model: body.model };
      const { vectors } = await embedInputs(asked, services, request, reply);
      return vectors.map((vector) => [...vector]);
    },
  );
}
