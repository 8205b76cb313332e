import { onTestFinished } from "vitest";
import { pathMatcher } from "../../src/adapters/path-matcher.ts";
import { createPageDialect } from "../../src/server/search/page-dialect.ts";
import { searchDialect } from "../../src/server/search/search-dialect.ts";
import { createSearchService } from "../../src/server/search/search-service.ts";
import { createApp, type AppOptions } from "../../src/server/create-app.ts";
import { buildPage } from "../support/built-page.ts";
import { openBrowserPage, type BrowserPage } from "../support/browser-page.ts";
import { createFakeModelService, type FakeModelService, type FakeModelServiceOptions } from "../support/fake-model-service.ts";
import { createFakeViews, type FakeViews } from "../support/search-views.ts";
import { TEST_LIMITS } from "../support/start-app.ts";
import { tempFolder } from "../support/temp-folder.ts";

export const NOTES = {
  "kitchen/kettle.md": ["To remove limescale from a kettle, boil vinegar in it for ten minutes.", "The kettle holds a litre of water.", "Rinse the kettle twice."],
  "garden.md": ["Water the garden in the evening.", "Hard water leaves limescale on every leaf."],
  "zh/水壶.md": ["用白醋可以去除水壶里的水垢：把醋和水各一半煮沸，静置十分钟，再冲洗干净。"],
  "<b>odd.md": ["<img src=x onerror=alert(1)> limescale & vinegar <script>alert(1)</script>"],
};

export interface StartPageOptions {
  readonly texts?: Readonly<Record<string, readonly string[]>>;
  /** Why the index cannot be searched, as long as it returns something. */
  readonly failure?: () => Error | undefined;
  readonly fake?: FakeModelServiceOptions;
  readonly security?: AppOptions["security"];
}

export interface StartedPage {
  readonly page: BrowserPage;
  readonly url: string;
  readonly models: FakeModelService;
  readonly views: FakeViews;
}

/** The page in a browser, before a server with a fake model service, until the test has finished. */
export async function startPage({ texts = NOTES, fake, failure, security }: StartPageOptions = {}): Promise<StartedPage> {
  const models = createFakeModelService(fake);
  const views = await createFakeViews(texts, failure);
  const defaults = { candidates: 20, limit: 10, hybrid: false, onFailure: "cosine" } as const;
  const search = createSearchService({ models, views, limits: TEST_LIMITS, defaults, matchPaths: pathMatcher, onNotice() {} });
  const dialects = [searchDialect, createPageDialect(buildPage(tempFolder()))];
  const app = createApp({ models, limits: TEST_LIMITS, version: "0.0.0-test", search, dialects, ...(security && { security }) });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const page = await openBrowserPage();
  await page.resize(1280, 800);
  return { page, url, models, views };
}
