import { NO_ADDRESS } from "../config/parse-address.ts";
import type { Settings } from "../config/settings-table.ts";
import type { ModelRole } from "../domain/model-spec.ts";
import type { EmbedDialectName, RerankDialectName, TemplateSide } from "../domain/remote-model.ts";
import type { RemoteBounds } from "../ports/remote-provider.ts";

/** What decides where models of other machines are asked, and how. */
export type RemoteSettings = Pick<
  Settings,
  | "rerankUrl" | "rerankDialect" | "rerankTemplate" | "rerankKeyFile" | "embedUrl" | "embedDialect" | "embedTemplate" | "embedKeyFile"
  | "plainHttp" | "remoteTimeout" | "remoteDeadline" | "remoteRetries" | "remoteConcurrency" | "remoteRate" | "cacheTtl" | "cacheEntries"
>;

/** The settings of one role, under names that both roles share. */
export interface RoleSettings {
  /** Absent: the provider's own address. */
  readonly url: string | undefined;
  readonly dialect: "auto" | RerankDialectName | EmbedDialectName;
  readonly template: TemplateSide;
  readonly keyFile: string | undefined;
  /** "--rerank": what the role's flags begin with. */
  readonly flag: "--rerank" | "--embed";
}

export function roleSettings(role: ModelRole, settings: RemoteSettings): RoleSettings {
  if (role === "reranker") {
    const { rerankUrl, rerankDialect: dialect, rerankTemplate: template, rerankKeyFile: keyFile } = settings;
    return { url: addressOf(rerankUrl), dialect, template, keyFile, flag: "--rerank" };
  }
  const { embedUrl, embedDialect: dialect, embedTemplate: template, embedKeyFile: keyFile } = settings;
  return { url: addressOf(embedUrl), dialect, template, keyFile, flag: "--embed" };
}

/** `undefined` also where models are to run here whatever another source says. */
export function addressOf(url: string | undefined): string | undefined {
  return url === NO_ADDRESS ? undefined : url;
}

export function remoteBounds(settings: RemoteSettings): RemoteBounds {
  return {
    timeoutMs: settings.remoteTimeout,
    deadlineMs: settings.remoteDeadline,
    retries: settings.remoteRetries,
    concurrency: settings.remoteConcurrency,
    requestsPerMinute: settings.remoteRate,
  };
}
