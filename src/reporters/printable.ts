/**
 * C0 and C1 controls, DEL, the characters that turn the direction of text around (they make a file name read as another
 * one), line and paragraph separators, and lone surrogates.
 */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]|\p{Surrogate}/gu;
// oxlint-disable-next-line no-control-regex
const UNSAFE_IN_TEXT = /(?![\n\t])[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]|\p{Surrogate}/gu;

/** One line that a terminal shows as it is: a file named with an escape sequence must not get to run it. */
export function printableLine(text: string): string {
  return text.replace(UNSAFE, shown);
}

/** As `printableLine`, for texts whose line breaks and tabs are wanted. A carriage return before a line break is dropped. */
export function printableText(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(UNSAFE_IN_TEXT, shown);
}

/** The same for JSON: what JSON.stringify leaves raw and a terminal might obey, as \uXXXX, which parses to the same string. */
export function printableJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function shown(character: string): string {
  if (character === "\n") return "␊";
  if (character === "\t") return "␉";
  const code = character.charCodeAt(0);
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
}
