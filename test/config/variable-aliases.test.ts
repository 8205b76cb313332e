import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { resolveSettings, type ResolvedSettings, type ResolveOptions } from "../../src/config/resolve-settings.ts";
import { SETTINGS, type SettingDefinition } from "../../src/config/settings-table.ts";
import { machineMemoryBytes, readAlias } from "../../src/config/variable-aliases.ts";
import { loadSettings } from "../../src/cli/load-settings.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { userErrorOf, userRejectionOf } from "../support/user-error-of.ts";

function resolved(env: Record<string, string>, changes: Partial<ResolveOptions> = {}): Promise<ResolvedSettings> {
  const folder = tempFolder();
  return resolveSettings({ flags: {}, command: "serve", env, cwd: folder, homeFolder: folder, platform: "linux", ...changes });
}

describe("variables of other servers", () => {
  test("are told once each", () => {
    const settings: readonly SettingDefinition[] = SETTINGS;
    const names = settings.flatMap(({ aliases = [] }) => aliases);
    expect(names.toSorted()).toEqual(
      ["HOST", "LOG_LEVEL", "MAX_MEMORY_PERCENTAGE", "MAX_SEQ_LENGTH", "MODEL_DEVICE", "MODEL_NAME_OR_PATH", "MODEL_PRECISION", "PORT"],
    );
  });

  test("set the server as the file of an older one does", async () => {
    const { settings, sources, notices } = await resolved({
      HOST: "0.0.0.0", PORT: "6006", MODEL_NAME_OR_PATH: "BAAI/bge-reranker-base", MODEL_DEVICE: "cuda", MODEL_PRECISION: "bfloat16",
      MAX_MEMORY_PERCENTAGE: "50", BATCH_SIZE: "1", MAX_SEQ_LENGTH: "256", LOG_LEVEL: "INFO", ACCESS_TOKEN: "x", HF_ENDPOINT: "https://hf-mirror.com",
    });
    expect(settings).toMatchObject({
      host: "0.0.0.0", port: 6006, reranker: "BAAI/bge-reranker-base", models: undefined, device: "cuda", precision: "auto",
      rerankTokens: 256, logLevel: "info", modelMemory: Math.floor(machineMemoryBytes() / 2 ** 21) * 2 ** 20,
    });
    expect(sources.port).toEqual({ source: "environment", where: "PORT" });
    expect(notices).toEqual(["MODEL_PRECISION is bfloat16, which no model is compiled to here: precision is left to this machine (auto)"]);
  });

  test("change no other command", async () => {
    const { settings, notices } = await resolved({ HOST: "0.0.0.0", PORT: "x", MODEL_DEVICE: "tpu", LOG_LEVEL: "??", BATCH_SIZE: "8" }, { command: "search" });
    expect(settings).toMatchObject({ host: "127.0.0.1", port: 7372, device: "auto", logLevel: "info" });
    expect(notices).toEqual([]);
    expect((await resolved({ PORT: "x" }, { command: "config" })).settings.port).toBe(7372);
  });

  test("come after our own variables and before files", async () => {
    const folder = tempFolder();
    writeFiles(folder, { ".rerankrc.json": JSON.stringify({ port: 1, host: "127.0.0.9" }) });
    const { settings } = await resolved({ PORT: "2", HOST: "127.0.0.2", RERANK_PORT: "3" }, { cwd: folder });
    expect(settings).toMatchObject({ port: 3, host: "127.0.0.2" });
  });

  test("with a value that is none are refused by their own name", async () => {
    const message = async (env: Record<string, string>) => (await userRejectionOf(resolved(env))).message;
    expect(await message({ PORT: "http" })).toBe('PORT is "http", but must be a whole number from 0 to 65535');
    expect(await message({ MODEL_DEVICE: "mps" })).toMatch(/^MODEL_DEVICE is "mps", but must be one of auto, cpu/);
    expect(await message({ MODEL_DEVICE: "cuda:1" })).toContain('MODEL_DEVICE is "cuda:1"');
    expect(await message({ MAX_SEQ_LENGTH: "128" })).toContain('MAX_SEQ_LENGTH is "128", but must be a whole number from 256');
    expect(await message({ MODEL_PRECISION: "int3" })).toContain('MODEL_PRECISION is "int3"');
    expect(await message({ MAX_MEMORY_PERCENTAGE: "0.5" })).toBe('MAX_MEMORY_PERCENTAGE is "0.5", but must be a percentage from 1 to 100');
  });

  test.each([
    ["MODEL_DEVICE", "CUDA:0", "cuda"],
    ["MODEL_DEVICE", "gpu", "auto"],
    ["MODEL_DEVICE", "auto", "auto"],
    ["MODEL_PRECISION", "FLOAT32", "fp32"],
    ["MODEL_PRECISION", "int4", "int4"],
    ["LOG_LEVEL", "WARNING", "warn"],
    ["LOG_LEVEL", "Critical", "error"],
    ["LOG_LEVEL", "debug", "debug"],
    ["MAX_MEMORY_PERCENTAGE", "25%", String(2 ** 30)],
    ["MAX_MEMORY_PERCENTAGE", "33", String(1351 * 2 ** 20)],
    ["HOST", "::", "::"],
    ["HOST", "localhost", "localhost"],
    ["PORT", " 8000 ", "8000"],
  ])("%s=%s is read as %s", (name, raw, value) => {
    expect(readAlias(name, raw, name, 2 ** 32)).toEqual({ value });
  });

  test.each(["0", "101", "half", "-5", "1e9"])("MAX_MEMORY_PERCENTAGE=%s is refused", (raw) => {
    expect(userErrorOf(() => readAlias("MAX_MEMORY_PERCENTAGE", raw, "MAX_MEMORY_PERCENTAGE", 1000)).message).toContain("from 1 to 100");
  });

  test("a machine's name in HOST, which some shells export, opens nothing", async () => {
    const { settings, notices } = await resolved({ HOST: "workstation-7" });
    expect(settings.host).toBe("127.0.0.1");
    expect(notices).toEqual(["HOST is no address and has no effect: a name to listen on goes to --host or RERANK_HOST"]);
  });

  test("a level that is none here leaves the log as it is", async () => {
    const { settings, notices } = await resolved({ LOG_LEVEL: "http" });
    expect(settings.logLevel).toBe("info");
    expect(notices).toEqual(['LOG_LEVEL is "http", which is no level here, and has no effect']);
  });

  test("are not looked at where our own setting is given: they may be another program's", async () => {
    const { settings, notices } = await resolved({ MODEL_DEVICE: "cuda:1", RERANK_DEVICE: "cpu", PORT: "http", LOG_LEVEL: "http" }, { flags: { port: 1, logLevel: "warn" } });
    expect(settings).toMatchObject({ device: "cpu", port: 1, logLevel: "warn" });
    expect(notices).toEqual([]);
  });

  test("the address that Kubernetes sets for a service called rerank is no port", async () => {
    const { settings, notices } = await resolved({ RERANK_PORT: "tcp://10.96.0.12:7372", PORT: "8080" });
    expect(settings.port).toBe(8080);
    expect(notices).toEqual([expect.stringMatching(/^RERANK_PORT is the address of a Kubernetes service/)]);
  });

  test("a batch size is answered with why there is none", async () => {
    expect((await resolved({ BATCH_SIZE: "32" })).notices).toEqual([expect.stringMatching(/^BATCH_SIZE=32 has no effect: texts are read one at a time/)]);
  });

  test("keys are no misspelt settings, and a misspelt key is noticed without being told", async () => {
    expect((await resolved({ RERANK_API_KEY: "x", ACCESS_TOKEN: "y" })).notices).toEqual([]);
    expect((await resolved({ RERANK_API_KEYS: "secret" })).notices).toEqual(["RERANK_API_KEYS is not a setting and has no effect: did you mean RERANK_API_KEY?"]);
  });
});

