import { UserError } from "../../domain/errors.ts";
import { isLoopbackName } from "../../server/http/loopback.ts";

/** @throws UserError for an address that others can reach, where nothing asks them for a key. */
export function checkBind({ host, hasKeys, insecure }: { readonly host: string; readonly hasKeys: boolean; readonly insecure: boolean }): void {
  if (isLoopbackName(host) || hasKeys || insecure) return;
  throw new UserError(`${host} can be reached by others, and no key is set`, {
    hint: "set RERANK_API_KEY or --key-file, listen on 127.0.0.1, or pass --insecure if all of the network may use it",
  });
}
