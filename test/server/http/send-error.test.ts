import { expect, test } from "vitest";
import { toServiceError } from "../../../src/server/http/send-error.ts";
import { ServiceError } from "../../../src/server/service-error.ts";

test.each([
  ["our own", new ServiceError("overloaded", "full"), { kind: "overloaded", message: "full" }],
  ["a time limit inside a route", new DOMException("aborted", "TimeoutError"), { kind: "deadline" }],
  ["a body that broke off", Object.assign(new Error("aborted"), { code: "ECONNRESET", statusCode: 400 }), { kind: "invalid" }],
  ["a broken connection of our own", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }), { kind: "internal" }],
  ["JSON of our own that is broken", new SyntaxError("Unexpected token"), { kind: "internal" }],
  ["nothing", undefined, { kind: "internal" }],
  ["a string", "secret", { kind: "internal", message: "the server has failed; its log says more" }],
])("what is thrown is told as what it is: %s", (_what, thrown, expected) => {
  expect(toServiceError(thrown)).toMatchObject(expected);
});
