import { UserError } from "../../domain/errors.ts";
import { loadLibraryTokenizer, type LoadedTokenizer } from "./library-tokenizer.ts";

/** One text or pair as the model reads it, special tokens included. */
export interface Encoding {
  readonly ids: readonly number[];
  /** 0 for the first text and its special tokens, 1 for the second (models with token_type_ids). */
  readonly segments: readonly number[];
  /** Tokens of the text (for pairs: of the passage) were left out to stay within the limit. */
  readonly truncated: boolean;
}

export interface PairEncoding extends Encoding {
  readonly queryTruncated: boolean;
}

/** A text after the words that the model expects in front of it. */
export interface PrefixedText {
  readonly prefix: string;
  readonly text: string;
}

/** Text into token ids, never more than the model reads. Nothing that a text contains becomes a control symbol. */
export interface TextTokenizer {
  encode(input: PrefixedText, maxTokens: number): Encoding;
  /**
   * Only the passage is cut, unless the query alone takes more than half of what there is.
   * @param maxPassageTokens of the passage, its prefix not included; what is longer is cut before there is a limit for the pair.
   */
  encodePair(query: PrefixedText, passage: PrefixedText, maxTokens: number, maxPassageTokens?: number): PairEncoding;
  /** Tokens of a text of any length, special tokens not included. Time grows with the length, not faster. */
  count(text: string): number;
  /** The text behind ids, special tokens and the unknown one left out. Throws UserError for an id that the vocabulary does not have. */
  decode(ids: readonly number[]): string;
}

/** More characters than this per token are not read: natural text has 1 to 6, so the cut is far beyond the last token. */
const MAX_CHARACTERS_PER_TOKEN = 20;
/** Characters that are tokenized at once when counting. 8,000 to 64,000 take the same time per character. */
const COUNT_SLICE = 16_000;

/** With the u flag a surrogate is matched only where it has no partner. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

const tokenizers = new Map<string, Promise<TextTokenizer>>();

/** The tokenizer of a model folder. Opened once per folder: the two models of a pair share it. */
export function openTextTokenizer(folder: string): Promise<TextTokenizer> {
  let tokenizer = tokenizers.get(folder);
  if (tokenizer === undefined) {
    tokenizer = loadLibraryTokenizer(folder).then(createTextTokenizer);
    tokenizers.set(folder, tokenizer);
    tokenizer.catch(() => tokenizers.delete(folder));
  }
  return tokenizer;
}

function createTextTokenizer({ tokenizer, controls, pieceOf }: LoadedTokenizer): TextTokenizer {
  const unknownPiece = tokenizer.model?.unk_token;
  const unknownId = tokenizer.model?.unk_token_id ?? 0;
  const singleOverhead = applyTemplate([]).pieces.length;
  const pairOverhead = applyTemplate([], []).pieces.length;
  let lastQuery = { prefix: "", text: "", maxTokens: 0, ...cutPieces({ prefix: "", text: "" }, 0) };

  function piecesOf(text: string): string[] {
    const pieces = tokenizer.tokenize(text.replace(LONE_SURROGATES, "\uFFFD"));
    if (!pieces.some((piece) => controls.has(piece))) return pieces;
    // A vocabulary may hold a control symbol as an ordinary entry that text can reach.
    return pieces.flatMap((piece) => (controls.has(piece) ? (unknownPiece ?? []) : piece));
  }

  /** @returns the pieces that can matter, and whether characters beyond them were left unread. */
  function cutPieces({ prefix, text }: PrefixedText, maxTokens: number): { pieces: string[]; cut: boolean } {
    const maxCharacters = maxTokens * MAX_CHARACTERS_PER_TOKEN;
    if (text.length <= maxCharacters) return { pieces: piecesOf(prefix + text), cut: false };
    const trimmed = text.trim();
    return { pieces: piecesOf(prefix + trimmed.slice(0, maxCharacters)), cut: trimmed.length > maxCharacters };
  }

  function applyTemplate(pieces: string[], pair: string[] | null = null): { pieces: string[]; segments: number[] } {
    const processed = tokenizer.post_processor?.(pieces, pair, true) ?? { tokens: [...pieces, ...(pair ?? [])] };
    // A byte-level post-processor hands a pair back as it came.
    const tokens = processed.tokens_pair ? [...processed.tokens, ...processed.tokens_pair] : processed.tokens;
    return { pieces: tokens, segments: processed.token_type_ids ?? tokens.map(() => 0) };
  }

  function withIds({ pieces, segments }: { pieces: string[]; segments: number[] }): Pick<Encoding, "ids" | "segments"> {
    return { ids: pieces.map((piece) => tokenizer.token_to_id(piece) ?? unknownId), segments };
  }

  return {
    encode(input, maxTokens) {
      const { pieces, cut } = cutPieces(input, maxTokens);
      const room = Math.max(0, maxTokens - singleOverhead);
      return { ...withIds(applyTemplate(pieces.slice(0, room))), truncated: cut || pieces.length > room };
    },

    encodePair(query, passage, maxTokens, maxPassageTokens = Number.POSITIVE_INFINITY) {
      // One query meets many passages.
      if (lastQuery.text !== query.text || lastQuery.prefix !== query.prefix || lastQuery.maxTokens !== maxTokens) {
        lastQuery = { ...query, maxTokens, ...cutPieces(query, maxTokens) };
      }
      const second = cutPieces(passage, maxTokens);
      const room = Math.max(0, maxTokens - pairOverhead);
      // The space at a prefix's end belongs to the next word.
      const maxPassagePieces = maxPassageTokens + (passage.prefix === "" ? 0 : piecesOf(passage.prefix.trimEnd()).length);
      const passageLength = Math.min(second.pieces.length, maxPassagePieces);
      const queryRoom = Math.max(Math.min(Math.floor(maxTokens / 2), room), room - passageLength);
      const queryPieces = lastQuery.pieces.slice(0, queryRoom);
      const passagePieces = second.pieces.slice(0, Math.min(passageLength, room - queryPieces.length));
      return {
        ...withIds(applyTemplate(queryPieces, passagePieces)),
        truncated: second.cut || passagePieces.length < second.pieces.length,
        queryTruncated: lastQuery.cut || queryPieces.length < lastQuery.pieces.length,
      };
    },

    count(text) {
      let count = 0;
      for (const slice of slicesAtWhitespace(text)) count += piecesOf(slice).length;
      return count;
    },

    decode(ids) {
      const pieces = ids.map((id) => {
        const piece = pieceOf(id);
        if (piece !== undefined) return piece;
        throw new UserError(`the model's tokenizer has no token ${id}`, { hint: "use token ids of the model's own tokenizer, or the text itself" });
      });
      const plain = pieces.filter((piece) => piece !== unknownPiece && !controls.has(piece));
      return tokenizer.decoder?.(plain) ?? plain.join(" ");
    },
  };
}

/** Slices of a long text that end before white space, where no token goes on; in text without any, anywhere but within a character. */
function* slicesAtWhitespace(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + COUNT_SLICE, text.length);
    if (end < text.length) {
      const space = text.slice(start, end).search(/\s\S*$/);
      if (space > 0) end = start + space;
      else if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
    }
    yield text.slice(start, end);
    start = end;
  }
}
