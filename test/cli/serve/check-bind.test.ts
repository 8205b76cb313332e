import { expect, test } from "vitest";
import { checkBind, isLoopback } from "../../../src/cli/serve/check-bind.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

test.each(["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "app.localhost", "::1", "[::1]", "::ffff:127.0.0.1"])("%s is this machine alone", (host) => {
  expect(isLoopback(host)).toBe(true);
  expect(() => checkBind({ host, hasKeys: false, insecure: false })).not.toThrow();
});

test.each(["0.0.0.0", "::", "192.168.1.7", "localhost.example.org", "1270.0.0.1", "127.example.org"])("%s needs a key, or --insecure", (host) => {
  const { message, hint } = userErrorOf(() => checkBind({ host, hasKeys: false, insecure: false }));
  expect(message).toContain(host);
  expect(hint).toMatch(/RERANK_API_KEY.*--insecure/);
  expect(() => checkBind({ host, hasKeys: true, insecure: false })).not.toThrow();
  expect(() => checkBind({ host, hasKeys: false, insecure: true })).not.toThrow();
});
