import { tmpdir } from "node:os";
import type { Environment } from "../config/environment.ts";
import { runtimePlace } from "../config/runtime-folder.ts";
import type { Settings } from "../config/settings-table.ts";
import type { BorrowModels } from "../inference/child-process.ts";
import { borrowModels, greetServer, type LendingPlace } from "../inference/warm-client.ts";
import { packageVersion } from "./package-version.ts";

/** Where a `rerank serve` of this user lends its models; `undefined` where none could. */
export function lendingPlace(environment: Environment): LendingPlace | undefined {
  const place = runtimePlace(environment, { platform: process.platform, userId: process.getuid?.(), temporaryFolder: tmpdir() });
  return place && { ...place, version: packageVersion() };
}

/** The models of a running `rerank serve`, for an inference to ask first. */
export function modelsOfServer({ daemon }: Pick<Settings, "daemon">, environment: Environment): { readonly borrow?: BorrowModels } {
  const place = daemon ? lendingPlace(environment) : undefined;
  return place === undefined ? {} : { borrow: borrowModels(place) };
}

/** One line about the server that lends its models to this user's commands. */
export async function describeServer(environment: Environment): Promise<string> {
  const place = lendingPlace(environment);
  const server = place && (await greetServer(place));
  if (place === undefined || server === undefined) return "no server lends its models: each command loads its own";
  const isUsed = server.version === place.version;
  return `version ${server.version} runs (process ${server.processId}, ${place.socketPath})${isUsed ? " and lends its models" : `: this is ${place.version}, which loads its own models`}`;
}
