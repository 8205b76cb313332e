import { RemoteFailure } from "../../domain/errors.ts";
import type { EmbedDialectName } from "../../domain/remote-model.ts";
import type { RemoteEndpoint } from "../../ports/remote-provider.ts";
import { createEmbedClient, type EmbedClient } from "./embed-client.ts";
import { countOf, member } from "./embed-dialect.ts";
import { embedTokensOf, modelRouteOf } from "./embed-providers.ts";
import { prepareTexts } from "./embed-sides.ts";
import type { RemoteTransport } from "./remote-transport.ts";

export interface ProbedEmbedder {
  readonly dimensions: number;
  /** As the server calls it; where it does not say, as it was asked. */
  readonly modelId: string | undefined;
  /** As the server tells, else as models of this name read; 512 where neither says anything. */
  readonly maxTokens: number;
}

/**
 * Asks for the vector of one word, as a query: what the server thinks of key, model, side and length shows at once. Servers that tell
 * about their model are asked for that too.
 *
 * @param dimensions where somebody chose a length.
 *
 * Rejects with RemoteFailure, and with `signal.reason` when aborted.
 */
export async function probeEmbedder(
  endpoint: RemoteEndpoint<EmbedDialectName>,
  transport: RemoteTransport,
  signal: AbortSignal,
  dimensions?: number,
): Promise<ProbedEmbedder> {
  const client = createEmbedClient(endpoint, transport);
  const { text, side } = prepareTexts(endpoint, "", "query", undefined);
  const batch = { texts: [text("kettle")], use: "query" as const, model: endpoint.model, side, dimensions };
  const { vectors, json } = await client.ask(batch, { dimensions, signal });
  const told = await askAboutModel(client, endpoint, signal);
  const modelId = textOf(told.modelId) ?? textOf(member(json, "model")) ?? endpoint.model;
  return { dimensions: vectors[0]?.length ?? 0, modelId, maxTokens: positive(told.maxTokens) ?? embedTokensOf(modelId) };
}

interface ToldModel {
  readonly modelId?: unknown;
  readonly maxTokens?: unknown;
}

/** Nobody has to tell: a server that does not is as good. */
async function askAboutModel(client: EmbedClient, endpoint: RemoteEndpoint<EmbedDialectName>, signal: AbortSignal): Promise<ToldModel> {
  const route = modelRouteOf(endpoint);
  if (route === undefined) return {};
  try {
    const told = await client.tell(route, signal);
    if (endpoint.dialect === "tei") return { modelId: member(told, "model_id"), maxTokens: member(told, "max_input_length") };
    const models: readonly unknown[] = [member(told, "data")].flat();
    const own = models.find((model) => (endpoint.model === undefined ? member(embedderOf(model), "is_default") === true : member(model, "id") === endpoint.model));
    // vLLM's word, and that of `rerank serve`.
    return { maxTokens: member(own, "max_model_len") ?? member(embedderOf(own), "max_tokens") };
  } catch (error) {
    if (error instanceof RemoteFailure) return {};
    throw error;
  }
}

/** Under one name `rerank serve` may have an embedder and a reranker. */
function embedderOf(model: unknown): unknown {
  return member(member(model, "roles"), "embedder");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function positive(value: unknown): number | undefined {
  const count = countOf(value);
  return count !== undefined && count >= 1 ? Math.floor(count) : undefined;
}
