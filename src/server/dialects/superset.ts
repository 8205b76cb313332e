import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { AppServices, ServerApp } from "../create-app.ts";
import type { Dialect } from "../dialect.ts";
import { ServiceError } from "../service-error.ts";
import { answerBatch, BATCH_ANSWER, BATCH_REQUEST } from "./rerank-batch.ts";
import { DOCUMENT, SUPERSET_FIELDS } from "./rerank-fields.ts";
import { TUTORIAL_ANSWER, tutorialAnswer } from "./rerank-tutorial.ts";
import { judgeSuperset, supersetAnswer, type SupersetRequest } from "./superset-answer.ts";
import { supersetErrorAnswer } from "./superset-errors.ts";
import { SUPERSET_ANSWER, SUPERSET_ERROR, SUPERSET_EXAMPLES, SUPERSET_REQUEST } from "./superset-schemas.ts";
import { TEI_ERROR } from "./tei-embed-schemas.ts";
import { answerTei, TEI_ANSWER, TEI_FIELDS, type TeiRequest } from "./tei-rerank.ts";
import { teiErrorAnswer } from "./tei-errors.ts";

/** Where llama.cpp takes `texts` too. */
const MIXED_V1_PATHS = ["/v1/rerank", "/reranking", "/v1/reranking"];
const MIXED_PATHS: readonly string[] = [...MIXED_V1_PATHS, "/rerank"];

/** What /rerank answers when it is asked with `documents`. */
export type RerankShape = "superset" | "tutorial";

interface RouteShape {
  readonly path: string;
  readonly apiVersion: "1" | "2";
  readonly shape: RerankShape;
  readonly summary: string;
}

const RERANK_REQUEST = Type.Object(
  { ...TEI_FIELDS, ...SUPERSET_FIELDS, documents: Type.Optional(Type.Array(DOCUMENT)), texts: Type.Optional(Type.Array(Type.String())) },
  { description: "Asked with `documents`, or with `texts` as text-embeddings-inference is. Members that are not listed are ignored.", examples: SUPERSET_EXAMPLES },
);

/**
 * One request and one answer that the clients of Cohere, Jina, vLLM, SGLang, SiliconFlow, Together, Infinity and llama.cpp all
 * take. As llama.cpp does, all of them but /v2/rerank answer a request with `texts` as text-embeddings-inference would.
 */
export function createSupersetDialect({ rerankShape }: { readonly rerankShape: RerankShape }): Dialect {
  return {
    name: "superset",
    errorAnswer: (error, request) => (asksAsTei(request) ? teiErrorAnswer(error) : supersetErrorAnswer(error, request)),
    register(app, services) {
      addSuperset(app, services, { path: "/v2/rerank", apiVersion: "2", shape: "superset", summary: "Rank documents, as Cohere's second version does" });
      for (const path of MIXED_V1_PATHS) {
        addMixed(app, services, { path, apiVersion: "1", shape: "superset", summary: "Rank documents, as Cohere, Jina, vLLM and llama.cpp do" });
      }
      addMixed(app, services, { path: "/rerank", apiVersion: "1", shape: rerankShape, summary: "Rank documents, or texts as text-embeddings-inference does" });
      addBatch(app, services);
    },
  };
}

function asksAsTei({ body, routeOptions }: FastifyRequest): boolean {
  return MIXED_PATHS.includes(routeOptions.url ?? "") && typeof body === "object" && body !== null && "texts" in body && !("documents" in body);
}

function addSuperset(app: ServerApp, services: AppServices, { path, apiVersion, summary }: RouteShape): void {
  const schema = { summary, tags: ["rerank"], body: SUPERSET_REQUEST, response: { 200: SUPERSET_ANSWER, "4xx": SUPERSET_ERROR, "5xx": SUPERSET_ERROR } } as const;
  app.post(path, { schema }, async (request, reply) => {
    const judged = await judgeSuperset(request.body, request, reply, services);
    return reply.send(supersetAnswer(request.body, judged, request.id, apiVersion));
  });
}

function addMixed(app: ServerApp, services: AppServices, { path, apiVersion, shape, summary }: RouteShape): void {
  const answer = shape === "superset" ? SUPERSET_ANSWER : TUTORIAL_ANSWER;
  const error = Type.Union([SUPERSET_ERROR, TEI_ERROR]);
  const schema = { summary, tags: ["rerank"], body: RERANK_REQUEST, response: { 200: Type.Union([answer, TEI_ANSWER]), "4xx": error, "5xx": error } } as const;
  app.post(path, { schema }, async (request, reply) => {
    const body: Partial<Pick<SupersetRequest, "documents"> & Pick<TeiRequest, "texts">> = request.body;
    if (body.documents !== undefined) return answerDocuments({ ...request.body, documents: body.documents }, request, reply);
    if (body.texts !== undefined) return reply.send(await answerTei({ ...request.body, texts: body.texts }, request, reply, services));
    throw new ServiceError("invalid", "body must have documents, or texts as text-embeddings-inference takes them", { param: "documents" });
  });

  async function answerDocuments(body: SupersetRequest, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const judged = await judgeSuperset(body, request, reply, services);
    if (shape === "superset") return reply.send(supersetAnswer(body, judged, request.id, apiVersion));
    return reply.send(tutorialAnswer(judged.scored.judgments, judged.texts, judged.resultCount, body.raw_scores));
  }
}

function addBatch(app: ServerApp, services: AppServices): void {
  const schema = {
    summary: "Rank several lists of documents, each for a query of its own",
    tags: ["rerank"],
    body: BATCH_REQUEST,
    response: { 200: BATCH_ANSWER, "4xx": SUPERSET_ERROR, "5xx": SUPERSET_ERROR },
  } as const;
  app.post("/batch_rerank", { schema }, async (request, reply) => reply.send(await answerBatch(request.body, request, reply, services)));
}
