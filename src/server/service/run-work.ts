import type { ModelSpec } from "../../domain/model-spec.ts";
import { ModelLoadFailed } from "../../domain/errors.ts";
import { untilAborted } from "../../pipeline/until-aborted.ts";
import type { Caller } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";
import { openAbortScope } from "./abort-scope.ts";
import { deathFailure, isDeadline, isModelsFault, portFailure, stoppingError } from "./failures.ts";
import type { FairQueue } from "./fair-queue.ts";
import type { Lease, ModelPool } from "./model-pool.ts";
import type { StartedModel } from "./model-source.ts";

export interface WorkPlan {
  readonly spec: ModelSpec;
  /** Estimated tokens of each text. */
  readonly costs: readonly number[];
  readonly isUrgent?: boolean;
  /** When the request came, by `performance.now()`. */
  readonly arrivedAt: number;
  /** Works on the texts from `start` up to `end`; `signal` aborts when nobody waits for them any more. @param onSign to be called when the model has given something. */
  run(model: StartedModel, start: number, end: number, signal: AbortSignal, onSign: () => void): Promise<void>;
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
  let lease: Lease | undefined;
  let isSilent = false;
  try {
    const leased = await pool.lease(spec, caller.signal);
    lease = leased;
    // A slice that cannot be stopped still works with the model when the caller has left.
    void place.left.then(leased.release);
    const work = place.work(async (start, end) => {
      const { signs } = leased;
      try {
        await run(leased.started, start, end, scope.signal, leased.tellSign);
        leased.tellOutcome(false);
      } catch (error) {
        if (scope.signal.aborted) {
          // Once for a request, however many of its slices were under way.
          if (!isSilent && isDeadline(caller.signal.reason) && leased.signs === signs) leased.tellSilence();
          isSilent = true;
        } else if (error instanceof ModelLoadFailed) leased.tellLoadFailure(error);
        else if (!leased.isOver && isModelsFault(error)) leased.tellOutcome(true);
        throw error;
      }
    });
    await untilAborted(work, caller.signal);
    const startedAt = place.startedAt ?? performance.now();
    return { queueMs: startedAt - arrivedAt, inferenceMs: performance.now() - startedAt };
  } catch (error) {
    if (caller.signal.aborted) throw caller.signal.reason;
    const failure = pool.isClosed ? stoppingError() : failureOf(spec, error, lease);
    // Another slice of the same request may be under way.
    scope.abort(failure);
    throw failure;
  } finally {
    place.leave();
    scope.release();
  }
}

function failureOf(spec: ModelSpec, error: unknown, lease: Lease | undefined): unknown {
  const failure = portFailure(spec, error);
  // What an ended process says of itself is no fault of ours.
  return lease?.isOver === true && !(failure instanceof ServiceError) ? deathFailure(spec, error) : failure;
}
