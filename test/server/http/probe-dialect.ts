import { Readable } from "node:stream";
import { Type } from "typebox";
import type { Dialect } from "../../../src/server/dialect.ts";
import { callerOf } from "../../../src/server/http/caller.ts";
import { noteFailure } from "../../../src/server/http/send-error.ts";
import { tellWork } from "../../../src/server/http/tell-work.ts";
import { ServiceError } from "../../../src/server/service-error.ts";

const BODY = Type.Object({ query: Type.String(), documents: Type.Array(Type.String()) });

/** A small API with errors of its own shape, to see what the server does around any dialect. */
export const probeDialect: Dialect = {
  name: "probe",
  errorAnswer: ({ kind, message, param }) => ({ status: { invalid: 422, unauthorized: 401, forbidden: 403, "rate-limited": 429, unavailable: 503, deadline: 504 }[kind as string] ?? 500, body: { probe: kind, message, param } }),
  register(app, { models }) {
    app.post("/probe", { schema: { body: BODY } }, async (request, reply) => {
      const { query, documents } = request.body;
      const reply_ = await models.score({ query, texts: documents }, callerOf(request));
      tellWork(reply, { ...reply_, textCount: documents.length });
      return { logits: reply_.judgments.map(({ logit }) => logit) };
    });
    app.get("/probe/:name", async (request) => ({ name: (request.params as { name: string }).name }));
    app.get("/client", async (request) => ({ client: callerOf(request).client }));
    app.get("/open", { config: { open: true } }, async () => ({ open: true }));
    app.post("/not-a-number", async () => ({ scores: [[0.5, Number.NaN]] }));
    app.post("/fails", async (request) => {
      const { query } = request.body as { query: string };
      throw new Error(`cannot read ${query}`, { cause: new TypeError("a deeper reason") });
    });
    app.post("/fails-alone", async () => {
      throw new Error("a bug that nobody has seen", { cause: new TypeError("a deeper reason") });
    });
    const failAt = async (): Promise<never> => {
      throw new Error("the documents tell of limescale");
    };
    app.get("/fails-at/:name", failAt);
    app.post("/fails-at", { schema: { body: Type.Object({ documents: Type.Unknown() }) } }, failAt);
    app.post("/streams", async (request, reply) => {
      noteFailure(request, new Error("a bug in the middle of a stream"));
      return reply.type("text/event-stream").send(Readable.from(["event: error\n\n"]));
    });
    app.post("/model-is-gone", async () => {
      throw new ServiceError("unavailable", "mini cannot be loaded; the server's log says why", { cause: new Error("the model file /models/mini.onnx cannot be read") });
    });
    app.post("/model-fails", async () => {
      throw new ServiceError("model-failed", "the model gave a value that is not a number");
    });
  },
};
