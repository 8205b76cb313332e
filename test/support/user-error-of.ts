import { expect } from "vitest";
import { UserError } from "../../src/domain/errors.ts";

/** The UserError that `act` throws. Fails the test when it throws another error, or none. */
export function userErrorOf(act: () => unknown): UserError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error("nothing was thrown");
}
