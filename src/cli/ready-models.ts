import type { ModelLocator } from "../adapters/models/model-locator.ts";
import type { ModelRole } from "../domain/model-spec.ts";

/**
 * The models of a role that can answer at once, by the names that find them: with their precision where they are compiled, as one that had
 * to be compiled first would take minutes.
 */
export async function readyModels(locator: Pick<ModelLocator, "list">, role: ModelRole): Promise<string[]> {
  const here = (await locator.list()).filter((model) => model.role === role && (model.state === "bundled" || model.state === "here"));
  return here.flatMap(({ name, compiled }) => compiled?.map((precision) => `${name}:${precision}`) ?? [name]);
}
