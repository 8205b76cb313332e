import { UserError } from "../../domain/errors.ts";
import type { CommandContext } from "../context.ts";
import type { Flags } from "../load-settings.ts";

export async function runBench(_flags: Flags, _context: CommandContext): Promise<number> {
  throw new UserError("`rerank bench` is being built", { hint: "wait for the next commit" });
}
