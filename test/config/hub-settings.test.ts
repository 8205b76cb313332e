import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resolveHubSettings, withoutCredentials } from "../../src/config/hub-settings.ts";
import { UserError } from "../../src/domain/errors.ts";

let homeFolder: string;
beforeEach(() => {
  homeFolder = mkdtempSync(join(tmpdir(), "rerank-hub-"));
});
afterEach(() => rmSync(homeFolder, { recursive: true, force: true }));

const resolveHub = (env: Record<string, string>) => resolveHubSettings({ env, cwd: "/work", homeFolder });

describe("hub settings", () => {
  test("without variables they are those of huggingface_hub", () => {
    expect(resolveHub({}).hub).toEqual({
      endpoint: "https://huggingface.co",
      token: undefined,
      cacheFolder: join(homeFolder, ".cache", "huggingface", "hub"),
      offline: false,
      proxies: { http: undefined, https: undefined, noProxy: [] },
    });
  });

  test.each([
    [{ HF_HUB_CACHE: "/a", HF_HOME: "/b", XDG_CACHE_HOME: "/c" }, "/a", "HF_HUB_CACHE"],
    [{ HUGGINGFACE_HUB_CACHE: "/old", HF_HOME: "/b" }, "/old", "HUGGINGFACE_HUB_CACHE"],
    [{ HF_HOME: "/b", XDG_CACHE_HOME: "/c" }, "/b/hub", "HF_HOME"],
    [{ XDG_CACHE_HOME: "/c" }, "/c/huggingface/hub", "XDG_CACHE_HOME"],
    [{ HF_HUB_CACHE: "models" }, "/work/models", "HF_HUB_CACHE"],
  ])("the cache of %j is %s", (env: Record<string, string>, folder, source) => {
    const { hub, hubSources } = resolveHub(env);
    expect(hub.cacheFolder).toBe(folder);
    expect(hubSources.cacheFolder).toBe(source);
  });

  test("a folder may begin with the home folder's sign", () => {
    expect(resolveHub({ HF_HOME: "~/hf" }).hub.cacheFolder).toBe(join(homeFolder, "hf", "hub"));
  });

  test.each([
    ["1", true], ["ON", true], ["true", true], ["Yes", true], ["0", false], ["false", false], ["", false],
  ])("HF_HUB_OFFLINE=%s is %s", (value, offline) => {
    expect(resolveHub({ HF_HUB_OFFLINE: value }).hub.offline).toBe(offline);
  });

  test("a mirror's address loses the slash at its end", () => {
    expect(resolveHub({ HF_ENDPOINT: "https://hf-mirror.com/" }).hub.endpoint).toBe("https://hf-mirror.com");
  });

  test("proxies are read in both cases, the lower one first", () => {
    const { hub, hubSources } = resolveHub({
      HTTPS_PROXY: "http://upper:1", https_proxy: "lower:3128", ALL_PROXY: "socks5://all:1", NO_PROXY: "localhost, .example.org",
    });
    expect(hub.proxies).toEqual({ http: "socks5://all:1", https: "http://lower:3128", noProxy: ["localhost", ".example.org"] });
    expect(hubSources).toMatchObject({ httpProxy: "ALL_PROXY", httpsProxy: "https_proxy", noProxy: "NO_PROXY" });
  });

  test("a wrong address is named by its variable, without the password in it", () => {
    const attempt = () => resolveHub({ https_proxy: "http://me:pass word@[" });
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(/^https_proxy is not an address$/);
  });
});

describe("the token", () => {
  test("comes from its variable, else from the file of a login", () => {
    mkdirSync(join(homeFolder, ".cache", "huggingface"), { recursive: true });
    writeFileSync(join(homeFolder, ".cache", "huggingface", "token"), "hf_file\n");
    expect(resolveHub({}).hub.token?.reveal()).toBe("hf_file");
    expect(resolveHub({}).hubSources.token).toBe(join(homeFolder, ".cache", "huggingface", "token"));
    const { token } = resolveHub({ HF_TOKEN: " hf_variable " }).hub;
    expect([token?.reveal(), token?.source]).toEqual(["hf_variable", "HF_TOKEN"]);
  });

  test("is in no text, JSON or inspection of the settings", () => {
    const resolved = resolveHub({ HF_TOKEN: "hf_precious" });
    const shown = [JSON.stringify(resolved), inspect(resolved, { depth: 9, showHidden: true }), `${resolved.hub.token}`].join();
    expect(shown).not.toContain("precious");
    expect(shown).toContain("HF_TOKEN");
  });
});

test("an address is shown without its password", () => {
  expect(withoutCredentials("http://me:secret@proxy:3128")).toBe("http://***@proxy:3128");
  expect(withoutCredentials("http://proxy:3128")).toBe("http://proxy:3128");
});
