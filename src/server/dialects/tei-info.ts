import { Type } from "typebox";
import type { EncoderSpec, ModelRole } from "../../domain/model-spec.ts";
import type { AppServices, ServerApp } from "../create-app.ts";
import type { ServedModel } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";
import { EMBEDDING_ROUTE } from "./embedding-route-options.ts";
import { AUTO_TRUNCATE, TEI_ERRORS } from "./tei-embed-schemas.ts";

export interface TeiInfoOptions {
  /** Requests that may wait: the nearest there is to TEI's permits. */
  readonly maxConcurrentRequests: number;
}

const LABELS = Type.Object({
  id2label: Type.Object({}, { additionalProperties: Type.String() }),
  label2id: Type.Object({}, { additionalProperties: Type.Integer() }),
});

const INFO = Type.Object({
  model_id: Type.String(),
  model_sha: Type.Union([Type.String(), Type.Null()]),
  model_dtype: Type.String(),
  model_type: Type.Object({ reranker: Type.Optional(LABELS), embedding: Type.Optional(Type.Object({ pooling: Type.String() })) }),
  max_concurrent_requests: Type.Integer(),
  max_input_length: Type.Integer({ description: "Tokens that are read of one text or pair; of two models, the smaller number" }),
  max_batch_tokens: Type.Integer({ description: "Tokens of one request" }),
  max_batch_requests: Type.Null(),
  max_client_batch_size: Type.Integer({ description: "Texts of one request" }),
  auto_truncate: Type.Boolean(),
  tokenization_workers: Type.Integer(),
  version: Type.String(),
  sha: Type.Null(),
  docker_label: Type.Null(),
});

/**
 * text-embeddings-inference's /info. TEI serves one model, we a pair: `model_type` names both kinds, so that clients of either
 * find theirs, and the rest is about the reranker. `?role=embedder` and `?role=reranker` tell of one alone, exactly as TEI.
 */
export function registerTeiInfo(app: ServerApp, { models, limits, version }: AppServices, { maxConcurrentRequests }: TeiInfoOptions): void {
  app.get(
    "/info",
    {
      ...EMBEDDING_ROUTE,
      schema: {
        summary: "Models and limits, as text-embeddings-inference tells them",
        tags: ["models"],
        querystring: Type.Object({ role: Type.Optional(Type.Enum(["reranker", "embedder"])) }),
        response: { 200: INFO, ...TEI_ERRORS },
      },
    },
    async ({ query: { role } }) => {
      const served = await models.models();
      const own = (wanted: ModelRole): ServedModel[] => served.filter((model) => model.role === wanted && model.isDefault).slice(0, 1);
      const told = role === undefined ? [...own("reranker"), ...own("embedder")] : own(role);
      const [first] = told;
      if (first === undefined) throw new ServiceError("unknown-model", "the server has no model of its own for this");
      return {
        model_id: first.names[0] ?? first.spec.id,
        model_sha: first.spec.revision,
        model_dtype: first.spec.precision,
        model_type: Object.assign({}, ...told.map(typeOf)),
        max_concurrent_requests: maxConcurrentRequests,
        max_input_length: Math.min(...told.map(({ spec }) => spec.maxTokens)),
        max_batch_tokens: limits.maxRequestTokens,
        max_batch_requests: null,
        max_client_batch_size: limits.maxDocuments,
        auto_truncate: AUTO_TRUNCATE,
        tokenization_workers: 1,
        version,
        sha: null,
        docker_label: null,
      };
    },
  );
}

function typeOf({ role, spec }: ServedModel): Record<string, unknown> {
  if (role === "reranker") return { reranker: { id2label: { "0": "LABEL_0" }, label2id: { LABEL_0: 0 } } };
  return { embedding: { pooling: spec.family === "encoder" ? poolingOf(spec) : "last_token" } };
}

/** A graph that pools by itself does not say how. */
function poolingOf({ pooling }: EncoderSpec): string {
  return pooling === "last" ? "last_token" : pooling;
}
