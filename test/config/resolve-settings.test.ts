import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolveSettings, type ResolveOptions } from "../../src/config/resolve-settings.ts";
import { UserError } from "../../src/domain/errors.ts";

let root: string;
let options: ResolveOptions;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "rerank-settings-")));
  mkdirSync(join(root, "home"));
  mkdirSync(join(root, "project", "src", "deep"), { recursive: true });
  options = { flags: {}, env: {}, cwd: join(root, "project", "src", "deep"), homeFolder: join(root, "home"), platform: "linux" };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: unknown): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

async function failure(changes: Partial<ResolveOptions> = {}): Promise<UserError> {
  const error: unknown = await resolveSettings({ ...options, ...changes }).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("precedence", () => {
  test("defaults hold when nothing is set", async () => {
    const { settings, sources, notices } = await resolveSettings(options);
    expect(settings).toEqual({
      models: undefined, embedder: undefined, reranker: undefined, index: undefined, threads: 0, color: "auto",
      device: "auto", precision: "auto", embedTokens: undefined, rerankTokens: undefined, longDocuments: "truncate", promptSeparator: "newline", dimensions: undefined,
      candidates: 50, limit: 10, rerank: true, minRelevance: undefined, budget: undefined, hybrid: false, recall: "auto",
      perDocument: false, paths: [], instruct: undefined, include: [], exclude: [], hidden: false, follow: false,
      maxFileSize: 20_000_000, passageTokens: undefined, overlapTokens: undefined, wait: true, history: true,
      rerankUrl: undefined, rerankDialect: "auto", rerankTemplate: "server", rerankKeyFile: undefined,
      embedUrl: undefined, embedDialect: "auto", embedTemplate: "client", embedKeyFile: undefined, plainHttp: false, onFailure: "error",
      remoteTimeout: 30_000, remoteDeadline: undefined, remoteRetries: 3, remoteConcurrency: 4, remoteRate: undefined, askTokens: 1_000_000,
      host: "127.0.0.1", port: 7372, keyFile: undefined, insecure: false, queryToken: false, openMetrics: false, allowedHosts: [], allowedOrigins: [],
      rateLimit: undefined, allowedModels: [], aliases: [], modelMemory: undefined, maxDocuments: 1000, maxRequestTokens: 1_000_000,
      maxBody: 20_000_000, queueRequests: 256, queueTokens: 4_000_000, deadline: 120_000, cacheEntries: 100_000, cacheTtl: 3_600_000,
      cacheFile: undefined, rerankShape: "superset", mcp: false, idle: undefined, socket: true, logLevel: "info", daemon: true,
    });
    expect(sources.limit).toEqual({ source: "default", where: "" });
    expect(notices).toEqual([]);
  });

  test("a flag goes before a variable, the project's file, the user's file and the default", async () => {
    const user = write("home/.config/rerank/config.json", { limit: 2, candidates: 200, threads: 2 });
    const project = write("project/.rerankrc.json", { limit: 3, candidates: 300 });
    const { settings, sources } = await resolveSettings({ ...options, env: { RERANK_LIMIT: "4" }, flags: { limit: "5" } });
    expect(settings).toMatchObject({ limit: 5, candidates: 300, threads: 2 });
    expect(sources).toMatchObject({
      limit: { source: "flag", where: "--limit" },
      candidates: { source: "file", where: project },
      threads: { source: "file", where: user },
      color: { source: "default", where: "" },
    });
    const withoutFlag = await resolveSettings({ ...options, env: { RERANK_LIMIT: "4" } });
    expect(withoutFlag.sources.limit).toEqual({ source: "environment", where: "RERANK_LIMIT" });
    expect((await resolveSettings(options)).settings.limit).toBe(3);
  });

  test("an empty variable and a null in a file do not count", async () => {
    write("project/.rerankrc", "limit:\nthreads: 3\n");
    const { settings } = await resolveSettings({ ...options, env: { RERANK_THREADS: "" } });
    expect(settings).toMatchObject({ limit: 10, threads: 3 });
  });

  test("a flag of a command's own that is called like a setting does not count for that command", async () => {
    const { settings } = await resolveSettings({ ...options, command: "rank", flags: { paths: true, limit: 3 } });
    expect(settings).toMatchObject({ paths: [], limit: 3 });
  });

  test("the first stage finds as many as are to be shown, unless it is told otherwise", async () => {
    expect((await resolveSettings({ ...options, flags: { limit: 100 } })).settings.candidates).toBe(100);
    expect((await resolveSettings({ ...options, flags: { limit: 100, candidates: 60 } })).settings.candidates).toBe(60);
  });

  test("NO_COLOR and FORCE_COLOR change the default of color, and nothing above it", async () => {
    expect((await resolveSettings({ ...options, env: { NO_COLOR: "1" } })).sources.color.where).toBe("NO_COLOR");
    expect((await resolveSettings({ ...options, env: { NO_COLOR: "1" } })).settings.color).toBe("never");
    expect((await resolveSettings({ ...options, env: { FORCE_COLOR: "3" } })).settings.color).toBe("always");
    expect((await resolveSettings({ ...options, env: { NO_COLOR: "1" }, flags: { color: "always" } })).settings.color).toBe("always");
  });
});

describe("files", () => {
  test.each([
    [".rerankrc", '{"limit": 7}'],
    [".rerankrc", "limit: 7 # as YAML\n"],
    [".rerankrc.json", '\uFEFF{"limit": 7}'],
    [".rerankrc.yaml", "limit: 7\n"],
    [".rerankrc.yml", "limit: 7\n"],
    ["rerank.config.json", '{"$schema": "./schema.json", "limit": 7}'],
    ["rerank.config.yaml", "limit: 7\n"],
    [".rerank/config.json", '{"limit": 7}'],
    ["package.json", '{"name": "x", "rerank": {"limit": 7}}'],
  ])("%s above the working directory is found (%j)", async (place, content) => {
    const file = write(`project/${place}`, content);
    const { settings, sources } = await resolveSettings(options);
    expect(settings.limit).toBe(7);
    expect(sources.limit.where).toBe(file);
  });

  test("the nearest folder's file is the one that is read", async () => {
    write("project/.rerankrc.json", { limit: 3, threads: 9 });
    const near = write("project/src/.rerankrc.json", { limit: 4 });
    const { settings, files } = await resolveSettings(options);
    expect(settings).toMatchObject({ limit: 4, threads: 0 });
    expect(files.project?.path).toBe(near);
  });

  test("a package.json without our member does not stop the search, not even when it is broken", async () => {
    write("project/.rerankrc.json", { limit: 3 });
    write("project/src/package.json", { dependencies: { rerank: "1.0.0" } });
    write("project/src/deep/package.json", "{ broken");
    expect((await resolveSettings(options)).settings.limit).toBe(3);
  });

  test("a second file in the same folder is named as ignored", async () => {
    write("project/.rerankrc.json", { limit: 3 });
    const second = write("project/rerank.config.yaml", "limit: 4\n");
    expect((await resolveSettings(options)).files.ignored).toEqual([second]);
  });

  test("the user's file lies where the platform keeps such files", async () => {
    write("xdg/rerank/config.yaml", "limit: 11\n");
    write("roaming/rerank/config.json", { limit: 12 });
    const xdg = await resolveSettings({ ...options, env: { XDG_CONFIG_HOME: join(root, "xdg") } });
    const windows = await resolveSettings({ ...options, platform: "win32", env: { APPDATA: join(root, "roaming") } });
    expect([xdg.settings.limit, windows.settings.limit]).toEqual([11, 12]);
  });

  test("paths count from the file's folder, and from the working directory elsewhere", async () => {
    write("project/.rerankrc.json", { index: "../shelf/.rerank", models: "./models/a+~/b", embedder: "BAAI/bge-m3" });
    const { settings } = await resolveSettings({ ...options, env: { RERANK_RERANKER: "./r" } });
    expect(settings.index).toBe(join(root, "shelf", ".rerank"));
    expect(settings.models).toBe(`${join(root, "project", "models", "a")}+${join(root, "home", "b")}`);
    expect(settings.embedder).toBe("BAAI/bge-m3");
    expect(settings.reranker).toBe(join(options.cwd, "r"));
  });

  test("no code in the folder is executed, whatever it is called", async () => {
    const code = `require("node:fs").writeFileSync(${JSON.stringify(join(root, "executed"))}, "")`;
    for (const place of [".config/config.js", ".config/config.cjs", ".rerankrc.js", ".rerankrc.cjs", "rerank.config.js", ".config/rerankrc.js"]) {
      write(`project/src/deep/${place}`, code);
    }
    write("project/src/deep/package.json", { cosmiconfig: { searchPlaces: ["rerank.config.js"] } });
    write("project/.rerankrc.yaml", "limit: 4\n$import: ./src/deep/.rerankrc.cjs\n");
    const previous = process.cwd();
    // Cosmiconfig's explorer would run `.config/config.js` of the process's working directory, wherever it searches.
    process.chdir(options.cwd);
    try {
      expect((await failure()).message).toContain('there is no setting "$import"');
    } finally {
      process.chdir(previous);
    }
    expect(existsSync(join(root, "executed"))).toBe(false);
  });
});

describe("mistakes", () => {
  test("an unknown key is named with its file and the key that was meant", async () => {
    const file = write("project/.rerankrc.json", { limt: 3 });
    const error = await failure();
    expect(error.message).toBe(`${file}: there is no setting "limt"`);
    expect(error.hint).toBe('did you mean "limit"?');
  });

  test("a wrong value is named with its source, also where another source overrides it", async () => {
    const file = write("project/.rerankrc.yaml", "limit: ten\n");
    expect((await failure({ flags: { limit: 5 } })).message).toBe(
      `"limit" in ${file} is "ten", but must be a whole number from 1 to 100000`,
    );
    rmSync(file);
    expect((await failure({ env: { RERANK_HYBRID: "perhaps" } })).message).toBe('RERANK_HYBRID is "perhaps", but must be true or false');
    expect((await failure({ flags: { minRelevance: "2" } })).message).toContain("--min-relevance is ");
  });

  test.each([
    [".rerankrc.json", '{\n  "limit": 3,\n}', "is not valid JSON: see line 3, column 1"],
    [".rerankrc", '{\n  "limit": 3,\n}', "is not valid JSON: see line 3, column 1"],
    ["package.json", '{\n  "rerank": {"limit": 3},\n}', "is not valid JSON: see line 3, column 1"],
    [".rerankrc.yaml", "limit: 3\ncolor: [auto\nhybrid: true\n", "is not valid YAML: see line 3"],
    [".rerankrc.json", "[1]", "must hold settings by name, not a list"],
    [".rerankrc.yaml", "just words\n", 'must hold settings by name, not "just words"'],
    ["package.json", '{"rerank": 3}', '("rerank") must hold settings by name, not 3'],
  ])("%s with %j is an error that names the place", async (place, content, message) => {
    const file = write(`project/${place}`, content);
    const error = await failure();
    expect(error.message).toContain(file);
    expect(error.message).toContain(message);
    expect(error.hint).toBeTruthy();
  });

  test("an empty file sets nothing", async () => {
    write("project/.rerankrc.yaml", "# nothing yet\n");
    write("home/.config/rerank/config.json", "\n");
    expect((await resolveSettings(options)).settings.limit).toBe(10);
  });

  test.skipIf(process.getuid?.() === 0)("a file that may not be read is an error", async () => {
    chmodSync(write("project/.rerankrc.json", {}), 0);
    expect((await failure()).message).toContain("cannot read the configuration file");
  });

  test("an overlap as long as the passage is refused", async () => {
    const error = await failure({ flags: { passageTokens: 64, overlapTokens: 64 } });
    expect(error.message).toBe("passages of 64 tokens cannot share 64 with their neighbours");
  });

  test("a variable that looks like a misspelt setting is noticed", async () => {
    const { notices } = await resolveSettings({ ...options, env: { RERANK_LIMT: "3", RERANK_SOMETHING_ELSE: "1" } });
    expect(notices).toEqual(["RERANK_LIMT is not a setting and has no effect: did you mean RERANK_LIMIT?"]);
  });
});
