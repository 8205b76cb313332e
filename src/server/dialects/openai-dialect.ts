import type { Dialect } from "../dialect.ts";
import { registerModelsList } from "./models-list.ts";
import { registerOpenaiEmbeddings } from "./openai-embeddings.ts";
import { openaiErrorAnswer } from "./openai-errors.ts";
import { registerRootStatus } from "./root-status.ts";

/** /v1/embeddings, /embeddings, /v1/models and /. */
export const OPENAI_DIALECT: Dialect = {
  name: "openai",
  errorAnswer: openaiErrorAnswer,
  register(app, services) {
    registerOpenaiEmbeddings(app, services);
    registerModelsList(app, services);
    registerRootStatus(app, services);
  },
};
