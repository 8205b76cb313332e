import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { Reranker } from "../../ports/reranker.ts";

/** Where the service finds models, and how it starts them. */
export interface ModelSource {
  /** Neither downloads nor compiles. Rejects with UserError where the model is unknown, or not ready on this machine. */
  locate(name: string, role: ModelRole): Promise<ModelSpec>;
  /** Names of all models of a role that are ready on this machine. */
  ready(role: ModelRole): Promise<readonly string[]>;
  /** A process that begins to load this model and no other. */
  start(spec: ModelSpec, listeners: ModelListeners): StartedModel;
}

export interface ModelListeners {
  /** One line about something that the operator should know and that is no error. */
  onNotice(line: string): void;
  /** The process has died without being asked to. It is started again for the next request. */
  onDeath(): void;
}

/** One model in a process of its own. */
export interface StartedModel {
  /** Read for a spec of that role only. */
  readonly embedder: Embedder;
  readonly reranker: Reranker;
  /** Resolves when the model can answer, rejects when it cannot be loaded. */
  loaded(role: ModelRole): Promise<{ readonly loadMs: number; readonly device: string }>;
  /** Resident memory of the process. */
  memoryBytes(): Promise<number>;
  /** Ends the process at once; what still waits is rejected. May be called twice. */
  close(): Promise<void>;
}

/** What happens to models, for the log. */
export type ServiceEvent =
  | { readonly type: "model-loading"; readonly spec: ModelSpec }
  | { readonly type: "model-loaded"; readonly spec: ModelSpec; readonly loadMs: number; readonly device: string }
  /** It made room for another one. */
  | { readonly type: "model-unloaded"; readonly spec: ModelSpec }
  /** It could not be loaded; the next request for it tries again. */
  | { readonly type: "model-failed"; readonly spec: ModelSpec; readonly error: unknown }
  /** The server's own model is not on this machine. */
  | { readonly type: "default-missing"; readonly role: ModelRole; readonly error: unknown }
  | { readonly type: "model-died"; readonly spec: ModelSpec }
  | { readonly type: "model-notice"; readonly spec: ModelSpec; readonly line: string };
