import { readApiKeys } from "../../config/api-keys.ts";
import type { SettingKey, Settings } from "../../config/settings-table.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import { createOriginCheck } from "../../server/http/check-origin.ts";
import { createServerLogger, type ServerLogger } from "../../server/http/server-logger.ts";
import type { ServiceEvent } from "../../server/service/model-source.ts";
import { openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { agentDefaults, type AgentDefaults } from "../mcp/agent-defaults.ts";
import { packageVersion } from "../package-version.ts";
import { checkBind } from "../serve/check-bind.ts";
import { checkMemory, unreadTokens, unusableModels } from "../serve/check-models.ts";
import { checkAddress, listenedUrls } from "../serve/claim-address.ts";
import { startIdleTimer } from "../serve/idle-timer.ts";
import { lendModels, type Lending } from "../serve/lend-models.ts";
import { createModelSource } from "../serve/model-source.ts";
import { openRelevanceCache } from "../serve/open-relevance-cache.ts";
import { listen, openServer } from "../serve/open-server.ts";
import { modelMemoryBytes } from "../serve/open-services.ts";
import { ownModels } from "../serve/own-models.ts";
import { parseAliases } from "../serve/parse-aliases.ts";

/**
 * `rerank serve`: models and index over HTTP, until it is told to stop. What can be wrong is looked at before models are compiled and
 * loaded, which may take minutes. The address comes to stdout when they are loaded. Resolves to the exit code.
 *
 * @param agents what a search of an agent is given, where `rerank mcp --http` has options that `serve` does not.
 */
export async function runServe(flags: Flags, context: CommandContext, agents?: AgentDefaults): Promise<number> {
  const { settings, hub, environment, sourceOf, isSet, sources } = await loadSettings(context, "serve", flags);
  const sourceOfSetting = (key: SettingKey): string => sources[key].where;
  const notice = (line: string): void => context.output.notice(`rerank: ${line}`);
  const { keys, notices } = readApiKeys({ env: environment, keyFile: settings.keyFile, sourceOf });
  for (const line of notices) notice(line);
  checkBind({ host: settings.host, hasKeys: keys.length > 0, insecure: settings.insecure });
  const aliases = parseAliases(settings.aliases);
  createOriginCheck(settings.allowedOrigins);
  await checkAddress(settings);
  const models = await ownModels(context, { settings, hub, isChosen: isSet("models") || isSet("reranker"), onNotice: notice });
  const locator = openLocator(hub, context.cwd, { settings });
  const { locate } = createModelSource(locator, settings);
  const warnings = [
    checkMemory(models, modelMemoryBytes(settings)),
    unreadTokens(models.reranker, settings.rerankTokens, sourceOfSetting("rerankTokens")),
    unreadTokens(models.embedder, settings.embedTokens, sourceOfSetting("embedTokens")),
    ...(await unusableModels({ allowed: settings.allowedModels, aliases, own: models, locate })),
  ];
  for (const line of warnings) if (line !== undefined) notice(line);
  const log = openLog(settings);
  const end = new Ending(context.signal);
  context.expectStop();

  const server = openServer({
    settings,
    hub,
    cwd: context.cwd,
    keys,
    models,
    locator,
    cache: openRelevanceCache(settings, (line) => log.warn(line)),
    log,
    version: packageVersion(),
    agentDefaults: agents ?? agentDefaults(settings, isSet),
    onModelEvent: (event) => end.hear(event, models),
    onActivity(requests) {
      running = requests;
      idle.touch();
    },
  });
  let running = 0;
  const isBusy = (): boolean => running > 0 || server.service.state === "loading" || server.service.load().calls > 0;
  const idle = startIdleTimer(settings.idle, isBusy, () => end.come("nobody has asked for a while"));
  let lending: Lending | undefined;
  try {
    const url = await listen(server.app, settings);
    idle.touch();
    const addresses = listenedUrls(server.app.addresses());
    log.info({ url, ...(addresses.length > 1 && { addresses }), keys: keys.length, models: { embedder: models.embedder.id, reranker: models.reranker.id } }, "rerank listens");
    if (settings.socket) {
      const { service, memoryBytes } = server;
      lending = await lendModels({ service, settings, environment, memoryBytes, onNotice: (line) => log.warn(line), onActivity: () => idle.touch() });
    }
    await Promise.race([end.ownModelsLoaded, end.reason]);
    if (!end.isOver) {
      idle.touch();
      log.info({ url }, "rerank is ready");
      await context.output.write(`${url}\n`);
    }
    log.info({ reason: await end.reason }, "rerank stops");
  } finally {
    idle.stop();
    server.app.beginDrain();
    await lending?.close();
    await server.stop();
    log.info("rerank has stopped");
  }
  return 0;
}

function openLog({ logLevel, color }: Settings): ServerLogger {
  const isTerminal = process.stderr.isTTY === true;
  return createServerLogger({ level: logLevel, stream: process.stderr, isTerminal, isColored: color === "always" || (color === "auto" && isTerminal) });
}

/** Why and when the server ends. */
class Ending {
  /** Resolves to what the log says; rejects when the server cannot do its work. */
  readonly reason: Promise<string>;
  /** Resolves when each of the server's own models has been loaded once. */
  readonly ownModelsLoaded: Promise<void>;
  isOver = false;
  #resolve: (reason: string) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #ready: () => void = () => {};
  readonly #loaded = new Set<ModelSpec>();

  constructor(signal: AbortSignal) {
    this.reason = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.ownModelsLoaded = new Promise((resolve) => (this.#ready = resolve));
    // It may end before anybody waits for it.
    this.reason.catch(() => {});
    const stop = (): void => this.come("it was told to");
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  }

  come(reason: string): void {
    this.isOver = true;
    this.#resolve(reason);
  }

  /** A server whose own models have never loaded is of no use: whoever started it hears why. */
  hear(event: ServiceEvent, own: Readonly<Record<ModelRole, ModelSpec>>): void {
    if (event.type === "model-loaded") {
      this.#loaded.add(event.spec);
      if (Object.values(own).every((spec) => this.#loaded.has(spec))) this.#ready();
    }
    if (event.type === "model-failed" && own[event.spec.role] === event.spec && !this.#loaded.has(event.spec)) this.#reject(event.error);
  }
}
