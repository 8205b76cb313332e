import type { RemoteSettings } from "../../src/cli/remote-settings.ts";

/** As they are where nobody sets them. */
export const REMOTE_SETTINGS: RemoteSettings = {
  rerankUrl: undefined,
  rerankDialect: "auto",
  rerankTemplate: "server",
  rerankKeyFile: undefined,
  embedUrl: undefined,
  embedDialect: "auto",
  embedTemplate: "client",
  embedKeyFile: undefined,
  plainHttp: false,
  remoteTimeout: 30_000,
  remoteDeadline: undefined,
  remoteRetries: 3,
  remoteConcurrency: 4,
  remoteRate: undefined,
  cacheTtl: 3_600_000,
  cacheEntries: 100_000,
};
