import type { Settings } from "../config/settings-table.ts";
import type { ModelRole } from "../domain/model-spec.ts";
import { formatRemoteName, parseRemoteName } from "../domain/remote-name.ts";
import { addressOf } from "./remote-settings.ts";

/** What names models, of this machine and of others. */
export type NameSettings = Pick<Settings, "models" | "embedder" | "reranker"> & Partial<Pick<Settings, "rerankUrl" | "embedUrl">>;

/**
 * Names as they are used from here on: where a server's address is set, what was written is the model's name there, and becomes
 * "server:<name>". A model that is named so twice stays what it is.
 */
export function withServers({ models, embedder, reranker, embedUrl, rerankUrl }: NameSettings): Pick<NameSettings, "models" | "embedder" | "reranker"> {
  const remote = { embedder: addressOf(embedUrl) !== undefined, reranker: addressOf(rerankUrl) !== undefined };
  const named = (name: string | undefined, role: ModelRole): string | undefined => (name !== undefined && remote[role] ? onServer(name) : name);
  const halves = models?.split("+").map((half) => half.trim());
  const [first, second, ...others] = halves ?? [];
  const isPair = first !== undefined && second !== undefined && others.length === 0;
  return {
    models: isPair && (remote.embedder || remote.reranker) ? `${named(first, "embedder")}+${named(second, "reranker")}` : models,
    embedder: named(embedder, "embedder"),
    reranker: named(reranker, "reranker"),
  };
}

function onServer(name: string): string {
  return parseRemoteName(name) === undefined ? formatRemoteName({ provider: "server", model: name }) : name;
}
