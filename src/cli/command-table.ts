import type { CommandEntry } from "./command-entries/command-entry.ts";
import { MANAGE_ENTRIES } from "./command-entries/manage-entries.ts";
import { MEASURE_ENTRIES } from "./command-entries/measure-entries.ts";
import { SEARCH_ENTRIES } from "./command-entries/search-entries.ts";
import { SERVE_ENTRIES } from "./command-entries/serve-entries.ts";

/** Every command, in the order of `rerank --help`. */
export const COMMAND_TABLE: readonly CommandEntry[] = [...SEARCH_ENTRIES, ...SERVE_ENTRIES, ...MEASURE_ENTRIES, ...MANAGE_ENTRIES];
