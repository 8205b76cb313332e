import { join } from "node:path";
import { findIndexHome } from "../../adapters/index-home.ts";
import type { ModelLocator } from "../../adapters/models/model-locator.ts";
import type { HubSettings, Settings } from "../../config/settings-table.ts";
import type { Secret } from "../../config/secret.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import type { RelevanceCache } from "../../ports/relevance-cache.ts";
import { createApp, type AppOptions, type ServerApp } from "../../server/create-app.ts";
import { embeddingDialects } from "../../server/dialects/embedding-dialects.ts";
import { rerankDialects } from "../../server/dialects/rerank-dialects.ts";
import { createOriginCheck } from "../../server/http/check-origin.ts";
import { digestKey } from "../../server/http/security-options.ts";
import type { ServerLogger } from "../../server/http/server-logger.ts";
import type { ModelService } from "../../server/model-service.ts";
import { createPageDialect } from "../../server/search/page-dialect.ts";
import { searchDialect } from "../../server/search/search-dialect.ts";
import type { ServiceEvent } from "../../server/service/model-source.ts";
import { PACKAGE_ROOT } from "../compose.ts";
import type { AgentDefaults } from "../mcp/agent-defaults.ts";
import { createMcpDialect } from "../mcp/mcp-dialect.ts";
import { addressError } from "./claim-address.ts";
import { logModelEvent } from "./log-models.ts";
import { openServices } from "./open-services.ts";

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
  /** For /mcp, where `settings.mcp` has it. */
  readonly agentDefaults: AgentDefaults;
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

/**
 * Models, search and routes, not listening yet. The models begin to load.
 *
 * @throws UserError, before that, for an allowed origin that is none.
 */
export function openServer(options: ServerOptions): OpenedServer {
  const { settings, hub, cwd, log, version } = options;
  createOriginCheck(settings.allowedOrigins);
  const services = openServices({
    settings,
    hub,
    cwd,
    models: options.models,
    locator: options.locator,
    cache: options.cache,
    onModelEvent(event) {
      logModelEvent(log, event);
      options.onModelEvent(event);
    },
    onTurn: (texts, tokens) => app.observeTurn(texts, tokens),
    onNotice: (line) => log.warn(line),
  });
  const { models, search, limits, memoryBytes } = services;
  const app = createOrClose({
    models,
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
      ...(settings.mcp ? [createMcpDialect({ services, defaults: options.agentDefaults, indexHome: () => findIndexHome(cwd, settings.index) })] : []),
    ],
  }, services.close);
  return {
    service: models,
    app,
    memoryBytes,
    async stop() {
      app.beginDrain();
      // Waits for the requests that have begun, which are bounded by their deadline.
      await app.close();
      await models.drain();
      await services.close();
    },
  };
}

/** Closes what was opened where it cannot be served: processes of models would keep this one alive. */
function createOrClose(options: AppOptions, close: () => Promise<void>): ServerApp {
  try {
    return createApp(options);
  } catch (error) {
    close().catch(() => {
      // What went wrong first is what is told.
    });
    throw error;
  }
}

/**
 * Begins to take requests.
 *
 * @returns the address, with the port that was taken: "http://127.0.0.1:7372".
 * @throws UserError where the address cannot be had.
 */
export async function listen(app: ServerApp, { host, port }: Pick<Settings, "host" | "port">): Promise<string> {
  try {
    // Fastify tells every address of the machine; we tell the one that was asked for. The log leaves empty lines out.
    return await app.listen({ host, port, listenTextResolver: () => "" });
  } catch (cause) {
    throw addressError(cause, { host, port });
  }
}
