import { UserError } from "../../domain/errors.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { isRestartNotice } from "../../inference/process-errors.ts";
import type { ServiceEvent } from "../../server/service/model-source.ts";
import type { ServerLogger } from "../../server/http/server-logger.ts";

/** What happens to models, in the server's log. */
export function logModelEvent(log: ServerLogger, event: ServiceEvent): void {
  if (event.type === "default-missing") return log.error({ role: event.role, ...tellError(event.error) }, "the server's own model is missing");
  const { id, role, precision, sizeBytes } = event.spec;
  const model = { model: id, role, precision };
  switch (event.type) {
    case "model-loading":
      return log.info({ ...model, size: formatBytes(sizeBytes) }, "model loads");
    case "model-loaded":
      return log.info({ ...model, device: event.device, ms: Math.round(event.loadMs) }, "model is loaded");
    case "model-unloaded":
      return log.info(model, "model made room for another");
    case "model-failed":
      return log.error({ ...model, ...tellError(event.error) }, "model cannot be loaded");
    case "model-died":
      return log.warn(model, "model process has died");
    case "model-notice":
      // Its death has been logged.
      return isRestartNotice(event.line) ? undefined : log.warn(model, event.line);
  }
}

/** What is for the operator to mend is no fault of ours: where in our code it was found helps nobody. pino gives whatever is called `err` a stack. */
function tellError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof UserError)) return { err: error };
  const { message, hint } = error;
  return { reason: message, ...(hint !== undefined && { hint }) };
}
