import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveSettings } from "../../src/config/resolve-settings.ts";

const isCosmiconfigLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => /[\\/]cosmiconfig[\\/]/.test(path));

test("cosmiconfig is loaded for the first YAML file, not for JSON", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rerank-lazy-"));
  try {
    const options = { flags: {}, env: {}, cwd: folder, homeFolder: folder, platform: "linux" } as const;
    writeFileSync(join(folder, ".rerankrc"), '{"limit": 3}');
    expect((await resolveSettings(options)).settings.limit).toBe(3);
    expect(isCosmiconfigLoaded()).toBe(false);
    writeFileSync(join(folder, ".rerankrc"), "limit: 4\n");
    expect((await resolveSettings(options)).settings.limit).toBe(4);
    expect(isCosmiconfigLoaded()).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
