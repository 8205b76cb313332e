import type { EvaluationEvent } from "../pipeline/evaluation.ts";
import type { IndexEvent } from "../pipeline/events.ts";
import { createEvaluationProgress } from "../reporters/evaluation-progress.ts";
import { createProgressReader } from "../reporters/progress-line.ts";
import { describeTerminal, type ColorSetting } from "../reporters/terminal.ts";
import type { CommandContext } from "./context.ts";

/** What an evaluation says on stderr: notices, and how far its indexing and its queries are. */
export interface EvalTalk {
  /** Each line once, however many variants give cause for it. */
  notice(line: string): void;
  /** Queries that were answered so far, by this run. */
  readonly answered: number;
  onEvent(event: EvaluationEvent): void;
  showIndexing(): { event(event: IndexEvent): void; stop(): void };
  /** Takes away what progress has left on the screen. */
  end(): void;
}

export function createEvalTalk({ environment: env, output }: Pick<CommandContext, "environment" | "output">, colorSetting: ColorSetting): EvalTalk {
  const stream = process.stderr;
  const terminal = describeTerminal({ stream, env, colorSetting });
  // One line is repainted at a time; what is said meanwhile goes above it.
  let view: { notice(line: string): void; stop(): void } | undefined;
  let queries: ReturnType<typeof createEvaluationProgress> | undefined;
  let answered = 0;
  const said = new Set<string>();

  function end(): void {
    view?.stop();
    view = undefined;
    queries = undefined;
  }

  return {
    notice(line) {
      if (said.has(line)) return;
      said.add(line);
      if (view === undefined) output.notice(`rerank: ${line}`);
      else view.notice(`rerank: ${line}`);
    },
    get answered() {
      return answered;
    },
    onEvent(event) {
      if (event.type === "started") {
        end();
        queries = createEvaluationProgress({ stream, terminal });
        view = queries;
      }
      if (event.type === "answered") answered++;
      queries?.event(event);
      if (event.type === "ended") end();
    },
    showIndexing() {
      end();
      const reader = createProgressReader({ stream, terminal });
      view = reader;
      return { event: (event) => reader.event(event), stop: end };
    },
    end,
  };
}
