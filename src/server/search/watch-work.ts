import type { ToldWork } from "../http/tell-work.ts";
import type { ModelService, ServedWork } from "../model-service.ts";

/** The same models, and what they were asked for: a search asks two of them. */
export function watchWork(models: ModelService): {
  readonly models: Pick<ModelService, "score" | "embed" | "countTokens">;
  readonly work: (textCount: number) => ToldWork;
} {
  let queueMs = 0;
  let inferenceMs = 0;
  let inputTokens = 0;
  let cachedCount = 0;
  let modelName = "";
  const note = <Reply extends ServedWork & { readonly inputTokens: number }>(reply: Reply): Reply => {
    queueMs += reply.queueMs;
    inferenceMs += reply.inferenceMs;
    inputTokens += reply.inputTokens;
    modelName = reply.modelName;
    return reply;
  };
  return {
    models: {
      countTokens: (...call) => models.countTokens(...call),
      embed: async (...call) => note(await models.embed(...call)),
      async score(...call) {
        const reply = note(await models.score(...call));
        cachedCount += reply.cachedCount;
        return reply;
      },
    },
    work: (textCount) => ({ queueMs, inferenceMs, inputTokens, modelName, textCount, cachedCount }),
  };
}
