import { describe, expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { EmptyInputError, teiErrorAnswer } from "../../../src/server/dialects/tei-errors.ts";
import { ServiceError, type ServiceErrorKind } from "../../../src/server/service-error.ts";
import { startApp } from "../../support/start-app.ts";

const DIALECTS = rerankDialects({ rerankShape: "superset" });
const NATIVE = "/api/v1/services/rerank/text-rerank/text-rerank";
const ASKED = { query: "q", documents: ["a"] };

/** For each kind: the status and OpenAI's name of it, TEI's status and name, DashScope's code. */
const KINDS: readonly (readonly [ServiceErrorKind, number, string, number, string, string])[] = [
  ["invalid", 400, "BadRequestError", 422, "Validation", "InvalidParameter"],
  ["too-many", 400, "BadRequestError", 422, "Validation", "InvalidParameter"],
  ["unauthorized", 401, "AuthenticationError", 401, "Unauthorized", "InvalidApiKey"],
  ["forbidden", 403, "PermissionDeniedError", 403, "Forbidden", "AccessDenied"],
  ["unknown-model", 404, "NotFoundError", 404, "NotFound", "ModelNotFound"],
  ["not-found", 404, "NotFoundError", 404, "NotFound", "NotFound"],
  ["rate-limited", 429, "RateLimitError", 429, "Overloaded", "Throttling.RateQuota"],
  ["overloaded", 429, "RateLimitError", 429, "Overloaded", "Throttling.RateQuota"],
  ["unavailable", 503, "ServiceUnavailableError", 503, "Unhealthy", "ModelUnavailable"],
  ["deadline", 504, "GatewayTimeoutError", 504, "Overloaded", "RequestTimeOut"],
  ["model-failed", 502, "BadGatewayError", 424, "Backend", "InternalError.Algo"],
  ["internal", 500, "InternalServerError", 500, "Backend", "InternalError"],
];

describe("an error of each kind", () => {
  test.each(KINDS)("%s has its status and its shape in every dialect", async (kind, status, type, teiStatus, teiType, code) => {
    const { post } = await startApp(DIALECTS, { fake: { failure: () => new ServiceError(kind, "why", { retryAfterSeconds: 3 }) } });
    const openai = { error: { message: "why", type, param: null, code: status }, message: "why", id: expect.any(String) };
    for (const path of ["/v1/rerank", "/v2/rerank", "/rerank", "/score"]) {
      const answered = await post(path, { ...ASKED, queries: "q" });
      expect([path, answered.status, answered.body]).toEqual([path, status, openai]);
      expect(answered.headers.get("retry-after")).toBe("3");
    }
    const tei = await post("/rerank", { query: "q", texts: ["a"] });
    expect([tei.status, tei.body]).toEqual([teiStatus, { error: "why", error_type: teiType }]);
    const native = await post(NATIVE, { input: ASKED });
    expect([native.status, native.body]).toEqual([status, { request_id: expect.any(String), code, message: "why" }]);
    const compatible = await post("/compatible-api/v1/reranks", ASKED);
    expect([compatible.status, compatible.body]).toEqual([status, { ...openai, request_id: expect.any(String), code }]);
    const voyage = await post("/voyage/v1/rerank", ASKED);
    expect([voyage.status, voyage.body]).toEqual([status, { detail: "why" }]);
  });
});

describe("TEI's own kinds", () => {
  test("an empty list is a 400 Empty", () => {
    expect(teiErrorAnswer(new EmptyInputError("inputs"))).toEqual({ status: 400, body: { error: "`inputs` cannot be empty", error_type: "Empty" } });
  });
});
