import { EMBED_DIALECTS, RERANK_DIALECTS, type EmbedDialectName, type RerankDialectName } from "./remote-model.ts";

/**
 * What stands before the colon in the name of a model on another machine. "server" is any server that the settings give the address of;
 * it never stands for a provider's own address, so that a forgotten setting sends no text to a service that nobody meant.
 */
export type RemoteProvider = RerankDialectName | EmbedDialectName | "server";

export interface RemoteName {
  readonly provider: RemoteProvider;
  /** `undefined`: the only model that the server has. */
  readonly model: string | undefined;
}

const PROVIDERS: readonly string[] = ["server", ...RERANK_DIALECTS, ...EMBED_DIALECTS];

/** "cohere:rerank-v3.5", "server:Qwen/Qwen3-Reranker-0.6B", "server"; `undefined` for a model of this machine. */
export function parseRemoteName(written: string): RemoteName | undefined {
  const name = written.trim();
  const colon = name.indexOf(":");
  const provider = (colon === -1 ? name : name.slice(0, colon)).toLowerCase();
  // A provider's name alone could be a folder's or a model's; "server" is what manifests hold.
  if (!PROVIDERS.includes(provider) || (colon === -1 && provider !== "server")) return undefined;
  const model = colon === -1 ? "" : name.slice(colon + 1).trim();
  return { provider: provider as RemoteProvider, model: model === "" ? undefined : model };
}

/** What settings, manifests and messages call it; `parseRemoteName` reads it again. */
export function formatRemoteName({ provider, model }: RemoteName): string {
  if (model !== undefined) return `${provider}:${model}`;
  return provider === "server" ? provider : `${provider}:`;
}
