import { UserError } from "../domain/errors.ts";

/** In place of an address: models run here, whatever a file or a variable says. */
export const NO_ADDRESS = "none";

/**
 * The address of a server, as it was written.
 *
 * @throws UserError, which never holds the address: it may hold a password.
 */
export function parseAddress(raw: unknown, origin: string): string {
  const address = typeof raw === "string" ? raw.trim() : "";
  if (address === NO_ADDRESS) return address;
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    throw new UserError(`${origin} is no address of a server`, { hint: `write it like https://gpu.example:8000, or ${NO_ADDRESS}` });
  }
  const { username, password } = new URL(address);
  if (username !== "" || password !== "") {
    throw new UserError(`${origin} has a user name or a password in it, which others could read`, {
      hint: "take them out; a key comes from RERANK_RERANK_KEY or RERANK_EMBED_KEY, or from a file: --rerank-key-file, --embed-key-file",
    });
  }
  return address;
}
