import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import type { Device, ModelRole } from "../../src/domain/model-spec.ts";

export interface DecoderRequest {
  readonly graphPath: string;
  readonly role: ModelRole;
  readonly wanted: Device;
  readonly texts: readonly DecoderText[];
}

export interface DecoderText {
  readonly ids: readonly number[];
  /** How many of the ids are run first and kept as keys and values; 0 runs all at once. */
  readonly cached: number;
}

export interface DecoderAnswers {
  /** Where the session was opened at last. */
  readonly device: string;
  readonly notices: readonly string[];
  /** One for each text. */
  readonly answers: readonly (readonly number[])[];
}

/** A software driver compiles its kernels with LLVM the first time: a minute or two on two busy cores. */
export const PATIENCE_MS = 600_000;

const DIST = resolve(import.meta.dirname, "../../dist/engine");
const url = (path: string): string => JSON.stringify(pathToFileURL(join(DIST, path)).href);

const SCRIPT = `
  import { openOnDevice } from ${url("open-on-device.js")};
  import { openDecoderSession } from ${url("qwen3/decoder-session.js")};
  const { graphPath, role, wanted, texts } = JSON.parse(process.argv[1]);
  const notices = [];
  let device;
  const open = (settled) => openDecoderSession({ graphPath, role, device: (device = settled) });
  try {
    const session = await openOnDevice({ id: "synthetic", family: "qwen3", precision: "int4" }, { wanted, open, onNotice: (line) => notices.push(line) });
    const answers = [];
    for (const { ids, cached } of texts) {
      const cache = await session.extend(Int32Array.from(ids.slice(0, cached)), session.empty);
      answers.push([...(await session.run(Int32Array.from(ids.slice(cached)), cache))]);
    }
    console.log(JSON.stringify({ device, notices, answers }));
  } catch (error) {
    if (error.name !== "UserError") throw error;
    console.log(JSON.stringify({ error: { message: error.message, hint: error.hint } }));
  }
`;

/** A UserError of the other process. */
export class DecoderRefusal extends Error {
  readonly hint: string;

  constructor({ message, hint }: { readonly message: string; readonly hint: string }) {
    super(message);
    this.name = "DecoderRefusal";
    this.hint = hint;
  }
}

/**
 * What a compiled decoder answers, from a process of its own: a driver that crashes takes nothing else along. Rejects with
 * DecoderRefusal for what users are told, with Error and the last lines of stderr when the process dies.
 */
export async function runDecoderProcess(request: DecoderRequest, env: Readonly<Record<string, string>> = {}): Promise<DecoderAnswers> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", SCRIPT, JSON.stringify(request)], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A driver that hangs must not outlive the test.
    timeout: PATIENCE_MS,
  });
  const ended = new Promise<string>((done) => child.once("close", (code, signal) => done(signal ?? `exit code ${code}`)));
  const [stdout, stderr, how] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (how !== "exit code 0") throw new Error(`the process ended with ${how}:\n${stderr.trim().split("\n").slice(-8).join("\n")}`);
  const { error, ...answers } = JSON.parse(stdout) as DecoderAnswers & { readonly error?: { readonly message: string; readonly hint: string } };
  if (error !== undefined) throw new DecoderRefusal(error);
  return answers;
}
