import { cutToTokens } from "../../domain/cut-to-tokens.ts";
import type { Judgment } from "../../domain/candidate.ts";
import { DEFAULT_TASK } from "../../domain/default-task.ts";
import { UserError } from "../../domain/errors.ts";
import { estimateTokens } from "../../domain/estimate-tokens.ts";
import type { RemoteSpec } from "../../domain/model-spec.ts";
import type { RerankDialectName } from "../../domain/remote-model.ts";
import type { RelevanceCache } from "../../ports/relevance-cache.ts";
import type { ProviderLimits, RemoteBounds, RemoteCost, RemoteEndpoint } from "../../ports/remote-provider.ts";
import type { Reranker, ScoreOptions } from "../../ports/reranker.ts";
import { createJudgmentLedger } from "./judgment-ledger.ts";
import { qwen3Document, qwen3Query } from "./qwen3-pair.ts";
import type { RemoteTransport } from "./remote-transport.ts";
import { requestAddress, requirePrivacy, shownAddress } from "./request-address.ts";
import { readRerankAnswer } from "./rerank-answers.ts";
import { relevanceKeys } from "./rerank-keys.ts";
import { RERANK_PROVIDERS, rerankKeyVariables } from "./rerank-providers.ts";
import { documentRoom, rerankBody, splitRequests } from "./rerank-requests.ts";

export interface RemoteRerankerOptions {
  readonly spec: RemoteSpec;
  readonly endpoint: RemoteEndpoint<RerankDialectName>;
  /** Of this endpoint alone: its bounds and its circuit are one server's. */
  readonly transport: RemoteTransport;
  readonly bounds: Pick<RemoteBounds, "concurrency">;
  /** In the place of the provider's known ones. */
  readonly limits?: Partial<ProviderLimits>;
  /** Answers from it make no request. */
  readonly cache?: RelevanceCache;
  /** What all calls have cost so far; after each request, and after calls that the cache answered. */
  readonly onCost?: (cost: RemoteCost) => void;
}

/**
 * A reranker behind somebody's API. `score` rejects with RemoteFailure where the server does not answer as it should, and keeps
 * nothing of such an answer.
 *
 * @throws UserError for an address that cannot be asked, or would be asked without TLS beyond private networks, for a dialect that needs a
 *   model's name and has none, and for a template on our side where the server would put its own around it.
 */
