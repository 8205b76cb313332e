import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { withDefaultCommand } from "../../src/cli/default-command.ts";
import { buildProgram } from "../../src/cli/program.ts";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const READMES = ["README.md", "README.zh-CN.md"];
const PAGES = [...READMES, "CONTRIBUTING.md", ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];

interface CodeBlock {
  readonly language: string;
  readonly lines: readonly string[];
}

function codeBlocks(page: string): CodeBlock[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = "", body = ""]) => ({
    language,
    lines: body.trimEnd().split("\n"),
  }));
}

/** The command lines of a page: those of shell blocks, and those after a prompt in transcripts. */
function commandLines(page: string): string[] {
  return codeBlocks(page).flatMap(({ language, lines }) => {
    if (language === "sh") return lines.filter((line) => line !== "" && !line.startsWith("#"));
    return lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  });
}

/** Words as a shell would pass them, for every `rerank ...` of a line; redirections and what follows a pipe are left out. */
function rerankCalls(line: string): string[][] {
  const calls: string[][] = [[]];
  for (const [token] of line.matchAll(/'[^']*'|"[^"]*"|\|\||&&|[|;]|(?:^|\s)#.*|[<>]\s*\S+|[^\s'"|;<>]+/g)) {
    if (/^\s*#|^[<>]/.test(token)) continue;
    if (/^(?:\|\||&&|[|;])$/.test(token)) calls.push([]);
    else calls.at(-1)?.push(token.replace(/^(['"])(.*)\1$/s, "$2"));
  }
  return calls.map((words) => (words[0] === "npx" ? words.slice(1) : words)).filter(([name]) => name === "rerank").map((words) => words.slice(1));
}

const program = buildProgram(
  {
    cwd: ROOT,
    environment: {},
    output: { write: async () => {}, notice: () => {}, closed: false, onClosed: () => {}, drained: async () => {} },
    signal: new AbortController().signal,
    stdin: Readable.from([]),
    expectStop() {},
  },
  () => {},
);

/** What the program would complain about, in words; empty when it would run. */
function complaint(call: readonly string[]): string {
  const [name = "", ...args] = withDefaultCommand(["node", "rerank", ...call]).slice(2);
  if (["--version", "--help"].includes(name)) return "";
  const command = program.commands.find((candidate) => candidate.name() === name);
  if (command === undefined) return `there is no command ${name}`;
  const { operands, unknown } = command.parseOptions([...args]);
  if (unknown.length > 0) return `${name} has no ${unknown.join(" ")}`;
  const { registeredArguments: places } = command;
  if (operands.length < places.filter(({ required }) => required).length) return `${name} needs more arguments`;
  if (operands.length > places.length && places.at(-1)?.variadic !== true) return `${name} takes fewer arguments`;
  return "";
}

describe.each(PAGES)("%s", (page) => {
  test("uses commands and options that there are", () => {
    const complaints = commandLines(page).flatMap((line) => rerankCalls(line).map((call) => `${complaint(call)}: ${line}`));
    expect(complaints.filter((line) => !line.startsWith(": "))).toEqual([]);
  });

  test("links to files that there are", () => {
    const text = readFileSync(join(ROOT, page), "utf8");
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link.replace(/#.*/, ""));
    const missing = links.filter((link) => link !== "" && !/^\w+:/.test(link) && !existsSync(join(ROOT, dirname(page), link)));
    expect(missing).toEqual([]);
  });
});

test("the commands of a page are recognized, and mistakes in them", () => {
  const lines = READMES.flatMap(commandLines).flatMap(rerankCalls);
  expect(lines.length).toBeGreaterThan(40);
  expect(rerankCalls(`rg -l x | rerank rank "a b" --files >out.txt || echo rerank # rerank`)).toEqual([["rank", "a b", "--files"]]);
  expect(complaint(["serch", "x"])).toBe("there is no command serch");
  expect(complaint(["search", "x", "--limt", "3"])).toContain("search has no --limt");
  expect(complaint(["rank"])).toBe("rank needs more arguments");
  expect(complaint(["status", "now"])).toBe("status takes fewer arguments");
});

describe("the two READMEs", () => {
  const [english = "", chinese = ""] = READMES;

  test("have the same sections", () => {
    const levels = (page: string) => [...readFileSync(join(ROOT, page), "utf8").matchAll(/^(#+) /gm)].map(([, level]) => level);
    expect(levels(chinese)).toEqual(levels(english));
  });

  test("show the same commands, transcripts and programs", () => {
    // Comments, and pictures drawn with words, are in each one's own language.
    const blocks = (page: string) =>
      codeBlocks(page)
        .filter(({ lines }) => !lines.some((line) => line.includes("─►")))
        .map(({ lines }) => lines.map((line) => line.replace(/(^|\s+)# .*/, "")).join("\n"));
    expect(blocks(chinese)).toEqual(blocks(english));
  });

  test("have the same links and as many table rows and list items", () => {
    const text = (page: string) => readFileSync(join(ROOT, page), "utf8");
    const links = (page: string) => [...text(page).matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link).filter((link) => !READMES.includes(link)).toSorted();
    const count = (page: string, pattern: RegExp) => [...text(page).matchAll(pattern)].length;
    expect(links(chinese)).toEqual(links(english));
    for (const pattern of [/^\| /gm, /^- /gm]) expect(count(chinese, pattern)).toBe(count(english, pattern));
  });

  test("link to each other at the top", () => {
    expect(readFileSync(join(ROOT, english), "utf8").split("\n").slice(0, 4).join()).toContain(`(${chinese})`);
    expect(readFileSync(join(ROOT, chinese), "utf8").split("\n").slice(0, 4).join()).toContain(`(${english})`);
  });
});
