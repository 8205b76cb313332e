import type { Judgment } from "../../domain/candidate.ts";
import type { ModelSpec } from "../../domain/model-spec.ts";
import { addUsage, NO_TOKENS, type TokenUsage } from "../../domain/token-usage.ts";
import type { KnownRelevance, RelevanceCache } from "../../ports/relevance-cache.ts";
import type { Reranker } from "../../ports/reranker.ts";
import { estimateTokens } from "../../domain/estimate-tokens.ts";
import type { ScoreReply, ScoreRequest } from "../model-service.ts";
import { checkFinite } from "./failures.ts";
import { relevanceKeys } from "./relevance-keys.ts";
import { groupEqualTexts, type TextGroup } from "./text-groups.ts";

export interface ScoreOptions {
  readonly cache?: RelevanceCache | undefined;
  readonly cacheScope: string;
  /** Texts are read to their end, in windows, rather than cut to what the model reads. */
  readonly readsWholeTexts: boolean;
}

interface KeyedGroup extends TextGroup {
  /** Under which the cache knows its relevance, where there is a cache. */
  readonly key: string | undefined;
}

/** The texts of one request on their way to judgments: equal ones as one, and what the cache knows not at all. */
export class TextScoring {
  readonly #spec: ModelSpec;
  readonly #request: ScoreRequest;
  readonly #cache: RelevanceCache | undefined;
  readonly #judgments: (Judgment | undefined)[] = [];
  /** Those that are to be judged, in the order given. */
  readonly #groups: readonly KeyedGroup[];
  #usage: TokenUsage = NO_TOKENS;
  #inputTokens = 0;
  #queryTruncated = false;
  /** Texts that were known, equal ones counted once. */
  readonly knownCount: number;
  readonly cachedCount: number;
  /** Estimated tokens of each text that is to be judged. */
  readonly costs: readonly number[];

  /** Tells what the cache knows at once. */
  constructor(spec: ModelSpec, request: ScoreRequest, { cache, cacheScope, readsWholeTexts }: ScoreOptions) {
    this.#spec = spec;
    this.#request = request;
    this.#cache = cache;
    const keyOf = relevanceKeys(spec, cacheScope, request);
    const groups = groupEqualTexts(request.texts).map((group) => ({ ...group, key: cache && keyOf(group.text) }));
    const known = groups.filter((group) => this.#lookUp(group));
    const left = new Set(groups);
    for (const group of known) left.delete(group);
    this.#groups = [...left];
    this.knownCount = known.length;
    this.cachedCount = known.reduce((sum, { positions }) => sum + positions.length, 0);
    const queryTokens = estimateTokens(request.query);
    const { maxTextTokens = Number.POSITIVE_INFINITY } = request;
    const maxTokens = readsWholeTexts ? Number.POSITIVE_INFINITY : spec.maxTokens;
    this.costs = this.#groups.map(({ text }) => Math.max(1, Math.min(maxTokens, queryTokens + Math.min(maxTextTokens, estimateTokens(text)))));
  }

  /** Judges the texts from `start` up to `end`, and tells each as it lands. */
  async run(reranker: Reranker, start: number, end: number, signal: AbortSignal, onSign: () => void = () => {}): Promise<void> {
    const { query, instruction, maxTextTokens } = this.#request;
    const groups = this.#groups.slice(start, end);
    let counted = NO_TOKENS;
    let pairTokens: number | undefined;
    let landed = 0;
    let queryTruncated = false;
    const land = (group: KeyedGroup | undefined, judgment: Judgment): void => {
      landed += 1;
      onSign();
      if (group === undefined || signal.aborted) return;
      const tokens = pairTokens ?? estimateTokens(query) + estimateTokens(group.text);
      this.#accept(group, { judgment, tokens, ...(queryTruncated && { queryTruncated: true as const }) });
      queryTruncated = false;
    };
    const judgments = await reranker.score(query, groups.map(({ text }) => text), {
      signal,
      ...(instruction !== undefined && { instruction }),
      ...(maxTextTokens !== undefined && { maxTextTokens }),
      onUsage: (usage) => {
        const computedTokens = usage.computedTokens - counted.computedTokens;
        const savedTokens = usage.savedTokens - counted.savedTokens;
        counted = usage;
        pairTokens = computedTokens + savedTokens;
        if (!signal.aborted) this.#count({ computedTokens, savedTokens });
      },
      onQueryTruncated: () => {
        queryTruncated = true;
      },
      onJudgment: (position, judgment) => land(groups[position], judgment),
    });
    // A reranker that tells nothing before the end tells it now.
    for (const [position, judgment] of judgments.entries()) if (position >= landed) land(groups[position], judgment);
  }

  /** To be called when all texts have run. */
  reply(): Pick<ScoreReply, "judgments" | "usage" | "inputTokens" | "cachedCount" | "queryTruncated"> {
    const judgments = this.#request.texts.map((_, position) => {
      const judgment = this.#judgments[position];
      if (judgment === undefined) throw new Error(`${this.#spec.id} has not judged text ${position + 1}`);
      return judgment;
    });
    return { judgments, usage: this.#usage, inputTokens: this.#inputTokens, cachedCount: this.cachedCount, queryTruncated: this.#queryTruncated };
  }

  #lookUp(group: KeyedGroup): boolean {
    const known = group.key === undefined ? undefined : this.#cache?.get(group.key);
    if (known !== undefined) this.#tell(group, known);
    return known !== undefined;
  }

  #accept(group: KeyedGroup, known: KnownRelevance): void {
    const { judgment } = known;
    checkFinite(judgment.logit, this.#spec, "a relevance");
    // Also of what the reranker has made of it: what is kept here is answered for days.
    checkFinite(judgment.relevance, this.#spec, "a relevance");
    if (group.key !== undefined) this.#cache?.set(group.key, known);
    this.#tell(group, known);
  }

  #tell({ positions }: TextGroup, { judgment, tokens, queryTruncated }: KnownRelevance): void {
    if (queryTruncated) this.#queryTruncated = true;
    for (const position of positions) {
      this.#judgments[position] = judgment;
      this.#inputTokens += tokens;
      if (queryTruncated) this.#request.onQueryTruncated?.();
      this.#request.onJudgment?.(position, judgment);
    }
  }

  #count(usage: TokenUsage): void {
    this.#usage = addUsage(this.#usage, usage);
    this.#request.onUsage?.(this.#usage);
  }
}
