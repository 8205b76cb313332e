import type { CallToolResult, ServerContext } from "@modelcontextprotocol/server";
import type { AgentCall, AgentServices } from "./agent-services.ts";
import { tellProgress } from "./tell-progress.ts";

/** What a tool gives: the same for a program and for the eye. */
export interface ToolAnswer {
  readonly structured: Record<string, unknown>;
  readonly text: string;
}

/** Nothing is written, the world beyond the index is not asked, and asking twice is asking once. */
export const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;

/** A tool's work with its progress, its cancellation and its errors: what the model can mend by itself is an answer, too. */
export async function runTool(services: AgentServices, context: ServerContext, work: (call: AgentCall) => Promise<ToolAnswer>): Promise<CallToolResult> {
  const { signal } = context.mcpReq;
  try {
    const { structured, text } = await work({ signal, onEvent: tellProgress(context) });
    return { content: [{ type: "text", text }], structuredContent: structured };
  } catch (error) {
    // Nobody reads the answer of a call that was cancelled; the protocol has none for it.
    if (signal.aborted) throw error;
    const { message, hint } = services.describeFailure(error);
    return { isError: true, content: [{ type: "text", text: hint === undefined ? message : `${message}\nhint: ${hint}` }] };
  }
}
