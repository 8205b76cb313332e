import { homedir } from "node:os";
import { UserError } from "../../domain/errors.ts";
import type { CommandContext } from "../context.ts";
import type { Flags } from "../load-settings.ts";
import { configExplain, configGet, configPath, configSet, configUnset, formatExplanation, type ConfigChange, type ConfigContext } from "./config.ts";

interface ConfigFlags extends Flags {
  readonly project?: boolean;
  readonly json?: boolean;
}

/** `rerank config <action> [key] [value...]`. Resolves to the exit code; 1 when `get` finds a key that nothing sets. */
export async function runConfig([action, key, ...values]: readonly string[], flags: ConfigFlags, context: CommandContext): Promise<number> {
  const { cwd, environment: env, output } = context;
  const places: ConfigContext = { flags: {}, env, cwd, homeFolder: homedir(), platform: process.platform };
  const print = (text: string, value: unknown) => output.write(`${flags.json ? JSON.stringify(value, null, 2) : text}\n`);
  const project = flags.project ?? false;
  switch (action) {
    case "get": {
      const setting = await configGet(requireKey(key, action), places);
      if (setting.value === null && !flags.json) return 1;
      await print(setting.text, setting);
      return 0;
    }
    case "set":
      await printChange(await configSet(requireKey(key, action), values, { ...places, project }), "wrote", print, context);
      return 0;
    case "unset":
      await printChange(await configUnset(requireKey(key, action), { ...places, project }), "removed from", print, context);
      return 0;
    case "path": {
      const paths = await configPath(places);
      const line = (name: string, { path, exists }: { path: string; exists: boolean }) => `${name}  ${path}${exists ? "" : "  (not there yet)"}`;
      const ignored = paths.ignored.map((path) => `ignored  ${path}  (another file beside it comes first)`);
      await print([line("user   ", paths.user), line("project", paths.project), ...ignored].join("\n"), paths);
      return 0;
    }
    case "explain": {
      const explanation = await configExplain(places);
      await print(formatExplanation(explanation), explanation);
      return 0;
    }
    default:
      throw new UserError(`there is no \`rerank config ${action ?? ""}\``, { hint: "use get, set, unset, path or explain" });
  }
}

async function printChange(
  change: ConfigChange,
  verb: string,
  print: (text: string, value: unknown) => Promise<void>,
  { output }: CommandContext,
): Promise<void> {
  for (const notice of change.notices) output.notice(`rerank: ${notice}`);
  await print(`${change.key}: ${verb} ${change.file}`, change);
}

function requireKey(key: string | undefined, action: string): string {
  if (key !== undefined) return key;
  throw new UserError(`config ${action} needs a key`, { hint: "`rerank config explain` lists them" });
}
