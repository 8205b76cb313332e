import { CohereRerank } from "@langchain/cohere";
import { CohereClient } from "cohere-ai";
import { Document } from "@langchain/core/documents";
import { expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { startApp } from "../../support/start-app.ts";

async function reranker() {
  const { url, models } = await startApp(rerankDialects({ rerankShape: "superset" }));
  // @langchain/cohere brings a cohere-ai of its own, an older one: any client with the same `rerank` will do.
  const client = new CohereClient({ token: "a key", environment: url }) as unknown as NonNullable<ConstructorParameters<typeof CohereRerank>[0]>["client"];
  return { models, compressor: new CohereRerank({ model: "rerank-v3.5", topN: 2, ...(client !== undefined && { client }) }) };
}

test("LangChain's compressor keeps the best documents, with their relevance", async () => {
  const { compressor, models } = await reranker();
  const documents = ["tides", "remove limescale", "limescale"].map((pageContent) => new Document({ pageContent, metadata: { source: pageContent } }));
  const kept = await compressor.compressDocuments(documents, "remove limescale");
  expect(kept.map(({ pageContent, metadata }) => [pageContent, metadata["source"], metadata["relevanceScore"]])).toEqual([
    ["remove limescale", "remove limescale", expect.closeTo(0.731, 3)],
    ["limescale", "limescale", 0.5],
  ]);
  expect(models.scored).toHaveLength(1);
});

test("LangChain's rerank gives indices and relevances", async () => {
  const { compressor } = await reranker();
  expect(await compressor.rerank(["tides", { pageContent: "limescale" }], "limescale", { topN: 5 })).toEqual([
    { index: 1, relevanceScore: 0.5 },
    { index: 0, relevanceScore: expect.closeTo(0.269, 3) },
  ]);
});

test("LangChain's own older client is served too: it sends null for what it leaves out", async () => {
  const { url, models } = await startApp(rerankDialects({ rerankShape: "superset" }));
  const bundled = new CohereRerank({ model: "rerank-v3.5", apiKey: "a key" });
  Object.assign((bundled as unknown as { client: { _options: object } }).client._options, { environment: url });
  expect(await bundled.rerank(["tides", "limescale"], "limescale")).toHaveLength(2);
  expect(models.scored).toHaveLength(1);
});
