import { Type, type Static } from "typebox";
import type { AppServices, ServerApp } from "../create-app.ts";
import type { ServedModel } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";
import { EMBEDDING_ROUTE } from "./embedding-route-options.ts";
import { OPENAI_ERROR } from "./openai-errors.ts";

const ROLE = Type.Object(
  {
    state: Type.Enum(["loaded", "loading", "available", "failed"]),
    is_default: Type.Boolean({ description: "Used where a request names no model" }),
    aliases: Type.Array(Type.String(), { description: "Other names for it in this role" }),
    device: Type.Union([Type.String(), Type.Null()], { description: "Where it runs, once it is loaded" }),
    memory_bytes: Type.Union([Type.Integer(), Type.Null()], { description: "Of its process, once it is loaded" }),
    precision: Type.String(),
    max_tokens: Type.Integer({ description: "Read of one text or pair" }),
    dimensions: Type.Optional(Type.Integer({ description: "Of an embedder's vectors" })),
    reads_instruction: Type.Boolean(),
    revision: Type.String(),
    licence: Type.String(),
  },
  { description: "The model in this role" },
);

const MODEL = Type.Object({
  id: Type.String({ examples: ["mini"] }),
  object: Type.Literal("model"),
  created: Type.Integer({ description: "When the server started, in Unix seconds" }),
  owned_by: Type.String(),
  roles: Type.Object({ embedder: Type.Optional(ROLE), reranker: Type.Optional(ROLE) }, { description: "A name may stand for a pair" }),
});

const LIST = Type.Object({ object: Type.Literal("list"), data: Type.Array(MODEL) });

/** OpenAI's list of models, with what is loaded where. */
export function registerModelsList(app: ServerApp, { models }: AppServices): void {
  const created = Math.floor(Date.now() / 1000);
  const list = async (): Promise<Static<typeof MODEL>[]> => byName(await models.models(), created);

  app.get(
    "/v1/models",
    { ...EMBEDDING_ROUTE, schema: { summary: "Models that a request may name, and what is loaded", tags: ["models"], response: { 200: LIST, "4xx": OPENAI_ERROR, "5xx": OPENAI_ERROR } } },
    async () => ({ object: "list" as const, data: await list() }),
  );

  const one = async (name: string): Promise<Static<typeof MODEL>> => {
    const found = await list();
    const model = found.find(({ id }) => id === name) ?? found.find(({ roles }) => Object.values(roles).some(({ aliases }) => aliases.includes(name)));
    if (model === undefined) throw new ServiceError("unknown-model", "there is no such model here: /v1/models lists those that there are", { param: "model" });
    return model;
  };
  const response = { 200: MODEL, "4xx": OPENAI_ERROR, "5xx": OPENAI_ERROR };
  app.get(
    "/v1/models/:id",
    { ...EMBEDDING_ROUTE, schema: { summary: "One model, by its name or an alias", tags: ["models"], params: Type.Object({ id: Type.String() }), response } },
    ({ params }) => one(params.id),
  );
  // Names of the hub hold a slash, which not every client encodes.
  app.get("/v1/models/*", { ...EMBEDDING_ROUTE, schema: { hide: true, params: Type.Object({ "*": Type.String() }), response } }, ({ params }) => one(params["*"]));
}

/** One entry for each name: a pair's embedder and reranker share theirs. */
function byName(served: readonly ServedModel[], created: number): Static<typeof MODEL>[] {
  const entries = new Map<string, Static<typeof MODEL>>();
  for (const model of served) {
    const id = model.names[0] ?? model.spec.id;
    const entry = entries.get(id) ?? { id, object: "model", created, owned_by: ownerOf(id), roles: {} };
    entry.roles[model.role] ??= describeRole(model);
    entries.set(id, entry);
  }
  return [...entries.values()];
}

function describeRole({ names, isDefault, state, spec, device, memoryBytes }: ServedModel): Static<typeof ROLE> {
  const { precision, maxTokens, dimensions, readsInstruction, revision, licence } = spec;
  return {
    state,
    is_default: isDefault,
    aliases: names.slice(1),
    device,
    memory_bytes: memoryBytes,
    precision,
    max_tokens: maxTokens,
    ...(spec.role === "embedder" && { dimensions }),
    reads_instruction: readsInstruction,
    revision,
    licence,
  };
}

/** "Qwen/Qwen3-Reranker-0.6B" is Qwen's; presets and folders are the server's. */
function ownerOf(id: string): string {
  return /^([\w.-]*\w[\w.-]*)\/[^/]+$/.exec(id)?.[1] ?? "rerank";
}
