import { createHash } from "node:crypto";
import { embedProviderOf, instructionSide } from "../adapters/remote/embed-providers.ts";
import { probeEmbedder } from "../adapters/remote/embed-probe.ts";
import { RERANK_PROVIDERS } from "../adapters/remote/rerank-providers.ts";
import type { Environment } from "../config/environment.ts";
import { UserError } from "../domain/errors.ts";
import type { RemoteSpec } from "../domain/model-spec.ts";
import type { EmbedDialectName, RerankDialectName } from "../domain/remote-model.ts";
import { formatRemoteName, parseRemoteName } from "../domain/remote-name.ts";
import type { IndexManifest } from "../ports/passage-store.ts";
import { openTransport } from "./remote-connection.ts";
import { findEmbedEndpoint, findRerankEndpoint, type FoundEndpoint } from "./remote-endpoint.ts";
import type { RemoteSettings } from "./remote-settings.ts";

/** Makes specs of models that are behind an API. */
export interface RemoteLocator {
  /**
   * Asks the server for the length of its vectors, unless an index with vectors of this very model tells it.
   * Rejects with UserError where address, dialect or key are missing or the server does not answer.
   */
  locateEmbedder(name: string, wishes: RemoteWishes & { readonly dimensions?: number | undefined }, manifest?: IndexManifest): Promise<RemoteSpec>;
  /** Asks nobody. Throws UserError as above. */
  locateReranker(name: string, wishes: RemoteWishes): RemoteSpec;
}

export interface RemoteWishes {
  readonly maxTokens?: number | undefined;
}

export interface RemoteLocatorOptions {
  readonly settings: RemoteSettings;
  readonly env: Environment;
  /** One line each about keys that others can read. */
  readonly onNotice?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export function createRemoteLocator({ settings, env, onNotice = () => {}, signal = new AbortController().signal }: RemoteLocatorOptions): RemoteLocator {
  const told = new Set<string>();
  function tell(lines: readonly string[]): void {
    for (const line of lines) {
      if (!told.has(line)) onNotice(line);
      told.add(line);
    }
  }

  return {
    async locateEmbedder(name, wishes, manifest) {
      const found = findEmbedEndpoint(name, settings, env);
      tell(found.notices);
      const known = manifest !== undefined && isSameModel(name, manifest.embedderId) ? knownOf(manifest, wishes) : undefined;
      if (known !== undefined) return embedderSpec(found, known);
      const transport = openTransport(settings, env);
      try {
        const probed = await probeEmbedder(found.endpoint, transport, signal, wishes.dimensions);
        const maxTokens = Math.min(wishes.maxTokens ?? Number.POSITIVE_INFINITY, probed.maxTokens, embedProviderOf(found.endpoint).limits.maxDocumentTokens);
        return embedderSpec(found, { dimensions: probed.dimensions, maxTokens, asksDimensions: wishes.dimensions !== undefined, toldModel: probed.modelId });
      } finally {
        await transport.close();
      }
    },

    locateReranker(name, wishes) {
      const found = findRerankEndpoint(name, settings, env);
      tell(found.notices);
      return rerankerSpec(found, wishes);
    },
  };
}

interface EmbedderFacts {
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly asksDimensions: boolean;
  /** What the server calls its model. */
  readonly toldModel?: string | undefined;
}

/** What the index tells of its embedder; `undefined` where that does not do, or something else is wanted. */
function knownOf(manifest: IndexManifest, { maxTokens, dimensions }: RemoteWishes & { readonly dimensions?: number | undefined }): EmbedderFacts | undefined {
  if (dimensions !== undefined && dimensions !== manifest.dimensions) return undefined;
  const tokens = maxTokens ?? manifest.embedTokens;
  if (tokens === undefined) return undefined;
  return { dimensions: manifest.dimensions, maxTokens: tokens, asksDimensions: manifest.asksDimensions === true };
}

/** The same model at another address, or behind its provider's name. */
function isSameModel(name: string, other: string): boolean {
  return parseRemoteName(name) !== undefined && parseRemoteName(name)?.model === parseRemoteName(other)?.model;
}

function embedderSpec({ endpoint, id, url }: FoundEndpoint<EmbedDialectName>, { dimensions, maxTokens, asksDimensions, toldModel }: EmbedderFacts): RemoteSpec {
  const { dialect, template } = endpoint;
  // A name that the server tells makes an index that says what its vectors are of.
  const model = endpoint.model ?? toldModel;
  return {
    ...REMOTE,
    role: "embedder",
    id: endpoint.model === undefined && model !== undefined ? formatRemoteName({ provider: "server", model }) : id,
    dialect,
    url,
    template,
    maxTokens,
    dimensions,
    readsInstruction: instructionSide(endpoint, model) !== "none",
    fingerprint: fingerprintOf(["embedder", dialect, model ?? url, dimensions, template, maxTokens]),
    ...(asksDimensions && { askedDimensions: dimensions }),
  };
}

function rerankerSpec({ endpoint, id, url }: FoundEndpoint<RerankDialectName>, { maxTokens: wanted = Number.POSITIVE_INFINITY }: RemoteWishes): RemoteSpec {
  const { dialect, template, model } = endpoint;
  const provider = RERANK_PROVIDERS[dialect];
  if (template === "client" && !provider.takesTemplate) {
    throw new UserError(`${provider.name} puts its models' template around texts itself`, { hint: "leave --rerank-template out, or ask a vLLM server: --rerank-dialect vllm" });
  }
  const maxTokens = Math.min(wanted, provider.limitsOf(model).maxDocumentTokens);
  return {
    ...REMOTE,
    role: "reranker",
    id,
    dialect,
    url,
    template,
    maxTokens,
    dimensions: 0,
    readsInstruction: template === "client" || provider.instructionMemberOf(model) !== undefined,
    fingerprint: fingerprintOf(["reranker", dialect, model ?? url, template, maxTokens]),
  };
}

const REMOTE = { family: "remote", precision: "remote", source: "remote", revision: "unknown", licence: "unknown", folder: "", graphPath: "", sizeBytes: 0 } as const;

/** Not over the address, as the same model may move; only a server's one model without a name is told from others by nothing else. */
function fingerprintOf(parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(["remote", ...parts])).digest("hex");
}