describe("the working folder's .env", () => {
  async function load(content: string, environment: Record<string, string> = {}, command: "serve" | "search" = "serve") {
    const folder = tempFolder();
    writeFiles(folder, { ".env": content });
    const lines: string[] = [];
    const loaded = await loadSettings({ cwd: folder, environment, output: { notice: (line) => void lines.push(line) } }, command, {});
    return { loaded, lines, path: join(folder, ".env") };
  }

  test("counts for serve: after the environment, before files and defaults", async () => {
    const { loaded, lines, path } = await load("PORT=6006\nHOST=127.0.0.3\nRERANK_DEADLINE=5s\nACCESS_TOKEN=secret-token\n", { HOST: "127.0.0.4" });
    expect(loaded.settings).toMatchObject({ port: 6006, host: "127.0.0.4", deadline: 5000 });
    expect(loaded.sources.port).toEqual({ source: "environment", where: `PORT in ${path}` });
    expect(loaded.sources.host.where).toBe("HOST");
    expect(loaded.environment).toMatchObject({ ACCESS_TOKEN: "secret-token" });
    expect(loaded.sourceOf("ACCESS_TOKEN")).toBe(`ACCESS_TOKEN in ${path}`);
    expect(lines).toEqual([`rerank: ${path} sets ACCESS_TOKEN, PORT, RERANK_DEADLINE`, `rerank: the environment goes before ${path}: HOST`]);
    expect(lines.join()).not.toContain("secret");
  });

  test("keeps a key that the environment leaves empty", async () => {
    const { loaded, lines, path } = await load("RERANK_API_KEY=secret-of-the-file\n", { RERANK_API_KEY: "" });
    expect(loaded.environment["RERANK_API_KEY"]).toBe("secret-of-the-file");
    expect(loaded.sourceOf("RERANK_API_KEY")).toBe(`RERANK_API_KEY in ${path}`);
    expect(lines).toEqual([`rerank: ${path} sets RERANK_API_KEY`]);
  });

  test("does not claim what has no effect, and tells every name of ours that is none", async () => {
    const { lines, path } = await load("PORT=6006\nRERANK_BOGUS=1\nRERANK_LIMT=3\nBATCH_SIZE=32\n", { RERANK_SERVICE_HOST: "10.0.0.1" });
    expect(lines[0]).toBe(`rerank: ${path} sets PORT`);
    expect(lines.slice(1)).toEqual([
      `rerank: RERANK_BOGUS in ${path} is not a setting and has no effect`,
      `rerank: RERANK_LIMT in ${path} is not a setting and has no effect: did you mean RERANK_LIMIT?`,
      expect.stringMatching(/^rerank: BATCH_SIZE=32 has no effect/),
    ]);
  });

  test("says in which file a wrong value stands", async () => {
    const folder = tempFolder();
    writeFiles(folder, { ".env": "PORT=abc\n" });
    const error = await userRejectionOf(loadSettings({ cwd: folder, environment: {}, output: { notice: () => {} } }, "serve", {}));
    expect(error.message).toBe(`PORT in ${join(folder, ".env")} is "abc", but must be a whole number from 0 to 65535`);
  });

  test("names the mirror of the hub", async () => {
    expect((await load("HF_ENDPOINT=https://hf-mirror.com\n")).loaded.hub.endpoint).toBe("https://hf-mirror.com");
  });

  test("is not read by other commands", async () => {
    const { loaded, lines } = await load("RERANK_LIMIT=3\nthis would be an error\nPORT=1\n", {}, "search");
    expect(loaded.settings.limit).toBe(10);
    expect(lines).toEqual([]);
  });
});
