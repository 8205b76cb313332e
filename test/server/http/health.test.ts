import { expect, test } from "vitest";
import { startApp } from "../../support/start-app.ts";

async function ask(url: string, method = "GET") {
  const response = await fetch(url, { method });
  const text = await response.text();
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

test("says that it is ready, with what, and since when", async () => {
  const { url } = await startApp([]);
  const body = { status: "ok", model_loaded: true, device: "cpu", version: "0.0.0-test", uptime_seconds: expect.any(Number) };
  expect(await ask(`${url}/readyz`)).toEqual({ status: 200, retryAfter: null, body });
  expect(await ask(`${url}/health`)).toEqual({ status: 200, retryAfter: null, body });
  expect(await ask(`${url}/livez`)).toEqual({ status: 200, retryAfter: null, body: { status: "ok" } });
});

test.each(["loading", "draining", "failed"] as const)("lives but is not ready while models are %s, and says when to ask again", async (state) => {
  const { url, models } = await startApp([]);
  models.state = state;
  for (const path of ["/readyz", "/health"]) {
    expect(await ask(url + path)).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/), body: { status: state, model_loaded: false } });
    expect(await ask(url + path, "HEAD")).toMatchObject({ status: 503, body: undefined });
  }
  expect((await ask(`${url}/livez`, "HEAD")).status).toBe(200);
});

test.each([
  ["fails", () => Promise.reject(new Error("no answer"))],
  ["never answers", () => new Promise<never>(() => {})],
])("is told without a device by a service that %s to tell its models", async (_what, ask_) => {
  const { url, models } = await startApp([]);
  models.models = ask_;
  expect(await ask(`${url}/health`)).toMatchObject({ status: 200, body: { status: "ok", device: null } });
});
