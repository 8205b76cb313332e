import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { createWorkplace, expectExit } from "./support/workplace.ts";

/** ONNX Runtime's Linux builds keep a database of usage data below the cache folder and logs of what they report in the temporary one. */
test("running a model leaves no trace of usage reports", async () => {
  const place = createWorkplace({ "wine.md": "# Wine\n\nStore red wine lying down, in the dark.\n" });
  try {
    const [cache, temporary] = [place.path("cache"), place.path("tmp")];
    mkdirSync(temporary);
    const env = { XDG_CACHE_HOME: cache, TMPDIR: temporary };
    expectExit(await place.rerank(["rank", "how is wine stored?", "wine.md"], { env }), 0);
    expect(existsSync(cache) ? readdirSync(cache) : []).not.toContain("Microsoft");
    expect(readdirSync(temporary).filter((name) => name.startsWith("mat-debug"))).toEqual([]);
  } finally {
    place.remove();
  }
});
