import { describe, expect, test } from "vitest";
import { processDeathError, taskDeathError } from "../../src/inference/process-errors.ts";

describe("processDeathError", () => {
  test("a kill while a model loads names the model, memory as the likely cause, and what to do", () => {
    const error = processDeathError("signal SIGKILL", [], "qwen3-8b");
    expect(error.message).toBe("the inference process died (signal SIGKILL) while qwen3-8b loaded: the machine may have run out of memory");
    expect(error.hint).toMatch(/close other programs, or choose a smaller model \(--models\) or a lower --precision/);
  });

  test.each([
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "FATAL ERROR: OrtValueToNapiValue Error::New napi_create_error",
    "RangeError: Array buffer allocation failed",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
  ])("so does an allocation that failed: %s", (line) => {
    const error = processDeathError("signal SIGABRT", [line, "1: 0xb8d0a3"]);
    expect(error.message).toBe(`the inference process died (signal SIGABRT): the machine may have run out of memory; it said: ${line} | 1: 0xb8d0a3`);
    expect(error.hint).toMatch(/smaller model/);
  });

  test("any other death asks for a report", () => {
    const error = processDeathError("signal SIGSEGV", ["Illegal"], "mini");
    expect(error.message).toBe("the inference process died (signal SIGSEGV) while mini loaded; it said: Illegal");
    expect(error.hint).toMatch(/rerank doctor/);
  });
});

describe("taskDeathError", () => {
  test("names what was being done, and no remedies of another process", () => {
    const { message, hint } = taskDeathError("signal SIGKILL", [], "compiling /models/mine to int8");
    expect(message).toBe("compiling /models/mine to int8 failed: its process died (signal SIGKILL): the machine may have run out of memory");
    expect(hint).toBe("if memory is short, close other programs, or choose a smaller model: `rerank models list`");
  });

  test("asks for a report where the cause is not known", () => {
    const { message, hint } = taskDeathError("exit code 7", ["odd"], "verifying mine");
    expect(message).toBe("verifying mine failed: its process died (exit code 7); it said: odd");
    expect(hint).toMatch(/rerank doctor/);
  });
});
