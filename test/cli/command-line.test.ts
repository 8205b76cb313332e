import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkplace, expectExit, expectUserError, type Workplace } from "./support/workplace.ts";

let place: Workplace;

beforeAll(() => {
  place = createWorkplace({ "docs/a.md": "# A\n\nSome text.\n" });
});
afterAll(() => place.remove());

const COMMANDS = ["index", "search", "repl", "rank", "demo", "status", "models", "config", "completion", "doctor"];

describe("help", () => {
  test("of the program names every command and where to start", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["--help"]), 0);
    for (const command of COMMANDS) expect(stdout).toContain(`\n  ${command} `);
    expect(stdout).toContain("rerank index ./docs");
    expect(stdout).toContain("Exit codes: 0 results, 1 no results, 2 error.");
    expect(stderr).toBe("");
  });

  test.each(COMMANDS)("of %s describes it and gives examples", async (command) => {
    const { stdout } = expectExit(await place.rerank([command, "--help"]), 0);
    expect(stdout).toMatch(new RegExp(`^Usage: rerank ${command}\\b`));
    expect(stdout).toContain(`Examples:\n  $ `);
    expect(stdout.split("Examples:")[1]).toContain(`rerank ${command}`);
  });

  test("says what --budget means to the command: a search ends by it, a setting that tune finds lies within it", async () => {
    const helpOf = async (command: string) => expectExit(await place.rerank([command, "--help"]), 0).stdout.replaceAll(/\s+/g, " ");
    for (const command of ["search", "tune"]) expect(await helpOf(command)).toContain("time that a search may take");
    expect(await helpOf("tune")).toContain("top 10 must survive, within --budget if given");
  });

  test("ends normally when its reader has seen enough", async () => {
    const { stderr } = expectExit(await place.rerank(["search", "--help"], { closeAfterFirstOutput: true }), 0);
    expect(stderr).toBe("");
  });

  test("is not needed for the version", async () => {
    expect(expectExit(await place.rerank(["--version"]), 0).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a mistyped command line", () => {
  test.each([
    ["an unknown command", ["srch", "x"], /unknown command 'srch' \(did you mean search\?\)/, /rerank --help/],
    ["an unknown option of the screen", ["--plian"], /unknown option '--plian' \(did you mean --plain\?\)/, /rerank repl --help/],
    ["an unknown option", ["search", "--limt", "3", "x"], /unknown option '--limt' \(did you mean --limit\?\)/, /rerank search --help/],
    ["an unknown choice", ["search", "--recall", "fast", "x"], /'fast' is invalid.*auto, hnsw, exact/, /rerank search --help/],
    ["a missing argument", ["rank"], /missing required argument 'query'/, /rerank rank --help/],
    ["a missing value", ["search", "x", "--limit"], /'-n, --limit <count>' argument missing/, /rerank search --help/],
    ["an unknown action of config", ["config", "sett"], /`rerank config sett`/, /get, set, unset, path or explain/],
    ["an unknown key of config", ["config", "set", "limt", "3"], /no setting "limt"/, /did you mean "limit"\?/],
    ["an unknown action of models", ["models", "pul", "x"], /`rerank models pul`/, /list, pull or verify/],
    ["a pull without a name", ["models", "pull"], /needs a name/, /rerank models list/],
    ["an unknown shell", ["completion", "tcsh"], /no completion for tcsh/, /bash, zsh, fish/],
    ["a limit of 0", ["search", "x", "--limit", "0"], /--limit is "0"/, /limit/],
    ["a relevance above 1", ["search", "x", "--min-relevance", "2"], /--min-relevance is "2".*0 to 1/, /relevance/],
    ["a budget in words", ["search", "x", "--budget", "abc"], /--budget is "abc".*800ms/, /budget/],
    ["two formats", ["search", "x", "--json", "--csv"], /--json and --csv/, /choose one format/],
    ["three formats", ["rank", "x", "--json", "--csv", "--files"], /--json, --csv and --files/, /choose one format/],
    ["a forget of nothing", ["index", "--forget"], /--forget needs/, /rerank status/],
  ] as const)("%s is named, with what to do", async (_name, args, message, hint) => {
    expectUserError(await place.rerank(args), message, hint);
  });
});

describe("the interactive screen", () => {
  test.each([[[]], [["repl", "limescale"]], [["--models", "mini"]]])("%j needs a terminal, and says what does not", async (args) => {
    expectUserError(await place.rerank(args), /needs a terminal, and stdin is none/, /rerank --plain.*rerank search/);
  });

  test.each([
    [["-n", "5"], "--limit"],
    [["repl", "limescale", "--min-relevance", "0.5"], "--min-relevance"],
    [["--per-document"], "--per-document"],
  ])("%j is for lists: it is refused without --plain", async (args, flag) => {
    expectUserError(await place.rerank(args), `${flag} does nothing on the screen`, "add --plain");
    expectUserError(await place.rerank([...args, "--plain"], { stdin: "x\n" }), /there is no index in/, /rerank demo/);
  });

  test("without an index names the demo, too", async () => {
    expectUserError(await place.rerank(["--plain"], { stdin: "x\n" }), /there is no index in .*work or above it/, /rerank index <folder>.*rerank demo/);
  });

  test("keeps the options of a command that comes behind them", async () => {
    expectUserError(await place.rerank(["--index", "x", "search", "y"]), /unknown option '--index'/, /rerank --help/);
  });
});

describe("queries", () => {
  test.each(["", "   "])("that are empty (%j) are refused", async (query) => {
    expectUserError(await place.rerank(["search", query]), /the query is empty/, /rerank search "/);
    expectUserError(await place.rerank(["rank", query], { stdin: "a\n" }), /the query is empty/, /rerank rank "/);
  });

  test("of 20,001 characters are refused", async () => {
    expectUserError(await place.rerank(["search", "x".repeat(20_001)]), /20001 characters; at most 20000/, /a sentence or two/);
    expectUserError(await place.rerank(["rank", "x".repeat(20_001)], { stdin: "a\n" }), /20001 characters; at most 20000/, /a sentence or two/);
  });
});

describe("without an index", () => {
  test.each([
    ["search", ["search", "x"]],
    ["search with queries from stdin", ["search"]],
    ["status", ["status"]],
    ["index --forget", ["index", "--forget", "docs"]],
  ] as const)("%s says how to make one", async (_name, args) => {
    expectUserError(await place.rerank(args, { stdin: "x\n" }), /there is no index in .*work or above it/, /rerank index <folder>/);
  });

  test("a folder named with --index that holds none is named", async () => {
    expectUserError(await place.rerank(["search", "x", "--index", "nowhere"]), /no index at .*nowhere/, /rerank index/);
  });

  test("index asks for a folder", async () => {
    expectUserError(await place.rerank(["index"]), /no folder was named/, /rerank index \.\/docs/);
  });

  test("index names a path that does not exist, and leaves nothing behind", async () => {
    expectUserError(await place.rerank(["index", "docs", "nowhere"]), /nowhere does not exist/, /spelling/);
    expectUserError(await place.rerank(["status"]), /there is no index/, /rerank index/);
  });
});

describe("a configuration file", () => {
  test("that is malformed is named with the place of the mistake", async () => {
    place.write({ "broken/.rerankrc.json": '{\n  "limit": 5,\n  oops\n}\n' });
    expectUserError(await place.rerank(["search", "x"], { cwd: "broken" }), /\.rerankrc\.json.*\b3\b/, /\S/);
  });

  test("with an unknown key is named with the key that was probably meant", async () => {
    place.write({ "misspelt/.rerankrc.json": '{ "limitt": 5 }\n' });
    expectUserError(await place.rerank(["search", "x"], { cwd: "misspelt" }), /limitt/, /limit/);
  });

  test("with a bad value is named with the values that are allowed", async () => {
    place.write({ "bad/.rerankrc.json": '{ "limit": "many" }\n' });
    expectUserError(await place.rerank(["search", "x"], { cwd: "bad" }), /limit.*whole number/, /\S/);
  });
});

describe("rerank config and completion", () => {
  test("set, get, explain and unset work on the user's file", async () => {
    const { stdout: set } = expectExit(await place.rerank(["config", "set", "limit", "20"]), 0);
    expect(set).toMatch(/^limit: wrote .*home.*config/);
    expect(expectExit(await place.rerank(["config", "get", "limit"]), 0).stdout).toBe("20\n");
    expect(expectExit(await place.rerank(["config", "explain"]), 0).stdout).toMatch(/limit\s+20\s/);
    expectExit(await place.rerank(["config", "unset", "limit"]), 0);
    expect(expectExit(await place.rerank(["config", "get", "limit"]), 0).stdout).toBe("10\n");
  });

  test("a bash script comes on stdout", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["completion", "bash"]), 0);
    expect(stdout).toContain("complete -o");
    expect(stderr).toBe("");
  });
});
