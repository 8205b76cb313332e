import { analyse } from "chardet";
import iconv from "iconv-lite";
import { plausibility } from "./text-plausibility.ts";

/**
 * Always weighed, whatever chardet says: it reads too little into short texts (ten Chinese characters come out as
 * Turkish). The order breaks ties.
 */
const USUAL_ENCODINGS = ["gb18030", "windows-1252", "shift_jis", "big5", "euc-kr", "euc-jp", "windows-1251", "koi8-r", "windows-1250", "windows-1254"];

/** chardet's names for encodings, and ours. A superset stands for its subset: Windows code pages for ISO-8859. */
const SUPERSETS: Readonly<Record<string, string>> = {
  "iso-8859-1": "windows-1252",
  "iso-8859-9": "windows-1254",
  "iso-8859-8": "windows-1255",
  "iso-8859-7": "windows-1253",
  ascii: "windows-1252",
};

/** Wide enough for the statistics, small enough for ten decodings of it: about 5 ms. */
const SAMPLE_BYTES = 16_384;
const CONTEXT_BYTES = 64;
/** What chardet's full confidence is worth, in units of plausibility: it decides only between close candidates. */
const CHARDET_WEIGHT = 0.35;

/** The text in that encoding; bytes that are invalid in it become U+FFFD. */
export function decodeAs(bytes: Uint8Array, encoding: string): string {
  return iconv.decode(bytes, encoding);
}

/**
 * The legacy encoding in which these bytes read most like language. Every answer is a name that `decodeAs` knows.
 *
 * @param bytes not UTF-8, and not binary.
 */
export function guessEncoding(bytes: Uint8Array): string {
  const sample = sampleForeignLines(bytes);
  const confidences = new Map<string, number>();
  for (const { name, confidence } of analyse(sample)) {
    const lower = name.toLowerCase();
    const encoding = SUPERSETS[lower] ?? lower;
    if (lower.startsWith("utf-") || !iconv.encodingExists(encoding)) continue;
    confidences.set(encoding, Math.max(confidence, confidences.get(encoding) ?? 0));
  }
  let best = "windows-1252";
  let bestPlausibility = -Infinity;
  for (const encoding of new Set([...USUAL_ENCODINGS, ...confidences.keys()])) {
    const confidence = (confidences.get(encoding) ?? 0) / 100;
    const value = plausibility(decodeAs(sample, encoding), encoding) + CHARDET_WEIGHT * confidence;
    if (value > bestPlausibility) [best, bestPlausibility] = [encoding, value];
  }
  return best;
}

/** The lines that hold bytes above ASCII, up to the sample's size: the beginning of a file may be all ASCII. */
function sampleForeignLines(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let sampled = 0;
  let position = 0;
  while (sampled < SAMPLE_BYTES && position < bytes.length) {
    const foreign = bytes.subarray(position).findIndex((byte) => byte > 0x7f);
    if (foreign === -1) break;
    // What stands before the first foreign byte is ASCII, so a character starts wherever the sample does; a little of it
    // shows what the foreign characters stand beside.
    const start = Math.max(position, position + foreign - CONTEXT_BYTES);
    // No multi-byte encoding uses the newline's byte inside a character, so a line is whole in all of them.
    const newline = bytes.indexOf(0x0a, position + foreign);
    const end = Math.min(newline === -1 ? bytes.length : newline + 1, start + CONTEXT_BYTES + SAMPLE_BYTES - sampled);
    parts.push(bytes.subarray(start, end));
    sampled += end - start;
    position = newline === -1 ? bytes.length : newline + 1;
  }
  return Buffer.concat(parts);
}
