import { describe, expect, test } from "vitest";
import type { Dialect } from "../../../src/server/dialect.ts";
import { createOriginCheck } from "../../../src/server/http/check-origin.ts";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { startApp } from "../../support/start-app.ts";
import { userErrorOf } from "../../support/user-error-of.ts";
import { probeDialect } from "./probe-dialect.ts";
import { exchange, parseAnswer, requestText } from "./raw-http.ts";

const PAGE = "https://app.example.org";
const BODY = JSON.stringify({ query: "kettle", documents: ["a kettle"] });

async function ask(url: string, headers: Record<string, string>, method = "POST", path = "/probe") {
  const { host } = new URL(url);
  return parseAnswer(await exchange(url, requestText(method, path, { Host: host, ...headers }, method === "POST" ? BODY : "")));
}
const JSON_TYPE = { "Content-Type": "application/json" };

describe("a request on behalf of a web page", () => {
  test("is refused where the page is of another origin, and nothing is computed", async () => {
    const { url, models } = await startApp([probeDialect]);
    const { host } = new URL(url);
    const others = [PAGE, "null", "http://localhost:1", `http://${host}.evil.example`, "http://", "file://", "chrome-extension://abcdef", host];
    for (const origin of others) {
      const { status, body, headers } = await ask(url, { ...JSON_TYPE, Origin: origin });
      expect({ origin, status, kind: body.probe, cors: headers["access-control-allow-origin"] }).toEqual({ origin, status: 403, kind: "forbidden", cors: undefined });
    }
    expect(models.scored).toEqual([]);
  });

  test("is answered where the page is the server's own, over TLS of a proxy too", async () => {
    const { url } = await startApp([probeDialect]);
    const { host } = new URL(url);
    for (const origin of [`http://${host}`, `https://${host}`]) expect((await ask(url, { ...JSON_TYPE, Origin: origin })).status).toBe(200);
    expect((await ask(url, { ...JSON_TYPE, Host: "localhost:443", Origin: "https://localhost" })).status).toBe(200);
  });

  test("is refused where it comes without an origin but from another site, as images do", async () => {
    const { url } = await startApp([probeDialect]);
    const status = async (headers: Record<string, string>) => (await ask(url, { ...JSON_TYPE, ...headers })).status;
    expect(await status({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" })).toBe(403);
    expect(await status({ "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors" })).toBe(403);
    expect(await status({ "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors" })).toBe(200);
    expect(await status({ "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" })).toBe(200);
  });

  test("is answered where somebody follows a link, but to nothing that starts work, and in no frame", async () => {
    const root: Dialect = { ...probeDialect, name: "root", register: (app) => void app.get("/", async () => ({ root: true })) };
    const { url } = await startApp([probeDialect, root]);
    for (const site of ["cross-site", "same-site"]) {
      const status = async (path: string, mode: string, dest: string) => (await ask(url, { "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest }, "GET", path)).status;
      expect({ site, open: await status("/open", "navigate", "document"), root: await status("/", "navigate", "document") }).toEqual({ site, open: 200, root: 200 });
      expect({ site, work: await status("/client", "navigate", "document") }).toEqual({ site, work: 403 });
      for (const dest of ["iframe", "frame", "object", "embed", "image"]) expect({ site, dest, status: await status("/open", "navigate", dest) }).toEqual({ site, dest, status: 403 });
      expect(await status("/open", "no-cors", "document")).toBe(403);
    }
  });
});

describe("an allowed origin", () => {
  const security = { ...LOCAL_SECURITY, allowedOrigins: [`${PAGE}/`], keyDigests: [digestKey("a-key-of-the-server")] };
  const PREFLIGHT = { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type" };

  test("gets its preflight answered without a key", async () => {
    const { url } = await startApp([probeDialect], { security });
    const { status, headers } = await ask(url, { Origin: PAGE, ...PREFLIGHT }, "OPTIONS");
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": PAGE,
      "access-control-allow-headers": "authorization,content-type",
      "access-control-allow-methods": "GET, HEAD, POST",
      "access-control-max-age": "600",
    });
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
  });

  test("needs a key for the request itself, may read the error, and the headers of the answer", async () => {
    const { url } = await startApp([probeDialect], { security });
    const refused = await ask(url, { ...JSON_TYPE, Origin: PAGE });
    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([401, PAGE]);
    const { status, headers } = await ask(url, { ...JSON_TYPE, Origin: PAGE, "X-API-Key": "a-key-of-the-server" });
    expect([status, headers["access-control-allow-origin"], headers["vary"]]).toEqual([200, PAGE, "Origin"]);
    for (const name of ["x-request-id", "x-queue-time", "x-truncated-documents", "x-truncated-inputs", "x-truncated-query", "retry-after", "x-ratelimit-remaining"]) expect(headers["access-control-expose-headers"]).toContain(name);
  });

  test("opens nothing for other origins, whose preflights are refused", async () => {
    const { url } = await startApp([probeDialect], { security });
    for (const origin of ["https://other.example", "null", "http://app.example.org", "https://app.example.org:8443", "https://app.example.org.evil.example"]) {
      const { status, headers } = await ask(url, { Origin: origin, ...PREFLIGHT }, "OPTIONS");
      expect({ origin, status, cors: headers["access-control-allow-origin"] }).toEqual({ origin, status: 403, cors: undefined });
    }
  });

  test("is no reason to answer preflights that are none", async () => {
    const { url } = await startApp([probeDialect], { security });
    expect((await ask(url, { "X-API-Key": "a-key-of-the-server" }, "OPTIONS")).status).toBe(405);
  });
});

test("the star allows every page but those without an origin of their own", () => {
  const { isAllowed } = createOriginCheck(["*"]);
  expect(["https://any.example", "null", undefined].map((origin) => isAllowed(origin))).toEqual([true, false, false]);
});

test.each(["app.example.org", "https://app.example.org/page", "https://app.example.org?x", "", "file:///tmp", "null", "https://"])("%s is no origin, which is told at the start", (text) => {
  const error = userErrorOf(() => createOriginCheck([text]));
  expect(error.message).toContain("is no origin");
});
