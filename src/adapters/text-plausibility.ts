import {
  big5Level1,
  FREQUENT_HANGUL,
  FREQUENT_KANJI,
  FREQUENT_SIMPLIFIED,
  FREQUENT_TRADITIONAL,
  gbLevel1,
  gbLevel2,
  jisLevel1,
  ksHangul,
} from "./frequent-characters.ts";

/**
 * How much a decoded text reads like a language that is written in that encoding: the mean over its characters above
 * ASCII, from about 1 (running text) down to -4 (rubbish). Comparable between decodings of the same bytes. The weights
 * are set by hand so that ten characters decide; test/adapters/decode-text.test.ts holds them to it.
 */
export function plausibility(text: string, encoding: string): number {
  const weigh = EAST_ASIAN[encoding];
  const characters = [...text];
  let sum = 0;
  let count = 0;
  for (let position = 0; position < characters.length; position++) {
    const character = characters[position]!;
    if (character <= "\x7f") continue;
    count++;
    if (INVALID.test(character)) sum += -4;
    else if (weigh !== undefined) sum += weigh(character);
    else sum += weighSingleByte(characters, position, encoding);
  }
  return count === 0 ? 0 : sum / count;
}

/** Replacement, C1 controls, private use, unassigned, noncharacters. */
const INVALID = /[\uFFFD\x80-\x9f\p{Co}\p{Cn}\p{Cs}]/u;
const HAN = /\p{Script=Han}/u;
const KANA = /[ぁ-んァ-ヴー]/;
const HALF_WIDTH_KANA = /[\uFF61-\uFF9F]/;
const EAST_ASIAN_PUNCTUATION = /[，。、；：！？“”‘’（）《》「」『』【】…—～·・〈〉\u3000]/;
const FULL_WIDTH_FORMS = /[\uFF01-\uFF5E]/;

const EAST_ASIAN: Readonly<Record<string, (character: string) => number>> = {
  gb18030(character) {
    if (FREQUENT_SIMPLIFIED.has(character)) return 1.6;
    if (FREQUENT_TRADITIONAL.has(character)) return 0.8;
    // Kana have the same bytes in EUC-JP, and say that the text is Japanese.
    if (KANA.test(character)) return -0.3;
    if (HAN.test(character)) return gbLevel1().has(character) ? 0.45 : gbLevel2().has(character) ? -0.4 : -1;
    return weighCommon(character);
  },
  big5(character) {
    if (FREQUENT_TRADITIONAL.has(character)) return 1.6;
    if (KANA.test(character)) return -0.3;
    if (HAN.test(character)) return big5Level1().has(character) ? 0.4 : -0.6;
    return weighCommon(character);
  },
  shift_jis: weighJapanese,
  "euc-jp": weighJapanese,
  "euc-kr"(character) {
    if (FREQUENT_HANGUL.has(character)) return 1.5;
    if (/\p{Script=Hangul}/u.test(character)) return ksHangul().has(character) ? 0.5 : -0.3;
    if (HAN.test(character)) return -0.6;
    return weighCommon(character);
  },
};

function weighJapanese(character: string): number {
  if (/[ぁ-ん]/.test(character)) return 1.4;
  if (KANA.test(character)) return 1.1;
  if (HALF_WIDTH_KANA.test(character)) return -0.4;
  if (FREQUENT_KANJI.has(character)) return 1.4;
  if (HAN.test(character)) return jisLevel1().has(character) ? 0.45 : -0.7;
  return weighCommon(character);
}

function weighCommon(character: string): number {
  if (EAST_ASIAN_PUNCTUATION.test(character)) return 1;
  if (FULL_WIDTH_FORMS.test(character)) return 0.4;
  return -0.7;
}

/** The letters above ASCII that texts in these code pages use, lower case; others of the same script count half. */
const ALPHABETS: Readonly<Record<string, string>> = {
  "windows-1252": "éèêëàâçôîïûùüöäßñáíóúãõåæøœ",
  "windows-1250": "ąćęłńóśźżěščřžýáíéúůťďňőűöüäăâîşţ",
  "windows-1254": "çğıöşüâîû",
  "windows-1251": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґў",
  "koi8-r": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
  "windows-1253": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ",
};

/** Signs of running text, at the edge of a word or between words; inside a word only the apostrophe. */
const SIGNS = /[“”‘’„‚–—…«»€£§°©®™·•¿¡№\u00A0]/;
const LETTER = /\p{L}/u;
const UPPER = /\p{Lu}/u;
const LOWER = /\p{Ll}/u;

function weighSingleByte(characters: readonly string[], position: number, encoding: string): number {
  const character = characters[position]!;
  const before = characters[position - 1] ?? " ";
  const after = characters[position + 1] ?? " ";
  if (!LETTER.test(character)) {
    const insideWord = LETTER.test(before) && LETTER.test(after);
    if (character === "’" && insideWord) return 1;
    if (SIGNS.test(character)) return insideWord ? -0.8 : 0.8;
    return -1;
  }
  let weight = weighLetter(character, encoding);
  if (UPPER.test(character)) {
    // "пРИВЕТ" is what a Cyrillic word becomes in the wrong code page; "ÄãºÃ" what a Chinese one becomes in any.
    if (LOWER.test(before)) weight -= 2;
    else if (UPPER.test(before) || LETTER.test(after) === false) weight -= 0.3;
  }
  const latin = /\p{Script=Latin}/u.test(character);
  // Words of a non-Latin script do not mix with Latin letters; accented letters rarely stand side by side.
  if (!latin && (/[A-Za-z]/.test(before) || /[A-Za-z]/.test(after))) weight -= 1;
  if (latin && (before > "\x7f" || after > "\x7f") && !SIGNS.test(before) && !SIGNS.test(after)) weight -= 0.7;
  return weight;
}

function weighLetter(character: string, encoding: string): number {
  const alphabet = ALPHABETS[encoding];
  // Code pages that only chardet can bring in: its word is worth something, their letters say little.
  if (alphabet === undefined) return 0.6;
  const place = alphabet.indexOf(character.toLowerCase());
  if (place === -1) return -0.3;
  // Cyrillic letters stand in order of frequency; it tells the code pages of one script apart.
  return encoding.startsWith("windows-1251") || encoding === "koi8-r" ? 1.2 - place * 0.02 : 1;
}
