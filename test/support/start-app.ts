import { onTestFinished } from "vitest";
import { createApp, type AppOptions, type ServerApp } from "../../src/server/create-app.ts";
import type { Dialect } from "../../src/server/dialect.ts";
import { createFakeModelService, type FakeModelService, type FakeModelServiceOptions } from "./fake-model-service.ts";

export const TEST_LIMITS: AppOptions["limits"] = { maxDocuments: 100, maxRequestTokens: 10_000, maxBodyBytes: 1_000_000, deadlineMs: 10_000 };

export interface StartedApp {
  readonly app: ServerApp;
  readonly models: FakeModelService;
  /** "http://127.0.0.1:12345" */
  readonly url: string;
  /** Posts JSON, and reads the answer as JSON. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<{ status: number; headers: Headers; body: any }>;
}

/** A server with the given dialects and a fake model service, until the test has finished. */
export async function startApp(
  dialects: readonly Dialect[],
  { fake, ...options }: Partial<Omit<AppOptions, "dialects" | "models">> & { readonly fake?: FakeModelServiceOptions } = {},
): Promise<StartedApp> {
  const models = createFakeModelService(fake);
  const app = createApp({ models, limits: TEST_LIMITS, version: "0.0.0-test", ...options, dialects });
  onTestFinished(() => app.close());
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    app,
    models,
    url,
    async post(path, body, headers = {}) {
      const response = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}
