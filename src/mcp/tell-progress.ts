import type { ServerContext } from "@modelcontextprotocol/server";
import type { SearchEvent } from "../pipeline/events.ts";

/** Small models judge hundreds of passages a second; no screen shows that many steps. */
const MIN_INTERVAL_MS = 100;

/** Tells a client that asked for it how many candidates are judged. */
export function tellProgress({ mcpReq }: ServerContext): (event: SearchEvent) => void {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => {};
  let toldAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    // The answer says so, at once.
    if (event.type === "rerank-failed") return;
    const now = performance.now();
    const { done, total } = event.type === "recalled" ? { done: 0, total: event.candidates.length } : event;
    if (done > 0 && done < total && now - toldAt < MIN_INTERVAL_MS) return;
    toldAt = now;
    const message = done === 0 ? `${total} candidates found` : `${done} of ${total} candidates judged`;
    // The client may leave while it is told; whoever waits for the call hears of that.
    mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress: done, total, message } }).catch(() => {});
  };
}
