import { type EmbedBatch, type EmbedDialect, countOf, inOrder, member } from "./embed-dialect.ts";

/** What servers that answer as OpenAI take beside model, input and dimensions. */
export interface OpenaiFlavour {
  /** base64 is a third of the bytes of decimal numbers. "none": the member is not known there. */
  readonly encoding: "base64" | "float" | "none";
  /** Under another name than OpenAI's. */
  readonly dimensionsMember?: string;
  /** How the side of the texts is said. Absent: it cannot be said. */
  readonly side?: (batch: EmbedBatch) => Readonly<Record<string, unknown>>;
  /** Sent with every request. */
  readonly always?: Readonly<Record<string, unknown>>;
}

/** OpenAI and Azure refuse what they do not know. */
export const OPENAI: OpenaiFlavour = { encoding: "base64" };

/** DashScope's compatible route packs nothing. */
export const PLAIN_NUMBERS: OpenaiFlavour = { encoding: "float" };

/** For those of whom no more is known than that they refuse what they do not know. */
export const STRICT: OpenaiFlavour = { encoding: "none" };

export const JINA: OpenaiFlavour = {
  encoding: "base64",
  always: { truncate: true },
  // The models before the third know no tasks.
  side: ({ use, model = "" }) => (/v[12](-|$)/.test(model) ? {} : { task: use === "query" ? "retrieval.query" : "retrieval.passage" }),
};

export const VOYAGE: OpenaiFlavour = {
  encoding: "base64",
  dimensionsMember: "output_dimension",
  side: ({ use }) => ({ input_type: use === "query" ? "query" : "document" }),
};

/** Servers that people run themselves, `rerank serve` among them, ignore members that they do not know. */
export const SELF_HOSTED: OpenaiFlavour = {
  encoding: "base64",
  side: ({ use, side }) => ({ input_type: use, ...(use === "query" && side?.instruction !== undefined && { instruction: side.instruction }) }),
};

/** `POST /v1/embeddings`, with the members that this kind of server knows. Floats are read where base64 was asked for. */
export function createOpenaiEmbedDialect({ encoding, dimensionsMember = "dimensions", side, always }: OpenaiFlavour): EmbedDialect {
  return {
    path: "/v1/embeddings",
    requestBody(batch) {
      const { texts, model, dimensions } = batch;
      return {
        ...(model !== undefined && { model }),
        input: texts,
        ...(encoding !== "none" && { encoding_format: encoding }),
        ...(dimensions !== undefined && { [dimensionsMember]: dimensions }),
        ...(batch.side !== undefined && side?.(batch)),
        ...always,
      };
    },
    readAnswer(json, { texts }) {
      const { vectors, entries } = inOrder(member(json, "data"), texts.length, { indexName: "index", vectorName: "embedding" });
      const usage = member(json, "usage");
      return {
        vectors,
        tokens: countOf(member(usage, "total_tokens")) ?? countOf(member(usage, "prompt_tokens")),
        // `rerank serve` says it.
        truncated: new Set(entries.flatMap((entry, position) => (member(entry, "truncated") === true ? [position] : []))),
      };
    },
  };
}
