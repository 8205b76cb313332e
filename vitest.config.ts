import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    // Model and process tests share two cores with the child processes that they start.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // As src/config/telemetry.ts does for the program: tests load the engine without it.
    env: { ORT_DISABLE_TELEMETRY: "1" },
  },
});
