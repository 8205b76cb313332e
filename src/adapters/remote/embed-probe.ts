import type { EmbedDialectName } from "../../domain/remote-model.ts";
import type { RemoteEndpoint } from "../../ports/remote-provider.ts";
import { createEmbedClient } from "./embed-client.ts";
import { member } from "./embed-dialect.ts";
import { embedTokensOf } from "./embed-providers.ts";
import { prepareTexts } from "./embed-sides.ts";
import type { RemoteTransport } from "./remote-transport.ts";

export interface ProbedEmbedder {
  readonly dimensions: number;
  /** As the server calls it. */
  readonly modelId: string | undefined;
  /** As the server tells, or as models of this name read; 512 where neither says anything. */
  readonly maxTokens: number;
}

/**
 * Asks for the vector of one word, as a query: what the server thinks of key, model, side and length shows at once. Servers that tell
 * about themselves are asked for that too.
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
  const modelId = nameOf(member(json, "model"));
  return { dimensions: vectors[0]?.length ?? 0, modelId: modelId ?? endpoint.model, maxTokens: embedTokensOf(modelId ?? endpoint.model) };
}

function nameOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
