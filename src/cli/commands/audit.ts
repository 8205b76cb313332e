import { requireIndexHome, type IndexHome } from "../../adapters/index-home.ts";
import { acquireIndexLock } from "../../adapters/index-lock.ts";
import { hasWork } from "../../pipeline/audit-repair.ts";
import { auditJson, auditText, isHealthy } from "../../reporters/audit-report.ts";
import { createCompileProgress } from "../../reporters/compile-progress.ts";
import { describeTerminal } from "../../reporters/terminal.ts";
import { auditHome, type IndexAudit, type IndexAuditOptions } from "../audit-index.ts";
import type { CommandContext } from "../context.ts";
import { waitingLine } from "../index-session.ts";
import { integerFlag } from "../integer-flag.ts";
import { loadSettings, type Flags, type LoadedSettings } from "../load-settings.ts";
import { repairIndex } from "../repair-index.ts";

export interface AuditFlags extends Flags {
  readonly repair?: boolean;
  readonly json?: boolean;
}

const DEFAULT_SAMPLES = 200;
const DEFAULT_SEED = 7;
/** More would take longer and say the same. */
const MOST_SAMPLES = 100_000;
const LARGEST_SEED = 4_294_967_295;

/** `rerank audit`: looks at all of an index, and mends it with --repair. Resolves to the exit code: 1 when problems are left. */
export async function runAudit(flags: AuditFlags, context: CommandContext): Promise<number> {
  const startedAt = performance.now();
  const loaded = await loadSettings(context, "audit", flags);
  const limits = {
    samples: integerFlag(flags, "samples", { min: 1, max: MOST_SAMPLES, doc: "vectors to compare the neighbours of" }) ?? DEFAULT_SAMPLES,
    seed: integerFlag(flags, "seed", { min: 0, max: LARGEST_SEED, doc: "which ones are drawn" }) ?? DEFAULT_SEED,
  };
  const { environment: env, output } = context;
  const home = requireIndexHome(context.cwd, loaded.settings.index);
  const audit = (isLocked: boolean, verb: string): Promise<IndexAudit> =>
    withProgress(context, loaded, verb, (onProgress) =>
      auditHome(home, { ...limits, ...loaded, cwd: context.cwd, signal: context.signal, isLocked, onProgress }),
    );
  const { findings, repaired } = flags.repair
    ? await underLock(home, loaded, context, () => auditAndRepair(home, audit, context, loaded))
    : { findings: (await audit(false, "auditing")).findings, repaired: [] };
  const report = { findings, repaired, elapsedMs: performance.now() - startedAt };
  const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: loaded.settings.color });
  await output.write(flags.json ? auditJson(report) : auditText(report, terminal));
  return isHealthy(report) ? 0 : 1;
}

type Audit = (isLocked: boolean, verb: string) => Promise<IndexAudit>;

async function auditAndRepair(home: IndexHome, audit: Audit, context: CommandContext, loaded: LoadedSettings) {
  const { findings, plan } = await audit(true, "auditing");
  if (!hasWork(plan)) return { findings, repaired: [] };
  // Said in a log too, where progress shows after seconds only.
  context.output.notice("rerank: repairing; it can be stopped and begun again");
  const repaired = await withProgress(context, loaded, "repairing", (onProgress) =>
    repairIndex(home, plan, { signal: context.signal, onProgress }),
  );
  return { findings: (await audit(true, "auditing again")).findings, repaired };
}

async function underLock<T>(home: IndexHome, { settings }: LoadedSettings, { output, signal }: CommandContext, work: () => Promise<T>): Promise<T> {
  const lock = await acquireIndexLock(home.indexFolder, {
    command: "rerank audit --repair",
    wait: settings.wait,
    signal,
    onWaiting: (holder) => output.notice(`rerank: ${waitingLine(holder)}`),
  });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** Progress on stderr while `work` runs. */
async function withProgress<T>(
  { environment: env }: CommandContext,
  { settings }: LoadedSettings,
  verb: string,
  work: (onProgress: IndexAuditOptions["onProgress"]) => Promise<T>,
): Promise<T> {
  const terminal = describeTerminal({ stream: process.stderr, env, colorSetting: settings.color });
  const progress = createCompileProgress({ stream: process.stderr, terminal, verb });
  try {
    return await work((step, share) => progress.update({ step, share }));
  } finally {
    progress.stop();
  }
}
