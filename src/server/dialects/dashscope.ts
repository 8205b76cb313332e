import { Type } from "typebox";
import type { Dialect } from "../dialect.ts";
import type { ServiceError, ServiceErrorKind } from "../service-error.ts";
import { errorStatus } from "./rerank-error-status.ts";
import { DOCUMENT, MODEL, optionalInteger, optionalString, RETURN_DOCUMENTS, TOP_N, TRUNCATED } from "./rerank-fields.ts";
import { rankTexts } from "./rerank-scoring.ts";
import { judgeSuperset, supersetAnswer } from "./superset-answer.ts";
import { supersetErrorAnswer } from "./superset-errors.ts";
import { SUPERSET_ANSWER, SUPERSET_ERROR, SUPERSET_REQUEST } from "./superset-schemas.ts";

/** DashScope's own codes; it has no word for a route that is missing but "NotFound". */
const CODES: Readonly<Record<ServiceErrorKind, string>> = {
  invalid: "InvalidParameter",
  "too-many": "InvalidParameter",
  unauthorized: "InvalidApiKey",
  forbidden: "AccessDenied",
  "unknown-model": "ModelNotFound",
  "not-found": "NotFound",
  "rate-limited": "Throttling.RateQuota",
  overloaded: "Throttling.RateQuota",
  unavailable: "ModelUnavailable",
  deadline: "RequestTimeOut",
  "model-failed": "InternalError.Algo",
  internal: "InternalError",
};

const NATIVE_REQUEST = Type.Object(
  {
    model: MODEL,
    input: Type.Object({ query: Type.String(), documents: Type.Array(DOCUMENT) }),
    parameters: Type.Optional(
      Type.Unsafe<NativeParameters | null>({
        type: ["object", "null"],
        properties: { top_n: TOP_N, return_documents: RETURN_DOCUMENTS, instruct: optionalString("What relevant means"), max_tokens_per_doc: optionalInteger("Reads no more of each document than this", 1) },
      }),
    ),
  },
  {
    examples: [
      {
        model: "qwen3-rerank",
        input: { query: "how do I remove limescale?", documents: ["Vinegar dissolves limescale.", "Tides follow the moon."] },
        parameters: { return_documents: true, top_n: 1, instruct: "Given a web search query, retrieve relevant passages that answer the query." },
      },
    ],
  },
);

interface NativeParameters {
  readonly top_n?: number | null;
  readonly return_documents?: boolean | null;
  readonly instruct?: string | null;
  readonly max_tokens_per_doc?: number | null;
}

const NATIVE_ANSWER = Type.Object({
  output: Type.Object({
    results: Type.Array(
      Type.Object({
        index: Type.Integer(),
        relevance_score: Type.Number({ description: "From 0 to 1" }),
        document: Type.Optional(Type.Object({ text: Type.String() })),
        truncated: TRUNCATED,
      }),
      { description: "Best first; equal ones by index" },
    ),
  }),
  usage: Type.Object({ total_tokens: Type.Integer() }),
  request_id: Type.String(),
});

const NATIVE_ERROR = Type.Object({ request_id: Type.String(), code: Type.String({ description: "InvalidParameter, ModelNotFound, Throttling.RateQuota, ..." }), message: Type.String() });

/** DashScope's text-rerank, as its own SDK and plain HTTP ask for it. Its limits of documents and tokens are not ours. */
export const dashscopeDialect: Dialect = {
  name: "dashscope",
  errorAnswer: (error, request) => ({ status: errorStatus(error), body: nativeError(error, request.id) }),
  register(app, services) {
    const schema = {
      summary: "Rank documents, as DashScope does",
      tags: ["rerank"],
      body: NATIVE_REQUEST,
      response: { 200: NATIVE_ANSWER, "4xx": NATIVE_ERROR, "5xx": NATIVE_ERROR },
    } as const;
    app.post("/api/v1/services/rerank/text-rerank/text-rerank", { schema }, async (request, reply) => {
      const { model = null, input, parameters } = request.body;
      // Member by member: `input` and `parameters` may hold others, which nobody has checked.
      const { top_n = null, return_documents: returnDocuments = null, instruct = null, max_tokens_per_doc = null } = parameters ?? {};
      const asked = { model, query: input.query, documents: input.documents, top_n, instruct, max_tokens_per_doc };
      const { texts, resultCount, scored } = await judgeSuperset(asked, request, reply, services);
      const ranked = rankTexts(scored.judgments).slice(0, resultCount);
      return reply.send({
        output: {
          results: ranked.map(({ position, judgment }) => ({
            index: position,
            relevance_score: judgment.relevance,
            ...(returnDocuments === true && { document: { text: texts[position] ?? "" } }),
            ...(judgment.truncated && { truncated: true as const }),
          })),
        },
        usage: { total_tokens: scored.inputTokens },
        request_id: request.id,
      });
    });
  },
};

/** DashScope's flat form, to which clients of OpenAI post; its errors are OpenAI's and DashScope's in one. */
export const dashscopeCompatibleDialect: Dialect = {
  name: "dashscope-compatible",
  errorAnswer(error, request) {
    const { status, body } = supersetErrorAnswer(error, request);
    return { status, body: { ...(body as object), ...nativeError(error, request.id) } };
  },
  register(app, services) {
    const error = Type.Object({ ...SUPERSET_ERROR.properties, ...NATIVE_ERROR.properties });
    const schema = {
      summary: "Rank documents, as DashScope's compatible mode does",
      tags: ["rerank"],
      body: SUPERSET_REQUEST,
      response: { 200: SUPERSET_ANSWER, "4xx": error, "5xx": error },
    } as const;
    for (const path of ["/compatible-api/v1/reranks", "/v1/reranks", "/reranks"]) {
      app.post(path, { schema }, async (request, reply) => {
        const judged = await judgeSuperset(request.body, request, reply, services);
        return reply.send(supersetAnswer(request.body, judged, request.id, "1"));
      });
    }
  },
};

function nativeError({ kind, message }: ServiceError, id: string): { request_id: string; code: string; message: string } {
  return { request_id: id, code: CODES[kind], message };
}
