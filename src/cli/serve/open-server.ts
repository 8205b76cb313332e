import { join } from "node:path";
import type { ModelLocator } from "../../adapters/models/model-locator.ts";
import { machineMemoryBytes } from "../../config/variable-aliases.ts";
import type { HubSettings, Settings } from "../../config/settings-table.ts";
import type { Secret } from "../../config/secret.ts";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import type { RelevanceCache } from "../../ports/relevance-cache.ts";
import { createApp, type ServerApp } from "../../server/create-app.ts";
import { embeddingDialects } from "../../server/dialects/embedding-dialects.ts";
import { rerankDialects } from "../../server/dialects/rerank-dialects.ts";
import { digestKey } from "../../server/http/security-options.ts";
import type { ServerLogger } from "../../server/http/server-logger.ts";
import type { RequestLimits } from "../../server/limits.ts";
import type { ModelService } from "../../server/model-service.ts";
import { createPageDialect } from "../../server/search/page-dialect.ts";
import { searchDialect } from "../../server/search/search-dialect.ts";
import { createModelService } from "../../server/service/create-model-service.ts";
import type { ServiceEvent } from "../../server/service/model-source.ts";
import { PACKAGE_ROOT } from "../compose.ts";
import { logModelEvent } from "./log-models.ts";
import { createModelSource } from "./model-source.ts";
import { openSearchService } from "./open-search-service.ts";
import { parseAliases } from "./parse-aliases.ts";

export interface ServerOptions {
  readonly settings: Settings;
  readonly hub: HubSettings;
  readonly cwd: string;
  readonly keys: readonly Secret[];
  /** The server's own models, which begin to load. */
  readonly models: Readonly<Record<ModelRole, ModelSpec>>;
  /** Without a compiler, for models that requests name. */
  readonly locator: ModelLocator;
  readonly cache: RelevanceCache | undefined;
  readonly log: ServerLogger;
  readonly version: string;
  readonly onModelEvent: (event: ServiceEvent) => void;
  /** @param running requests that are under way. */
  readonly onActivity: (running: number) => void;
}

export interface OpenedServer {
  readonly service: ModelService;
  readonly app: ServerApp;
  /** Of all loaded models together. */
  readonly memoryBytes: number;
  /** Takes nothing new, finishes what was begun, and ends the models' processes. */
  stop(): Promise<void>;
}

const OWN_MEMORY_SHARE = 0.5;

/** Models, search and routes, not listening yet. */
export function openServer(options: ServerOptions): OpenedServer {
  const { settings, hub, cwd, log, version, models, locator, cache } = options;
  const limits: RequestLimits = {
    maxDocuments: settings.maxDocuments,
    maxRequestTokens: settings.maxRequestTokens,
    maxBodyBytes: settings.maxBody,
    deadlineMs: settings.deadline,
  };
  const memoryBytes = settings.modelMemory ?? machineMemoryBytes() * OWN_MEMORY_SHARE;
  const service = createModelService({
    source: createModelSource(locator, settings),
    defaults: models,
    allowed: settings.allowedModels,
    aliases: parseAliases(settings.aliases),
    memoryBytes,
    queueRequests: settings.queueRequests,
    queueTokens: settings.queueTokens,
    cache,
    cacheScope: settings.longDocuments,
    readsWholeTexts: settings.longDocuments === "windows",
    onEvent(event) {
      logModelEvent(log, event);
      options.onModelEvent(event);
    },
    onTurn: (texts, tokens) => app.observeTurn(texts, tokens),
  });
  const search = openSearchService({ settings, hub, cwd, models: service, limits, onNotice: (line) => log.warn(line) });
  const app = createApp({
    models: service,
    search,
    limits,
    version,
    logger: log,
    onActivity: options.onActivity,
    security: {
      keyDigests: options.keys.map((key) => digestKey(key.reveal())),
      queryToken: settings.queryToken,
      allowedHosts: settings.allowedHosts,
      allowedOrigins: settings.allowedOrigins,
      rateLimit: settings.rateLimit,
      openMetrics: settings.openMetrics,
      host: settings.host,
    },
    dialects: [
      ...rerankDialects({ rerankShape: settings.rerankShape }),
      ...embeddingDialects({ maxConcurrentRequests: settings.queueRequests }),
      searchDialect,
      createPageDialect(join(PACKAGE_ROOT, "dist", "page")),
    ],
  });
  return {
    service,
    app,
    memoryBytes,
    async stop() {
      app.beginDrain();
      // Waits for the requests that have begun, which are bounded by their deadline.
      await app.close();
      await service.drain();
      await service.close();
      await search.close();
      cache?.close();
    },
  };
}

/**
 * Begins to take requests.
 *
 * @returns the address, with the port that was taken: "http://127.0.0.1:7372".
 * @throws UserError where the address cannot be had.
 */
export async function listen(app: ServerApp, { host, port }: Pick<Settings, "host" | "port">): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new UserError(`port ${port} of ${host} is in use`, { hint: "stop the other server, or choose a port: --port 0 takes a free one", cause });
    if (code === "EACCES") throw new UserError(`port ${port} may not be listened on`, { hint: "ports below 1024 are the administrator's: choose another one with --port", cause });
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EINVAL") {
      throw new UserError(`${host} is no address of this machine: ${message}`, { hint: "listen on 127.0.0.1, ::1 or 0.0.0.0: --host" , cause });
    }
    throw cause;
  }
}
