import { describe, expect, test } from "vitest";
import { processDeathError } from "../../src/inference/process-errors.ts";

describe("processDeathError", () => {
  test("a kill while a model loads names the model, memory as the likely cause, and what to do", () => {
    const error = processDeathError("signal SIGKILL", [], "qwen3-8b");
    expect(error.message).toBe("the inference process died (signal SIGKILL) while qwen3-8b loaded: the machine may have run out of memory");
    expect(error.hint).toMatch(/close other programs, or choose a smaller model \(--models\) or a lower --precision/);
  });

  test("so does an allocation that failed", () => {
    const error = processDeathError("signal SIGABRT", ["terminate called after throwing an instance of 'std::bad_alloc'"]);
    expect(error.message).toMatch(/out of memory; it said: .*bad_alloc/);
    expect(error.hint).toMatch(/smaller model/);
  });

  test("any other death asks for a report", () => {
    const error = processDeathError("signal SIGSEGV", ["Illegal"], "mini");
    expect(error.message).toBe("the inference process died (signal SIGSEGV) while mini loaded; it said: Illegal");
    expect(error.hint).toMatch(/rerank doctor/);
  });
});
