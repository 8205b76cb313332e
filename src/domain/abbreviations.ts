/** Abbreviations that something follows: a name, a number, an example. The full stop after them never ends a sentence. */
const LEADING_ABBREVIATIONS = new Set(
  (
    "mr mrs ms mx messrs dr prof st gen col capt cmdr lt maj sgt rev hon fr gov sen rep pres supt mt ft " +
    "fig figs eq eqs eqn no nos nr vol vols ch chap sec sect art pp pg ref refs cf viz vs ca approx resp incl esp " +
    "e.g i.e eg ie op ed eds trans al.g tab thm lem prop def ex exs"
  ).split(" "),
);

/** Abbreviations that end a sentence only when a new one plainly starts after them. */
const TRAILING_ABBREVIATIONS = new Set(
  (
    "etc al inc ltd co corp bros llc plc dept univ assn ave blvd rd jr sr esq ph.d m.d b.a m.a b.sc m.sc phd " +
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun " +
    "min max avg est hr hrs kg km cm mm lb lbs oz ft.lb bldg"
  ).split(" "),
);

/** Abbreviations before a number only: elsewhere they are words that may end a sentence ("She said no."). */
const BEFORE_NUMBERS = new Set(["no", "nos", "art", "ch", "sec", "ex", "ref", "eq", "fig", "vol", "prop", "def", "ed", "ft"]);

/** Words that open a sentence far more often than they follow an abbreviation as a name. */
const SENTENCE_STARTERS = new Set(
  (
    "a an the this that these those it he she we they you i his her its our their my your there here " +
    "in on at by for from with as if when while after before although though because since until once " +
    "but and or so yet however therefore thus then also moreover furthermore meanwhile instead otherwise " +
    "what who why how where which is are was were do does did can could should would will may might must not no yes " +
    "let please see use note each every some many most both all another such first second finally next"
  ).split(" "),
);

/** What a full stop after a word means: "never" ends the sentence, only before a sentence "starter", before any "capital", or "plain". */
export type FullStopRule = "never" | "starter" | "capital" | "plain";

/** @param word what stands before the full stop, back to the last space or bracket, inner full stops included: "U.S", "e.g", "Dr". */
export function fullStopRule(word: string, nextIsDigit: boolean): FullStopRule {
  // Longer than any abbreviation: a word, an address, a blob.
  if (word.length > 8) return "plain";
  const lower = word.toLowerCase();
  if (BEFORE_NUMBERS.has(lower)) return nextIsDigit ? "never" : "plain";
  if (LEADING_ABBREVIATIONS.has(lower)) return "never";
  if (TRAILING_ABBREVIATIONS.has(lower)) return "capital";
  // "J." in J. K. Rowling, "U.S", "a.m": initials.
  return /^(?:\p{Lu}|(?:\p{L}\.)+\p{L})$/u.test(word) && word !== "I" ? "starter" : "plain";
}

export function isSentenceStarter(word: string): boolean {
  return SENTENCE_STARTERS.has(word.toLowerCase());
}
