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
  readonly mergedIds: readonly number[];
}

/** Far beyond any real vocabulary; damaged ids must not overflow the tables. */
const MAX_ID = 1 << 24;
const BYTES_BY_CHARACTER = byteLevelAlphabet();
/** Stands between the two tokens of a merge in files of older versions; no token has it. */
const SPACE = 0x20;

/** Of a token or a merge in the file, white space included: 37 in Qwen3's own, half of that in files without it. */
const BYTES_PER_ENTRY = 40;

interface Vocabulary {
  readonly tokens: ByteTokens;
  readonly byteTokens: Int32Array;
}
type Merges = Pick<TokenizerFile, "merges" | "mergedIds">;

/**
 * Reads a tokenizer.json of byte-level BPE. 151,643 tokens and as many merges take half the time of JSON.parse and two maps of
 * strings, and 36 MB, not 165. Throws SyntaxError or RangeError, saying what is wrong, where the bytes are not such a file.
 */
export function readTokenizerFile(bytes: Uint8Array): TokenizerFile {
  const json = new JsonBytes(bytes);
  const top: Record<string, unknown> = {};
  const model: Record<string, unknown> = {};
  let vocabulary: Vocabulary | undefined;
  let merges: Merges | undefined;
  let mergesAt = -1;
  json.readObject((key) => {
    if (key !== "model" || json.peek() !== "{".charCodeAt(0)) {
      top[key] = json.readValue();
      return;
    }
    json.readObject((part) => {
      if (part === "vocab") vocabulary = readVocabulary(json);
      else if (part !== "merges") model[part] = json.readValue();
      else if (vocabulary !== undefined) merges = readMerges(json, vocabulary.tokens);
      else {
        // Merges are read by the tokens that they name.
        mergesAt = json.at;
        json.skipValue();
      }
    });
  });
  if (vocabulary !== undefined && mergesAt >= 0) {
    json.at = mergesAt;
    merges = readMerges(json, vocabulary.tokens);
  }
  if (vocabulary === undefined || merges === undefined) throw new SyntaxError("it has no model with vocab and merges");
  return { top, model, byteTokens: vocabulary.byteTokens, ...merges };
}

function readVocabulary(json: JsonBytes): Vocabulary {
  const tokens = new ByteTokens(json.bytes.length / (2 * BYTES_PER_ENTRY));
  const byteTokens = new Int32Array(256).fill(-1);
  let bytes = new Uint8Array(256);
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
  });
  const missing = byteTokens.indexOf(-1);
  if (missing >= 0) throw new RangeError(`its vocab has no token for byte ${missing}`);
  return { tokens, byteTokens };
}

function readMerges(json: JsonBytes, tokens: ByteTokens): Merges {
  const merges = new MergeTable(json.bytes.length / (2 * BYTES_PER_ENTRY));
  const mergedIds: number[] = [];
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
      else throw new RangeError(`merge ${mergedIds.length + 1} has characters that stand for no byte`);
    }
  }

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
    if (left < 0 || right < 0 || merged < 0) throw new RangeError(`merge ${mergedIds.length + 1} has tokens that vocab does not have`);
    merges.add(left, right, merged);
    mergedIds.push(merged);
  });
  return { merges, mergedIds };
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
