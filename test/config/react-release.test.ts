import { expect, test } from "vitest";
import { withReactRelease } from "../../src/config/react-release.ts";

test("React is loaded as for production, and what is started afterwards does not notice", async () => {
  const before = process.env["NODE_ENV"];
  expect(await withReactRelease(async () => process.env["NODE_ENV"])).toBe("production");
  expect(process.env["NODE_ENV"]).toBe(before);
  await expect(withReactRelease(() => Promise.reject(new Error("not there")))).rejects.toThrow("not there");
  expect(process.env["NODE_ENV"]).toBe(before);
});

test("a variable that was not set is not set afterwards", async () => {
  const before = process.env["NODE_ENV"];
  delete process.env["NODE_ENV"];
  try {
    await withReactRelease(async () => {});
    expect("NODE_ENV" in process.env).toBe(false);
  } finally {
    if (before !== undefined) process.env["NODE_ENV"] = before;
  }
});
