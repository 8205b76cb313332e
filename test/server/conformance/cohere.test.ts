import { Cohere, CohereClient, CohereClientV2, CohereError } from "cohere-ai";
import { describe, expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { ServiceError, type ServiceErrorKind } from "../../../src/server/service-error.ts";
import type { FakeModelServiceOptions } from "../../support/fake-model-service.ts";
import { startApp } from "../../support/start-app.ts";

const QUERY = "remove limescale from kettle";
const DOCUMENTS = ["limescale", "remove limescale from taps", "tides"];

async function clients(fake: FakeModelServiceOptions = {}) {
  const { url, models } = await startApp(rerankDialects({ rerankShape: "superset" }), { fake });
  const options = { environment: url, token: "a key", maxRetries: 0 };
  return { models, options, v1: new CohereClient(options), v2: new CohereClientV2(options) };
}

describe("cohere-ai", () => {
  test("its first version ranks strings and objects, and gets documents back", async () => {
    const { v1, models } = await clients();
    const documents = [{ text: "tides" }, { text: "remove limescale", page: "3" }, "kettle"];
    const { id, results, meta } = await v1.rerank({ query: QUERY, documents, topN: 2, returnDocuments: true, maxChunksPerDoc: 10, model: "rerank-v3.5" });
    expect(results).toEqual([
      { index: 1, relevanceScore: expect.closeTo(0.731, 3), document: { text: "remove limescale", page: "3" } },
      { index: 2, relevanceScore: 0.5, document: { text: "kettle" } },
    ]);
    expect(id).toEqual(expect.any(String));
    expect(meta).toMatchObject({ apiVersion: { version: "1" }, billedUnits: { searchUnits: 1 }, tokens: { outputTokens: 0 } });
    expect(meta?.tokens?.inputTokens).toBeGreaterThan(0);
    expect(models.scored[0]?.model).toBe("rerank-v3.5");
  });

  test("its first version ranks by the fields that it names", async () => {
    const { v1, models } = await clients();
    await v1.rerank({ query: QUERY, documents: [{ title: "Limescale", text: "..." }], rankFields: ["title", "text"] });
    expect(models.scored[0]?.texts).toEqual(["title: Limescale\ntext: ..."]);
  });

  test("its second version ranks strings, and limits the tokens of each", async () => {
    const { v2, models } = await clients();
    const { results, meta } = await v2.rerank({ model: "rerank-v3.5", query: QUERY, documents: DOCUMENTS, maxTokensPerDoc: 512 });
    expect(results.map(({ index }) => index)).toEqual([1, 0, 2]);
    expect(Object.keys(results[0] ?? {})).toEqual(["index", "relevanceScore"]);
    expect(meta?.apiVersion?.version).toBe("2");
    expect(models.scored[0]?.maxTextTokens).toBe(512);
  });

  test.each<[ServiceErrorKind, new (...args: never[]) => CohereError, number]>([
    ["invalid", Cohere.BadRequestError, 400],
    ["unauthorized", Cohere.UnauthorizedError, 401],
    ["forbidden", Cohere.ForbiddenError, 403],
    ["unknown-model", Cohere.NotFoundError, 404],
    ["overloaded", Cohere.TooManyRequestsError, 429],
    ["model-failed", CohereError, 502],
    ["unavailable", Cohere.ServiceUnavailableError, 503],
    ["deadline", Cohere.GatewayTimeoutError, 504],
  ])("throws the class that it has for %s", async (kind, expectedClass, status) => {
    const { v1, v2 } = await clients({ failure: () => new ServiceError(kind, "the reason") });
    for (const client of [v1, v2]) {
      const error = await client.rerank({ model: "mini", query: QUERY, documents: DOCUMENTS }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(expectedClass);
      expect(error).toMatchObject({ statusCode: status, body: { message: "the reason", id: expect.any(String) } });
    }
  });

  test("throws its class of a bad request for an empty list of documents", async () => {
    const { v2 } = await clients();
    await expect(v2.rerank({ model: "mini", query: QUERY, documents: [] })).rejects.toBeInstanceOf(Cohere.BadRequestError);
  });

  test("asks again after a 429, and not before Retry-After is over", async () => {
    const asked: number[] = [];
    const failure = () => {
      asked.push(Date.now());
      return asked.length === 1 ? new ServiceError("overloaded", "the queue is full", { retryAfterSeconds: 1 }) : undefined;
    };
    const { options } = await clients({ failure });
    const { results } = await new CohereClientV2({ ...options, maxRetries: 2 }).rerank({ model: "mini", query: QUERY, documents: DOCUMENTS });
    expect(results).toHaveLength(3);
    expect(asked).toHaveLength(2);
    // Without Retry-After it waits 0.9 to 1.1 s; a timer may fire a millisecond early.
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(995);
  });

  test("honours a Retry-After that is longer than its own first wait", async () => {
    const asked: number[] = [];
    const failure = () => {
      asked.push(Date.now());
      return asked.length === 1 ? new ServiceError("rate-limited", "too many requests", { retryAfterSeconds: 2 }) : undefined;
    };
    const { options } = await clients({ failure });
    await new CohereClient({ ...options, maxRetries: 1 }).rerank({ query: QUERY, documents: DOCUMENTS });
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1995);
  });

  test("leaves when its own time is over, and its work is dropped", async () => {
    const { v2, models } = await clients({ delayMs: 1000 });
    await expect(v2.rerank({ model: "mini", query: QUERY, documents: DOCUMENTS }, { timeoutInSeconds: 0.2 })).rejects.toThrow("timeout");
    await expect.poll(() => models.scored[0]?.signal.aborted).toBe(true);
  });
});
