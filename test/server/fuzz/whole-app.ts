import { pathMatcher } from "../../../src/adapters/path-matcher.ts";
import { createApp, type AppOptions, type ServerApp } from "../../../src/server/create-app.ts";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import { rerankDialects, type RerankDialectOptions } from "../../../src/server/dialects/rerank-dialects.ts";
import { searchDialect } from "../../../src/server/search/search-dialect.ts";
import { createSearchService } from "../../../src/server/search/search-service.ts";
import { createFakeModelService, type FakeModelServiceOptions } from "../../support/fake-model-service.ts";
import { createFakeViews } from "../../support/search-views.ts";
import { TEST_LIMITS } from "../../support/start-app.ts";

export interface WholeAppOptions extends Partial<Omit<AppOptions, "dialects" | "models" | "search">>, Partial<RerankDialectOptions> {
  readonly fake?: FakeModelServiceOptions;
}

const NOTES = { "kettle.md": ["To remove limescale, boil vinegar.", "A litre of water."], "garden.md": ["Hard water leaves limescale on leaves."] };

/** Every route that `rerank serve` has, with a fake model service and an index of three passages; ready for `app.inject`. */
export async function openWholeApp({ rerankShape = "superset", fake, limits = TEST_LIMITS, ...options }: WholeAppOptions = {}): Promise<ServerApp> {
  const models = createFakeModelService(fake);
  const search = createSearchService({
    models,
    views: await createFakeViews(NOTES),
    limits,
    defaults: { candidates: 50, limit: 10, hybrid: false, onFailure: "cosine" },
    matchPaths: pathMatcher,
    onNotice: () => {},
  });
  const dialects = [...rerankDialects({ rerankShape }), ...embeddingDialects(), searchDialect];
  const app = createApp({ models, search, limits, version: "0.0.0-test", ...options, dialects });
  await app.ready();
  return app;
}
