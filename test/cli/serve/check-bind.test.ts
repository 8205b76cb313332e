import { expect, test } from "vitest";
import { checkBind } from "../../../src/cli/serve/check-bind.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

test.each(["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "app.localhost", "localhost.", "::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"])("%s is this machine alone", (host) => {
  expect(() => checkBind({ host, hasKeys: false, insecure: false })).not.toThrow();
});

test.each(["0.0.0.0", "::", "192.168.1.7", "localhost.example.org", "1270.0.0.1", "127.example.org", "::ffff:127.evil.example", "::ffff:8.8.8.8", "mylocalhost"])("%s needs a key, or --insecure", (host) => {
  const { message, hint } = userErrorOf(() => checkBind({ host, hasKeys: false, insecure: false }));
  expect(message).toContain(host);
  expect(hint).toMatch(/RERANK_API_KEY.*--insecure/);
  expect(() => checkBind({ host, hasKeys: true, insecure: false })).not.toThrow();
  expect(() => checkBind({ host, hasKeys: false, insecure: true })).not.toThrow();
});
