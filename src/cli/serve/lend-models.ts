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
  /** For tests: programs that are connected. */
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
  /** What a search brings along is taken at its word only where the server does not know the model itself. */
  const own = new Map<string, ModelSpec>();
  const specOf = (spec: ModelSpec): ModelSpec => own.get(keyOf(spec)) ?? spec;
  return {
    async load(spec, caller) {
      const served = find(await service.models({ measures: false }), spec);
      if (served !== undefined && served.names.length > 0) own.set(keyOf(spec), served.spec);
      // What is loaded answers at once: only for what has to be loaded, all models are asked for their memory.
      if (served?.state === "loaded") return { loadMs: 0, device: deviceOf(served) };
      return load(service, memoryBytes, specOf(spec), caller);
    },
    embedder: (spec, caller) => serviceEmbedder(service, specOf(spec), caller),
    reranker: (spec, caller) => serviceReranker(service, specOf(spec), caller),
  };
}

async function load(service: ModelService, memoryBytes: number, spec: ModelSpec, caller: WarmCaller): Promise<LoadReport> {
  const startedAt = performance.now();
  const models = await service.models();
  if (find(models, spec)?.isDefault !== true && !hasRoom(models, spec, memoryBytes)) throw new Error(`there is no room for ${spec.id} beside the models that are loaded`);
  if (spec.role === "embedder") await service.countTokens([TRIAL], spec, caller);
  else await service.score({ model: spec, query: TRIAL, texts: [TRIAL] }, caller);
  return { loadMs: performance.now() - startedAt, device: deviceOf(find(await service.models({ measures: false }), spec)) };
}

/** The service knows the device of what is loaded; it may have left again already. */
function deviceOf(served: ServedModel | undefined): SettledDevice {
  return (served?.device ?? "cpu") as SettledDevice;
}

function keyOf({ role, fingerprint }: ModelSpec): string {
  return `${role} ${fingerprint}`;
}

function find(models: readonly ServedModel[], wanted: ModelSpec): ServedModel | undefined {
  return models.find(({ spec }) => keyOf(spec) === keyOf(wanted));
}

function hasRoom(models: readonly ServedModel[], wanted: ModelSpec, memoryBytes: number): boolean {
  const others = models.filter(({ state, isDefault, spec }) => keyOf(spec) !== keyOf(wanted) && (isDefault || state === "loaded" || state === "loading"));
  const held = others.reduce((sum, { memoryBytes: bytes, spec }) => sum + (bytes ?? estimateMemory(spec)), 0);
  return held + estimateMemory(wanted) <= memoryBytes;
}
