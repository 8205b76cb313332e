import type { Judgment } from "../domain/candidate.ts";
import { addUsage, NO_TOKENS, type TokenUsage } from "../domain/token-usage.ts";
import type { Embedding } from "../ports/embedder.ts";
import type { FromChild, Work, WorkMessage } from "./protocol.ts";

/** What a message carries at most: enough to keep the child busy, little enough to hold twice in memory and to cancel. */
const MAX_SLICE_TEXTS = 64;
/** Counting takes microseconds a text, not milliseconds. */
const MAX_SLICE_COUNTS = 4096;
const MAX_SLICE_CHARACTERS = 1 << 20;

export type Answer = Embedding | Judgment | number;
type AnswerMessage = Extract<FromChild, { type: "embedding" | "judgment" | "counts" }>;

export interface AnswerListeners {
  readonly onAnswer?: ((position: number, answer: Answer) => void) | undefined;
  /** Tokens of all judgments so far, before the newest is told to `onAnswer`. */
  readonly onUsage?: ((usage: TokenUsage) => void) | undefined;
}

/** A call that the child has not finished: it goes out in slices, and what came back stays even when the child dies. */
export class PendingRequest {
  readonly answers: Answer[] = [];
  /** Deaths of the child while this request waited. */
  deaths = 0;
  /** Lines that were said about it. */
  readonly notices = new Set<string>();
  readonly #work: Work;
  readonly #texts: readonly string[];
  readonly #listeners: AnswerListeners;
  #usage = NO_TOKENS;

  constructor(work: Work, texts: readonly string[], listeners: AnswerListeners) {
    this.#work = work;
    this.#texts = texts;
    this.#listeners = listeners;
  }

  get isComplete(): boolean {
    return this.answers.length === this.#texts.length;
  }

  /** The next texts without an answer. Answers come in order, so these are the ones behind the last answer. */
  nextSlice(id: number): WorkMessage {
    const start = this.answers.length;
    let end = start;
    const maxTexts = this.#work.type === "count" ? MAX_SLICE_COUNTS : MAX_SLICE_TEXTS;
    for (let characters = 0; end < this.#texts.length && end - start < maxTexts; end++) {
      characters += this.#texts[end]?.length ?? 0;
      if (end > start && characters > MAX_SLICE_CHARACTERS) break;
    }
    return { ...this.#work, id, texts: this.#texts.slice(start, end), firstNumber: start + 1 };
  }

  accept(message: AnswerMessage): void {
    if (message.type === "judgment") {
      this.#usage = addUsage(this.#usage, message.usage);
      this.#listeners.onUsage?.(this.#usage);
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
      return [{ vector: message.vector.slice(), truncated: message.truncated }];
    case "judgment":
      return [message.judgment];
    case "counts":
      return message.tokens;
  }
}
