import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("databases and statements survive a garbage collection, which would abort newer releases of Node", () => {
  const script = `
    import { openSqliteStore } from ${JSON.stringify(join(process.cwd(), "dist/adapters/sqlite-store/open-sqlite-store.js"))};
    const use = () => {
      const store = openSqliteStore(":memory:", { create: true });
      store.counts();
      store.check();
      store.close();
    };
    for (let i = 0; i < 20; i++) use();
    // Collected from the event loop, as it happens in life: not from within a call.
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(() => (globalThis.gc(), resolve()), 5));
    console.log("alive");
  `;
  const printed = execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "-e", script], { encoding: "utf8" });
  expect(printed.trim()).toBe("alive");
});
