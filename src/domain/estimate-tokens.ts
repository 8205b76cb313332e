const LETTERS_PER_TOKEN = 4;

/**
 * About how many tokens a text has, without a tokenizer: what queues and limits count with, never what an answer reports. A letter of a
 * dense script is a token of its own, or close to one; of the others about four make one.
 */
export function estimateTokens(text: string): number {
  let dense = 0;
  // A regular expression's list of matches takes fifty times as long: seconds, in which nobody is answered, for 20 MB of Chinese.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x1100) continue;
    if (code >= 0xd800 && code <= 0xdbff) {
      if ((text.charCodeAt(at + 1) & 0xfc00) !== 0xdc00) continue;
      dense += 1;
      at += 1;
    } else if (isDense(code)) dense += 1;
  }
  return dense + Math.ceil((text.length - dense) / LETTERS_PER_TOKEN);
}

/** Hangul, Chinese, Japanese and their like, and their full-width forms. */
function isDense(code: number): boolean {
  return code <= 0x11ff || (code >= 0x2e80 && code <= 0xd7ff) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xff00 && code <= 0xffef);
}
