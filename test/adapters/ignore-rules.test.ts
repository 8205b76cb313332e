import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { listTree, makeTree } from "./walk-fixture.ts";

const hasGit = spawnSync("git", ["--version"]).status === 0;

describe(".gitignore", () => {
  test("holds in its folder and below, the inner one over the outer one", async () => {
    const base = makeTree({
      ".gitignore": "*.log\n/only-here.txt\nbuild/\n",
      "a.log": "", "a.txt": "", "only-here.txt": "", "build/x.txt": "",
      "sub/.gitignore": "!kept.log\nsecret.txt\n",
      "sub/a.log": "", "sub/kept.log": "", "sub/only-here.txt": "", "sub/secret.txt": "", "sub/build/x.txt": "",
    });
    expect((await listTree(base)).files).toEqual(["a.txt", "sub/kept.log", "sub/only-here.txt"]);
  });

  test("of parent folders counts up to the root of the repository, and so does info/exclude", async () => {
    const base = makeTree({
      ".gitignore": "*.md\n",
      "repo/.git/info/exclude": "*.bak\n",
      "repo/.gitignore": "*.log\n/docs/draft.txt\n",
      "repo/docs/a.log": "", "repo/docs/a.bak": "", "repo/docs/a.md": "", "repo/docs/draft.txt": "",
    });
    expect((await listTree(base, { path: "repo/docs" })).files).toEqual(["repo/docs/a.md"]);
  });

  test("counts in a worktree, whose .git is a file, with the shared info/exclude", async () => {
    const base = makeTree({
      "main/.git/info/exclude": "*.bak\n",
      "main/.git/worktrees/w/commondir": "../..\n",
      "w/.git": "gitdir: ../main/.git/worktrees/w\n",
      "w/a.bak": "", "w/a.txt": "",
    });
    expect((await listTree(base, { path: "w" })).files).toEqual(["w/a.txt"]);
  });

  test("does not hide a folder that was named, but what is ignored inside of it", async () => {
    const base = makeTree({ ".git/": "", ".gitignore": "build/\n*.log\n", "build/out/a.txt": "", "build/a.log": "" });
    expect((await listTree(base)).files).toEqual([]);
    expect((await listTree(base, { path: "build" })).files).toEqual(["build/out/a.txt"]);
    expect((await listTree(base, { path: "build/out" })).files).toEqual(["build/out/a.txt"]);
  });
});

describe(".rerankignore", () => {
  test("works like a .gitignore, nested and above the root", async () => {
    const base = makeTree({ ".rerankignore": "*.csv\n", "a.csv": "", "a.txt": "", "sub/.rerankignore": "!b.csv\n", "sub/a.csv": "", "sub/b.csv": "" });
    expect((await listTree(base)).files).toEqual(["a.txt", "sub/b.csv"]);
    expect((await listTree(base, { path: "sub" })).files).toEqual(["sub/b.csv"]);
  });

  test("wins over every .gitignore, also over one further in", async () => {
    const base = makeTree({
      ".gitignore": "generated/\n*.tmp\n",
      ".rerankignore": "!generated/\n!docs/a.txt\nprivate.txt\n",
      "generated/api.txt": "", "generated/a.tmp": "",
      "docs/.gitignore": "a.txt\n!private.txt\n",
      "docs/a.txt": "", "docs/private.txt": "",
    });
    expect((await listTree(base)).files).toEqual(["docs/a.txt", "generated/api.txt"]);
  });
});

const NAMES = ["a", "b", "build", "keep", "x.log", "y.txt", "[z]"];
const PATTERNS = [
  "a", "/a", "a/", "b/c", "*.log", "!*.log", "!x.log", "build/", "!build/", "!build", "keep", "!keep/", "/build/*", "!/build/keep", "**/b", "b/**",
  "a/**/b", "*.txt", "!y.txt", "#a", "\\!x", "*", "!*/", "/*", "[ab]", "a*", "?", "b/*.txt", "x.log/", "\\[z\\]", "keep ",
];

test.skipIf(!hasGit)("agrees with git on 40 random trees (skipped without git)", async () => {
  let seed = 7;
  const random = (limit: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (seed >> 8) % limit;
  };
  function fill(folder: string, depth: number): void {
    for (const name of NAMES) {
      const dice = random(10);
      const child = path.join(folder, name);
      if (!name.includes(".") && dice < 5 && depth < 2) {
        mkdirSync(child);
        fill(child, depth + 1);
      } else if (dice < 8) writeFileSync(child, "-");
    }
    if (random(3) > 0) return;
    writeFileSync(path.join(folder, ".gitignore"), Array.from({ length: 1 + random(4) }, () => PATTERNS[random(PATTERNS.length)]).join("\n"));
  }
  for (let round = 0; round < 40; round++) {
    const base = makeTree({});
    execFileSync("git", ["init", "--quiet", base]);
    // A global ignore file of this machine must not decide.
    execFileSync("git", ["-C", base, "config", "core.excludesFile", "/dev/null"]);
    fill(base, 0);
    if (round % 4 === 0) writeFileSync(path.join(base, ".git/info/exclude"), `${PATTERNS[random(PATTERNS.length)]}\n`);
    const listed = execFileSync("git", ["-C", base, "ls-files", "--others", "--exclude-standard", "-z"], { encoding: "utf8" }).split("\0");
    const expected = listed.filter((name) => name !== "" && !name.endsWith(".gitignore")).toSorted((a, b) => (a < b ? -1 : 1));
    expect((await listTree(base)).files).toEqual(expected);
    rmSync(base, { recursive: true });
  }
});
