import { expect, test } from "vitest";
import { cacheFailure } from "../../src/domain/disk-failure.ts";
import { UserError } from "../../src/domain/errors.ts";

const failed = (code: string, syscall?: string): Error => Object.assign(new Error(`${code}: failed`), { code, ...(syscall !== undefined && { syscall }) });

test.each(["ENOSPC", "EDQUOT"])("%s is a full disk, and room is the remedy, not permissions", (code) => {
  const { message, hint } = cacheFailure("the model cannot be compiled into /c", failed(code, "write")) as UserError;
  expect(message).toBe("the disk is full: the model cannot be compiled into /c");
  expect(hint).toBe("free space, or set XDG_CACHE_HOME to a folder on a larger disk");
});

test("other failures of the disk are named, with permissions as the remedy", () => {
  const error = cacheFailure("the model cannot be compiled into /c", failed("EACCES", "mkdir")) as UserError;
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toBe("the model cannot be compiled into /c: EACCES: failed");
  expect(error.hint).toContain("permissions");
});

test.each([["an interruption", failed("ABORT_ERR")], ["a user's error", new UserError("no room")], ["what is no error", "stop"]])("%s stays as it is", (_what, cause) => {
  expect(cacheFailure("x", cause)).toBe(cause);
});
