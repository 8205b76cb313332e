import type { FastifyReply, FastifyRequest } from "fastify";
import type { AppServices } from "../create-app.ts";
import { callerOf } from "../http/caller.ts";
import { tellWork } from "../http/tell-work.ts";
import type { EmbedReply } from "../model-service.ts";
import { checkInputs, type EmbeddingInputs, type InputNames, refuseTooLong, refuseTruncated } from "./embedding-inputs.ts";
import type { Side } from "./embedding-side.ts";
import { chooseDimensions, vectorsOf } from "./embedding-vectors.ts";

export interface EmbeddingWork {
  readonly inputs: EmbeddingInputs;
  readonly nameOf: InputNames;
  readonly side: Side;
  /** `undefined`, `null` and "": the server's own. */
  readonly model?: string | null | undefined;
  readonly dimensions?: number | null | undefined;
  /** Whether a text that the model does not read to its end is cut, and counted in a header, or refused. */
  readonly mayTruncate: boolean;
}

/** Checks, embeds, and tells the cost in the headers of the reply. */
export async function embedInputs(
  { inputs, nameOf, side, model, dimensions, mayTruncate }: EmbeddingWork,
  { models, limits }: AppServices,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ readonly vectors: readonly Float32Array[]; readonly work: EmbedReply }> {
  checkInputs(inputs, limits, nameOf);
  const wanted = model || undefined;
  const spec = await models.locate(wanted, "embedder");
  const length = chooseDimensions(spec, dimensions);
  const caller = callerOf(request);
  if (!mayTruncate) await refuseTooLong(inputs, spec, models, caller, nameOf);
  const work = await models.embed({ ...side, inputs, ...(wanted !== undefined && { model: wanted }) }, caller);
  if (!mayTruncate) refuseTruncated(work, nameOf);
  const vectors = vectorsOf(work, length);
  tellWork(reply, { ...work, textCount: inputs.length });
  const truncatedCount = work.embeddings.filter(({ truncated }) => truncated).length;
  // Some answers have no other place for it.
  if (truncatedCount > 0) void reply.header("x-truncated-inputs", String(truncatedCount));
  return { vectors, work };
}
