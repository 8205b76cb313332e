import { RemoteFailure } from "../../domain/errors.ts";
import type { EmbedDialectName } from "../../domain/remote-model.ts";
import type { RemoteEndpoint } from "../../ports/remote-provider.ts";
import { estimateEmbedTokens } from "./embed-batches.ts";
import { BadAnswer, countOf, type EmbedBatch } from "./embed-dialect.ts";
import { embedDialectOf, embedKeyVariables } from "./embed-providers.ts";
import { readVector } from "./embed-vectors.ts";
import type { RemoteTransport } from "./remote-transport.ts";
import { requestAddress, requirePrivacy, shownAddress } from "./request-address.ts";

export interface EmbeddedBatch {
  /** By position in the batch, unit length. */
  readonly vectors: readonly Float32Array[];
  /** Of texts that the server cut, where it tells. */
  readonly truncated: ReadonlySet<number>;
  readonly tokens: number;
  /** The provider did not tell the tokens. */
  readonly isEstimated: boolean;
  readonly json: unknown;
}

export interface AskOptions {
  /** The length that all vectors must have; `undefined` while it is not known: one for all of them then. */
  readonly dimensions: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly deadlineAt?: number | undefined;
}

/** One server, asked for vectors. */
export interface EmbedClient {
  /** Rejects with RemoteFailure, `bad-answer` for vectors that are none, and with `signal.reason` when aborted. */
  ask(batch: EmbedBatch, options: AskOptions): Promise<EmbeddedBatch>;
  /** What the server tells at another route beside its own ("info" for "/embed"). Rejects as `ask`. */
  tell(route: string, signal: AbortSignal): Promise<unknown>;
}

/** @throws UserError for an address that is none, and for one where texts could be read on the way. */
export function createEmbedClient(endpoint: RemoteEndpoint<EmbedDialectName>, transport: RemoteTransport): EmbedClient {
  const dialect = embedDialectOf(endpoint);
  const url = requestAddress(endpoint.url, dialect.path);
  requirePrivacy(endpoint);
  const headers = endpoint.key === undefined ? {} : { authorization: `Bearer ${endpoint.key.reveal()}` };
  const keyHint = `set ${embedKeyVariables(url).join(" or ")}, or name a file with --embed-key-file`;
  return {
    async tell(route, signal) {
      const target = new URL(route, url);
      for (const [name, value] of new URL(url).searchParams) target.searchParams.append(name, value);
      return (await transport.post({ url: target.href, headers, body: undefined, signal, keyHint })).json;
    },
    async ask(batch, { dimensions, signal, deadlineAt }) {
      const answer = await transport.post({ url, headers, body: dialect.requestBody(batch), signal, deadlineAt, keyHint });
      try {
        const { vectors: raw, tokens, truncated } = dialect.readAnswer(answer.json, batch);
        const vectors: Float32Array[] = [];
        for (const [position, value] of raw.entries()) vectors.push(readVector(value, position, dimensions ?? vectors[0]?.length));
        // text-embeddings-inference has no other place for it.
        const counted = tokens ?? countOf(Number(answer.headers.get("x-compute-tokens") ?? Number.NaN));
        return { vectors, truncated, tokens: counted ?? estimateEmbedTokens(batch.texts), isEstimated: counted === undefined, json: answer.json };
      } catch (error) {
        if (!(error instanceof BadAnswer)) throw error;
        throw new RemoteFailure("bad-answer", `${shownAddress(url)} does not answer as a server of the dialect ${endpoint.dialect}: ${error.message}`, {
          hint: error.hint ?? "check --embed-url and --embed-dialect",
        });
      }
    },
  };
}
