import { existsSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/domain/errors.ts";
import { createFileWalker } from "../../src/adapters/file-walker.ts";
import { listTree, makeNamedPipe, makeTree, rootAt } from "./walk-fixture.ts";

describe("what is listed", () => {
  test("is every file below the root by its path, without hidden files and what belongs to tools", async () => {
    const base = makeTree({
      "b.txt": "b", "a/z.txt": "", "a.txt": "", "a/b/c.md": "", ".hidden": "", ".config/x.txt": "",
      "node_modules/m/index.js": "", "sub/node_modules/m/index.js": "", ".git/config": "", ".rerank/index.sqlite": "",
    });
    expect(await listTree(base)).toEqual({ files: ["a.txt", "a/b/c.md", "a/z.txt", "b.txt"], skipped: [] });
    expect((await listTree(base, { hidden: true })).files).toEqual([".config/x.txt", ".hidden", "a.txt", "a/b/c.md", "a/z.txt", "b.txt"]);
    expect((await listTree(base, { path: "node_modules/m" })).files).toEqual(["node_modules/m/index.js"]);
  });

  test("has its size and time, and where it stands", async () => {
    const base = makeTree({ "docs/a.txt": "four" });
    for await (const entry of createFileWalker({ baseFolder: base }).list(rootAt("docs"))) {
      expect(entry).toEqual({ file: { path: "docs/a.txt", absolutePath: path.join(base, "docs/a.txt"), sizeBytes: 4, mtimeMs: expect.any(Number) } });
    }
    expect((await listTree(base, { path: path.join(base, "docs") })).files).toEqual(["docs/a.txt"]);
  });

  test("is absolute outside of the base folder, relative inside, though the root holds both", async () => {
    const outer = makeTree({ "base/in.txt": "", "out.txt": "", "base-like/x.txt": "" });
    const { files } = await listTree(path.join(outer, "base"), { path: ".." });
    expect(files).toEqual([`${outer}/base-like/x.txt`, `${outer}/out.txt`, "in.txt"]);
  });

  test("may be a single file, even a hidden or ignored one", async () => {
    const base = makeTree({ ".env.txt": "", ".gitignore": "*.txt" });
    expect((await listTree(base, { path: ".env.txt" })).files).toEqual([".env.txt"]);
  });

  test("is nothing for an empty folder", async () => {
    expect(await listTree(makeTree({}))).toEqual({ files: [], skipped: [] });
  });

  test("fails when the root does not exist", async () => {
    await expect(listTree(makeTree({}), { path: "nowhere" })).rejects.toThrow(UserError);
    await expect(listTree(makeTree({ "a.txt": "" }), { path: "a.txt/b" })).rejects.toThrow("there is no a.txt/b");
  });

  test("takes names as they are: newlines, emoji, backslashes, leading dots", async () => {
    const names = ["a\nb.txt", "🔭.md", "with space.txt", "back\\slash.txt", "..odd/x.txt", "[brackets].ts", "重力.md"];
    const base = makeTree({ ".gitignore": "*.log\n", ...Object.fromEntries(names.map((name) => [name, ""])) });
    const { files } = await listTree(base, { hidden: true });
    expect(files.filter((name) => name !== ".gitignore").toSorted()).toEqual(names.toSorted());
  });

  test.skipIf(process.platform !== "linux")("skips a name that is no UTF-8, whether file or folder (Linux only)", async () => {
    const base = makeTree({ "good.txt": "" });
    writeFileSync(Buffer.concat([Buffer.from(`${base}/bad-`), Buffer.from([0xff, 0xfe])]), "");
    mkdirSync(Buffer.concat([Buffer.from(`${base}/folder-`), Buffer.from([0xe9])]));
    const { files, skipped } = await listTree(base);
    expect(files).toEqual(["good.txt"]);
    expect(skipped.map(({ reason, detail }) => [reason, detail])).toEqual(Array.from({ length: 2 }, () => ["unreadable", "its name is not valid UTF-8; rename it"]));
  });
});

describe("globs", () => {
  const tree = { "a.md": "", "a.txt": "", "docs/b.md": "", "docs/deep/c.md": "", "docs/deep/d.txt": "", "drafts/e.md": "", "docs/drafts/f.md": "" };

  test("without a slash match names anywhere, with one the path from the root", async () => {
    const base = makeTree(tree);
    expect((await listTree(base, { include: ["*.txt"] })).files).toEqual(["a.txt", "docs/deep/d.txt"]);
    expect((await listTree(base, { include: ["docs/*.md"] })).files).toEqual(["docs/b.md"]);
    expect((await listTree(base, { include: ["docs/**/*.md"], exclude: ["drafts"] })).files).toEqual(["docs/b.md", "docs/deep/c.md"]);
    expect((await listTree(base, { path: "docs", include: ["deep/*"] })).files).toEqual(["docs/deep/c.md", "docs/deep/d.txt"]);
  });

  test("that name a folder mean what is in it", async () => {
    const base = makeTree(tree);
    expect((await listTree(base, { include: ["docs/deep/"] })).files).toEqual(["docs/deep/c.md", "docs/deep/d.txt"]);
    expect((await listTree(base, { exclude: ["docs", "/drafts", "*.txt"] })).files).toEqual(["a.md"]);
    expect((await listTree(base, { exclude: ["**/*.md"] })).files).toEqual(["a.txt", "docs/deep/d.txt"]);
  });
});

describe("what cannot be had", () => {
  test("is too large, with both sizes", async () => {
    const base = makeTree({ "big.txt": "x".repeat(2000), "small.txt": "x" });
    const { files, skipped } = await listTree(base, { maxFileBytes: 1999 });
    expect(files).toEqual(["small.txt"]);
    expect(skipped).toEqual([{ path: "big.txt", reason: "too-large", detail: "2.0 kB (2000 bytes), the limit is 2.0 kB" }]);
    expect((await listTree(base, { path: "big.txt", maxFileBytes: 10 })).skipped).toMatchObject([{ reason: "too-large" }]);
  });

  test("is empty", async () => {
    const base = makeTree({});
    writeFileSync(path.join(base, "empty.txt"), "");
    expect(await listTree(base)).toEqual({ files: [], skipped: [{ path: "empty.txt", reason: "empty", detail: "it has no bytes" }] });
  });

  test("is binary by its name, unopened", async () => {
    expect((await listTree(makeTree({ "photo.PNG": "" }))).skipped).toEqual([{ path: "photo.PNG", reason: "binary", detail: ".png files hold no text" }]);
  });

  test.skipIf(process.platform === "win32")("is a named pipe or a socket (not on Windows)", async () => {
    const base = makeTree({});
    makeNamedPipe(path.join(base, "pipe"));
    const server = net.createServer().listen(path.join(base, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    const { skipped } = await listTree(base);
    server.close();
    expect(skipped).toEqual([
      { path: "pipe", reason: "not-a-file", detail: "a named pipe" },
      { path: "socket", reason: "not-a-file", detail: "a socket" },
    ]);
  });
});

describe("symbolic links", () => {
  test("are not followed unless asked to, but for the root itself", async () => {
    const base = makeTree({ "real/a.txt": "", "b.txt": "" });
    symlinkSync("real", path.join(base, "link"));
    symlinkSync("b.txt", path.join(base, "link.txt"));
    expect((await listTree(base)).files).toEqual(["b.txt", "real/a.txt"]);
    expect((await listTree(base, { path: "link" })).files).toEqual(["link/a.txt"]);
    expect((await listTree(base, { path: "link.txt" })).files).toEqual(["link.txt"]);
  });

  test("lead to each real file once, by its real name where that is below the root", async () => {
    const outside = makeTree({ "shared/x.txt": "", "single.txt": "" });
    const base = makeTree({ "real/a.txt": "", "hard.txt": "same" });
    linkSync(path.join(base, "hard.txt"), path.join(base, "hard-too.txt"));
    symlinkSync(path.join(base, "real"), path.join(base, "a-link"));
    symlinkSync(path.join(base, "real/a.txt"), path.join(base, "a-file-link.txt"));
    for (const name of ["one", "two"]) symlinkSync(path.join(outside, "shared"), path.join(base, name));
    symlinkSync(path.join(outside, "single.txt"), path.join(base, "single.txt"));
    expect(await listTree(base, { follow: true })).toEqual({ files: ["hard-too.txt", "hard.txt", "one/x.txt", "real/a.txt", "single.txt"], skipped: [] });
  });

  test("that lead back up are loops, named and not walked", async () => {
    const base = makeTree({ "a/b/c.txt": "" });
    symlinkSync(base, path.join(base, "a/b/up"));
    symlinkSync(".", path.join(base, "a/self"));
    symlinkSync("mirror", path.join(base, "mirror"));
    const { files, skipped } = await listTree(base, { follow: true });
    expect(files).toEqual(["a/b/c.txt"]);
    expect(skipped.map(({ path: name, reason }) => `${name} ${reason}`)).toEqual(["a/b/up symlink-loop", "a/self symlink-loop", "mirror symlink-loop"]);
  });

  test("to nothing are named", async () => {
    const base = makeTree({});
    symlinkSync("gone.txt", path.join(base, "dangling.txt"));
    expect((await listTree(base, { follow: true })).skipped).toEqual([{ path: "dangling.txt", reason: "unreadable", detail: "a symbolic link to nothing" }]);
    expect(existsSync(path.join(base, "dangling.txt"))).toBe(false);
  });

  test("obey the ignore rules and globs at the place where they stand", async () => {
    const outside = makeTree({ "x.txt": "", "y.md": "" });
    const base = makeTree({ ".gitignore": "ignored\n" });
    for (const name of ["ignored", "excluded", "kept"]) symlinkSync(outside, path.join(base, name));
    expect((await listTree(base, { follow: true, exclude: ["excluded", "*.md"] })).files).toEqual(["kept/x.txt"]);
  });
});

test("a folder that disappears while it is walked is no failure of the walk", async () => {
  const base = makeTree(Object.fromEntries(Array.from({ length: 200 }, (_, position) => [`d${position}/s/a.txt`, ""])));
  const listing = listTree(base);
  for (let position = 0; position < 200; position += 2) rmSync(path.join(base, `d${position}`), { recursive: true });
  const { files, skipped } = await listing;
  expect(files.length).toBeGreaterThanOrEqual(100);
  for (const { reason } of skipped) expect(reason).toBe("vanished");
});
