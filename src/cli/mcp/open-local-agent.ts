import { findIndexHome } from "../../adapters/index-home.ts";
import type { HubSettings, Settings } from "../../config/settings-table.ts";
import type { AgentFailure, AgentServices } from "../../mcp/agent-services.ts";
import { untilAborted } from "../../pipeline/until-aborted.ts";
import type { ServiceEvent } from "../../server/service/model-source.ts";
import { openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import type { LoadedSettings } from "../load-settings.ts";
import { modelsOfServer } from "../running-server.ts";
import { openRelevanceCache } from "../serve/open-relevance-cache.ts";
import { openServices, type OpenedServices } from "../serve/open-services.ts";
import { ownModels } from "../serve/own-models.ts";
import type { AgentDefaults } from "./agent-defaults.ts";
import { createAgentServices } from "./create-agent-services.ts";

export interface LocalAgentOptions extends Pick<LoadedSettings, "isSet"> {
  readonly settings: Settings;
  readonly hub: HubSettings;
  readonly defaults: AgentDefaults;
  /** One line each, for stderr. */
  readonly onNotice: (line: string) => void;
  readonly describeFailure: (error: unknown) => AgentFailure;
}

export interface LocalAgent {
  readonly services: AgentServices;
  /** Ends the models' processes. */
  close(): Promise<void>;
}

/**
 * The services of one agent on this machine. They can be called at once: models are found, perhaps compiled, and loaded meanwhile.
 * What cannot be had is told by the calls, and looked for again by the next one.
 */
export function openLocalAgent(context: CommandContext, options: LocalAgentOptions): LocalAgent {
  const { settings, describeFailure, defaults } = options;
  const indexHome = () => findIndexHome(context.cwd, settings.index);
  let opening: Promise<AgentServices> | undefined;
  let opened: OpenedServices | undefined;
  let isClosed = false;

  async function open(): Promise<AgentServices> {
    const services = await openModels(context, options);
    opened = services;
    if (isClosed) await services.close();
    // An agent's first search should not wait for what could be read before; what is wrong with the index, that search tells.
    void services.views.use(async () => {}).catch(() => {});
    const caller = { client: "agent", signal: context.signal };
    return createAgentServices({ services, defaults, indexHome, caller, isLocal: true, describeFailure });
  }

  function ready(): Promise<AgentServices> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  /** A call that is cancelled does not wait for models, which load on for the next one. */
  const whenReady = async <T>(signal: AbortSignal, work: (services: AgentServices) => Promise<T>): Promise<T> => work(await untilAborted(ready(), signal));

  ready().catch((error: unknown) => {
    if (!context.signal.aborted) options.onNotice(describeFailure(error).message);
  });
  return {
    services: {
      defaults,
      describeFailure,
      search: (wish, call) => whenReady(call.signal, (services) => services.search(wish, call)),
      rank: (wish, call) => whenReady(call.signal, (services) => services.rank(wish, call)),
      document: (wanted, call) => whenReady(call.signal, (services) => services.document(wanted, call)),
      status: (call) => whenReady(call.signal, (services) => services.status(call)),
    },
    async close() {
      isClosed = true;
      await opened?.close();
    },
  };
}

async function openModels(context: CommandContext, { settings, hub, isSet, onNotice }: LocalAgentOptions): Promise<OpenedServices> {
  const isChosen = isSet("models") || isSet("reranker");
  return openServices({
    settings,
    hub,
    cwd: context.cwd,
    models: await ownModels(context, { settings, hub, isChosen, onNotice }),
    locator: openLocator(hub, context.cwd, { settings }),
    cache: openRelevanceCache(settings, onNotice),
    ...modelsOfServer(settings, context.environment),
    onModelEvent: (event) => tell(event, onNotice),
    onNotice,
  });
}

/** What an agent's user may want to find in the log that the agent keeps of our stderr. */
function tell(event: ServiceEvent, onNotice: (line: string) => void): void {
  if (event.type === "model-notice") onNotice(event.line);
  else if (event.type === "model-loaded") onNotice(`${event.spec.id} (${event.spec.role}) is loaded on ${event.device}, ${(event.loadMs / 1000).toFixed(1)} s`);
  else if (event.type === "model-died") onNotice(`the process of ${event.spec.id} has died; it is started again for the next call`);
  else if (event.type === "model-failed" || event.type === "default-missing") onNotice(event.error instanceof Error ? event.error.message : String(event.error));
}
