import { RemoteFailure, UserError } from "../domain/errors.ts";
import type { RemoteSpec } from "../domain/model-spec.ts";
import { probeOrder, type ProbedOrder } from "../pipeline/probe-order.ts";
import type { Check } from "../reporters/doctor-report.ts";
import { startModels } from "./start-models.ts";
import type { RemoteSettings } from "./remote-settings.ts";

/** Asks a remote model questions of known answers: it is reached, takes the key, and reads texts as it was trained to. */
export async function remoteCheck(spec: RemoteSpec, remote: RemoteSettings, signal: AbortSignal): Promise<Check> {
  const { role, id } = spec;
  const where = `${id} at ${spec.url}, asked as ${spec.dialect}`;
  try {
    // What the cache knows says nothing about the server.
    const models = startModels({ [role]: spec, remote: { ...remote, cacheEntries: 0 } });
    try {
      const startedAt = performance.now();
      const probed = await probeOrder(role === "embedder" ? { embedder: models.embedder, signal } : { reranker: models.reranker, signal });
      return orderCheck(spec, probed[role], `${where} answers (${Math.round(performance.now() - startedAt)} ms for five questions)`);
    } finally {
      await models.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const kind = error instanceof RemoteFailure ? ` (${error.kind})` : "";
    return { name: role, state: "failed", detail: `${where}: ${error.message}${kind}`, remedy: error.hint ?? `look at the server, and at ${role === "embedder" ? "--embed-url" : "--rerank-url"}` };
  }
}

function orderCheck({ role, template }: RemoteSpec, probed: ProbedOrder | undefined, detail: string): Check {
  if (probed === undefined) throw new Error(`the ${role} was not probed`);
  const least = probed.leastMargin.toFixed(3);
  if (probed.isOrdered) return { name: role, state: "ok", detail: `${detail} and puts known answers first, by ${least} or more` };
  const wrong = probed.answers.filter(({ margin }) => !(margin > 0));
  const languages = [...new Set(wrong.map(({ language }) => language))].join(" and ");
  const flag = role === "embedder" ? "--embed-template" : "--rerank-template";
  const isChineseOnly = languages === "zh";
  return {
    name: role,
    state: isChineseOnly ? "note" : "failed",
    detail: `${detail}, and puts ${wrong.length} of ${probed.answers.length} known answers (${languages}) behind other texts`,
    remedy: `${isChineseOnly ? "it may be a model of English alone; for a Qwen3 model " : "for a Qwen3 model "}try ${flag} ${template === "server" ? "client" : "server"}`,
  };
}
