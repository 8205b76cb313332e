import type { Command } from "commander";
import { SETTING_KEYS } from "../../config/settings-table.ts";
import { UserError } from "../../domain/errors.ts";
import { completionScript, SHELLS } from "../completion.ts";
import { openLocator } from "../compose.ts";
import { loadSettings } from "../load-settings.ts";
import type { CommandContext } from "../context.ts";

/** `rerank completion <shell>`: the script on stdout. */
export async function runCompletion([shell]: readonly string[], program: Command, context: CommandContext): Promise<number> {
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined) {
    throw new UserError(`there is no completion for ${shell ?? "an unnamed shell"}`, { hint: `name one of ${SHELLS.join(", ")}` });
  }
  const { settings, hub } = await loadSettings(context, "completion", {});
  const listed = await openLocator(hub, context.cwd, { settings }).list();
  const models = [...new Set(listed.flatMap(({ name, presets }) => [...presets, name]))];
  await context.output.write(
    completionScript(known, program, {
      "--models": models,
      "--embedder": models,
      "--reranker": models,
      "models action": ["list", "pull", "verify"],
      "--role": ["embedder", "reranker"],
      "models name": models,
      "config action": ["get", "set", "unset", "path", "explain"],
      "config key": SETTING_KEYS,
      "completion shell": SHELLS,
    }),
  );
  return 0;
}
