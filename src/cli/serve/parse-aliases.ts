import { UserError } from "../../domain/errors.ts";

/**
 * Names under which clients know models: "rerank-v3.5=mini" becomes rerank-v3.5 → mini.
 *
 * @throws UserError for what is not name=model, and for one name that stands for two models.
 */
export function parseAliases(pairs: readonly string[]): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals).trim();
    const model = pair.slice(equals + 1).trim();
    if (equals < 1 || name === "" || model === "") {
      throw new UserError(`"${pair}" is no alias`, { hint: "write name=model, as in --alias rerank-v3.5=mini" });
    }
    const earlier = aliases.get(name);
    if (earlier !== undefined && earlier !== model) throw new UserError(`"${name}" cannot stand for ${earlier} and for ${model}`, { hint: "leave one --alias out" });
    aliases.set(name, model);
  }
  return aliases;
}
