import type { ModelSpec } from "../../domain/model-spec.ts";
import { untilAborted } from "../../pipeline/until-aborted.ts";
import type { Caller } from "../model-service.ts";
import { openAbortScope } from "./abort-scope.ts";
import { isModelsFault, portFailure, stoppingError } from "./failures.ts";
import type { FairQueue } from "./fair-queue.ts";
import type { ModelPool } from "./model-pool.ts";
import type { StartedModel } from "./model-source.ts";

export interface WorkPlan {
  readonly spec: ModelSpec;
  /** Estimated tokens of each text. */
  readonly costs: readonly number[];
  readonly isUrgent?: boolean;
  /** When the request came, by `performance.now()`. */
  readonly arrivedAt: number;
  /** Works on the texts from `start` up to `end`; `signal` aborts when nobody waits for them any more. */
  run(model: StartedModel, start: number, end: number, signal: AbortSignal): Promise<void>;
}

export interface WorkTimes {
  /** From the call to the first text's turn, and from there to the last text's answer. */
  readonly queueMs: number;
  readonly inferenceMs: number;
}

/**
 * Takes a request's texts through the queue and the model. It waits in the queue while the model loads, too: there it counts as
 * waiting, and holds up nobody. Rejects with ServiceError, or with the caller's reason at once when that aborts.
 */
export async function runWork({ queue, pool }: { readonly queue: FairQueue; readonly pool: ModelPool }, { spec, costs, isUrgent, arrivedAt, run }: WorkPlan, caller: Caller): Promise<WorkTimes> {
  if (costs.length === 0) return { queueMs: performance.now() - arrivedAt, inferenceMs: 0 };
  const place = queue.enter({ client: caller.client, costs, ...(isUrgent && { isUrgent }) });
  const scope = openAbortScope(caller.signal);
  try {
    const lease = await pool.lease(spec, caller.signal);
    // A slice that cannot be stopped still works with the model when the caller has left.
    void place.left.then(lease.release);
    const work = place.work(async (start, end) => {
      try {
        await run(lease.started, start, end, scope.signal);
        lease.tellOutcome(false);
      } catch (error) {
        if (!scope.signal.aborted && isModelsFault(error)) lease.tellOutcome(true);
        throw error;
      }
    });
    await untilAborted(work, caller.signal);
    const startedAt = place.startedAt ?? performance.now();
    return { queueMs: startedAt - arrivedAt, inferenceMs: performance.now() - startedAt };
  } catch (error) {
    if (caller.signal.aborted) throw caller.signal.reason;
    const failure = pool.isClosed ? stoppingError() : portFailure(spec, error);
    // Another slice of the same request may be under way.
    scope.abort(failure);
    throw failure;
  } finally {
    place.leave();
    scope.release();
  }
}
