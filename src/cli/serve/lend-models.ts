import type { Environment } from "../../config/environment.ts";
import type { Settings } from "../../config/settings-table.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import type { SettledDevice } from "../../engine/choose-device.ts";
import type { LoadReport } from "../../inference/protocol.ts";
import { listenForWarmClients } from "../../inference/warm-host.ts";
import type { WarmCaller, WarmModels } from "../../inference/warm-session.ts";
import type { ModelService, ServedModel } from "../../server/model-service.ts";
import { serviceEmbedder, serviceReranker } from "../../server/service/service-ports.ts";
import { estimateMemory } from "../../server/service/pooled-model.ts";
import { lendingPlace } from "../running-server.ts";

/** Any text: it is read for the model to be loaded. */
const TRIAL = "warm";

export interface LendOptions {
  readonly service: ModelService;
  readonly settings: Pick<Settings, "device" | "threads" | "longDocuments">;
  readonly environment: Environment;
  /** Of all loaded models together. A model that a search brings along is loaded where it fits beside those that are there. */
  readonly memoryBytes: number;
  /** One line about why models are not lent. */
  readonly onNotice: (line: string) => void;
  /** A search has asked for something, or got it. */
  readonly onActivity: () => void;
}

/** What `rerank search` and the screen of the same user find. */
export interface Lending {
  /** Programs that are connected. */
  readonly clientCount: number;
  /** Takes no new work, and resolves when what was begun is done, or a few seconds later: programs go on by themselves then. */
  close(): Promise<void>;
}

/** Lends the models of a service over a socket, to programs of the same user and version. That this fails is a notice, and no reason not to serve. */
export async function lendModels({ service, settings, environment, memoryBytes, onNotice, onActivity }: LendOptions): Promise<Lending> {
  const place = lendingPlace(environment);
  if (place === undefined) {
    onNotice("models are not lent to other commands: there is no folder for a socket here (Windows, or a path that is too long)");
    return NOBODY;
  }
  const { device, longDocuments, threads } = settings;
  const terms = { device, longDocuments, ...(threads > 0 && { threads }) };
  const host = await listenForWarmClients({ ...place, terms, models: warmModels(service, memoryBytes), onActivity, onNotice });
  return host ?? NOBODY;
}

const NOBODY: Lending = { clientCount: 0, async close() {} };

function warmModels(service: ModelService, memoryBytes: number): WarmModels {
  /** Devices of models that were loaded once: all models are asked for their memory before another one is lent. */
  const lent = new Map<string, LoadReport["device"]>();
  return {
    async load(spec, caller) {
      const key = `${spec.role} ${spec.fingerprint}`;
      const device = lent.get(key);
      if (device !== undefined) return { loadMs: 0, device };
      const report = await load(service, memoryBytes, spec, caller);
      lent.set(key, report.device);
      return report;
    },
    embedder: (spec, caller) => serviceEmbedder(service, spec, caller),
    reranker: (spec, caller) => serviceReranker(service, spec, caller),
  };
}

async function load(service: ModelService, memoryBytes: number, spec: ModelSpec, caller: WarmCaller): Promise<LoadReport> {
  const startedAt = performance.now();
  const models = await service.models();
  let served = find(models, spec);
  if (served?.state !== "loaded") {
    if (!served?.isDefault && !hasRoom(models, spec, memoryBytes)) throw new Error(`there is no room for ${spec.id} beside the models that are loaded`);
    if (spec.role === "embedder") await service.countTokens([TRIAL], spec, caller);
    else await service.score({ model: spec, query: TRIAL, texts: [TRIAL] }, caller);
    served = find(await service.models(), spec);
  }
  // The service knows the device of what is loaded; it may have left again already.
  return { loadMs: performance.now() - startedAt, device: (served?.device ?? "cpu") as SettledDevice };
}

function find(models: readonly ServedModel[], { role, fingerprint }: ModelSpec): ServedModel | undefined {
  return models.find((each) => each.role === role && each.spec.fingerprint === fingerprint);
}

function hasRoom(models: readonly ServedModel[], wanted: ModelSpec, memoryBytes: number): boolean {
  const others = models.filter(({ state, isDefault }) => isDefault || state === "loaded" || state === "loading");
  const held = others.reduce((sum, { memoryBytes: bytes, spec }) => sum + (bytes ?? estimateMemory(spec)), 0);
  return held + estimateMemory(wanted) <= memoryBytes;
}
