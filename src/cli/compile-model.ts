import { rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { withBlobLock } from "../adapters/hub/blob-lock.ts";
import { findCompileReport } from "../adapters/models/compiled-models.ts";
import type { CompileOnce } from "../adapters/models/model-locator.ts";
import { cacheFailure } from "../domain/disk-failure.ts";
import type { ModelCompiler } from "../ports/model-compiler.ts";
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

/**
 * Compiles, and says so: it takes minutes, once for each model and precision. Of several processes that want the same model one
 * works, and the others wait and take what it has made.
 */
export function talkingCompiler(compile: ModelCompiler["compile"], { onNotice, signal, openProgress }: CompileTalk): CompileOnce {
  return async (request, checkNeeds, id) => {
    const { compiledFolder, precision, role } = request;
    // One folder may play both roles: each is compiled on its own.
    const model = `the ${role} of ${id}`;
    const onWait = (): void => onNotice(`waiting for another process, which is compiling ${model}; Ctrl-C gives up`);
    try {
      await withBlobLock(`${compiledFolder}.lock`, { signal, onWait }, async () => {
        if (findCompileReport(compiledFolder) !== undefined) return;
        await checkNeeds();
        onNotice(`compiling ${model} to ${precision}: this takes minutes, once`);
        const progress = openProgress?.();
        try {
          const tell = (line: string): void => {
            // A line of talk must not begin where the progress ends.
            progress?.stop();
            onNotice(line);
          };
          await compile(request, { onNotice: tell, ...(signal && { signal }), ...(progress && { onProgress: (state) => progress.update(state) }) });
        } finally {
          progress?.stop();
        }
      });
    } catch (error) {
      removeIfEmpty(dirname(compiledFolder));
      // The lock needs a folder that can be written, too.
      throw signal?.aborted ? signal.reason : cacheFailure(`the model cannot be compiled into ${compiledFolder}`, error);
    }
  };
}

/** What a failed compilation leaves of a model that was never compiled. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Other compilations of the model lie in it, or it was never made.
  }
}

/** The progress of a command line's compilations, on stderr. */
export function compileProgressOf({ environment }: CommandContext): () => CompileProgressView {
  const terminal = describeTerminal({ stream: process.stderr, env: environment, colorSetting: "auto" });
  return () => createCompileProgress({ stream: process.stderr, terminal });
}
