import { VoyageAIClient, VoyageAIError } from "voyageai";
import { expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { startApp } from "../../support/start-app.ts";

async function voyage() {
  const { url, models } = await startApp(rerankDialects({ rerankShape: "superset" }));
  return { models, client: new VoyageAIClient({ apiKey: "a key", environment: `${url}/voyage/v1` }) };
}

test("voyageai ranks documents, and gets them back as strings", async () => {
  const { client } = await voyage();
  const answer = await client.rerank({ model: "rerank-v3.5", query: "remove limescale", documents: ["tides", "remove limescale"], topK: 1, returnDocuments: true, truncation: true });
  expect(answer).toEqual({
    object: "list",
    data: [{ index: 1, relevanceScore: expect.closeTo(0.731, 3), document: "remove limescale" }],
    model: "rerank-v3.5",
    usage: { totalTokens: expect.any(Number) },
  });
});

test("voyageai throws its error, with the detail in its body", async () => {
  const { client, models } = await voyage();
  const error = await client.rerank({ model: "gpt-9", query: "q", documents: ["a"] }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(VoyageAIError);
  expect(error).toMatchObject({ statusCode: 404, body: { detail: expect.stringContaining("gpt-9") } });
  await expect(client.rerank({ model: "mini", query: "q", documents: [] })).rejects.toMatchObject({ statusCode: 400 });
  expect(models.scored).toHaveLength(1);
});
