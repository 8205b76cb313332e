import { DEFAULT_TASK } from "../../domain/default-task.ts";
import { embeddingQueryPrompt } from "../../domain/embedding-prompt.ts";
import { UserError } from "../../domain/errors.ts";
import { QWEN3_JUDGE } from "../../domain/qwen3-judge.ts";
import type { Qwen3Tokenizer, TextStart } from "./qwen3-tokenizer.ts";

export { DEFAULT_TASK };

/** Neighbouring windows of a long document have one token in so many in common. */
const OVERLAP_DIVISOR = 8;
/** Tokens that a pair needs at least beside the template. */
const MIN_ROOM = 16;

/** What the embedder reads. */
export interface EmbeddingPrompt {
  readonly ids: Int32Array;
  /** The end of the text was left out to stay within the limit. */
  readonly truncated: boolean;
}

/** One query and one document for the reranker. */
export interface RerankRequest {
  readonly query: string;
  readonly document: string;
  /** Default: `DEFAULT_TASK`. */
  readonly instruction?: string | undefined;
  /** Between instruction, query and document: "\n" on the model card, "\n\n" in the evaluation's script. */
  readonly separator: "\n" | "\n\n";
  /** Of the whole prompt. */
  readonly maxTokens: number;
  /** Of the document: what is longer is cut before there is a limit for the prompt. */
  readonly maxDocumentTokens?: number | undefined;
}

/** What the reranker reads of them. */
export interface RerankPrompt {
  readonly ids: Int32Array;
  /**
   * The first ids (system prompt, instruction, query, up to and including "<Document>:") are the same for every document
   * of the query: their keys and values serve all of them. Below `ids.length`.
   */
  readonly sharedCount: number;
  /** The end of the document was left out to stay within the limit. */
  readonly truncated: boolean;
  /** Instruction and query take more than half of what there is, and their end was left out: for every document alike. */
  readonly queryTruncated: boolean;
}

/**
 * Queries are read with an instruction, passages bare. Both end with `<|endoftext|>`, whose vector is the text's: it stays when a
 * text is cut.
 */
export function embeddingPrompt(
  tokenizer: Qwen3Tokenizer,
  text: string,
  { use, instruction, maxTokens }: { readonly use: "query" | "passage"; readonly instruction?: string | undefined; readonly maxTokens: number },
): EmbeddingPrompt {
  const input = use === "query" ? embeddingQueryPrompt(text, instruction) : text;
  const { ids, cut } = tokenizer.encodeStart(input, Math.max(0, maxTokens - 1));
  return { ids: join(ids, [tokenizer.specialId("<|endoftext|>")]), truncated: cut };
}

/** Only the document's end is cut to fit. Throws UserError when the tokenizer lacks a special token, or `maxTokens` leaves no room for a pair. */
export function rerankPrompt(tokenizer: Qwen3Tokenizer, request: RerankRequest): RerankPrompt {
  const frame = frameOf(tokenizer, request);
  const { ids, cut } = bodyOf(tokenizer, frame, request, frame.room);
  return promptOf(frame, ids, cut);
}

/**
 * The whole document: as one pair where it fits, else in windows of equal length that overlap by an eighth. The last one ends
 * with the document. They are `truncated` only where `maxDocumentTokens` has cut the document.
 */
export function documentWindows(tokenizer: Qwen3Tokenizer, request: RerankRequest): RerankPrompt[] {
  const frame = frameOf(tokenizer, request);
  const { ids, cut } = bodyOf(tokenizer, frame, request, Number.POSITIVE_INFINITY);
  if (ids.length <= frame.room) return [promptOf(frame, ids, cut)];
  const shared = commonLength(frame.head, ids);
  const beginning = ids.subarray(0, shared);
  const text = ids.subarray(shared);
  const size = frame.room - shared;
  return windowStarts(text.length, size).map((at) => promptOf(frame, join(beginning, text.subarray(at, at + size)), cut));
}

/** The two answers whose logits are compared. */
export interface AnswerIds {
  readonly yes: number;
  readonly no: number;
}

/** Throws UserError when the vocabulary has one of the answers in several pieces. */
export function answerIds(tokenizer: Qwen3Tokenizer): AnswerIds {
  const idOf = (answer: string): number => {
    const [id, ...more] = tokenizer.encode(answer);
    if (id !== undefined && more.length === 0) return id;
    throw new UserError(`the tokenizer has no token "${answer}"`, { hint: "use the tokenizer.json that the reranker's weights were trained with" });
  };
  return { yes: idOf("yes"), no: idOf("no") };
}

