import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readDotenvFile } from "../../src/config/dotenv-file.ts";
import { resolveSettings, type ResolvedSettings } from "../../src/config/resolve-settings.ts";
import { SETTINGS, type SettingDefinition } from "../../src/config/settings-table.ts";
import { isServeVariable } from "../../src/config/variable-aliases.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const settings: readonly SettingDefinition[] = SETTINGS;

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The settings of `rerank serve` with these variables, in an empty folder. */
function serveWith(env: Readonly<Record<string, string>>): Promise<ResolvedSettings> {
  const folder = tempFolder();
  return resolveSettings({ flags: {}, command: "serve", env, cwd: folder, homeFolder: folder, platform: "linux" });
}

const DEADLINE_SECONDS = Number(settings.find(({ key }) => key === "deadline")?.default) / 1000;
const PORT = Number(settings.find(({ key }) => key === "port")?.default);

describe("the Dockerfile", () => {
  const dockerfile = read("deploy/Dockerfile");
  /** Instructions with their lines joined, comments left out. */
  const instructions = dockerfile
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const argumentsOf = (name: string): string[] => instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());

  test("copies what is there, and nothing that .dockerignore keeps back", () => {
    const sources = argumentsOf("COPY").filter((line) => !line.startsWith("--from")).flatMap((line) => line.split(/\s+/).slice(0, -1));
    expect(sources.length).toBeGreaterThan(8);
    const allowed = read(".dockerignore").split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    for (const source of sources) {
      const name = source.replace(/^\.\//, "");
      expect(existsSync(join(ROOT, name)), name).toBe(true);
      expect(allowed, name).toContain(name.split("/")[0]);
    }
    for (const name of allowed) expect(existsSync(join(ROOT, name)), name).toBe(true);
  });

  test("builds as package.json does, from all that the build names", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const [config] of (scripts["build"] ?? "").matchAll(/tsconfig[\w.]*\.json/g)) expect(dockerfile).toContain(config);
    expect(argumentsOf("RUN")).toContainEqual("npm run build");
  });

  test("rebuilds the modules that have something to compile, and no other", () => {
    const { allowScripts } = JSON.parse(read("package.json")) as { allowScripts: Record<string, boolean> };
    const rebuilt = /npm rebuild ([^&]+)/.exec(argumentsOf("RUN").join())?.[1]?.trim().split(/\s+/);
    expect(rebuilt?.toSorted()).toEqual(Object.keys(allowScripts).filter((name) => allowScripts[name]).toSorted());
  });

  test("runs as nobody special, and is asked for its health where it listens", async () => {
    expect(argumentsOf("USER")).toEqual(["1000:1000"]);
    expect(argumentsOf("STOPSIGNAL")).toEqual(["SIGTERM"]);
    expect(argumentsOf("HEALTHCHECK").join()).toContain("/readyz");
    const env = Object.fromEntries([...argumentsOf("ENV").join(" ").matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]));
    expect((await serveWith(env)).settings).toMatchObject({ host: "0.0.0.0", port: Number(argumentsOf("EXPOSE")[0]) });
  });
});

describe("compose.yaml", () => {
  const compose = parse(read("deploy/compose.yaml")) as any;
  const service = compose.services.rerank;

  test("builds the Dockerfile that is there", () => {
    const context = resolve(ROOT, "deploy", service.build.context);
    expect(context).toBe(ROOT);
    expect(existsSync(join(context, service.build.dockerfile))).toBe(true);
  });

  test("has every volume and secret that it uses, and gives the server its keys as a file", () => {
    expect(service.volumes.map((volume: string) => volume.split(":")[0]).toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
    expect(service.secrets).toEqual(Object.keys(compose.secrets));
    expect(settings.map(({ env }) => env)).toEqual(expect.arrayContaining(Object.keys(service.environment)));
    expect(service.environment.RERANK_KEY_FILE).toBe(`/run/secrets/${service.secrets[0]}`);
    const volumes: string[] = JSON.parse(/^VOLUME (.*)$/m.exec(read("deploy/Dockerfile"))?.[1] ?? "[]");
    expect(service.volumes.map((volume: string) => volume.split(":")[1]).toSorted()).toEqual(volumes.toSorted());
  });

  test("opens the port on this machine alone, and takes rights away", () => {
    expect(service.ports).toEqual([`127.0.0.1:${PORT}:${PORT}`]);
    expect(service).toMatchObject({ read_only: true, init: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
  });

  test("waits for requests that run", () => {
    expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThan(DEADLINE_SECONDS);
  });
});

describe(".env.example", () => {
  test("is taken by the server as it stands, and changes nothing that matters", async () => {
    const folder = tempFolder();
    writeFiles(folder, { ".env": read("deploy/.env.example") });
    const dotenv = readDotenvFile(folder, isServeVariable);
    const { settings: found, notices } = await resolveSettings({ flags: {}, command: "serve", env: {}, dotenv, cwd: folder, homeFolder: folder, platform: "linux" });
    const { modelMemory, ...others } = found;
    expect(notices).toEqual([]);
    expect({ ...others, modelMemory: undefined }).toEqual({ ...(await serveWith({})).settings, reranker: "mini" });
    expect(modelMemory).toBeGreaterThan(0);
  });

  test("has every variable of other servers that counts", () => {
    const names = settings.flatMap(({ aliases = [] }) => aliases);
    for (const name of [...names, "RERANK_API_KEY", "ACCESS_TOKEN", "BATCH_SIZE", "HF_ENDPOINT"]) expect(read("deploy/.env.example")).toMatch(new RegExp(`^#? ?${name}=`, "m"));
  });
});

describe("nginx.conf and rerank.service", () => {
  const nginx = read("deploy/nginx.conf");
  const unit = read("deploy/rerank.service");

  test("wait longer than the server does", () => {
    const timeouts = [...nginx.matchAll(/proxy_read_timeout (\d+)s;/g)].map(([, seconds]) => Number(seconds));
    expect(timeouts).toHaveLength(2);
    for (const seconds of timeouts) expect(seconds).toBeGreaterThan(DEADLINE_SECONDS);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(DEADLINE_SECONDS);
  });

  test("nginx lets events through, and writes no query string to a log", () => {
    expect(/location = \/v1\/search \{[^}]*proxy_buffering off;/s.test(nginx)).toBe(true);
    expect(/log_format [^;]*\$request(?!_)\b/s.test(nginx)).toBe(false);
    expect(nginx).toContain(`server 127.0.0.1:${PORT};`);
  });

  test("the unit stops the server first and its model processes after it, and lets V8 compile", () => {
    expect(unit).toMatch(/^KillMode=mixed$/m);
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m);
    const variables = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = ""]) => [...line.matchAll(/(\w+)=/g)].map(([, name = ""]) => name));
    for (const name of variables.filter((variable) => variable.startsWith("RERANK_"))) expect(settings.map(({ env }) => env)).toContain(name);
  });
});

test("every file of deploy/ is written about", () => {
  const page = read("docs/deployment.md");
  for (const name of readdirSync(join(ROOT, "deploy"))) expect(page, name).toContain(`](../${join("deploy", name)})`);
});
