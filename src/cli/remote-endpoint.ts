import { embedKeyVariables, EMBED_PROVIDERS, guessEmbedDialect } from "../adapters/remote/embed-providers.ts";
import { guessRerankDialect, RERANK_PROVIDERS, rerankKeyVariables } from "../adapters/remote/rerank-providers.ts";
import type { Environment } from "../config/environment.ts";
import { readProviderKey } from "../config/provider-keys.ts";
import { UserError } from "../domain/errors.ts";
import type { ModelRole } from "../domain/model-spec.ts";
import { EMBED_DIALECTS, RERANK_DIALECTS, type EmbedDialectName, type RerankDialectName } from "../domain/remote-model.ts";
import { formatRemoteName, parseRemoteName, type RemoteName } from "../domain/remote-name.ts";
import type { RemoteEndpoint } from "../ports/remote-provider.ts";
import { roleSettings, type RemoteSettings, type RoleSettings } from "./remote-settings.ts";

/** Where one model is asked, and what it is called from now on. */
export interface FoundEndpoint<Dialect extends RerankDialectName | EmbedDialectName> {
  readonly endpoint: RemoteEndpoint<Dialect>;
  /** In manifests, results and messages: "cohere:rerank-v3.5" at the provider's own address, "server:..." at any other. */
  readonly id: string;
  /** What may be shown: without a query, which may hold a key. */
  readonly url: string;
  /** Where the key comes from; `undefined` without one. */
  readonly keySource: string | undefined;
  readonly notices: readonly string[];
}

/**
 * @param name as `modelNames` gives it: "cohere:rerank-v3.5", "server:Qwen/Qwen3-Reranker-0.6B", "server".
 * @throws UserError where address or dialect are not known, or name and settings say different things.
 */
export function findRerankEndpoint(name: string, settings: RemoteSettings, env: Environment): FoundEndpoint<RerankDialectName> {
  return findEndpoint(name, { role: "reranker", dialects: RERANK_DIALECTS, providers: RERANK_PROVIDERS, guess: guessRerankDialect, keyVariables: rerankKeyVariables }, settings, env);
}

/** As `findRerankEndpoint`. */
export function findEmbedEndpoint(name: string, settings: RemoteSettings, env: Environment): FoundEndpoint<EmbedDialectName> {
  return findEndpoint(name, { role: "embedder", dialects: EMBED_DIALECTS, providers: EMBED_PROVIDERS, guess: guessEmbedDialect, keyVariables: embedKeyVariables }, settings, env);
}

/** Names of all variables that hold keys of providers, each once. */
export function providerKeyVariables(): string[] {
  return [...new Set([...Object.values(RERANK_PROVIDERS), ...Object.values(EMBED_PROVIDERS)].flatMap(({ keyVariables }) => keyVariables))].toSorted();
}

interface RoleFacts<Dialect extends RerankDialectName | EmbedDialectName> {
  readonly role: ModelRole;
  readonly dialects: readonly Dialect[];
  readonly providers: Readonly<Record<Dialect, { readonly url: string | undefined; readonly modelIsRequired: boolean }>>;
  readonly guess: (url: string) => Dialect | undefined;
  readonly keyVariables: (url: string) => readonly string[];
}

function findEndpoint<Dialect extends RerankDialectName | EmbedDialectName>(
  name: string,
  facts: RoleFacts<Dialect>,
  settings: RemoteSettings,
  env: Environment,
): FoundEndpoint<Dialect> {
  const { role, providers } = facts;
  const wish = roleSettings(role, settings);
  const remote = parseRemoteName(name);
  if (remote === undefined) throw new Error(`${name} is a model of this machine`);
  const dialect = settleDialect(remote, wish, facts);
  const { url: usualUrl, modelIsRequired } = providers[dialect];
  const url = wish.url ?? usualUrl;
  if (url === undefined) throw noAddress(name, role, wish);
  if (remote.model === undefined && modelIsRequired) {
    throw new UserError(`which ${role} of ${hostOf(url)} is meant is not said, and ${dialect} servers ask for a name`, { hint: `name it: --${role} <model>` });
  }
  const { key, notices } = readProviderKey({ env, keyFile: wish.keyFile, keyFileFlag: `${wish.flag}-key-file`, variables: facts.keyVariables(url) });
  const { model } = remote;
  // Only where the name alone leads to the same server again may it be the provider's.
  const isUsual = usualUrl !== undefined && hostOf(usualUrl) === hostOf(url);
  return {
    endpoint: { dialect, url, model, key, template: wish.template, allowPlainHttp: settings.plainHttp },
    id: formatRemoteName({ provider: isUsual ? dialect : "server", model }),
    url: withoutQuery(url),
    keySource: key?.source,
    notices,
  };
}

function settleDialect<Dialect extends RerankDialectName | EmbedDialectName>(
  remote: RemoteName,
  { url, dialect: wanted, flag }: RoleSettings,
  { role, dialects, guess }: RoleFacts<Dialect>,
): Dialect {
  const isDialect = (word: string): word is Dialect => (dialects as readonly string[]).includes(word);
  const name = formatRemoteName(remote);
  if (remote.provider !== "server" && !isDialect(remote.provider)) {
    throw new UserError(`${name} is no ${role}: ${remote.provider} has none that rerank knows how to ask`, { hint: `write one of ${dialects.join(", ")} before the colon` });
  }
  if (remote.provider !== "server") {
    const named = remote.provider as string as Dialect;
    if (wanted === "auto" || wanted === named) return named;
    // DashScope's two routes are one provider.
    if (isDialect(wanted) && wanted.startsWith(named)) return wanted;
    throw new UserError(`${name} is asked as ${named}, not as ${wanted}`, { hint: `leave ${flag}-dialect out, or what stands before the colon` });
  }
  if (wanted !== "auto" && isDialect(wanted)) return wanted;
  const guessed = url === undefined ? undefined : guess(url);
  if (guessed !== undefined) return guessed;
  if (url === undefined) throw noAddress(name, role, { flag });
  throw new UserError(`the address ${withoutQuery(url)} does not say how its ${role} is asked`, { hint: `name the dialect: ${flag}-dialect ${dialects.join("|")}` });
}

function noAddress(name: string, role: ModelRole, { flag }: Pick<RoleSettings, "flag">): UserError {
  return new UserError(`the ${role} ${name} runs on a server, and its address is not set`, {
    hint: `${flag}-url <url>, ${flag === "--rerank" ? "RERANK_RERANK_URL" : "RERANK_EMBED_URL"}, or: rerank config set ${flag === "--rerank" ? "rerankUrl" : "embedUrl"} <url>`,
  });
}

function hostOf(url: string): string {
  return new URL(url).host;
}

function withoutQuery(url: string): string {
  const shown = new URL(url);
  shown.search = "";
  shown.hash = "";
  return shown.href.replace(/\/$/, "");
}