/** All of a prompt but its document. */
interface Frame {
  /** The template's ids before and after the body, which is instruction, query and document. */
  readonly prefix: Int32Array;
  readonly suffix: Int32Array;
  /** Tokens that the body may have. */
  readonly room: number;
  /** The body's beginning as text, up to and including "<Document>:"; where the query was cut, what comes after the cut. */
  readonly seam: string;
  /** Ids before `seam`: none, unless the query was cut. */
  readonly cutQuery: Int32Array;
  /** What bodies begin with, as ids. */
  readonly head: Int32Array;
  readonly queryTruncated: boolean;
}

/** By tokenizer, the frame of the last query: all its documents are asked for one after another. */
const lastFrames = new WeakMap<Qwen3Tokenizer, { readonly key: string; readonly frame: Frame }>();

function frameOf(tokenizer: Qwen3Tokenizer, { query, instruction, separator, maxTokens }: RerankRequest): Frame {
  const key = JSON.stringify([query, instruction, separator, maxTokens]);
  const last = lastFrames.get(tokenizer);
  if (last?.key === key) return last.frame;
  const frame = createFrame(tokenizer, { query, instruction, separator, maxTokens });
  lastFrames.set(tokenizer, { key, frame });
  return frame;
}

function createFrame(tokenizer: Qwen3Tokenizer, { query, instruction = DEFAULT_TASK, separator, maxTokens }: Omit<RerankRequest, "document" | "maxDocumentTokens">): Frame {
  const special = (content: string): number[] => [tokenizer.specialId(content)];
  const plain = (text: string): Int32Array => tokenizer.encode(text);
  const start = special("<|im_start|>");
  const end = special("<|im_end|>");
  const prefix = join(start, plain(`system\n${QWEN3_JUDGE}`), end, plain("\n"), start, plain("user\n"));
  const thought = join(special("<think>"), plain("\n\n"), special("</think>"), plain("\n\n"));
  const suffix = join(end, plain("\n"), start, plain("assistant\n"), thought);
  const room = maxTokens - prefix.length - suffix.length;
  if (room < MIN_ROOM) {
    throw new UserError(`a pair cannot be read in ${maxTokens} tokens: the model's template alone takes ${maxTokens - room}`, {
      hint: `allow at least ${maxTokens - room + MIN_ROOM} tokens; 2048 is usual`,
    });
  }
  const question = `<Instruct>: ${instruction}${separator}<Query>: ${query}`;
  const label = `${separator}<Document>:`;
  const { ids, cut } = tokenizer.encodeStart(question + label, Math.floor(room / 2));
  const frame = { prefix, suffix, room, queryTruncated: cut };
  if (!cut) return { ...frame, seam: question + label, cutQuery: new Int32Array(0), head: ids };
  // A query that was cut is joined to the rest as ids: its last token need not end where a character does.
  const labelIds = plain(label);
  const cutQuery = ids.subarray(0, Math.max(0, ids.length - labelIds.length));
  return { ...frame, seam: label, cutQuery, head: join(cutQuery, labelIds) };
}

/** Instruction, query and document, encoded as one text, as far as `limit` and the document's own limit go. */
function bodyOf(
  tokenizer: Qwen3Tokenizer,
  { seam, cutQuery, head }: Frame,
  { document, maxDocumentTokens = Number.POSITIVE_INFINITY }: Pick<RerankRequest, "document" | "maxDocumentTokens">,
  limit: number,
): TextStart {
  const { ids, cut } = tokenizer.encodeStart(`${seam} ${document}`, Math.min(limit, head.length + maxDocumentTokens) - cutQuery.length);
  return { ids: join(cutQuery, ids), cut };
}

function promptOf({ prefix, suffix, head, queryTruncated }: Frame, body: Int32Array, truncated: boolean): RerankPrompt {
  // Tokens could merge over the seam: what the pair really begins with decides, not what it should begin with.
  const sharedCount = prefix.length + commonLength(head, body);
  return { ids: join(prefix, body, suffix), sharedCount, truncated, queryTruncated };
}

/** Where windows begin that cover `count` tokens, `size` each. */
function windowStarts(count: number, size: number): number[] {
  const starts: number[] = [];
  const step = size - Math.floor(size / OVERLAP_DIVISOR);
  for (let at = 0; at + size < count; at += step) starts.push(at);
  starts.push(count - size);
  return starts;
}

function commonLength(a: Int32Array, b: Int32Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

function join(...parts: readonly ArrayLike<number>[]): Int32Array {
  const ids = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}
