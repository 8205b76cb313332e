import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { formatBytes } from "../domain/format-bytes.ts";
import { printableLine } from "../reporters/printable.ts";
import type { AgentModel, AgentServices, AgentStatus } from "./agent-services.ts";
import { READ_ONLY, runTool, type ToolAnswer } from "./run-tool.ts";

const MODEL = z.object({
  id: z.string(),
  precision: z.string(),
  state: z.enum(["loaded", "loading", "available", "failed"]),
  device: z.string().nullable().describe("Where it runs, once it is loaded."),
});

const OUTPUT = z.object({
  roots: z.array(z.string()).describe("Folders and files that the index covers, as paths of results are."),
  base_folder: z.string().optional().describe("The folder that paths are relative to; absent over HTTP."),
  documents: z.int(),
  passages: z.int(),
  size_bytes: z.int(),
  dimensions: z.int(),
  created_at: z.string(),
  stale: z.boolean().nullable().describe("Files have changed since they were indexed: results may be out of date. null: not known, looking took too long."),
  changed: z.int().nullable().describe("Documents whose file has changed since."),
  added: z.int().nullable().describe("Files that are not in the index yet."),
  gone: z.int().nullable().describe("Documents whose file is not there any more."),
  missing_roots: z.array(z.string()),
  embedder: MODEL,
  reranker: MODEL,
  defaults: z.object({ limit: z.int(), budget_ms: z.int(), candidates: z.int(), hybrid: z.boolean() }),
});

const DESCRIPTION =
  "Says what the index covers (folders, documents, passages), whether files have changed since it was made, and which models answer. Use it when a search finds nothing where something should be, or before you rely on results being up to date.";

export function addStatusTool(server: McpServer, services: AgentServices): void {
  server.registerTool(
    "status",
    { title: "What is indexed", description: DESCRIPTION, inputSchema: z.strictObject({}), outputSchema: OUTPUT, annotations: READ_ONLY },
    (_wish, context) => runTool(services, context, async (call) => answer(await services.status(call), services.defaults)),
  );
}

function answer(status: AgentStatus, { limit, budgetMs }: AgentServices["defaults"]): ToolAnswer {
  const { roots, baseFolder, documents, passages, sizeBytes, dimensions, createdAt, models, candidates, hybrid, staleness } = status;
  const { changed = null, added = null, gone = null, missingRoots = [] } = staleness ?? {};
  const stale = staleness === null ? null : staleness.changed + staleness.added + staleness.gone + staleness.missingRoots.length > 0;
  const structured: z.infer<typeof OUTPUT> = {
    roots: [...roots],
    ...(baseFolder !== null && { base_folder: baseFolder }),
    documents,
    passages,
    size_bytes: sizeBytes,
    dimensions,
    created_at: createdAt,
    stale,
    changed,
    added,
    gone,
    missing_roots: [...missingRoots],
    embedder: modelFields(models.embedder),
    reranker: modelFields(models.reranker),
    defaults: { limit, budget_ms: budgetMs, candidates, hybrid },
  };
  const lines = [
    `${documents} documents, ${passages} passages of ${dimensions} dimensions, ${formatBytes(sizeBytes)}, made ${createdAt}`,
    `covers: ${roots.join(", ")}${baseFolder === null ? "" : ` (in ${baseFolder})`}`,
    stalenessLine(staleness),
    ...(["embedder", "reranker"] as const).map((role) => modelLine(role, models[role])),
  ];
  return { structured, text: lines.map(printableLine).join("\n") };
}

function modelFields({ id, precision, state, device }: AgentModel): z.infer<typeof MODEL> {
  return { id, precision, state, device };
}

function modelLine(role: string, { id, precision, state, device }: AgentModel): string {
  return `${role}: ${id} (${precision}), ${state}${device === null ? "" : ` on ${device}`}`;
}

function stalenessLine(staleness: AgentStatus["staleness"]): string {
  if (staleness === null) return "whether files have changed is not known: looking took too long";
  const { changed, added, gone, missingRoots } = staleness;
  if (changed + added + gone + missingRoots.length === 0) return "up to date";
  const missing = missingRoots.length === 0 ? "" : `; not there any more: ${missingRoots.join(", ")}`;
  return `out of date: ${changed} changed, ${added} new, ${gone} gone${missing}; \`rerank index\` brings it up to date`;
}
