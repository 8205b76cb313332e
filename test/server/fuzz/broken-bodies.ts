import fc from "fast-check";

/** JSON that `JSON.stringify` does not write, by its place holder. */
const RAW = [
  "1e400",
  "-1e400",
  "1e-400",
  "123456789012345678901234567890",
  "-0",
  "NaN",
  "Infinity",
  "undefined",
  '"\\ud800"',
  '"\\u0000"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"text":"a","text":"b"}',
  '["__proto__"]',
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  `${'{"a":'.repeat(3000)}1${"}".repeat(3000)}`,
  `${'{"a":['.repeat(90)}1${"]}".repeat(90)}`,
];
const RAW_MARK = "raw JSON here: ";

const ODD_VALUE = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 0.5, 2 ** 53, 1e308, -(2 ** 31), "", "NaN", "1e5", "-1", [], {}, [[]], [null], [{}], [[[]]], { text: null }, { text: [] }, ["a", 1], [1, "a"], [[1], "a"]),
  fc.constantFrom(...RAW).map((raw) => RAW_MARK + raw),
);

interface Mutation {
  readonly operation: "replace" | "remove" | "add";
  readonly place: number;
  readonly name: string;
  readonly value: unknown;
}

const MUTATION: fc.Arbitrary<Mutation> = fc.record({
  operation: fc.constantFrom("replace" as const, "replace" as const, "remove" as const, "add" as const),
  place: fc.nat(1000),
  name: fc.constantFrom("unknown", "toString", "hasOwnProperty", "constructor", "length", "n", "0"),
  value: ODD_VALUE,
});

/** What is done to the written JSON. */
const TEXT_CHANGE: fc.Arbitrary<(text: string) => string> = fc.oneof(
  { weight: 8, arbitrary: fc.constant((text: string) => text) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 0.999, noNaN: true }).map((share) => (text: string) => text.slice(0, Math.floor(share * text.length))) },
  { weight: 1, arbitrary: fc.constantFrom("}", "x", ",{}", "\u0000", "\n// comment").map((tail) => (text: string) => text + tail) },
  { weight: 1, arbitrary: fc.constantFrom('{"query":5,', '{"model":"mini","model":null,', '{"__proto__":{"query":"x"},', "\ufeff{", "{,").map((head) => (text: string) => text.replace(/^\{/, head)) },
  { weight: 1, arbitrary: fc.constantFrom("", "null", "[]", "42", '"text"', "{}", "[{}]", "true", "{", "]").map((whole) => () => whole) },
);

/** Requests as clients and attackers send them: values of the schema, or an example, changed in up to two places, and as text. */
export function bodiesLike(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc.record({ value: values, mutations: fc.array(MUTATION, { maxLength: 2 }), change: TEXT_CHANGE }).map(({ value, mutations, change }) => {
    const mutated = mutations.reduce(mutate, structuredClone(value));
    return change(rawJson(mutated));
  });
}

function rawJson(value: unknown): string {
  return (JSON.stringify(value) ?? "").replace(/"raw JSON here: ((?:[^"\\]|\\.)*)"/g, (_match, escaped: string) => JSON.parse(`"${escaped}"`) as string);
}

function mutate(value: unknown, { operation, place, name, value: shared }: Mutation): unknown {
  const odd = structuredClone(shared);
  const containers = containersIn(value);
  const container = containers[place % Math.max(1, containers.length)];
  if (container === undefined || (operation === "replace" && place % 17 === 0)) return odd;
  const keys = Object.keys(container);
  const key = keys[Math.floor(place / 7) % Math.max(1, keys.length)];
  if (operation === "add" || key === undefined) container[Array.isArray(container) ? String(keys.length) : name] = odd;
  else if (operation === "remove" && !Array.isArray(container)) delete container[key];
  else container[key] = odd;
  return value;
}

function containersIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(containersIn)];
}
