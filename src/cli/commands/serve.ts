import { readApiKeys } from "../../config/api-keys.ts";
import type { Settings } from "../../config/settings-table.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import { createServerLogger, type ServerLogger } from "../../server/http/server-logger.ts";
import type { ServiceEvent } from "../../server/service/model-source.ts";
import { openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { agentDefaults, type AgentDefaults } from "../mcp/agent-defaults.ts";
import { packageVersion } from "../package-version.ts";
import { checkBind } from "../serve/check-bind.ts";
import { startIdleTimer } from "../serve/idle-timer.ts";
import { lendModels, type Lending } from "../serve/lend-models.ts";
import { openRelevanceCache } from "../serve/open-relevance-cache.ts";
import { listen, openServer } from "../serve/open-server.ts";
import { ownModels } from "../serve/own-models.ts";

/**
 * `rerank serve`: models and index over HTTP, until it is told to stop. Resolves to the exit code.
 *
 * @param agents what a search of an agent is given, where `rerank mcp --http` has options that `serve` does not.
 */
export async function runServe(flags: Flags, context: CommandContext, agents?: AgentDefaults): Promise<number> {
  const { settings, hub, environment, sourceOf, isSet } = await loadSettings(context, "serve", flags);
  const notice = (line: string): void => context.output.notice(`rerank: ${line}`);
  const { keys, notices } = readApiKeys({ env: environment, keyFile: settings.keyFile, sourceOf });
  for (const line of notices) notice(line);
  checkBind({ host: settings.host, hasKeys: keys.length > 0, insecure: settings.insecure });
  const models = await ownModels(context, { settings, hub, isChosen: isSet("models") || isSet("reranker"), onNotice: notice });
  const log = openLog(settings);
  const end = new Ending(context.signal);
  context.expectStop();

  const server = openServer({
    settings,
    hub,
    cwd: context.cwd,
    keys,
    models,
    locator: openLocator(hub, context.cwd, { settings }),
    cache: openRelevanceCache(settings, (line) => log.warn(line)),
    log,
    version: packageVersion(),
    agentDefaults: agents ?? agentDefaults(settings, isSet),
    onModelEvent: (event) => end.failOn(event, models),
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
    await context.output.write(`${url}\n`);
    log.info({ url, keys: keys.length, models: { embedder: models.embedder.id, reranker: models.reranker.id } }, "rerank listens");
    if (settings.socket) {
      const { service, memoryBytes } = server;
      lending = await lendModels({ service, settings, environment, memoryBytes, onNotice: (line) => log.warn(line), onActivity: () => idle.touch() });
    }
    log.info({ reason: await end.reason }, "rerank stops");
  } finally {
    idle.stop();
    server.app.beginDrain();
    await lending?.close();
    await server.stop();
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
  #resolve: (reason: string) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  readonly #loaded = new Set<ModelSpec>();

  constructor(signal: AbortSignal) {
    this.reason = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It may end before anybody waits for it.
    this.reason.catch(() => {});
    const stop = (): void => this.#resolve("it was told to");
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  }

  come(reason: string): void {
    this.#resolve(reason);
  }

  /** A server whose own models have never loaded is of no use: whoever started it hears why. */
  failOn(event: ServiceEvent, own: Readonly<Record<ModelRole, ModelSpec>>): void {
    if (event.type === "model-loaded") this.#loaded.add(event.spec);
    if (event.type === "model-failed" && own[event.spec.role] === event.spec && !this.#loaded.has(event.spec)) this.#reject(event.error);
  }
}
