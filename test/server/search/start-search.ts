import { onTestFinished } from "vitest";
import { pathMatcher } from "../../../src/adapters/path-matcher.ts";
import { createApp, type ServerApp } from "../../../src/server/create-app.ts";
import type { OnRerankFailure } from "../../../src/pipeline/rerank-fallback.ts";
import type { RequestLimits } from "../../../src/server/limits.ts";
import { searchDialect } from "../../../src/server/search/search-dialect.ts";
import { createSearchService } from "../../../src/server/search/search-service.ts";
import { createFakeModelService, type FakeModelService, type FakeModelServiceOptions } from "../../support/fake-model-service.ts";
import { createFakeViews, type FakeViews } from "../../support/search-views.ts";
import { TEST_LIMITS } from "../../support/start-app.ts";

export const NOTES = {
  "kettle.md": ["To remove limescale from a kettle, boil vinegar in it.", "The kettle holds a litre of water."],
  "deep/garden.md": ["Water the garden in the evening.", "Hard water leaves limescale on every leaf."],
  "/elsewhere/of/ana/secret.md": ["Vinegar removes limescale from taps."],
};

export interface StartedSearch {
  readonly app: ServerApp;
  readonly url: string;
  readonly models: FakeModelService;
  readonly views: FakeViews;
  readonly notices: readonly string[];
  search(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export interface StartSearchOptions {
  readonly texts?: Readonly<Record<string, readonly string[]>> | "none";
  readonly fake?: FakeModelServiceOptions;
  readonly limits?: Partial<RequestLimits>;
  readonly failure?: () => Error | undefined;
  readonly onFailure?: OnRerankFailure;
}

/** A server with a search over these passages and a fake model service, until the test has finished. */
export async function startSearch({ texts = NOTES, fake, limits, failure, onFailure = "error" }: StartSearchOptions = {}): Promise<StartedSearch> {
  const models = createFakeModelService(fake);
  const views = await createFakeViews(texts === "none" ? undefined : texts, failure);
  const allLimits = { ...TEST_LIMITS, ...limits };
  const notices: string[] = [];
  const search = createSearchService({
    models,
    views,
    limits: allLimits,
    defaults: { candidates: 50, limit: 10, hybrid: false, onFailure },
    matchPaths: pathMatcher,
    onNotice: (line) => notices.push(line),
  });
  const app = createApp({ models, limits: allLimits, version: "0.0.0-test", search, dialects: [searchDialect] });
  onTestFinished(async () => {
    // undici opens a connection in reserve for one that was broken off, on which nothing ever comes.
    app.server.closeAllConnections();
    await app.close();
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    app,
    url,
    models,
    views,
    notices,
    search: (body, headers = {}) =>
      fetch(`${url}/v1/search`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }),
  };
}
