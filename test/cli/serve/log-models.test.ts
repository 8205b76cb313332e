import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { logModelEvent } from "../../../src/cli/serve/log-models.ts";
import { ModelLoadFailed, UserError } from "../../../src/domain/errors.ts";
import { restartNotice } from "../../../src/inference/process-errors.ts";
import { createServerLogger } from "../../../src/server/http/server-logger.ts";
import type { ServiceEvent } from "../../../src/server/service/model-source.ts";
import { fakeSpec } from "../../support/fake-models.ts";

const spec = fakeSpec("reranker", "mini");

function linesOf(...events: ServiceEvent[]): Record<string, unknown>[] {
  const lines: string[] = [];
  const log = createServerLogger({ level: "info", isTerminal: false, stream: new Writable({ write: (line: Buffer, _encoding, done) => (lines.push(line.toString()), done()) }) });
  for (const event of events) logModelEvent(log, event);
  return lines.map((line) => JSON.parse(line));
}

test("an error that the operator can mend is logged with its hint and without a stack, and a fault of ours with one", () => {
  const error = new UserError("the graph is damaged", { hint: "fetch it again" });
  const [failed, reloadFailed, missing, fault] = linesOf(
    { type: "model-failed", spec, error },
    { type: "model-failed", spec, error: new ModelLoadFailed("the graph is gone") },
    { type: "default-missing", role: "reranker", error },
    { type: "model-failed", spec, error: new TypeError("a fault") },
  );
  for (const line of [failed, missing]) expect(line).toMatchObject({ level: "error", role: "reranker", reason: "the graph is damaged", hint: "fetch it again" });
  expect(reloadFailed).toMatchObject({ model: "mini", reason: "the graph is gone" });
  expect(JSON.stringify([failed, missing, reloadFailed])).not.toContain("stack");
  expect(fault?.["err"]).toMatchObject({ message: "a fault", stack: expect.stringContaining("log-models.test") });
});

test("a death is one line, and other notices are lines of their own", () => {
  const lines = linesOf({ type: "model-died", spec }, { type: "model-notice", spec, line: restartNotice("signal SIGKILL") }, { type: "model-notice", spec, line: "it runs on the CPU" });
  expect(lines.map(({ msg }) => msg)).toEqual(["model process has died", "it runs on the CPU"]);
});
