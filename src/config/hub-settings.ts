import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { UserError } from "../domain/errors.ts";
import { variable, type Environment } from "./environment.ts";
import { Secret } from "./secret.ts";

/** How to reach the Hugging Face hub, from the variables that huggingface_hub and curl read. */
export interface HubSettings {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** Sent to the endpoint only. Absent: models that need a login are out of reach. */
  readonly token: Secret | undefined;
  /** Absolute path of the cache that huggingface_hub fills: `models--owner--name/snapshots/...` below it. */
  readonly cacheFolder: string;
  /** No request at all: what is not in the cache is not there. */
  readonly offline: boolean;
  readonly proxies: Proxies;
}

interface Proxies {
  /** Addresses with scheme and port; they may hold a password. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are reached directly: names, suffixes (".example.org"), or "*" for all. */
  readonly noProxy: readonly string[];
}

/** Where each of the hub's settings comes from: the name of a variable, a path, or "" for the default. */
export type HubSources = Readonly<Record<"endpoint" | "token" | "cacheFolder" | "offline" | "httpProxy" | "httpsProxy" | "noProxy", string>>;

export interface HubOptions {
  readonly env: Environment;
  readonly cwd: string;
  readonly homeFolder: string;
}

interface Found {
  readonly value: string;
  readonly source: string;
}

/** Throws UserError, naming the variable, for addresses that are none. */
export function resolveHubSettings({ env, cwd, homeFolder }: HubOptions): { readonly hub: HubSettings; readonly hubSources: HubSources } {
  const first = (...names: readonly string[]): Found | undefined => {
    for (const source of names) {
      const value = variable(env, source);
      if (value !== undefined) return { value: value.trim(), source };
    }
    return undefined;
  };
  const folder = (path: string): string => {
    const expanded = path === "~" || path.startsWith("~/") ? join(homeFolder, path.slice(1)) : path;
    return isAbsolute(expanded) ? expanded : resolve(cwd, expanded);
  };

  const home = first("HF_HOME");
  const cacheHome = first("XDG_CACHE_HOME");
  const homePath = folder(home?.value ?? join(cacheHome?.value ?? join(homeFolder, ".cache"), "huggingface"));
  // The second name is the one of older releases; huggingface_hub still honours both.
  const cache = first("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE");
  const endpoint = first("HF_ENDPOINT");
  const offline = first("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE");
  const http = first("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY");
  const https = first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY");
  const noProxy = first("no_proxy", "NO_PROXY");
  const token = findToken(first, folder(first("HF_TOKEN_PATH")?.value ?? join(homePath, "token")));
  return {
    hub: {
      endpoint: endpoint ? address(endpoint, "https") : "https://huggingface.co",
      token,
      cacheFolder: cache ? folder(cache.value) : join(homePath, "hub"),
      offline: offline !== undefined && /^(1|on|yes|true)$/i.test(offline.value),
      proxies: {
        http: http && address(http, "http"),
        https: https && address(https, "http"),
        noProxy: noProxy ? noProxy.value.split(/[\s,]+/).filter((host) => host !== "") : [],
      },
    },
    hubSources: {
      endpoint: endpoint?.source ?? "",
      token: token?.source ?? "",
      cacheFolder: (cache ?? home ?? cacheHome)?.source ?? "",
      offline: offline?.source ?? "",
      httpProxy: http?.source ?? "",
      httpsProxy: https?.source ?? "",
      noProxy: noProxy?.source ?? "",
    },
  };
}

function findToken(first: (...names: string[]) => Found | undefined, path: string): Secret | undefined {
  const fromVariable = first("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
  if (fromVariable !== undefined) return new Secret(fromVariable.value, fromVariable.source);
  try {
    const written = readFileSync(path, "utf8").trim();
    return written === "" ? undefined : new Secret(written, path);
  } catch {
    // No login on this machine (or one that we may not read): public models need none.
    return undefined;
  }
}

function address({ value, source }: Found, scheme: string): string {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `${scheme}://${value}`;
  if (!URL.canParse(full)) {
    // The value itself stays out of the message: a proxy's may hold a password.
    throw new UserError(`${source} is not an address`, { hint: `set it like ${scheme}://host:port, or unset it` });
  }
  return full.replace(/\/+$/, "");
}

/** An address that may be shown: user name and password are replaced. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  if (parsed.username === "" && parsed.password === "") return url;
  parsed.username = "***";
  parsed.password = "";
  return parsed.href.replace(/\/+$/, "");
}
