import type { Judgment } from "../domain/candidate.ts";
import { addUsage, NO_TOKENS, type TokenUsage } from "../domain/token-usage.ts";
import type { Embedding } from "../ports/embedder.ts";
import type { FromChild, Work, WorkMessage } from "./protocol.ts";

/** What a message carries at most: enough to keep the child busy, little enough to hold twice in memory and to cancel. */
const MAX_SLICE_TEXTS = 64;
/** Counting and decoding take microseconds a text, not milliseconds. */
const MAX_SLICE_COUNTS = 4096;
/** Of texts, or as many token ids. */
const MAX_SLICE_CHARACTERS = 1 << 20;

/** A text, or token ids where they are decoded. */
export type WorkInput = string | readonly number[];
export type Answer = Embedding | Judgment | number | string;
type AnswerMessage = Extract<FromChild, { type: "embedding" | "judgment" | "counts" | "decoded" }>;

export interface AnswerListeners {
  readonly onAnswer?: ((position: number, answer: Answer) => void) | undefined;
  /** Tokens of all judgments so far, before the newest is told to `onAnswer`. */
  readonly onUsage?: ((usage: TokenUsage) => void) | undefined;
  /** Only the query's beginning was read for the judgment that is told to `onAnswer` next. */
  readonly onQueryTruncated?: (() => void) | undefined;
}

/** A call that the child has not finished: it goes out in slices, and what came back stays even when the child dies. */
export class PendingRequest {
  readonly answers: Answer[] = [];
  /** Deaths of the child while this request waited. */
  deaths = 0;
  /** Lines that were said about it. */
  readonly notices = new Set<string>();
  readonly #work: Work;
  readonly #inputs: readonly WorkInput[];
  readonly #listeners: AnswerListeners;
  #usage = NO_TOKENS;

  constructor(work: Work, inputs: readonly WorkInput[], listeners: AnswerListeners) {
    this.#work = work;
    this.#inputs = inputs;
    this.#listeners = listeners;
  }

  get isComplete(): boolean {
    return this.answers.length === this.#inputs.length;
  }

  /** The next inputs without an answer. Answers come in order, so these are the ones behind the last answer. */
  nextSlice(id: number): WorkMessage {
    const work = this.#work;
    const start = this.answers.length;
    let end = start;
    const maxTexts = work.type === "count" || work.type === "decode" ? MAX_SLICE_COUNTS : MAX_SLICE_TEXTS;
    for (let characters = 0; end < this.#inputs.length && end - start < maxTexts; end++) {
      characters += this.#inputs[end]?.length ?? 0;
      if (end > start && characters > MAX_SLICE_CHARACTERS) break;
    }
    const inputs = this.#inputs.slice(start, end);
    const numbered = { id, firstNumber: start + 1 };
    if (work.type === "decode") return { ...work, ...numbered, idLists: inputs.filter((input) => typeof input !== "string") };
    return { ...work, ...numbered, texts: inputs.filter((input) => typeof input === "string") };
  }

  accept(message: AnswerMessage): void {
    if (message.type === "judgment") {
      this.#usage = addUsage(this.#usage, message.usage);
      this.#listeners.onUsage?.(this.#usage);
      if (message.queryTruncated) this.#listeners.onQueryTruncated?.();
    }
    for (const answer of readAnswers(message)) {
      this.answers.push(answer);
      this.#listeners.onAnswer?.(this.answers.length - 1, answer);
    }
  }
}

function readAnswers(message: AnswerMessage): readonly Answer[] {
  switch (message.type) {
    case "embedding":
      // What arrives is a view of the channel's read buffer and would keep all of it in memory.
      return [{ vector: message.vector.slice(), truncated: message.truncated, tokens: message.tokens }];
    case "judgment":
      return [message.judgment];
    case "counts":
      return message.tokens;
    case "decoded":
      return message.texts;
  }
}
