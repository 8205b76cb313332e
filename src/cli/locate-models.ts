import type { ModelLocator } from "../adapters/models/model-locator.ts";
import { DEFAULT_PAIR } from "../adapters/models/resolve-pair.ts";
import type { Settings } from "../config/settings-table.ts";
import { UserError } from "../domain/errors.ts";
import type { LocalSpec, ModelSpec, Qwen3Precision } from "../domain/model-spec.ts";
import { chooseDevice } from "../engine/choose-device.ts";
import { parseRemoteName } from "../domain/remote-name.ts";
import type { InferenceOptions } from "../inference/inference-client.ts";
import type { IndexManifest } from "../ports/passage-store.ts";
import { withServers, type NameSettings } from "./remote-names.ts";
import { addressOf, type RemoteSettings } from "./remote-settings.ts";
import type { RemoteLocator } from "./remote-specs.ts";

/** Which models run, and how. */
export type ModelSettings = Pick<
  Settings,
  "models" | "embedder" | "reranker" | "threads" | "device" | "precision" | "embedTokens" | "rerankTokens" | "longDocuments" | "promptSeparator"
> &
  RemoteSettings;

/** Models of this machine, and of others: `openLocator` gives both. */
export type AnyLocator = ModelLocator & { readonly remote?: RemoteLocator };

/** The names of the two models: as the settings say, else as the index was built, else those that are ready on this machine. */
export async function modelNames(
  locator: ModelLocator,
  settings: NameSettings,
  manifest: IndexManifest | undefined,
): Promise<{ readonly embedder: string; readonly reranker: string }> {
  const { models, embedder, reranker } = withServers(settings);
  const overrides = { ...(embedder !== undefined && { embedder }), ...(reranker !== undefined && { reranker }) };
  const judgesElsewhere = addressOf(settings.rerankUrl) !== undefined;
  if (models === undefined && manifest !== undefined) {
    // An index has its embedder, wherever others are; who judges is free to choose, and an address chooses.
    const judge = judgesElsewhere && parseRemoteName(manifest.rerankerId) === undefined ? "server" : manifest.rerankerId;
    return { embedder: manifest.embedderId, reranker: judge, ...overrides };
  }
  const isPair = models?.includes("+") ?? false;
  return locator.resolvePair(models ?? (await locator.usualPair()), {
    ...(addressOf(settings.embedUrl) !== undefined && !isPair && { embedder: "server" }),
    ...(judgesElsewhere && !isPair && { reranker: "server" }),
    ...overrides,
  });
}

/** What is said where nobody has chosen: on another machine, or after a pull, it would be another model. */
export function usualModelNotice(name: string, role: "pair" | "reranker"): string {
  const compiled = role === "pair" ? "models that are compiled here" : "reranker that is compiled here";
  return `using the ${name === DEFAULT_PAIR ? `bundled ${role}` : `${compiled},`} ${name} (--models chooses another)`;
}

/**
 * The embedder that an index is built or searched with. What the user does not say is as in the index, when it is the same model's:
 * how long vectors are, and how many tokens are read. A model of another machine is asked for these only where no index tells them.
 */
export async function locateEmbedder(
  locator: AnyLocator,
  name: string,
  { embedTokens: maxTokens, dimensions }: Pick<ModelSettings, "embedTokens"> & Partial<Pick<Settings, "dimensions">>,
  manifest?: IndexManifest,
): Promise<ModelSpec> {
  if (parseRemoteName(name) !== undefined) return remoteOf(locator).locateEmbedder(name, { maxTokens, dimensions }, manifest);
  const spec = await locator.locate(name, "embedder", { maxTokens, dimensions });
  if (manifest === undefined || spec.id !== manifest.embedderId || spec.fingerprint === manifest.embedderFingerprint) return spec;
  const canBeCut = spec.family === "qwen3" && spec.dimensions > manifest.dimensions;
  return locator.locate(name, "embedder", {
    maxTokens: maxTokens ?? manifest.embedTokens,
    dimensions: dimensions ?? (canBeCut ? manifest.dimensions : undefined),
  });
}

export async function locateReranker(
  locator: AnyLocator,
  name: string,
  { rerankTokens, promptSeparator }: Pick<ModelSettings, "rerankTokens" | "promptSeparator">,
): Promise<ModelSpec> {
  if (parseRemoteName(name) !== undefined) return remoteOf(locator).locateReranker(name, { maxTokens: rerankTokens });
  return locator.locate(name, "reranker", { maxTokens: rerankTokens, promptSeparator: promptSeparator === "newline" ? "\n" : "\n\n" });
}

function remoteOf({ remote }: AnyLocator): RemoteLocator {
  if (remote === undefined) throw new Error("this locator knows no other machines");
  return remote;
}

/** @throws UserError for a model of another machine, where only one of this machine will do. */
export function requireLocal(spec: ModelSpec): LocalSpec {
  if (spec.family !== "remote") return spec;
  throw new UserError(`${spec.id} runs at ${spec.url}, and this is about this machine`, { hint: "name a model of this machine: rerank models list" });
}

/** As `requireLocal`, before the model's server is asked for anything. */
export function requireLocalName(name: string): void {
  if (parseRemoteName(name) === undefined) return;
  throw new UserError(`${name} runs on another machine, and this is about this machine`, { hint: "name a model of this machine: rerank models list" });
}

/** What the inference child has to know beside the models; 0 threads leave it to the child, which counts physical cores. */
export function inferenceSettings({ threads, device, longDocuments }: Pick<ModelSettings, "threads" | "device" | "longDocuments">): InferenceOptions {
  return { device, longDocuments, ...(threads > 0 && { threads }) };
}

/** Rejects with UserError for a device that is named and cannot be had: before minutes go into a model that is to run there. */
export async function checkDevice({ device }: Pick<ModelSettings, "device">): Promise<void> {
  if (device !== "auto") await chooseDevice(device, { id: "", family: "qwen3", precision: "int4" });
}

/** What models are started with, wherever they are. */
export function startSettings(settings: ModelSettings): InferenceOptions & { readonly remote: RemoteSettings } {
  return { ...inferenceSettings(settings), remote: settings };
}

/** The precision of Qwen3 models whose name says none: int8's products are fast on the CPU alone, int4's on graphics processors. */
export async function usualPrecision({ device, precision }: Pick<ModelSettings, "device" | "precision">): Promise<Qwen3Precision> {
  if (precision !== "auto") return precision;
  if (device !== "auto") return device === "cpu" ? "int8" : "int4";
  const choice = await chooseDevice("auto", { id: "", family: "qwen3", precision: "int4" });
  return choice.device === "cpu" ? "int8" : "int4";
}
