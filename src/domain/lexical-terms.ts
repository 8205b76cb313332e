import { isStopTerm } from "./stop-terms.ts";

/** A term and where it stands: `text.slice(start, end)` is what it was made of. */
export interface LexicalToken {
  /** Lower-case letters and digits only. */
  readonly term: string;
  readonly start: number;
  readonly end: number;
  /** A single ideograph of a longer run: indexed, so that a query of one character finds it, but never part of a longer query. */
  readonly isPart: boolean;
}

// In code units. A longer word is a blob; its beginning still finds it.
const LONGEST_TERM = 64;

// Scripts without spaces between words. Each run of one script is taken by itself: where the script changes, in
// Japanese, a word usually ends.
const UNSPACED =
  "\\p{Script=Han}+|\\p{Script=Hiragana}[\\p{Script=Hiragana}ー]*|[\\p{Script=Katakana}ｰ][\\p{Script=Katakana}ーｰﾞﾟ]*" +
  "|\\p{Script=Hangul}+|[\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]+";

// Letters of the scripts with spaces, digits and marks. The repetitions are bounded, here and below: unbounded, a
// group exhausts the engine's stack on a megabyte of letters.
const WORD_PATTERN = `(?:(?!${UNSPACED})[\\p{L}\\p{N}\\p{M}]){1,256}`;

// A word, or words joined to an identifier by one connector each: snake_case, kebab-case, node.js, O'Brien, C++.
// Plain words come first: most of a text is, and they need none of this.
const RUN = new RegExp(
  `([A-Za-z]?[a-z]{1,30}(?![_.'’‐‑-]?[\\p{L}\\p{N}\\p{M}]|\\+\\+|#))|(${UNSPACED})|${WORD_PATTERN}(?:[_.'’‐‑-]${WORD_PATTERN}){0,15}(?:\\+\\+|#(?!\\w))?`,
  "gu",
);

const WORD = new RegExp(WORD_PATTERN, "gu");

// Within a word: HTTPServer2 = HTTP, Server, 2.
const WORD_PART = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{Lt}\p{M}]+|\p{Lu}[\p{Lu}\p{M}]*|\p{N}+/gu;

// One code unit each, and the same in every normal form.
const PLAIN_CHARACTERS = /^[\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff\uac00-\ud7a3]+$/;

const CONTRACTIONS = new Set(["s", "t", "d", "m", "ll", "re", "ve"]);

const SPELT_OUT: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" };

/**
 * The terms of a text for BM25, in order, repeats included. Words lose case, accents and plural endings; an identifier
 * gives itself and its parts; runs of Chinese, Japanese kana, Korean and other unspaced scripts give overlapping pairs of
 * characters. Terms consist of letters and digits alone, so that, joined with spaces, they pass SQLite's unicode61
 * tokenizer unchanged. For the text of passages; queries go through `queryTerms`.
 */
export function lexicalTerms(text: string): string[] {
  return lexicalTokens(text).map(({ term }) => term);
}

/**
 * The terms of a query, each once: as `lexicalTerms`, without the single characters of longer runs, and without stop
 * words ("what is the", 的, です) unless the query has nothing else.
 */
export function queryTerms(query: string): string[] {
  const terms = [...new Set(lexicalTokens(query).flatMap(({ term, isPart }) => (isPart ? [] : term)))];
  const contentTerms = terms.filter((term) => !isStopTerm(term));
  return contentTerms.length > 0 ? contentTerms : terms;
}

/** The terms of a text with their places. Tokens overlap: an identifier and its parts, pairs of characters. */
export function lexicalTokens(text: string): LexicalToken[] {
  const tokens: LexicalToken[] = [];
  for (const match of text.matchAll(RUN)) {
    const [run, plainWord, unspaced] = match;
    if (plainWord !== undefined) addTerm(tokens, stem(plainWord.toLowerCase()), match.index, match.index + run.length);
    else if (unspaced !== undefined) addPairs(tokens, unspaced, match.index);
    else addWords(tokens, run, match.index);
  }
  return tokens;
}

