import { fullStopRule, isSentenceStarter } from "./abbreviations.ts";

/** A piece of a text. `text` is `source.slice(start, end)`; offsets count UTF-16 code units. */
export interface TextSpan {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

// Everything the splitter must look at; all else is skipped by the regular expression engine.
const SIGNALS = /[.!?…。！？．｡‼⁇⁈⁉।॥؟۔።\n\r\u2028\u2029「『（(“《【]/g;

const CLOSER_OF: Readonly<Record<string, string>> = {
  "「": "」", "『": "』", "（": "）", "(": ")", "“": "”", "《": "》", "【": "】",
};

// A quotation or parenthesis up to this length stays in one sentence; a longer one is text in its own right.
const LONGEST_QUOTATION = 200;

// A line at least this wide that ends without punctuation was wrapped, not ended; half of it will do when the next
// line goes on in lower case. Wide characters count twice.
const WRAPPED_LINE_COLUMNS = 50;

const LINE_BREAK = /[\n\r\u2028\u2029]/;
// The outer repetition is bounded: unbounded, it exhausts the engine's stack on a megabyte of `."."."`.
const TERMINATORS_AND_CLOSERS = /[.!?…。！？．｡‼⁇⁈⁉।॥؟۔።]*(?:[」』）)”’"'］\]〕》】〉}»*_`][.!?…。！？]*){0,8}/y;
const CJK = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7a3\u3005\u3007]|[\ud840-\ud8ff]/;
const LIST_MARKER = /[ \t]*(?:[-*+•·▪◦‣]|\(?\p{N}{1,3}[.)、．]|[①-⑳]|#{1,6} |\|)/uy;

// After a quotation that ends with its own full stop: the particle or verb that makes it part of a longer sentence.
const JAPANESE_CONTINUATION =
  /(?:と(?!ても|にかく|ころ|もあれ)|って|を|が|の(?!ち)|は(?!い|じ)|に(?!わ)|も(?!う|し|っと|ちろん)|で(?!も)|など|、|，|,)/y;
const CHINESE_CONTINUATION = /(?:\p{Script=Han}{0,5}[说說问問道答喊叫][道着著了]?[。，,：:！]|[，、,；])/uy;
const SPEECH_AFTER_MARK = /[とっ](?:言|思|聞|叫|考|答|尋|問|書|感|い[うっ]|て(?:言|思))/y;

/**
 * The sentences of a text in order, without the white space around them; nothing but white space lies between them.
 * Knows English abbreviations, initials, decimals and quotations, Chinese and Japanese punctuation, and lines: a blank
 * line always ends a sentence, a single line break does unless the line was wrapped. Linear in the length of the text.
 */
export function splitSentences(text: string): TextSpan[] {
  const sentences: TextSpan[] = [];
  let start = 0;
  const endAt = (end: number): void => {
    const span = trimmedSpan(text, start, end);
    if (span !== undefined) sentences.push(span);
    start = end;
  };

  const quotations = new QuotationTracker(text);
  SIGNALS.lastIndex = 0;
  for (let signal = SIGNALS.exec(text); signal !== null; signal = SIGNALS.exec(text)) {
    const position = signal.index;
    const mark = signal[0];
    let resumeAt = position + 1;
    if (CLOSER_OF[mark] !== undefined) {
      quotations.open(position, mark);
    } else if (LINE_BREAK.test(mark)) {
      if (endsAtLineBreak(text, position, start)) endAt(position);
    } else {
      const run = matchEnd(TERMINATORS_AND_CLOSERS, text, position);
      // Inside of a quotation nothing ends; its closer may be part of this very run.
      if (quotations.closesAt < run) {
        if (endsSentence(text, position, run, start)) endAt(run);
        resumeAt = run;
      }
    }
    SIGNALS.lastIndex = resumeAt;
  }
  endAt(text.length);
  return sentences;
}

/** Knows up to where the innermost open quotation reaches. Each closer is searched for once, whatever the text holds. */
class QuotationTracker {
  /** Offset of the closing mark of the quotation that is open now; -1 when none is. */
  closesAt = -1;
  readonly #text: string;
  readonly #nextCloser = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  open(position: number, opener: string): void {
    const closer = CLOSER_OF[opener]!;
    // A quotation inside of one of its own kind: the outer one reaches to the closer after the inner one's.
    const from = Math.max(position, this.closesAt + (this.#text[this.closesAt] === closer ? 1 : 0));
    let closesAt = this.#nextCloser.get(closer) ?? -1;
    if (closesAt < from) {
      const found = this.#text.indexOf(closer, from);
      closesAt = found === -1 ? Number.POSITIVE_INFINITY : found;
      this.#nextCloser.set(closer, closesAt);
    }
    if (closesAt - position <= LONGEST_QUOTATION && closesAt > this.closesAt) this.closesAt = closesAt;
  }
}

/** @param run end of the terminators and the quotation marks and brackets that close after them. */
function endsSentence(text: string, position: number, run: number, start: number): boolean {
  if (run >= text.length) return true;
  const mark = text[position]!;
  const next = text[run]!;
  const closed = text.slice(position, run);
  if (/[。！？｡‼⁇⁈⁉।॥؟۔።]/.test(closed)) return !continuesAfter(text, run, closed);
  if (mark === "…" && CJK.test(next)) return false;
  const previous = text[position - 1] ?? " ";
  if (mark === "．") return !/[\p{N}]/u.test(next) || !/\p{N}/u.test(previous);
  if (!/\s/.test(next)) {
    // ASCII punctuation among CJK characters needs no space after it; among Latin ones it is a file name or a number.
    if (CJK.test(previous)) return mark !== "." || CJK.test(next);
    return mark === "?" && CJK.test(next);
  }
  return endsBeforeSpace(text, position, run, start, closed);
}

/** The Western rules: punctuation, perhaps closing marks, then white space. */
function endsBeforeSpace(text: string, position: number, run: number, start: number, closed: string): boolean {
  const nextWord = wordAfter(text, run);
  const nextIsLower = /^["'“‘(]?\p{Ll}/u.test(nextWord) && !/^\p{Ll}\p{Lu}/u.test(nextWord);
  if (/[!?]/.test(closed)) return !(nextIsLower && /["”’'」)]/.test(closed));
  if (nextIsLower || nextWord === "") return nextWord === "";
  if (closed.length > 1 && closed !== "..") return true;

  const word = wordBefore(text, position, start);
  // "1." or "a)" at the beginning numbers the sentence.
  if (/^\(?(?:\p{N}{1,3}|[a-zA-Z]|[ivxIVX]{1,4})$/u.test(word) && isBlank(text, start, position - word.length)) return false;
  const rule = fullStopRule(word.replace(/^[("'“‘[]+/, ""), /^\p{N}/u.test(nextWord));
  if (rule === "starter") return isSentenceStarter(nextWord.replace(/[^\p{L}].*$/u, "")) || CJK.test(nextWord);
  return rule !== "never";
}

function continuesAfter(text: string, run: number, closed: string): boolean {
  if (/[」』）”》】)"]/.test(closed)) {
    return matchEnd(JAPANESE_CONTINUATION, text, run) > run || matchEnd(CHINESE_CONTINUATION, text, run) > run;
  }
  return /[！？]/.test(closed) && matchEnd(SPEECH_AFTER_MARK, text, run) > run;
}

/** @param start where the current sentence begins: its last line is measured from there at the earliest. */
function endsAtLineBreak(text: string, position: number, start: number): boolean {
  let next = position + (text[position] === "\r" && text[position + 1] === "\n" ? 2 : 1);
  const lineStart = next;
  while (next < text.length && /[ \t\u3000]/.test(text[next]!)) next += 1;
  if (next >= text.length || LINE_BREAK.test(text[next]!)) return true;
  if (matchEnd(LIST_MARKER, text, lineStart) > lineStart) return true;
  const wrappedColumns = /\p{Ll}/u.test(text[next]!) ? WRAPPED_LINE_COLUMNS / 2 : WRAPPED_LINE_COLUMNS;
  return !lineIsAsWideAs(wrappedColumns, text, start, position);
}

function lineIsAsWideAs(wantedColumns: number, text: string, from: number, lineEnd: number): boolean {
  let columns = 0;
  for (let position = lineEnd - 1; position >= from && !LINE_BREAK.test(text[position]!); position -= 1) {
    columns += text.charCodeAt(position) >= 0x2e80 ? 2 : 1;
    if (columns >= wantedColumns) return true;
  }
  return false;
}

/** At most 24 code units: enough for any word that a rule knows. */
function wordBefore(text: string, position: number, start: number): string {
  const from = Math.max(start, position - 24);
  return /\S*$/.exec(text.slice(from, position))![0];
}

function wordAfter(text: string, position: number): string {
  return /^\s*(\S*)/.exec(text.slice(position, position + 48))![1]!;
}

function isBlank(text: string, from: number, to: number): boolean {
  return to - from <= 24 && text.slice(from, to).trim() === "";
}

function trimmedSpan(text: string, from: number, to: number): TextSpan | undefined {
  let start = from;
  let end = to;
  while (start < end && /\s/.test(text[start]!)) start += 1;
  while (end > start && /\s/.test(text[end - 1]!)) end -= 1;
  return start === end ? undefined : { text: text.slice(start, end), start, end };
}

function matchEnd(sticky: RegExp, text: string, position: number): number {
  sticky.lastIndex = position;
  return sticky.test(text) ? sticky.lastIndex : position;
}
