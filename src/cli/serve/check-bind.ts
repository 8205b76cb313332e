import { isIP } from "node:net";
import { UserError } from "../../domain/errors.ts";

/** Whether only programs of this machine can reach the address. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (address === "localhost" || address.endsWith(".localhost")) return true;
  if (isIP(address) === 4) return address.startsWith("127.");
  return address === "::1" || /^::ffff:127\./.test(address);
}

/** @throws UserError for an address that others can reach, where nothing asks them for a key. */
export function checkBind({ host, hasKeys, insecure }: { readonly host: string; readonly hasKeys: boolean; readonly insecure: boolean }): void {
  if (isLoopback(host) || hasKeys || insecure) return;
  throw new UserError(`${host} can be reached by others, and no key is set`, {
    hint: "set RERANK_API_KEY or --key-file, listen on 127.0.0.1, or pass --insecure if all of the network may use it",
  });
}