export function createRemoteReranker({ spec, endpoint, transport, bounds, limits: givenLimits = {}, cache, onCost = () => {} }: RemoteRerankerOptions): Reranker {
  const { dialect, model, template, key } = endpoint;
  const provider = RERANK_PROVIDERS[dialect];
  requirePrivacy(endpoint);
  const url = requestAddress(endpoint.url, provider.path);
  const name = shownAddress(url);
  if (provider.modelIsRequired && model === undefined) throw new UserError(`${name} needs the name of a model`, { hint: "name it with --reranker" });
  if (template === "client" && !provider.takesTemplate) {
    throw new UserError(`${provider.name} puts its own template around texts: with ours it would be there twice`, { hint: "leave --rerank-template at server; client is for vLLM" });
  }
  const limits = { ...provider.limitsOf(model), ...givenLimits };
  const member = template === "client" ? undefined : provider.instructionMemberOf(model);
  const usedCache = provider.judgesPairsAlone(model) ? cache : undefined;
  const headers: Readonly<Record<string, string>> = key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` };
  const keyHint = `set ${rerankKeyVariables(url).join(" or ")}, or name a file with --rerank-key-file`;
  let cost: RemoteCost = { requests: 0, tokens: 0, isEstimated: false, cacheHits: 0 };
  let provesLogits = false;

  function addCost(added: Partial<RemoteCost>): void {
    const { requests = 0, tokens = 0, isEstimated = false, cacheHits = 0 } = added;
    cost = { requests: cost.requests + requests, tokens: cost.tokens + tokens, isEstimated: cost.isEstimated || isEstimated, cacheHits: cost.cacheHits + cacheHits };
    onCost(cost);
  }

  /** Query and documents as they are sent: cut to the limits, in the template where it is ours. */
  function prepare(query: string, texts: readonly string[], { instruction, maxTextTokens = Number.POSITIVE_INFINITY }: ScoreOptions) {
    // Servers fail over halves of characters.
    const asked = template === "client" ? qwen3Query(query.toWellFormed(), instruction?.toWellFormed()) : query.toWellFormed();
    const queryTokens = estimateTokens(asked) + (template === "client" ? estimateTokens(qwen3Document("")) : 0);
    const room = Math.min(maxTextTokens, documentRoom(queryTokens, limits, provider.limitsPairs));
    const documents = texts.map((text) => {
      const cut = cutToTokens(text, room);
      return { ...cut, sent: template === "client" ? qwen3Document(cut.text) : cut.text, tokens: estimateTokens(cut.text) };
    });
    return { asked, queryTokens, documents };
  }

  return {
    spec,
    async score(query, texts, options = {}) {
      const { signal, instruction } = options;
      signal?.throwIfAborted();
      if (texts.length === 0) return [];
      const deadlineAt = transport.deadlineAt();
      const { asked, queryTokens, documents } = prepare(query, texts, options);
      const heard = template === "client" ? (instruction ?? DEFAULT_TASK) : member === undefined ? undefined : instruction;
      const ledger = createJudgmentLedger({
        documents: documents.map(({ text, truncated }) => ({ text, truncated })),
        scores: provider.scores,
        provesLogits,
        name,
        cache: usedCache,
        keyOf: relevanceKeys({ dialect, model: model ?? url, template, instruction: heard, query }),
        onJudgment: options.onJudgment,
        onUsage: options.onUsage,
      });
      const missing = ledger.missing();
      if (missing.length < texts.length) addCost({ cacheHits: texts.length - missing.length });
      const batches = splitRequests(queryTokens, missing.map((position) => documents[position]?.tokens ?? 0), limits).map((places) => places.map((place) => missing[place] ?? 0));
      await runBatches(batches, bounds.concurrency, signal, async (positions, stop) => {
        const batch = positions.flatMap((position) => documents[position] ?? []);
        const body = rerankBody(dialect, model, template, {
          query: asked,
          documents: batch.map(({ sent }) => sent),
          instruction: member === undefined || instruction === undefined ? undefined : { member, text: instruction.toWellFormed() },
        });
        const { json } = await transport.post({ url, headers, body, signal: stop, deadlineAt, keyHint });
        if (stop.aborted) return;
        const answer = readRerankAnswer(dialect, json, positions.length, name);
        const tokens = answer.tokens ?? batch.reduce((sum, document) => sum + document.tokens + queryTokens, 0);
        addCost({ requests: 1, tokens, isEstimated: answer.tokens === undefined });
        ledger.enter(positions, answer.scores, tokens);
      });
      const judgments: Judgment[] = ledger.close();
      provesLogits ||= ledger.provesLogits();
      return judgments;
    },
  };
}

/** Runs all, so many at a time; the first failure ends the others. */
async function runBatches(
  batches: readonly (readonly number[])[],
  concurrency: number,
  signal: AbortSignal | undefined,
  run: (positions: readonly number[], stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const follow = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", follow, { once: true });
  let next = 0;
  const work = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      stop.signal.throwIfAborted();
      await run(batch, stop.signal);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, batches.length) }, work));
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", follow);
  }
}

/** What a user should know about how this endpoint judges. One line each. */
export function remoteRerankerNotices({ dialect, model, template }: Pick<RemoteEndpoint<RerankDialectName>, "dialect" | "model" | "template">, instruction: string | undefined): string[] {
  const provider = RERANK_PROVIDERS[dialect];
  const notices: string[] = [];
  if (instruction !== undefined && !readsInstruction({ dialect, model, template })) notices.push(`${model ?? provider.name} takes no instruction by way of ${provider.name}: it is ignored`);
  if (!provider.judgesPairsAlone(model)) {
    const { maxDocuments } = provider.limitsOf(model);
    notices.push(`${model} judges all documents of a request together: its relevances of more than ${maxDocuments} candidates cannot quite be compared, and are not kept`);
  }
  return notices;
}

/** Whether an instruction gets to the model: for the model's spec. */
export function readsInstruction({ dialect, model, template }: Pick<RemoteEndpoint<RerankDialectName>, "dialect" | "model" | "template">): boolean {
  return template === "client" || RERANK_PROVIDERS[dialect].instructionMemberOf(model) !== undefined;
}
