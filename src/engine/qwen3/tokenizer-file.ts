import { MergeTable } from "./byte-pair-model.ts";
import { ByteTokens } from "./byte-tokens.ts";
import { JsonBytes } from "./json-bytes.ts";

/** What a tokenizer.json holds, with its two large parts as tables. */
export interface TokenizerFile {
  /** Keys of the file's top level, without `model`. */
  readonly top: Readonly<Record<string, unknown>>;
  /** Keys of `model`, without `vocab` and `merges`. */
  readonly model: Readonly<Record<string, unknown>>;
  /** By byte: its token. */
  readonly byteTokens: Int32Array;
  readonly merges: MergeTable;
  /** The id that each merge gives. */
  readonly mergedIds: Int32Array;
  /** Bytes of the longest token. */
  readonly longestToken: number;
}

/** Far beyond any real vocabulary; damaged ids must not overflow the tables. */
const MAX_ID = 1 << 24;
const BYTES_BY_CHARACTER = byteLevelAlphabet();
/** Stands between the two tokens of a merge in files of older versions; no token has it. */
const SPACE = 0x20;

interface Span {
  readonly at: number;
  readonly items: number;
}

/**
 * Reads a tokenizer.json of byte-level BPE: 151,643 tokens and as many merges in a quarter of the time that JSON.parse and maps
 * of strings take. Throws SyntaxError or RangeError, saying what is wrong, where the bytes are not such a file.
 */
export function readTokenizerFile(bytes: Uint8Array): TokenizerFile {
  const json = new JsonBytes(bytes);
  const top: Record<string, unknown> = {};
  const model: Record<string, unknown> = {};
  const spans: { vocab?: Span; merges?: Span } = {};
  json.readObject((key) => {
    if (key !== "model" || json.peek() !== "{".charCodeAt(0)) {
      top[key] = json.readValue();
      return;
    }
    json.readObject((part) => {
      if (part === "vocab" || part === "merges") {
        const at = json.at;
        spans[part] = { at, items: json.skipValue() };
      } else model[part] = json.readValue();
    });
  });
  if (spans.vocab === undefined || spans.merges === undefined) throw new SyntaxError("it has no model with vocab and merges");
  const { tokens, ...vocabulary } = readVocabulary(json, spans.vocab);
  return { top, model, ...vocabulary, ...readMerges(json, spans.merges, tokens) };
}

function readVocabulary(json: JsonBytes, { at, items }: Span): Pick<TokenizerFile, "byteTokens" | "longestToken"> & { tokens: ByteTokens } {
  const tokens = new ByteTokens(items);
  const byteTokens = new Int32Array(256).fill(-1);
  let longestToken = 1;
  let bytes = new Uint8Array(256);
  json.at = at;
  json.readItems("{", "}", () => {
    const length = json.readUnits();
    if (length > bytes.length) bytes = new Uint8Array(2 * length);
    json.expect(":");
    const id = json.readInteger();
    if (id >= MAX_ID) throw new RangeError(`its vocab has the id ${id}`);
    for (let place = 0; place < length; place++) {
      const byte = BYTES_BY_CHARACTER[json.units[place] ?? 0] ?? -1;
      // Not in the alphabet of bytes: an added token that is listed here, too. No text becomes it.
      if (byte < 0) return;
      bytes[place] = byte;
    }
    if (length === 0) return;
    tokens.add(bytes, length, id);
    if (length === 1) byteTokens[bytes[0] ?? 0] = id;
    if (length > longestToken) longestToken = length;
  });
  const missing = byteTokens.indexOf(-1);
  if (missing >= 0) throw new RangeError(`its vocab has no token for byte ${missing}`);
  return { tokens, byteTokens, longestToken };
}

function readMerges(json: JsonBytes, { at, items }: Span, tokens: ByteTokens): Pick<TokenizerFile, "merges" | "mergedIds"> {
  const merges = new MergeTable(items);
  const mergedIds = new Int32Array(items);
  let count = 0;
  let bytes = new Uint8Array(512);
  let length = 0;
  let split = 0;

  /** Appends the string here to `bytes`; where it holds a space, the second token starts. */
  function readToken(): void {
    const units = json.readUnits();
    if (length + units > bytes.length) {
      const larger = new Uint8Array(2 * (length + units));
      larger.set(bytes);
      bytes = larger;
    }
    for (let place = 0; place < units; place++) {
      const unit = json.units[place] ?? 0;
      const byte = BYTES_BY_CHARACTER[unit] ?? -1;
      if (byte >= 0) bytes[length++] = byte;
      else if (unit === SPACE) split = length;
      else throw new RangeError(`merge ${count + 1} has characters that stand for no byte`);
    }
  }

  json.at = at;
  json.readItems("[", "]", () => {
    length = 0;
    split = 0;
    if (json.peek() === "[".charCodeAt(0)) {
      json.readItems("[", "]", () => {
        split = length;
        readToken();
      });
    } else readToken();
    const left = tokens.idOf(bytes, 0, split);
    const right = tokens.idOf(bytes, split, length);
    const merged = tokens.idOf(bytes, 0, length);
    if (left < 0 || right < 0 || merged < 0) throw new RangeError(`merge ${count + 1} has tokens that vocab does not have`);
    merges.add(left, right, merged);
    mergedIds[count++] = merged;
  });
  return { merges, mergedIds: mergedIds.subarray(0, count) };
}

/** By character code: the byte that byte-level BPE writes as it, -1 for other characters. Printable bytes stand for themselves. */
function byteLevelAlphabet(): Int16Array {
  const bytes = new Int16Array(512).fill(-1);
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    bytes[printable ? byte : next++] = byte;
  }
  return bytes;
}
