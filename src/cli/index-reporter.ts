import type { IndexEvent } from "../pipeline/events.ts";
import type { IndexReport } from "../pipeline/index-report.ts";
import { indexReportJson, indexReportText } from "../reporters/index-report.ts";
import { createProgressReader } from "../reporters/progress-line.ts";
import { describeTerminal, type ColorSetting } from "../reporters/terminal.ts";
import type { CommandContext } from "./context.ts";

/** Shows an indexing run: progress and talk on stderr, the report on stdout. */
export interface IndexReporter {
  event(event: IndexEvent): void;
  notice(line: string): void;
  report(report: IndexReport): Promise<void>;
  /** Clears what progress has left on the screen; to be called when a run ends without a report. */
  end(): void;
}

export interface IndexReporterOptions {
  readonly context: Pick<CommandContext, "environment" | "output">;
  readonly settings: { readonly color: ColorSetting };
  readonly json: boolean;
  readonly verbose: boolean;
}

export function createIndexReporter({ context, settings, json, verbose }: IndexReporterOptions): IndexReporter {
  const { environment: env, output } = context;
  const terminal = describeTerminal({ stream: process.stdout, env, colorSetting: settings.color });
  const talk = describeTerminal({ stream: process.stderr, env, colorSetting: settings.color });
  const open = () => createProgressReader({ stream: process.stderr, terminal: talk });
  let progress = open();
  return {
    event: (event) => progress.event(event),
    notice: (line) => progress.notice(`rerank: ${line}`),
    async report(report) {
      progress.stop();
      await output.write(json ? indexReportJson(report) : indexReportText(report, { terminal, verbose }));
      // The next run of --watch starts with a line of its own.
      progress = open();
    },
    end: () => progress.stop(),
  };
}
