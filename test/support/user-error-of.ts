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

/** The UserError that a promise rejects with. Fails the test when it rejects with another error, or not at all. */
export async function userRejectionOf(promise: Promise<unknown>): Promise<UserError> {
  const outcome = await promise.then(
    () => undefined,
    (reason: unknown) => ({ reason }),
  );
  return userErrorOf(() => {
    if (outcome !== undefined) throw outcome.reason;
  });
}
