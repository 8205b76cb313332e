import { UserError } from "../domain/errors.ts";
import { variable, type Environment } from "./environment.ts";
import { readKeyFile, requireCarriable } from "./key-file.ts";
import { Secret } from "./secret.ts";

/** The variables that hold the key of whatever server the settings name. Those of the providers go to the providers' own addresses alone. */
export const REMOTE_KEY_VARIABLES = ["RERANK_RERANK_KEY", "RERANK_EMBED_KEY"] as const;

export interface ProviderKeyOptions {
  readonly env: Environment;
  /** Absolute path of a file with the key; it goes before the variables. */
  readonly keyFile: string | undefined;
  /** For hints: "--rerank-key-file". */
  readonly keyFileFlag: string;
  /** Names of variables that may hold the key, the first one that does counts. */
  readonly variables: readonly string[];
}

/**
 * The key that a server of models is shown; `undefined` where there is none, as servers of one's own need none.
 *
 * @throws UserError, which never holds a key, for a file that cannot be read or holds several keys, and for a key that no header can carry.
 */
export function readProviderKey({ env, keyFile, keyFileFlag, variables }: ProviderKeyOptions): { readonly key: Secret | undefined; readonly notices: readonly string[] } {
  if (keyFile !== undefined) {
    const { keys, notices } = readKeyFile(keyFile, keyFileFlag);
    const [only, second] = keys;
    if (only === undefined || second !== undefined) {
      throw new UserError(`the key file ${keyFile} holds ${keys.length} keys, and a server is shown one`, { hint: `leave one line in it, or begin the others with #: ${keyFileFlag}` });
    }
    requireCarriable(only.value, only.source);
    return { key: new Secret(only.value, only.source), notices };
  }
  for (const source of variables) {
    const value = variable(env, source)?.trim();
    if (value === undefined) continue;
    requireCarriable(value, source);
    return { key: new Secret(value, source), notices: [] };
  }
  return { key: undefined, notices: [] };
}
