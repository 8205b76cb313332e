import { z } from "zod";

/** As on the command line: a longer query is a file that was pasted by mistake. */
const MAX_QUERY_CHARS = 20_000;
const MAX_INSTRUCTION_CHARS = 2000;
/** A client gives up on a call before that. */
const MAX_BUDGET_MS = 600_000;

export const queryField = (description: string) => z.string().min(1).max(MAX_QUERY_CHARS).describe(description);

export const instructionField = z
  .string()
  .min(1)
  .max(MAX_INSTRUCTION_CHARS)
  .optional()
  .describe('What counts as relevant, for models that read an instruction: "Find code that writes to disk". Others say that they ignore it.');

export const minRelevanceField = z.number().min(0).max(1).optional().describe("Leaves out results of a lower relevance, and those that were not judged.");

export const budgetField = (defaultMs: number) =>
  z.int().min(1).max(MAX_BUDGET_MS).optional().describe(`Time in ms; then the best order so far is the answer, marked as partial. ${defaultMs} by default.`);
