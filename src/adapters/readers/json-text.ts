/** Long lists of numbers (vectors, pixels, coordinates) are no text: they are named by their length. */
const MAX_NUMBERS = 32;
/** Deeper than any document for people, and well within the call stack. */
const MAX_DEPTH = 64;

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON value as "path: value" lines: "author.name: Ada", "tags: a, b", "items[1].price: 3". Null and "" say nothing. */
export function jsonText(value: unknown, path = ""): string {
  const lines: string[] = [];
  addLines(value, path, 0, lines);
  return lines.join("\n");
}

function addLines(value: unknown, path: string, depth: number, lines: string[]): void {
  if (value === null || value === "") return;
  if (depth > MAX_DEPTH) {
    lines.push(`${path}: … (nested deeper than ${MAX_DEPTH} levels)`);
  } else if (Array.isArray(value)) {
    addArray(value, path, depth, lines);
  } else if (isJsonObject(value)) {
    for (const [key, child] of Object.entries(value)) addLines(child, path === "" ? key : `${path}.${key}`, depth + 1, lines);
  } else {
    lines.push(path === "" ? String(value) : `${path}: ${String(value)}`);
  }
}

function addArray(values: readonly unknown[], path: string, depth: number, lines: string[]): void {
  if (values.length === 0) return;
  const name = path === "" ? "" : `${path}: `;
  if (values.length > MAX_NUMBERS && values.every((value) => typeof value === "number")) {
    lines.push(`${name}${values.length} numbers`);
  } else if (values.every((value) => typeof value !== "object" || value === null)) {
    lines.push(`${name}${values.filter((value) => value !== null).join(", ")}`);
  } else {
    values.forEach((value, position) => addLines(value, `${path}[${position}]`, depth + 1, lines));
  }
}
