import fc from "fast-check";

/** As much of JSON schema as the routes use. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
}

const TEXT = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("how do I remove limescale?", "Vinegar dissolves limescale.", "The tides follow the moon.", "如何用柠檬酸给水壶除垢?", "passage", "query") },
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", " ", "NaN", "null", "__proto__", "\ud800", "\udc00 lone", "🍣👩‍👩‍👧", "\u0000", "\u202egnirts", "</s><s>", "x".repeat(3000), "重".repeat(800)),
);

/** Members whose values make the difference between an answer and a refusal: mostly what is accepted. */
const BY_NAME: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  model: fc.oneof({ weight: 6, arbitrary: fc.constantFrom("mini", null, "") }, { weight: 1, arbitrary: TEXT }),
  truncation_direction: fc.constantFrom("Right", "right", null, "Left", "up"),
  rank_fields: fc.constantFrom(null, ["text"], ["title", "text"], [], ["__proto__"], ["constructor"]),
  stream: fc.constantFrom(null, false, false, true),
};

/** Values that a schema describes, with what clients like to send among them. */
export function valuesOf(schema: Schema, name = ""): fc.Arbitrary<unknown> {
  const own = BY_NAME[name];
  if (own !== undefined) return own;
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((branch) => valuesOf(branch)));
  const types = [schema.type ?? ["object", "string", "number"]].flat();
  return fc.oneof(...types.map((type) => valuesOfType(type, schema)));
}

function valuesOfType(type: string, schema: Schema): fc.Arbitrary<unknown> {
  const { minimum = -10, maximum = 10_000 } = schema;
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.oneof(fc.integer({ min: Math.max(minimum, -10), max: Math.min(maximum, 10) }), fc.constantFrom(minimum, maximum, 2 ** 31 - 1, 2 ** 53));
    case "number":
      return fc.double({ min: minimum, max: maximum, noNaN: true });
    case "array":
      return fc.array(valuesOf(schema.items ?? {}), { maxLength: 5 });
    case "object":
      return objectsOf(schema);
    default:
      return TEXT;
  }
}

/** Without properties in the schema: a document with fields. */
function objectsOf({ properties, required = [] }: Schema): fc.Arbitrary<unknown> {
  if (properties === undefined) return fc.oneof(fc.record({ text: TEXT }), fc.dictionary(fc.constantFrom("title", "text", "body", "toString"), fc.oneof(TEXT, fc.integer(), fc.constant(null)), { maxKeys: 3 }));
  const members = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema, name)]));
  return fc.record(members, { requiredKeys: [...required] }).chain((value) => thinned(value as Record<string, unknown>, required));
}

/** With half of its options at random, hardly any request would be accepted: most have few. */
function thinned(value: Record<string, unknown>, required: readonly string[]): fc.Arbitrary<unknown> {
  const names = Object.keys(value);
  const texts = names.filter((name) => required.includes(name) || /^(documents|texts|text_[12]|queries|input|inputs)$/.test(name));
  return fc.subarray(names, { maxLength: Math.min(3, names.length) }).map((kept) => Object.fromEntries([...new Set([...texts, ...kept])].map((name) => [name, value[name]])));
}
