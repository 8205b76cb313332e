import { embeddingQueryPrompt } from "../../domain/embedding-prompt.ts";
import type { EmbedDialectName } from "../../domain/remote-model.ts";
import type { RemoteEndpoint } from "../../ports/remote-provider.ts";
import type { EmbedBatch } from "./embed-dialect.ts";
import { instructionSide } from "./embed-providers.ts";

export interface TextPreparation {
  /** What is sent in the place of a text. */
  text(text: string): string;
  readonly side: EmbedBatch["side"];
}

/**
 * What says which side texts stand on: Qwen3's words before queries, put there by us, or members of the request. Never both: a server
 * that is told the side puts its own words before the text.
 */
export function prepareTexts(
  endpoint: RemoteEndpoint<EmbedDialectName>,
  specId: string,
  use: EmbedBatch["use"],
  instruction: string | undefined,
): TextPreparation {
  const bare = (text: string): string => text;
  const by = instructionSide(endpoint, endpoint.model ?? specId);
  if (by === "client") return { text: use === "query" ? (query) => embeddingQueryPrompt(query, instruction) : bare, side: undefined };
  // An unknown prompt's name is refused there, and only Qwen3's and their like are sure to have one: somebody has to say so.
  if (endpoint.dialect === "tei" && endpoint.template === "client") return { text: bare, side: undefined };
  return { text: bare, side: { instruction: by === "server" ? instruction : undefined } };
}
