import { homedir } from "node:os";
import { createRemoteTransport, type RemoteTransport } from "../adapters/remote/remote-transport.ts";
import type { Environment } from "../config/environment.ts";
import { resolveHubSettings } from "../config/hub-settings.ts";
import { remoteBounds, type RemoteSettings } from "./remote-settings.ts";

/** A transport of its own for each server: bounds and circuit are a server's. */
export function openTransport(settings: RemoteSettings, env: Environment): RemoteTransport {
  const { proxies } = resolveHubSettings({ env, cwd: "/", homeFolder: homedir() }).hub;
  return createRemoteTransport({ bounds: remoteBounds(settings), proxies });
}
