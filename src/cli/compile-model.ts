import { basename, dirname } from "node:path";
import type { CompileRequest, ModelCompiler } from "../ports/model-compiler.ts";
import { createCompileProgress, type CompileProgressView } from "../reporters/compile-progress.ts";
import { describeTerminal } from "../reporters/terminal.ts";
import type { CommandContext } from "./context.ts";

/** Who hears of a model that is compiled because somebody asks for it. */
export interface CompileTalk {
  readonly onNotice: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Opens a view of how far it is, for each model. */
  readonly openProgress?: (() => CompileProgressView) | undefined;
}

/** Compiles in a process of its own, and says so: it takes minutes, once for each model and precision. */
export function talkingCompiler(compile: ModelCompiler["compile"], { onNotice, signal, openProgress }: CompileTalk): (request: CompileRequest) => Promise<void> {
  return async (request) => {
    onNotice(`compiling ${modelOf(request)} to ${request.precision}: this takes minutes, once`);
    const progress = openProgress?.();
    try {
      await compile(request, { onNotice, ...(signal && { signal }), ...(progress && { onProgress: (state) => progress.update(state) }) });
    } finally {
      progress?.stop();
    }
  };
}

/** The progress of a command line's compilations, on stderr. */
export function compileProgressOf({ environment }: CommandContext): () => CompileProgressView {
  const terminal = describeTerminal({ stream: process.stderr, env: environment, colorSetting: "auto" });
  return () => createCompileProgress({ stream: process.stderr, terminal });
}

/** As its folder of compiled graphs is called: "Qwen/Qwen3-Embedding-0.6B", or a folder's own name. */
function modelOf({ compiledFolder }: CompileRequest): string {
  return basename(dirname(compiledFolder)).replace("--", "/");
}
