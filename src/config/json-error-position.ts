/**
 * Where a text stops being JSON, as "line 3, column 5"; lines and columns count from 1. Node's own messages name the
 * position only sometimes (Node 20: not for an unexpected token), and a configuration file's error must name its line.
 */
export function jsonErrorPosition(text: string): string {
  const before = text.slice(0, firstWrongPosition(text));
  const lineStart = before.lastIndexOf("\n") + 1;
  return `line ${before.split("\n").length}, column ${before.length - lineStart + 1}`;
}

// Inside of a string, a control character (\p{Cc}; JSON allows those above U+007F, which no keyboard types) is an error.
const TOKEN = /\s*(?:[{}[\],:]|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy;

/** What may come next: a value, a key, what stands after a key or a value, or nothing. */
type Expected = "value" | "value-or-]" | "key" | "key-or-}" | ":" | "separator" | "end";

function firstWrongPosition(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  let position = 0;
  while (true) {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(text)?.[0];
    const next: Expected | undefined = token === undefined ? undefined : follow(token.trim(), expected, open);
    // An unfinished string is named where it begins; at the end of the text, what is missing stands behind the last token.
    if (token === undefined || next === undefined) return position + (/^\s*(?=\S)/.exec(text.slice(position))?.[0].length ?? 0);
    position += token.length;
    expected = next;
  }
}

function follow(token: string, expected: Expected, open: string[]): Expected | undefined {
  const afterValue = (): Expected => (open.length === 0 ? "end" : "separator");
  if (token === "{" || token === "[") {
    if (!expected.startsWith("value")) return undefined;
    open.push(token);
    return token === "{" ? "key-or-}" : "value-or-]";
  }
  if (token === "}" || token === "]") {
    const closes = expected === "separator" || expected.endsWith(`-or-${token}`);
    if (!closes || open.at(-1) !== (token === "}" ? "{" : "[")) return undefined;
    open.pop();
    return afterValue();
  }
  if (token === ":") return expected === ":" ? "value" : undefined;
  if (token === ",") {
    if (expected !== "separator") return undefined;
    return open.at(-1) === "{" ? "key" : "value";
  }
  if (expected.startsWith("key")) return token.startsWith('"') ? ":" : undefined;
  return expected.startsWith("value") ? afterValue() : undefined;
}
