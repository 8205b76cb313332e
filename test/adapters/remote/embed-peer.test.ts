import { describe, expect, test } from "vitest";
import { probeEmbedder } from "../../../src/adapters/remote/embed-probe.ts";
import type { Embedder } from "../../../src/ports/embedder.ts";
import type { RemoteCost } from "../../../src/ports/remote-provider.ts";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import { createFakeEmbedder, fakeSpec } from "../../support/fake-models.ts";
import { startApp } from "../../support/start-app.ts";
import { testEmbedder, testEndpoint, testTransport } from "./embed-server.ts";

const TEXTS = Array.from({ length: 70 }, (_, at) => `kettle ${at} ${"limescale ".repeat(at % 5)}`);
const QWEN3 = "Qwen/Qwen3-Embedding-0.6B";

function near(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, at) => Math.abs(value - (b[at] ?? Number.NaN))));
}

describe.each(["openai", "tei"] as const)("our own server, asked as %s", (dialect) => {
  test("gives the vectors of its model, in order, over several requests", async () => {
    const { url, models } = await startApp(embeddingDialects());
    const local = await createFakeEmbedder().embedPassages(TEXTS);
    const costs: RemoteCost[] = [];
    const remote: Embedder = testEmbedder(dialect, url, { endpoint: { model: "mini" }, spec: { dimensions: 64, maxTokens: 512 }, onCost: (cost) => costs.push(cost) });
    const embeddings = await remote.embedPassages(TEXTS);
    expect(embeddings).toHaveLength(70);
    for (const [at, { vector, truncated }] of embeddings.entries()) {
      expect(truncated).toBe(false);
      expect(near(vector, local[at]?.vector ?? new Float32Array())).toBeLessThan(1e-6);
    }
    expect(models.embedded.map(({ inputs, use }) => [inputs.length, use]).toSorted()).toEqual([[32, "passage"], [32, "passage"], [6, "passage"]].toSorted());
    expect(costs.at(-1)).toMatchObject({ requests: 3 });
  });

  test("is probed: vectors, name and length, also where it is asked for no name", async () => {
    const { url } = await startApp(embeddingDialects(), { fake: { embedderSpec: { ...fakeSpec("embedder", "mini"), maxTokens: 400 } } });
    for (const model of ["mini", undefined]) {
      const probed = await probeEmbedder(testEndpoint(dialect, url, { model }), testTransport(), new AbortController().signal);
      expect(probed).toEqual({ dimensions: 64, modelId: "mini", maxTokens: 400 });
    }
  });

  test("reads a query as one where the template is on its side, and as it is where we have put the instruction there", async () => {
    const { url, models } = await startApp(embeddingDialects(), { fake: { embedderSpec: fakeSpec("embedder", QWEN3) } });
    const ask = async (template: "client" | "server"): Promise<void> => {
      const wishes = { endpoint: { model: undefined, template }, spec: { id: QWEN3, dimensions: 64 } };
      const embedder = testEmbedder(dialect, url, wishes);
      await embedder.embedQuery("kettle", { instruction: "Find manuals" });
      await embedder.embedPassages(["kettle"]);
    };
    await ask("client");
    await ask("server");
    expect(models.embedded.map(({ inputs, use }) => [inputs[0], use])).toEqual([
      ["Instruct: Find manuals\nQuery:kettle", "passage"],
      ["kettle", "passage"],
      ["kettle", "query"],
      ["kettle", "passage"],
    ]);
    // text-embeddings-inference has no member for it.
    expect(models.embedded[2]?.instruction).toBe(dialect === "openai" ? "Find manuals" : undefined);
  });

  test("cuts what our estimate has let through", async () => {
    const { url } = await startApp(embeddingDialects(), { fake: { embedderSpec: { ...fakeSpec("embedder", "mini"), maxTokens: 5 } } });
    const [embedding] = await testEmbedder(dialect, url, { endpoint: { model: "mini" }, spec: { dimensions: 64 } }).embedPassages(["kettle ".repeat(20)]);
    expect(embedding?.vector).toHaveLength(64);
    // Where the dialect has a place for it.
    expect(embedding?.truncated).toBe(dialect === "openai");
  });

  test("refuses more texts than its limit, and a length that its model does not have", async () => {
    const { url } = await startApp(embeddingDialects());
    const wishes = { endpoint: { model: "mini" }, spec: { dimensions: 64 } } as const;
    await expect(testEmbedder(dialect, url, { ...wishes, limits: { maxDocuments: 200 } }).embedPassages(Array.from({ length: 150 }, (_, at) => `${at}`))).rejects.toMatchObject({ kind: "refused" });
    await expect(testEmbedder(dialect, url, { ...wishes, dimensions: 32 }).embedPassages(["kettle"])).rejects.toMatchObject({ kind: "refused" });
  });
});

test("a model that our own server does not have is refused, without its text", async () => {
  const { url } = await startApp(embeddingDialects());
  const asked = testEmbedder("openai", url, { endpoint: { model: "nobody/knows" }, spec: { dimensions: 64 } }).embedPassages(["the merger"]);
  await expect(asked).rejects.toMatchObject({ kind: "refused", message: expect.not.stringContaining("merger") });
});
