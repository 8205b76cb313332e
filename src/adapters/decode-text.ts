import { SkippedDocument } from "../domain/errors.ts";
import { binaryFormatOf } from "./binary-magic.ts";
import { decodeAs, guessEncoding } from "./guess-encoding.ts";

export interface DecodedText {
  /** Lines end in "\n"; no byte order mark. Line numbers are those that an editor shows. */
  readonly text: string;
  /** "utf-8" (also for pure ASCII), "utf-16le", "gb18030", "shift_jis", "windows-1252", ... */
  readonly encoding: string;
  /** One line each about bytes that could not be read; empty almost always. */
  readonly warnings: readonly string[];
}

/** Enough to tell text from binary data; reading all of a large file would cost more and decide the same. */
const SNIFFED_BYTES = 65_536;
/** Text holds next to none; compressed or packed data without a null byte holds about one in nine. */
const MAX_CONTROL_SHARE = 0.03;
/** Above this share of good multi-byte sequences, bad bytes are damage in UTF-8 and not another encoding. */
const MIN_VALID_UTF8_SHARE = 0.8;

/**
 * The text of a file in whatever encoding it has: byte order mark, strict UTF-8, UTF-16 without a mark, then the most
 * plausible legacy encoding.
 *
 * @param path only for messages.
 * @throws SkippedDocument "binary" when the bytes are no text.
 */
export function decodeText(bytes: Uint8Array, path: string): DecodedText {
  const marked = decodeMarked(bytes);
  if (marked !== undefined) return finish(marked.text, marked.encoding, path);
  const format = binaryFormatOf(bytes);
  if (format !== undefined) throw new SkippedDocument("binary", `${path} is ${format}, not text`);
  if (bytes.includes(0)) {
    const encoding = utf16WithoutMark(bytes);
    if (encoding === undefined) throw new SkippedDocument("binary", `${path} holds null bytes`);
    return finish(decodeAs(bytes, encoding), encoding, path);
  }
  if (controlShare(bytes) > MAX_CONTROL_SHARE) {
    throw new SkippedDocument("binary", `${path} holds too many control characters for a text`);
  }
  const strict = strictUtf8(bytes);
  if (strict !== undefined) return finish(strict, "utf-8", path);
  if (isDamagedUtf8(bytes)) return finish(new TextDecoder().decode(bytes), "utf-8", path);
  const encoding = guessEncoding(bytes);
  return finish(decodeAs(bytes, encoding), encoding, path);
}

function finish(text: string, encoding: string, path: string): DecodedText {
  const replaced = text.split("\uFFFD").length - 1;
  const warnings =
    replaced === 0 ? [] : [`${path}: ${replaced} unreadable ${replaced === 1 ? "sequence" : "sequences"} in ${encoding}, shown as U+FFFD`];
  return { text: normalizeNewlines(text), encoding, warnings };
}

/**
 * "\r" alone ends a line only in files of the classic Mac OS, which hold no "\n" at all. Elsewhere (progress bars in logs)
 * editors and grep do not count it, so it becomes a space and the line numbers stay theirs.
 */
function normalizeNewlines(text: string): string {
  if (!text.includes("\r")) return text;
  if (!text.includes("\n")) return text.replaceAll("\r", "\n");
  return text.replaceAll("\r\n", "\n").replaceAll("\r", " ");
}

function decodeMarked(bytes: Uint8Array): { text: string; encoding: string } | undefined {
  const [first, second, third, fourth] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return { text: new TextDecoder().decode(bytes), encoding: "utf-8" };
  // The mark of UTF-32LE begins with that of UTF-16LE.
  if (first === 0xff && second === 0xfe && third === 0 && fourth === 0) return { text: decodeAs(bytes, "utf-32le"), encoding: "utf-32le" };
  if (first === 0 && second === 0 && third === 0xfe && fourth === 0xff) return { text: decodeAs(bytes, "utf-32be"), encoding: "utf-32be" };
  if (first === 0xff && second === 0xfe) return { text: decodeAs(bytes, "utf-16le"), encoding: "utf-16le" };
  if (first === 0xfe && second === 0xff) return { text: decodeAs(bytes, "utf-16be"), encoding: "utf-16be" };
  return undefined;
}

function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Not UTF-8: what it is instead is for the caller to find out.
    return undefined;
  }
}

function isDamagedUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes);
  let valid = 0;
  let invalid = 0;
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === 0xfffd) invalid++;
    else if (code > 0x7f) valid++;
  }
  return valid / (valid + invalid) >= MIN_VALID_UTF8_SHARE;
}

/** Share of control characters that no text uses; tab, newlines, backspace, form feed and escape (colours in logs) are fine. */
function controlShare(bytes: Uint8Array): number {
  const sniffed = bytes.subarray(0, SNIFFED_BYTES);
  let controls = 0;
  for (const byte of sniffed) {
    if ((byte < 0x20 && (byte < 0x08 || byte > 0x0d) && byte !== 0x1b) || byte === 0x7f) controls++;
  }
  return sniffed.length === 0 ? 0 : controls / sniffed.length;
}

/**
 * UTF-16 by its null bytes: the high halves of ASCII characters, so they stand on one side of the pairs only. What is
 * decoded must be text as well: little-endian tables of small numbers have the same pattern.
 */
function utf16WithoutMark(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const sniffed = bytes.subarray(0, SNIFFED_BYTES);
  let evenNulls = 0;
  let oddNulls = 0;
  for (let position = 0; position < sniffed.length; position += 2) {
    if (sniffed[position] === 0) evenNulls++;
    if (sniffed[position + 1] === 0) oddNulls++;
  }
  if (evenNulls > 0 && oddNulls > 0) return undefined;
  const encoding = oddNulls > 0 ? "utf-16le" : "utf-16be";
  return looksLikeUtf16Text(decodeAs(sniffed, encoding)) ? encoding : undefined;
}

/** Begins the colour codes of logs. */
const ESCAPE = "\u001B";

function looksLikeUtf16Text(text: string): boolean {
  let strange = 0;
  for (const character of text) {
    if (/[\p{Cc}\p{Cn}\p{Co}\p{Cs}\uFFFD]/u.test(character) && !/\s/.test(character) && character !== ESCAPE) strange++;
  }
  return strange <= text.length / 100;
}
