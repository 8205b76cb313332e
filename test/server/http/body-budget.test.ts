import { expect, test } from "vitest";
import { bodyBudgetOf } from "../../../src/server/http/body-budget.ts";
import { startApp, TEST_LIMITS } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";
import { exchange, openSocket, parseAnswer, requestText } from "./raw-http.ts";

const BODY = JSON.stringify({ query: "kettle", documents: ["a kettle ".repeat(10)] });
const JSON_TYPE = { Host: "localhost", "Content-Type": "application/json" };
const BUDGET = { connections: { bodyBudgetBytes: Math.floor(BODY.length * 1.5) } };

test("bodies that are answered at a time have a budget: beyond it 503 with Retry-After, and it comes back with the answers", async () => {
  const { url, models } = await startApp([probeDialect], { ...BUDGET, fake: { delayMs: 60_000 } });
  const first = openSocket(url);
  first.write(requestText("POST", "/probe", JSON_TYPE, BODY));
  await expect.poll(() => models.scored).toHaveLength(1);
  const { status, headers, body } = parseAnswer(await exchange(url, requestText("POST", "/probe", JSON_TYPE, BODY)));
  expect({ status, retryAfter: headers["retry-after"], body: body.probe }).toEqual({ status: 503, retryAfter: "1", body: "overloaded" });
  const chunked = await exchange(url, requestText("POST", "/probe", { ...JSON_TYPE, "Transfer-Encoding": "chunked" }) + `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`);
  expect(parseAnswer(chunked)).toMatchObject({ status: 503, body: { probe: "overloaded" } });
  first.destroy();
  const third = openSocket(url);
  await expect.poll(async () => {
    third.write(requestText("POST", "/probe", { ...JSON_TYPE, Connection: "keep-alive" }, BODY));
    await new Promise((resolve) => setTimeout(resolve, 50));
    return models.scored.length;
  }).toBe(2);
});

test("one body alone is always taken, and a header reserves nothing", async () => {
  const { url, post } = await startApp([probeDialect], { connections: { bodyBudgetBytes: 10 } });
  const idle = openSocket(url);
  idle.write(requestText("POST", "/probe", { ...JSON_TYPE, "Content-Length": "900000" }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (let round = 0; round < 3; round++) expect((await post("/probe", JSON.parse(BODY))).status).toBe(200);
});

test("the budget has room for several of the largest bodies", () => {
  expect([bodyBudgetOf({ maxBodyBytes: 1000 }), bodyBudgetOf({ maxBodyBytes: 100e6 })]).toEqual([256e6, 800e6]);
});

test("connections beyond the bound are closed, and those that are there are answered", async () => {
  const { url } = await startApp([probeDialect], { limits: TEST_LIMITS, connections: { maxConnections: 1 } });
  const held = openSocket(url);
  held.write(requestText("GET", "/open", { Host: "localhost", Connection: "keep-alive" }));
  const answer = await new Promise<string>((resolve) => held.once("data", (bytes) => resolve(String(bytes))));
  expect(answer).toContain("200 OK");
  expect(await exchange(url, requestText("GET", "/open", { Host: "localhost" })).catch(() => "")).toBe("");
});
