import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configExplain, configGet, configPath, configSet, configUnset, formatExplanation, type ConfigContext } from "../../../src/cli/commands/config.ts";
import { UserError } from "../../../src/domain/errors.ts";

let root: string;
let userFile: string;
let context: ConfigContext;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "rerank-config-")));
  mkdirSync(join(root, "project", "src"), { recursive: true });
  userFile = join(root, "home", ".config", "rerank", "config.json");
  context = { flags: {}, env: {}, cwd: join(root, "project", "src"), homeFolder: join(root, "home"), platform: "linux" };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

async function failureOf(attempt: Promise<unknown>): Promise<UserError> {
  const error: unknown = await attempt.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("config set", () => {
  test("creates the user's file, with values as their types", async () => {
    await configSet("limit", ["20"], context);
    await configSet("hybrid", ["on"], context);
    await configSet("maxFileSize", ["5MB"], context);
    await configSet("budget", ["1500"], context);
    await configSet("include", ["*.md", "*.txt"], context);
    expect(JSON.parse(readFileSync(userFile, "utf8"))).toEqual({
      limit: 20, hybrid: true, maxFileSize: "5MB", budget: "1500ms", include: ["*.md", "*.txt"],
    });
    expect(await configGet("maxFileSize", context)).toMatchObject({ value: 5_000_000, text: "5MB", where: userFile });
    expect(readdirSync(dirname(userFile))).toEqual(["config.json"]);
  });

  test("keeps other keys, their order, the indentation and the file's mode", async () => {
    const file = write("project/.rerankrc.json", '{\n    "$schema": "x",\n    "threads": 2,\n    "limit": 3\n}\n');
    chmodSync(file, 0o600);
    const change = await configSet("threads", ["4"], { ...context, project: true });
    expect(change).toEqual({ key: "threads", file, value: 4, notices: [] });
    expect(readFileSync(file, "utf8")).toBe('{\n    "$schema": "x",\n    "threads": 4,\n    "limit": 3\n}\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("writes into the package.json that holds the settings, and leaves the rest of it", async () => {
    const file = write("project/package.json", '{\n\t"name": "x",\n\t"rerank": {},\n\t"private": true\n}');
    await configSet("limit", ["3"], { ...context, project: true });
    expect(readFileSync(file, "utf8")).toBe('{\n\t"name": "x",\n\t"rerank": {\n\t\t"limit": 3\n\t},\n\t"private": true\n}');
  });

  test("keeps a linked file linked", async () => {
    const target = write("dotfiles/rerank.json", "{}\n");
    mkdirSync(dirname(userFile), { recursive: true });
    symlinkSync(target, userFile);
    await configSet("limit", ["3"], context);
    expect(lstatSync(userFile).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(target, "utf8"))).toEqual({ limit: 3 });
  });

  test("creates the project's file in the working directory, with paths that move along", async () => {
    const { file } = await configSet("index", ["../shelf"], { ...context, project: true });
    await configSet("models", ["./a+mini"], { ...context, project: true });
    expect(file).toBe(join(context.cwd, ".rerankrc.json"));
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ index: "../shelf", models: "./a+mini" });
    await configSet("index", ["../shelf"], context);
    expect(JSON.parse(readFileSync(userFile, "utf8"))).toEqual({ index: join(root, "project", "shelf") });
  });

  test("says when another source goes before the file", async () => {
    const { notices } = await configSet("limit", ["3"], { ...context, env: { RERANK_LIMIT: "5" } });
    expect(notices).toEqual([`limit comes from RERANK_LIMIT for now, which goes before ${userFile}`]);
  });

  test("says how to change the project's file where that goes before the user's", async () => {
    const { file } = await configSet("limit", ["4"], { ...context, project: true });
    const notice = `limit comes from ${file} for now, which goes before ${userFile}: to change that one, add --project`;
    expect((await configSet("limit", ["3"], context)).notices).toEqual([notice]);
    expect((await configSet("limit", ["5"], { ...context, project: true })).notices).toEqual([]);
  });

  test("leaves a YAML file alone and gives the line to write", async () => {
    const file = write("project/.rerankrc.yaml", "# ours\nlimit: 3\n");
    const changed = await failureOf(configSet("limit", ["5"], { ...context, project: true }));
    expect(changed.message).toContain(`${file} is YAML`);
    expect(changed.hint).toBe("edit it by hand: change the line: limit: 5");
    const added = await failureOf(configSet("include", ["*.md", "a b"], { ...context, project: true }));
    expect(added.hint).toBe('edit it by hand: add the line: include: ["*.md","a b"]');
    expect(readFileSync(file, "utf8")).toBe("# ours\nlimit: 3\n");
  });

  test.each(["HF_TOKEN", "token", "hfToken", "apiKey", "password"])("refuses the secret %s", async (key) => {
    const error = await failureOf(configSet(key, ["hf_precious"], context));
    expect(error.message).toBe("secrets are not kept in configuration files");
    expect(`${error.message}${error.hint}`).not.toContain("precious");
    expect(existsSync(userFile)).toBe(false);
  });

  test("refuses unknown keys, wrong values, missing and surplus values, and writes nothing", async () => {
    expect((await failureOf(configSet("limt", ["3"], context))).hint).toBe('did you mean "limit"?');
    expect((await failureOf(configSet("HF_ENDPOINT", ["x"], context))).hint).toContain("environment");
    expect((await failureOf(configSet("limit", ["many"], context))).message).toContain("must be a whole number");
    expect((await failureOf(configSet("limit", [], context))).hint).toBe("take the setting away with: rerank config unset limit");
    expect((await failureOf(configSet("instruct", ["a", "b"], context))).message).toBe("instruct takes one value, not 2");
    expect(existsSync(userFile)).toBe(false);
  });

  test("does not touch a malformed file", async () => {
    const file = write("home/.config/rerank/config.json", '{"limit": 3,}');
    expect((await failureOf(configSet("limit", ["5"], context))).message).toContain("line 1, column 13");
    expect(readFileSync(file, "utf8")).toBe('{"limit": 3,}');
  });

  test("a folder that cannot be written is an error that says so", async () => {
    write("home/.config", "a file where a folder should be");
    expect((await failureOf(configSet("limit", ["5"], context))).message).toContain(`cannot write ${userFile}`);
  });
});

