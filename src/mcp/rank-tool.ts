import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { SearchResult } from "../pipeline/search-result.ts";
import { printableLine } from "../reporters/printable.ts";
import type { AgentServices } from "./agent-services.ts";
import { cut } from "./fit-texts.ts";
import { JUDGING_FIELDS, judgingFields, judgingLine, roundedRelevance } from "./judging-fields.ts";
import { READ_ONLY, runTool, type ToolAnswer } from "./run-tool.ts";
import { budgetField, instructionField, minRelevanceField, queryField } from "./wish-fields.ts";

const MAX_DOCUMENTS = 1000;
const MAX_DOCUMENT_CHARS = 100_000;
const MAX_ID_CHARS = 200;
const DEFAULT_RESULTS = 10;
const SHOWN_CHARS = 80;

const OUTPUT = z.object({
  results: z.array(
    z.object({
      rank: z.int().describe("Place in the final order, from 1."),
      position: z.int().describe("Place in documents as they were given, from 0."),
      id: z.string().optional().describe("As it was given."),
      relevance: z.number().nullable().describe("P(relevant), 0 to 1; null: not judged."),
      truncated: z.boolean().describe("The reranker has read only the beginning of the text."),
    }),
  ),
  ...JUDGING_FIELDS,
});

const DESCRIPTION = [
  "Orders texts that you already have (search hits of another tool, file excerpts, issues, log messages) by how well each answers a query; no index is needed.",
  "Use it to choose what to read when you have more candidates than you want in your context. Returns ids or positions with a relevance (0 to 1), best first, without the texts.",
].join(" ");

export function addRankTool(server: McpServer, services: AgentServices): void {
  const inputSchema = z.strictObject({
    query: queryField("What the texts are judged by, as a question or a sentence."),
    documents: z
      .array(
        z.strictObject({
          text: z.string().max(MAX_DOCUMENT_CHARS).describe("The text itself, not the name of a file."),
          id: z.string().min(1).max(MAX_ID_CHARS).optional().describe("Comes back with the result."),
        }),
      )
      .min(1)
      .max(MAX_DOCUMENTS),
    limit: z.int().min(1).max(MAX_DOCUMENTS).optional().describe(`Results; ${DEFAULT_RESULTS} by default.`),
    instruction: instructionField,
    min_relevance: minRelevanceField,
    budget_ms: budgetField(services.defaults.budgetMs),
  });
  server.registerTool("rank", { title: "Rank given texts", description: DESCRIPTION, inputSchema, outputSchema: OUTPUT, annotations: READ_ONLY }, (wish, context) =>
    runTool(services, context, async (call) => {
      const { query, documents, instruction, min_relevance: minRelevance, limit = DEFAULT_RESULTS, budget_ms: budgetMs = services.defaults.budgetMs } = wish;
      const result = await services.rank({ query, documents: documents.map(({ text }) => text), limit, budgetMs, instruction, minRelevance }, call);
      return answer(result, documents);
    }),
  );
}

function answer(result: SearchResult, documents: readonly { readonly text: string; readonly id?: string | undefined }[]): ToolAnswer {
  const results = result.results.map((ranked) => {
    // The place in the input is the recall rank.
    const position = ranked.recallRank - 1;
    const id = documents[position]?.id;
    return { rank: ranked.rank, position, ...(id !== undefined && { id }), relevance: roundedRelevance(ranked), truncated: ranked.judgment?.truncated ?? false };
  });
  const structured: z.infer<typeof OUTPUT> = { results, ...judgingFields(result) };
  const lines = results.map(({ rank, position, id, relevance }) => {
    const name = id === undefined ? `document ${position}` : `${id} (document ${position})`;
    const beginning = printableLine(cut(documents[position]?.text.replaceAll(/\s+/g, " ").trim() ?? "", SHOWN_CHARS));
    return `[${rank}] ${relevance === null ? "not judged" : `relevance ${relevance}`} ${printableLine(name)}\n> ${beginning}`;
  });
  return { structured, text: [judgingLine(result), ...lines].join("\n") };
}
