import { expect, test } from "vitest";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";

const BODY = { query: "kettle", documents: ["a kettle"] };
const KEYS = ["first-key-of-the-server", "second-key-of-the-server"] as const;

test("turns a client away that asks too often, with Retry-After and in the dialect's shape", async () => {
  const { post, models } = await startApp([probeDialect], { security: { ...LOCAL_SECURITY, rateLimit: 2 } });
  const first = await post("/probe", BODY);
  expect(["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"].map((name) => first.headers.get(name))).toEqual(["2", "1", expect.stringMatching(/^\d+$/)]);
  await post("/probe", BODY);
  const { status, headers, body } = await post("/probe", BODY);
  expect({ status, body }).toEqual({ status: 429, body: { probe: "rate-limited", message: "more than 2 requests in a minute" } });
  expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
  expect(headers.get("x-ratelimit-remaining")).toBe("0");
  expect(models.scored).toHaveLength(2);
});

test("counts each key for itself, and requests without a good key for nobody", async () => {
  const { post } = await startApp([probeDialect], { security: { ...LOCAL_SECURITY, keyDigests: KEYS.map(digestKey), rateLimit: 1 } });
  const statusWith = async (key: string) => (await post("/probe", BODY, { "x-api-key": key })).status;
  expect(await statusWith("a-key-of-nobody-here")).toBe(401);
  expect(await statusWith("a-key-of-nobody-here")).toBe(401);
  expect([await statusWith(KEYS[0]), await statusWith(KEYS[0]), await statusWith(KEYS[1])]).toEqual([200, 429, 200]);
});

test("does not count open routes, and counts paths that are none", async () => {
  const { url } = await startApp([probeDialect], { security: { ...LOCAL_SECURITY, rateLimit: 1 } });
  const status = async (path: string) => {
    const response = await fetch(url + path);
    await response.text();
    return [response.status, response.headers.get("x-ratelimit-limit")];
  };
  expect(await status("/health")).toEqual([200, null]);
  expect(await status("/open")).toEqual([200, null]);
  expect(await status("/nowhere")).toEqual([404, "1"]);
  expect(await status("/nowhere")).toEqual([429, "1"]);
  expect(await status("/health")).toEqual([200, null]);
});

test("does not limit where no limit is set", async () => {
  const { post } = await startApp([probeDialect]);
  const { status, headers } = await post("/probe", BODY);
  expect([status, headers.get("x-ratelimit-limit")]).toEqual([200, null]);
});
