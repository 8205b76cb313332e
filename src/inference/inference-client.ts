import type { ModelRole, LocalSpec } from "../domain/model-spec.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Reranker } from "../ports/reranker.ts";
import type { BorrowModels } from "./child-process.ts";
import { InferenceLink } from "./inference-link.ts";
import { createEmbedderPort, createRerankerPort } from "./model-ports.ts";
import type { LoadOptions, LoadReport } from "./protocol.ts";

export interface InferenceOptions extends LoadOptions {
  readonly embedder?: LocalSpec;
  readonly reranker?: LocalSpec;
  /** One line each about things that the user should know and that are no errors. */
  readonly onNotice?: (line: string) => void;
  /** Called each time that the process has died without being asked to, before it is started again. Does not throw. */
  readonly onDeath?: () => void;
  /** Asked first for models that are loaded already: those of a running server. */
  readonly borrow?: BorrowModels;
}

/** Models in a process of their own, behind the ports. */
export interface Inference {
  /** Throws when no embedder was asked for. */
  readonly embedder: Embedder;
  /** Throws when no reranker was asked for. */
  readonly reranker: Reranker;
  /** Resolves when the role's model can answer, rejects when it cannot be loaded. Asks about the process that runs, or ran last. */
  loaded(role: ModelRole): Promise<LoadReport>;
  /** Resident memory of the process. Rejects where none runs: one that has died is started again when it is asked for something. */
  memoryBytes(): Promise<number>;
  /** Ends the process at once; what still waits is rejected. May be called twice. */
  close(): Promise<void>;
}

/**
 * Forks the inference process, which begins to load the models at once. A process that dies is started again once per
 * request, with a notice; what it had answered stays. At the second death the request rejects with ModelProcessDied,
 * and with ModelLoadFailed when what had answered cannot be loaded again. While nothing is asked of it, it does not keep the caller's
 * process alive.
 */
export function startInference({ embedder, reranker, onNotice = () => {}, onDeath = () => {}, borrow, ...options }: InferenceOptions): Inference {
  // In this order: the query's vector is wanted before anything is judged.
  const specs = [embedder, reranker].filter((spec) => spec !== undefined);
  const link = new InferenceLink(specs, options, { onNotice, onDeath, borrow });
  const embedderPort = embedder && createEmbedderPort(embedder, link);
  const rerankerPort = reranker && createRerankerPort(reranker, link);
  return {
    get embedder() {
      return asked(embedderPort, "embedder");
    },
    get reranker() {
      return asked(rerankerPort, "reranker");
    },
    loaded: (role) => link.loaded(role),
    memoryBytes: () => link.memoryBytes(),
    close: () => link.close(),
  };
}

function asked<Port>(port: Port | undefined, role: ModelRole): Port {
  if (port === undefined) throw new Error(`this inference was started without ${role === "embedder" ? "an embedder" : "a reranker"}`);
  return port;
}
