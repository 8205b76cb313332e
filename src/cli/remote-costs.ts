import { counted, formatCount } from "../reporters/format-numbers.ts";
import type { ModelCost, StartedModels } from "./start-models.ts";

/** One line for each remote model, about what it was asked for since the reader was made, or since the last reading; none where nothing was. */
export function createCostReader({ costs }: Pick<StartedModels, "costs">): { read(): string[] } {
  let before = costs();
  return {
    read() {
      const now = costs();
      const lines = now.flatMap((cost) => {
        const earlier = before.find(({ model, role }) => model === cost.model && role === cost.role);
        const requests = cost.requests - (earlier?.requests ?? 0);
        const cacheHits = cost.cacheHits - (earlier?.cacheHits ?? 0);
        return requests === 0 && cacheHits === 0 ? [] : [costLine({ ...cost, requests, cacheHits, tokens: cost.tokens - (earlier?.tokens ?? 0) })];
      });
      before = now;
      return lines;
    },
  };
}

function costLine({ model, role, requests, tokens, isEstimated, cacheHits }: ModelCost): string {
  const hits = cacheHits === 0 ? "" : `, ${counted(cacheHits, "answer")} from the cache`;
  return `${role} ${model}: ${counted(requests, "request")}, ${isEstimated ? "about " : ""}${formatCount(tokens)} tokens${hits}`;
}
