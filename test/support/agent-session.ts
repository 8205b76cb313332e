import { Client, InMemoryTransport, type CallToolResult, type ClientOptions } from "@modelcontextprotocol/client";
import { onTestFinished } from "vitest";
import { pathMatcher } from "../../src/adapters/path-matcher.ts";
import { createAgentServices, type AgentServicesOptions } from "../../src/cli/mcp/create-agent-services.ts";
import { describeLocalFailure } from "../../src/cli/mcp/describe-failure.ts";
import type { AgentServices } from "../../src/mcp/agent-services.ts";
import { createMcpServer } from "../../src/mcp/create-mcp-server.ts";
import type { RequestLimits } from "../../src/server/limits.ts";
import { createSearchService } from "../../src/server/search/search-service.ts";
import { createFakeModelService, type FakeModelService, type FakeModelServiceOptions } from "./fake-model-service.ts";
import { createFakeViews, type FakeViews } from "./search-views.ts";
import { TEST_LIMITS } from "./start-app.ts";

export const AGENT_DEFAULTS: AgentServices["defaults"] = { limit: 5, budgetMs: 20_000 };

export interface FakeAgentOptions extends FakeModelServiceOptions, Partial<Pick<AgentServicesOptions, "defaults" | "isLocal">> {
  /** Passages, a line each, by path; absent: no index. */
  readonly texts?: Readonly<Record<string, readonly string[]>>;
  readonly onBug?: (error: unknown) => void;
  readonly viewFailure?: () => Error | undefined;
  readonly limits?: RequestLimits;
}

export interface FakeAgent {
  readonly options: Omit<AgentServicesOptions, "caller" | "isLocal" | "describeFailure">;
  readonly models: FakeModelService;
  readonly views: FakeViews;
}

/** The services of the tools over fake models and an index in memory; search, queue of words and paths are the real ones. */
export async function createFakeAgent({ texts, defaults = AGENT_DEFAULTS, limits = TEST_LIMITS, viewFailure, ...fake }: FakeAgentOptions): Promise<FakeAgent> {
  const models = createFakeModelService(fake);
  const views = await createFakeViews(texts, viewFailure);
  const search = createSearchService({ models, views, limits, defaults: { candidates: 50, limit: 10, hybrid: false, onFailure: "error" }, matchPaths: pathMatcher, onNotice() {} });
  return { options: { services: { models, search, views, limits }, defaults, indexHome: () => undefined }, models, views };
}

export interface AgentSession extends FakeAgent {
  readonly client: Client;
  call(name: string, args: Record<string, unknown>): Promise<CallToolResult>;
}

/** An official client that is connected to the tools, until the test has finished. */
export async function openAgentSession({ isLocal = true, onBug = () => {}, ...options }: FakeAgentOptions = {}, clientOptions: ClientOptions = {}): Promise<AgentSession> {
  const agent = await createFakeAgent(options);
  const services = createAgentServices({
    ...agent.options,
    isLocal,
    caller: { client: "agent", signal: new AbortController().signal },
    describeFailure: (error) => describeLocalFailure(error, onBug),
  });
  const server = createMcpServer(services, "0.0.0-test");
  const client = new Client({ name: "test", version: "1" }, clientOptions);
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(far), client.connect(near)]);
  onTestFinished(() => client.close());
  return { ...agent, client, call: (name, args) => client.callTool({ name, arguments: args }) };
}

/** The text of an answer, for the eye. */
export function textOf({ content }: CallToolResult): string {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
}
