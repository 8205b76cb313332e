import type { FastifyReply } from "fastify";
import { Type, type Static } from "typebox";
import type { ServerApp } from "../create-app.ts";
import type { ModelService } from "../model-service.ts";

export interface HealthOptions {
  readonly models: Pick<ModelService, "state" | "models">;
  readonly version: string;
  readonly isDraining: () => boolean;
}

const HEALTH = Type.Object({
  status: Type.Union([Type.Literal("ok"), Type.Literal("loading"), Type.Literal("draining"), Type.Literal("failed")]),
  model_loaded: Type.Boolean(),
  device: Type.Union([Type.String(), Type.Null()], { description: "Where the server's own models run, once they are loaded" }),
  version: Type.String(),
  uptime_seconds: Type.Number(),
});

/** Loading takes from a second to some minutes; a stopping server comes back when it is started again. */
const RETRY_SECONDS = { loading: 2, draining: 5, failed: 30 } as const;
/** A service that is too busy to say where its models run must not hold up a sign of life. */
const MODELS_PATIENCE_MS = 500;

/** `/livez`: this process answers. `/readyz` and `/health`: the server's own models are loaded, and new work is taken. */
export function addHealthRoutes(app: ServerApp, { models, version, isDraining }: HealthOptions): void {
  let device: string | null = null;

  async function answer(reply: Pick<FastifyReply, "status" | "header">): Promise<Static<typeof HEALTH>> {
    const state = isDraining() ? "draining" : models.state;
    device = (await deviceOf(models)) ?? device;
    void reply.header("cache-control", "no-store");
    if (state !== "ready") void reply.status(503).header("retry-after", String(RETRY_SECONDS[state]));
    return { status: state === "ready" ? "ok" : state, model_loaded: state === "ready", device, version, uptime_seconds: Math.round(process.uptime()) };
  }

  const describe = (summary: string) => ({ schema: { summary, tags: ["operation"], response: { 200: HEALTH, 503: HEALTH } }, config: { open: true } });
  app.get(
    "/livez",
    { schema: { summary: "Whether the process answers", tags: ["operation"], response: { 200: Type.Object({ status: Type.Literal("ok") }) } }, config: { open: true } },
    async (_request, reply) => {
      void reply.header("cache-control", "no-store");
      return { status: "ok" as const };
    },
  );
  app.get("/readyz", describe("Whether models are loaded and new work is taken"), async (_request, reply) => answer(reply));
  app.get("/health", describe("As /readyz"), async (_request, reply) => answer(reply));
}

async function deviceOf(models: Pick<ModelService, "models">): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), MODELS_PATIENCE_MS);
  });
  try {
    const served = await Promise.race([models.models(), impatience]);
    return served?.find(({ isDefault, device }) => isDefault && device !== null)?.device ?? undefined;
  } catch {
    // Health is told without it.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
