import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { UserError } from "../domain/errors.ts";
import { editorCommand, type EditorCommand } from "./editor-command.ts";
import { formatOfPath } from "./readers/formats.ts";

export interface OpenDocumentOptions {
  /** $VISUAL, $EDITOR, $PATH and the display. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Runs a program that takes the terminal over, while nobody else uses it. */
  readonly withTerminal: <T>(run: () => Promise<T>) => Promise<T>;
}

/** What editors show as bytes: it opens in a viewer, which knows no lines. */
const VIEWER_FORMATS: ReadonlySet<string | undefined> = new Set(["pdf", "docx"]);
/** A viewer that fails does so at once; one that works may stay for hours. */
const VIEWER_MS = 1_500;

/**
 * Opens a document at a line: in $VISUAL or $EDITOR, or, where there is none and for PDF and Word files, in the system's viewer. Resolves
 * when an editor in the terminal has ended, or a window has opened. Rejects with UserError for a file that is gone, a program that is not
 * there, and one that fails. No shell is involved.
 *
 * @param file absolute path.
 */
export async function openDocument(file: string, line: number | undefined, options: OpenDocumentOptions): Promise<void> {
  const { env, withTerminal } = options;
  if (!existsSync(file)) throw new UserError(`${file} is not there any more`, { hint: "bring the index up to date: rerank index" });
  const needsViewer = VIEWER_FORMATS.has(formatOfPath(file));
  const editor = chosenEditor(env);
  if (needsViewer || editor === undefined) return runInWindow(viewerCommand(file, needsViewer, options), env);
  const command = editorCommand(editor, file, line);
  return command.needsTerminal ? withTerminal(() => runInTerminal(command, env)) : runInWindow(command, env);
}

function chosenEditor(env: OpenDocumentOptions["env"]): string | undefined {
  return [env["VISUAL"], env["EDITOR"]].find((value) => value !== undefined && value.trim() !== "");
}

function viewerCommand(file: string, needsViewer: boolean, { env, platform }: OpenDocumentOptions): EditorCommand {
  if (platform === "darwin") return { command: "open", args: [file], needsTerminal: false };
  if (platform === "win32") return { command: "rundll32.exe", args: ["url.dll,FileProtocolHandler", file], needsTerminal: false };
  // Without a display xdg-open would start a text browser in the middle of the screen.
  if (env["DISPLAY"] || env["WAYLAND_DISPLAY"]) return { command: "xdg-open", args: [file], needsTerminal: false };
  throw needsViewer
    ? new UserError(`${basename(file)} needs a viewer with a window, and there is no display`, { hint: "copy its path with y, and open it where there is one" })
    : new UserError("no editor is set", { hint: "set one before you start rerank: export EDITOR=nano" });
}

function runInTerminal({ command, args }: EditorCommand, env: OpenDocumentOptions["env"]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: "inherit" });
    child.on("error", (cause) => reject(cannotStart(command, cause)));
    child.on("exit", (code, signal) => (code === 0 ? resolve() : reject(ended(command, code, signal))));
  });
}

function runInWindow({ command, args }: EditorCommand, env: OpenDocumentOptions["env"]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: "ignore", detached: true });
    // Neither the screen's end nor ours is the window's.
    child.unref();
    const timer = setTimeout(resolve, VIEWER_MS);
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(cannotStart(command, cause));
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(ended(command, code, signal));
    });
  });
}

function cannotStart(command: string, cause: Error): UserError {
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  return new UserError(isMissing ? `there is no program ${command}` : `${command} cannot be started: ${cause.message}`, {
    hint: "set $EDITOR to an editor that is installed",
    cause,
  });
}

function ended(command: string, code: number | null, signal: NodeJS.Signals | null): UserError {
  return new UserError(`${basename(command)} ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`);
}
