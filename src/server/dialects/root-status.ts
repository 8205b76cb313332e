import { Type } from "typebox";
import type { AppServices, ServerApp } from "../create-app.ts";
import { EMBEDDING_ROUTE } from "./embedding-route-options.ts";
import { OPENAI_ERROR } from "./openai-errors.ts";

const STATUS = Type.Object({
  status: Type.Enum(["ok", "loading", "draining", "failed"]),
  loaded_models: Type.Array(Type.String()),
  default_model: Type.Union([Type.String(), Type.Null()], { description: "Reranks where a request names no model" }),
  supported_models: Type.Array(Type.String(), { description: "Names that a request may use" }),
});

/** What is here, for programs; people are sent to the page. */
export function registerRootStatus(app: ServerApp, { models }: AppServices): void {
  app.get(
    "/",
    {
      ...EMBEDDING_ROUTE,
      schema: {
        summary: "Models in short; a browser is sent to /ui",
        tags: ["models"],
        response: { 200: STATUS, 302: Type.Null({ description: "To /ui" }), "4xx": OPENAI_ERROR, "5xx": OPENAI_ERROR },
      },
    },
    async ({ headers }, reply) => {
      void reply.header("vary", "accept");
      if (headers.accept?.includes("text/html")) return reply.redirect("/ui", 302);
      const served = await models.models();
      const namesOf = (list: typeof served): string[] => [...new Set(list.flatMap(({ names }) => names))];
      return reply.send({
        status: models.state === "ready" ? "ok" : models.state,
        loaded_models: [...new Set(served.flatMap(({ names, state }) => (state === "loaded" ? names.slice(0, 1) : [])))],
        default_model: namesOf(served.filter(({ role, isDefault }) => role === "reranker" && isDefault))[0] ?? null,
        supported_models: namesOf(served),
      });
    },
  );
}
