import { variable, type Environment } from "./environment.ts";
import { readKeyFile, requireCarriable } from "./key-file.ts";
import { Secret } from "./secret.ts";

/** The variables that hold keys. The second is the name of an older server of this kind, and holds one key. */
export const KEY_VARIABLES = ["RERANK_API_KEY", "ACCESS_TOKEN"] as const;
/** Keys shorter than this can be guessed by asking often enough. */
const SAFE_KEY_LENGTH = 16;

export interface ApiKeyOptions {
  readonly env: Environment;
  /** Absolute path of a file with one key a line; lines that begin with # are comments. */
  readonly keyFile: string | undefined;
  /** What a variable's source is called: "ACCESS_TOKEN in /srv/.env". By default its name. */
  readonly sourceOf?: (name: string) => string;
}

export interface ApiKeys {
  /** Each key once, with the first source that has it. */
  readonly keys: readonly Secret[];
  /** One line each, without any key: what makes a key less safe than it looks. */
  readonly notices: readonly string[];
}

/**
 * The keys that clients of `rerank serve` may show: RERANK_API_KEY (several, separated by commas), ACCESS_TOKEN, and the key file.
 *
 * @throws UserError, which never holds a key, for a file that cannot be read or holds no key, and for a key that no header can carry.
 */
export function readApiKeys({ env, keyFile, sourceOf = (name) => name }: ApiKeyOptions): ApiKeys {
  const [many, one] = KEY_VARIABLES;
  const file = keyFile === undefined ? { keys: [], notices: [] } : readKeyFile(keyFile, "--key-file");
  const secrets = new Map<string, Secret>();
  for (const { value, source } of [
    ...(variable(env, many)?.split(",") ?? []).map((value) => ({ value, source: sourceOf(many) })),
    { value: variable(env, one) ?? "", source: sourceOf(one) },
    ...file.keys,
  ]) {
    const key = value.trim();
    if (key === "" || secrets.has(key)) continue;
    requireCarriable(key, source);
    secrets.set(key, new Secret(key, source));
  }
  const keys = [...secrets.values()];
  return { keys, notices: [...file.notices, ...shortKeys(keys)] };
}

function shortKeys(keys: readonly Secret[]): string[] {
  return keys
    .filter((key) => key.reveal().length < SAFE_KEY_LENGTH)
    .map(({ source }) => `a key in ${source} is shorter than ${SAFE_KEY_LENGTH} characters and can be guessed: openssl rand -hex 32 makes a better one`);
}
