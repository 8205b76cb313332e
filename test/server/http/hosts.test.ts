import { describe, expect, test } from "vitest";
import { createHostCheck } from "../../../src/server/http/check-host.ts";
import { digestKey, LOCAL_SECURITY } from "../../../src/server/http/security-options.ts";
import { startApp } from "../../support/start-app.ts";
import { probeDialect } from "./probe-dialect.ts";
import { exchange, parseAnswer, requestText } from "./raw-http.ts";

const KEY = [digestKey("a-key-of-the-server")];

function answersTo(host: string | undefined, options: Partial<typeof LOCAL_SECURITY>): boolean {
  try {
    createHostCheck({ ...LOCAL_SECURITY, ...options })(host);
    return true;
  } catch {
    return false;
  }
}

describe("the name by which a server is called", () => {
  test.each(["localhost", "LocalHost:7372", "localhost.:80", "127.0.0.1", "127.0.0.1:7372", "127.1.2.3", "[::1]:7372", "[::1]", "[::ffff:127.0.0.1]:80", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "app.localhost:7372"])("may be this machine's own: %s", (host) => {
    expect(answersTo(host, {})).toBe(true);
  });

  test.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:7372", "192.168.1.5", "", undefined, "evil.example:80:80", "[::1", "127.0.0.1@evil.example", "0x7f000001", "[::ffff:127.evil.example]", "[::ffff:7f00:evil.example]", "[::ffff:8.8.8.8]", "[::2]", ".localhost", "notlocalhost"])(
    "may not be another one on a loopback address, with a key or without: %s",
    (host) => {
      expect([answersTo(host, {}), answersTo(host, { keyDigests: KEY })]).toEqual([false, false]);
    },
  );

  test("may be one that was allowed, on every port", () => {
    const options = { allowedHosts: ["search.example", "fe80::1"] };
    expect(["search.example", "SEARCH.example:8443", "[fe80::1]:80", "localhost"].map((host) => answersTo(host, options))).toEqual([true, true, true, true]);
    expect(["other.example", "sub.search.example", "192.168.1.5"].map((host) => answersTo(host, options))).toEqual([false, false, false]);
  });

  test("may be any name on a public address with keys, unless names were allowed", () => {
    expect(answersTo("any.example", { host: "0.0.0.0", keyDigests: KEY })).toBe(true);
    expect(answersTo("any.example", { host: "0.0.0.0", keyDigests: KEY, allowedHosts: ["search.example"] })).toBe(false);
  });

  test("on a public address without keys may be an address, which cannot be made to point elsewhere, or the one that is listened on", () => {
    const open = { host: "0.0.0.0" };
    expect(["192.168.1.5:7372", "[2001:db8::1]:7372", "0.0.0.0", "localhost"].map((host) => answersTo(host, open))).toEqual([true, true, true, true]);
    expect(answersTo("evil.example", open)).toBe(false);
    expect(answersTo("box.lan:7372", { host: "box.lan" })).toBe(true);
  });
});

test("a name that is not the server's is refused with 403 in the dialect's shape, before a key is looked at", async () => {
  const { url } = await startApp([probeDialect], { security: { ...LOCAL_SECURITY, keyDigests: KEY } });
  const { status, body } = parseAnswer(await exchange(url, requestText("GET", "/client", { Host: "evil.example", "X-API-Key": "a-key-of-the-server" })));
  expect({ status, body }).toEqual({ status: 403, body: { probe: "forbidden", message: expect.stringContaining("host name") } });
  expect(parseAnswer(await exchange(url, requestText("GET", "/health", { Host: "evil.example" }))).status).toBe(403);
});
