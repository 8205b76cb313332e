import { expect, test } from "vitest";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";

test("activity is what is worked on: neither open routes nor requests without a key", async () => {
  const running: number[] = [];
  const key = "a-key-of-the-server";
  const { url, post, models } = await startApp([probeDialect], {
    security: { ...LOCAL_SECURITY, keyDigests: [digestKey(key)] },
    onActivity: (count) => running.push(count),
    fake: { delayMs: 100 },
  });
  for (const path of ["/health", "/livez", "/open", "/openapi.json"]) await (await fetch(url + path)).text();
  await post("/probe", { query: "kettle", documents: [] });
  expect(running).toEqual([]);
  const ask = () => post("/probe", { query: "kettle", documents: ["a kettle"] }, { "x-api-key": key });
  const first = ask();
  await expect.poll(() => models.scored).toHaveLength(1);
  await Promise.all([first, ask()]);
  await expect.poll(() => running).toEqual([1, 2, 1, 0]);
});
