import type { SettingKey, Settings } from "../../config/settings-table.ts";
import type { AgentServices } from "../../mcp/agent-services.ts";

export type AgentDefaults = AgentServices["defaults"];

/** A context window has less room than a screen. */
const RESULTS = 5;
/** Clients give up on a call after a minute or so, and agents wait for each one: a partial order in time is worth more. */
const BUDGET_MS = 20_000;

/** What a search of an agent is given where neither the agent nor the user has said it. */
export function agentDefaults({ limit, budget }: Pick<Settings, "limit" | "budget">, isSet: (key: SettingKey) => boolean): AgentDefaults {
  return { limit: isSet("limit") ? limit : RESULTS, budgetMs: budget ?? BUDGET_MS };
}