function addWords(tokens: LexicalToken[], run: string, runStart: number): void {
  const words = spansOf(WORD, run, runStart);
  const last = words.at(-1)!;
  // don't = don + t: what follows the apostrophe says nothing.
  if (words.length > 1 && CONTRACTIONS.has(last.text.toLowerCase()) && /['’]/.test(run[last.start - runStart - 1]!)) words.pop();
  const suffix = run.endsWith("++") ? "plusplus" : run.endsWith("#") ? "sharp" : "";
  const end = suffix === "" ? words.at(-1)!.start + words.at(-1)!.text.length : runStart + run.length;
  // 3.14 and 2024-05-01 as one term would be numbers that nobody wrote.
  const isNumbers = words.length > 1 && words.every(({ text }) => /^\p{N}+$/u.test(text));
  if (isNumbers) {
    for (const { text, start } of words) add(tokens, text, start, start + text.length);
    return;
  }
  add(tokens, words.map(({ text }) => text).join("") + suffix, runStart, end);
  for (const word of words) {
    const parts = word.text.length > LONGEST_TERM ? [] : spansOf(WORD_PART, word.text, word.start);
    for (const { text, start } of [...(words.length > 1 ? [word] : []), ...(parts.length > 1 ? parts : [])]) {
      // The c of vitamin-c and the 2 of HTTPServer2 find nothing by themselves.
      if (text.length > 1) add(tokens, text, start, start + text.length);
    }
  }
}

function spansOf(pattern: RegExp, text: string, offset: number): { readonly text: string; readonly start: number }[] {
  return Array.from(text.matchAll(pattern), (match) => ({ text: match[0], start: offset + match.index }));
}

function add(tokens: LexicalToken[], word: string, start: number, end: number): void {
  const term = stem(normalize(word)).slice(0, LONGEST_TERM);
  if (term !== "") addTerm(tokens, term, start, end);
}

function addTerm(tokens: LexicalToken[], term: string, start: number, end: number): void {
  tokens.push({ term, start, end, isPart: false });
}

/** Lower case, compatibility forms unified, accents of Latin and Greek letters and all other marks dropped. */
function normalize(word: string): string {
  const lower = word.normalize("NFKC").toLowerCase();
  if (/^[a-z0-9]*$/.test(lower)) return lower;
  return lower
    .normalize("NFD")
    .replace(/([\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu, "$1")
    .normalize("NFC")
    .replace(/[ßæœøłđðþı]/g, (letter) => SPELT_OUT[letter]!)
    .replace(/[^\p{L}\p{N}]+/gu, "");
}

/**
 * Harman's S stemmer ("How effective is suffixing?", JASIS 1991): plural endings only. Added to it: the e that the
 * second rule leaves after a sibilant falls, so that "boxes" meets "box" (and "cache", cut as "caches" is, meets it).
 */
function stem(word: string): string {
  if (word.length < 4 || !/[se]$/.test(word) || !/^[a-z]+$/.test(word)) return word;
  let stemmed = word;
  if (word.endsWith("ies")) stemmed = /[ea]ies$/.test(word) ? word.slice(0, -1) : `${word.slice(0, -3)}y`;
  else if (/[^us]s$/.test(word)) stemmed = word.slice(0, -1);
  return /(?:x|ch|sh|ss|z)e$/.test(stemmed) ? stemmed.slice(0, -1) : stemmed;
}

/** Pairs of neighbouring characters; for ideographs each character too. A run of one character is a term by itself. */
function addPairs(tokens: LexicalToken[], run: string, runStart: number): void {
  const characters = charactersOf(run, runStart);
  const isHan = /^\p{Script=Han}/u.test(run);
  for (let position = 0; position < characters.length; position += 1) {
    const { text, start, end } = characters[position]!;
    if (isHan || characters.length === 1) tokens.push({ term: text, start, end, isPart: characters.length > 1 });
    const next = characters[position + 1];
    if (next) addTerm(tokens, text + next.text, start, next.end);
  }
}

function charactersOf(run: string, runStart: number): { readonly text: string; readonly start: number; readonly end: number }[] {
  if (PLAIN_CHARACTERS.test(run)) {
    return Array.from(run, (text, position) => ({ text, start: runStart + position, end: runStart + position + 1 }));
  }
  const characters: { text: string; start: number; end: number }[] = [];
  // A half-width letter and its voicing mark are one character.
  for (const { 0: source, index } of run.matchAll(/\P{M}[\p{M}ﾞﾟ]*/gu)) {
    const start = runStart + index;
    const end = start + source.length;
    const text = source.normalize("NFKC").replace(/[^\p{L}\p{N}]+/gu, "");
    if (text !== "") characters.push({ text, start, end });
  }
  return characters;
}
