import { isIP } from "node:net";
import { totalmem } from "node:os";
import { UserError } from "../domain/errors.ts";
import { KEY_VARIABLES } from "./api-keys.ts";
import { variable, type Environment } from "./environment.ts";
import { SETTINGS, type SettingDefinition } from "./settings-table.ts";

/** A variable of another server, in the words of our setting. */
export interface AliasValue {
  /** `undefined`: it says nothing that we can follow. */
  readonly value: string | undefined;
  /** One line, where the value is not followed to the letter. */
  readonly notice?: string;
}

/** Settings that the texts of a `.env` may change in `rerank serve`, beside those that have a variable of their own. */
const HUB_VARIABLES: readonly string[] = ["HF_ENDPOINT", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"];
/** Batches are not a setting here, and people look for the reason. */
const BATCH_SIZE = "BATCH_SIZE";

/** What a `.env` may say to `rerank serve`. Nothing that changes how programs are found or run (PATH, NODE_OPTIONS, proxies). */
export function isServeVariable(name: string): boolean {
  const settings: readonly SettingDefinition[] = SETTINGS;
  const named: readonly string[] = [...KEY_VARIABLES, ...HUB_VARIABLES, BATCH_SIZE, ...settings.flatMap(({ aliases = [] }) => aliases)];
  return /^RERANK_\w+$/.test(name) || named.includes(name);
}

/** One line for each variable that is known, and has no effect. */
export function idleVariableNotices(env: Environment): string[] {
  const size = variable(env, BATCH_SIZE)?.trim();
  if (size === undefined || size === "1") return [];
  return [`${BATCH_SIZE}=${size} has no effect: texts are read one at a time, so that no score depends on its neighbours`];
}

/**
 * What a variable of another server's means as our setting. Values that need no translation come back as they are, and are checked
 * as every value of the setting is.
 *
 * @param origin what messages call the source: "PORT", or "PORT in /srv/.env".
 * @throws UserError, naming the origin, for a value that stands for nothing here.
 */
export function readAlias(name: string, raw: string, origin: string, memoryBytes = machineMemoryBytes()): AliasValue {
  const value = raw.trim();
  switch (name) {
    case "HOST":
      return readHost(value, origin);
    case "MODEL_DEVICE":
      return { value: readDevice(value, origin) };
    case "MODEL_PRECISION":
      return readPrecision(value, origin);
    case "LOG_LEVEL":
      return readLogLevel(value, origin);
    case "MAX_MEMORY_PERCENTAGE":
      return { value: String(shareOfMemory(value, origin, memoryBytes)) };
    default:
      return { value };
  }
}

/** Memory of this machine, or of the container that the process runs in. */
export function machineMemoryBytes(): number {
  // Where nothing limits it, libuv gives 0 or 2^64.
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/** csh and some login scripts export HOST as the machine's name: that is not an order to listen to the network. */
function readHost(value: string, origin: string): AliasValue {
  if (isIP(value) > 0 || value === "localhost") return { value };
  return { value: undefined, notice: `${origin} is no address and has no effect: a name to listen on goes to --host or RERANK_HOST` };
}

/** As PyTorch names devices. */
function readDevice(value: string, origin: string): string {
  const [name = "", number = "0"] = value.toLowerCase().split(":");
  if (number === "0") return name === "gpu" ? "auto" : name;
  throw new UserError(`${origin} is ${JSON.stringify(value)}, and only the first device can be chosen by it`, {
    hint: "hide the others: CUDA_VISIBLE_DEVICES=1 MODEL_DEVICE=cuda",
  });
}

const HALF_PRECISIONS = ["bf16", "bfloat16", "fp16", "float16", "half"];

function readPrecision(written: string, origin: string): AliasValue {
  const value = written.toLowerCase();
  if (!HALF_PRECISIONS.includes(value)) return { value: ["float32", "float", "full"].includes(value) ? "fp32" : value };
  return { value: "auto", notice: `${origin} is ${value}, which no model is compiled to here: precision is left to this machine (auto)` };
}

/** npm's "http" and what else programs call their levels: nobody's server should fail to start for it. */
function readLogLevel(value: string, origin: string): AliasValue {
  const level = LOG_LEVELS[value.toLowerCase()];
  return level === undefined ? { value: undefined, notice: `${origin} is ${JSON.stringify(value)}, which is no level here, and has no effect` } : { value: level };
}

/** Python's names and ours. */
const LOG_LEVELS: Readonly<Record<string, string>> = {
  trace: "debug",
  notset: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
  warn: "warn",
  error: "error",
  critical: "error",
  fatal: "error",
  off: "silent",
  none: "silent",
  silent: "silent",
};

const MEBIBYTE = 2 ** 20;

/** Whole mebibytes, which read well where settings are explained. */
function shareOfMemory(value: string, origin: string, memoryBytes: number): number {
  const percentage = /^(\d+(?:\.\d+)?)\s*%?$/.exec(value)?.[1];
  // 0.5 would be half a percent, and is meant as a half.
  if (percentage !== undefined && Number(percentage) >= 1 && Number(percentage) <= 100) return Math.floor((memoryBytes * Number(percentage)) / 100 / MEBIBYTE) * MEBIBYTE;
  throw new UserError(`${origin} is ${JSON.stringify(value)}, but must be a percentage from 1 to 100`, {
    hint: "it bounds the memory of all loaded models; --model-memory takes a size such as 8GB",
  });
}
