import type { ModelRole, ModelSpec } from "../domain/model-spec.ts";
import { startInference, type Inference, type InferenceOptions } from "../inference/inference-client.ts";
import type { RemoteCost } from "../ports/remote-provider.ts";
import type { RemoteSettings } from "./remote-settings.ts";
import { startRemoteEmbedder, startRemoteReranker } from "./start-remote.ts";

export interface StartModelsOptions extends Omit<InferenceOptions, "embedder" | "reranker"> {
  readonly embedder?: ModelSpec;
  readonly reranker?: ModelSpec;
  /** For models of other machines. */
  readonly remote?: RemoteSettings;
}

/** What a remote model has been asked for so far. */
export interface ModelCost extends RemoteCost {
  /** As `ModelSpec.id`. */
  readonly model: string;
  readonly role: ModelRole;
}

export interface StartedModels extends Inference {
  /** Of the remote models; none for those of this machine. */
  costs(): ModelCost[];
}

/**
 * Models of this machine in a process of their own, those of other machines behind their APIs: the same ports for both. No process is
 * started where all models are remote.
 *
 * @throws UserError where a remote model's key or address cannot be had.
 */
export function startModels({ embedder, reranker, remote, ...options }: StartModelsOptions): StartedModels {
  const onNotice = options.onNotice ?? (() => {});
  const remoteEmbedder = embedder?.family === "remote" ? startRemoteEmbedder(embedder, requireSettings(remote)) : undefined;
  const remoteReranker = reranker?.family === "remote" ? startRemoteReranker(reranker, requireSettings(remote), onNotice) : undefined;
  const ownEmbedder = embedder?.family === "remote" ? undefined : embedder;
  const ownReranker = reranker?.family === "remote" ? undefined : reranker;
  const isRemoteOnly = ownEmbedder === undefined && ownReranker === undefined && (embedder ?? reranker) !== undefined;
  const local = isRemoteOnly ? undefined : startInference({ ...(ownEmbedder && { embedder: ownEmbedder }), ...(ownReranker && { reranker: ownReranker }), ...options });

  function own(role: ModelRole): Inference {
    if (local === undefined) throw new Error(`these models were started without a local ${role}`);
    return local;
  }

  return {
    get embedder() {
      return remoteEmbedder?.port ?? own("embedder").embedder;
    },
    get reranker() {
      return remoteReranker?.port ?? own("reranker").reranker;
    },
    async loaded(role) {
      const isRemote = (role === "embedder" ? remoteEmbedder : remoteReranker) !== undefined;
      return isRemote ? { loadMs: 0, device: "remote" } : own(role).loaded(role);
    },
    memoryBytes: async () => (await local?.memoryBytes()) ?? 0,
    async close() {
      await Promise.all([remoteEmbedder?.close(), remoteReranker?.close(), local?.close()]);
    },
    costs() {
      return [
        ...(remoteEmbedder && embedder ? [{ model: embedder.id, role: "embedder" as const, ...remoteEmbedder.cost() }] : []),
        ...(remoteReranker && reranker ? [{ model: reranker.id, role: "reranker" as const, ...remoteReranker.cost() }] : []),
      ];
    },
  };
}

function requireSettings(remote: RemoteSettings | undefined): RemoteSettings {
  if (remote === undefined) throw new Error("a remote model was started without the settings of remote models");
  return remote;
}