describe("config unset", () => {
  test("takes the key out and keeps the others", async () => {
    await configSet("limit", ["3"], context);
    await configSet("threads", ["2"], context);
    await configUnset("limit", context);
    expect(JSON.parse(readFileSync(userFile, "utf8"))).toEqual({ threads: 2 });
  });

  test("takes out a key that no setting has, because nothing else works while it is there", async () => {
    write("project/.rerankrc.json", '{"limt": 3}');
    await configUnset("limt", { ...context, project: true });
    expect((await configGet("limit", context)).value).toBe(10);
  });

  test("of a key that the file does not have names the file that has it", async () => {
    const file = write("project/.rerankrc.json", '{"limit": 3}');
    expect((await failureOf(configUnset("limit", context))).hint).toBe(`it is set in ${file}: rerank config unset limit --project`);
    expect((await failureOf(configUnset("nonsense", context))).message).toContain('no setting "nonsense"');
  });
});

describe("config get and path", () => {
  test("a value that nothing sets is an empty text, a list is one item a line", async () => {
    expect(await configGet("minRelevance", context)).toMatchObject({ value: null, text: "", source: "default" });
    expect((await configGet("paths", { ...context, env: { RERANK_PATHS: "a/**,b/*.{c,d}" } })).text).toBe("a/**\nb/*.{c,d}");
  });

  test("path names the files that are read and those that set would write", async () => {
    expect(await configPath(context)).toEqual({
      user: { path: userFile, exists: false },
      project: { path: join(context.cwd, ".rerankrc.json"), exists: false },
      ignored: [],
    });
    const file = write("project/rerank.config.json", "{}");
    expect((await configPath(context)).project).toEqual({ path: file, exists: true });
  });
});

describe("config explain", () => {
  test("names every setting, its value and its source, in aligned columns", async () => {
    await configSet("instruct", ["找出最相关的段落"], context);
    const text = formatExplanation(await configExplain({ ...context, env: { RERANK_LIMIT: "7", HF_TOKEN: "hf_precious" } }));
    const lines = text.split("\n");
    expect(lines).toContainEqual(expect.stringMatching(/^limit +7 +RERANK_LIMIT$/));
    expect(lines).toContainEqual(expect.stringMatching(/^minRelevance +\(no threshold\) +default$/));
    expect(lines).toContainEqual(expect.stringMatching(/^HF_TOKEN +\(secret\) +HF_TOKEN$/));
    expect(text).not.toContain("precious");
    const limitColumn = lines.find((line) => line.startsWith("limit"))!.indexOf("RERANK_LIMIT");
    // Eight Chinese characters take eight columns more than they have code units.
    expect(lines.find((line) => line.startsWith("instruct"))!.indexOf(userFile)).toBe(limitColumn - 8);
  });

  test("as JSON holds no secret", async () => {
    const env = { HF_TOKEN: "hf_precious", https_proxy: "http://me:precious@proxy:1" };
    const explanation = await configExplain({ ...context, env });
    expect(JSON.stringify(explanation)).not.toContain("precious");
    expect(explanation.settings.find(({ key }) => key === "limit")).toEqual({ key: "limit", value: 10, text: "10", source: "default", where: "" });
    expect(explanation.version).toBe(1);
  });

  test("tells what is otherwise for the server, and of its keys the source alone", async () => {
    const dotenv = write("project/src/.env", "PORT=6006\nACCESS_TOKEN=precious-precious\nDATABASE_URL=x\n");
    const explanation = await configExplain({ ...context, env: { RERANK_API_KEY: "precious", MODEL_DEVICE: "cuda", RERANK_HOST: "127.0.0.2" } });
    const text = formatExplanation(explanation);
    expect(explanation.serve).toEqual({
      settings: [
        { key: "device", value: "cuda", text: "cuda", source: "environment", where: "MODEL_DEVICE" },
        { key: "port", value: 6006, text: "6006", source: "environment", where: `PORT in ${dotenv}` },
      ],
      keys: ["RERANK_API_KEY", `ACCESS_TOKEN in ${dotenv}`],
      dotenv,
    });
    expect(text.split("\n")).toContainEqual(expect.stringMatching(/^port +7372 +default$/));
    expect(text.slice(text.indexOf("for `rerank serve`:"))).toContain(`API keys  (secret)  RERANK_API_KEY; ACCESS_TOKEN in ${dotenv}`);
    expect(text).toContain("a key in RERANK_API_KEY is shorter than 16 characters");
    expect(text + JSON.stringify(explanation)).not.toContain("precious");
  });

  test("goes on where the server would not", async () => {
    write("project/src/.env", "PORT=abc\n");
    const explanation = await configExplain(context);
    expect(explanation.notices).toEqual([expect.stringMatching(/^rerank serve would not start: PORT in .*\.env is "abc"/)]);
    expect(formatExplanation(explanation)).not.toContain("for `rerank serve`:");
  });
});
