import { spawn } from "node:child_process";
import { UserError } from "../domain/errors.ts";

export interface ClipboardOptions {
  /** PATH, and what tells which display and which terminal there is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Writes to the terminal as it is. */
  readonly writeToTerminal: (sequence: string) => void;
}

interface Tool {
  readonly command: string;
  readonly args: readonly string[];
  readonly encoding?: BufferEncoding;
}

const OSC_52 = "OSC 52";
/** Terminals drop longer sequences; 100,000 characters of base64 is what xterm and tmux are known to take. */
const MOST_OSC_52_BYTES = 74_994;
/** A display that does not answer must not leave the key without one. */
const TOOL_MS = 3_000;

/**
 * Puts a text on the clipboard with a tool of the system, or has the terminal do it, which also works through ssh. Resolves to the
 * way that it took: "wl-copy", "OSC 52". Rejects with UserError where neither can.
 */
export async function copyToClipboard(text: string, options: ClipboardOptions): Promise<string> {
  for (const tool of clipboardTools(options)) {
    if (await runTool(tool, text, options.env)) return tool.command;
  }
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > MOST_OSC_52_BYTES) {
    throw new UserError(`the text is too long for a terminal's clipboard: ${bytes.length} bytes`, { hint: "install wl-clipboard, xclip or xsel" });
  }
  options.writeToTerminal(`\u001b]52;c;${bytes.toString("base64")}\u0007`);
  return OSC_52;
}

/** In the order in which they are tried. A tool of another machine than the one that the person sits at would fill the wrong clipboard. */
export function clipboardTools({ env, platform }: Pick<ClipboardOptions, "env" | "platform">): readonly Tool[] {
  const isRemote = isSet(env["SSH_CONNECTION"]) || isSet(env["SSH_TTY"]);
  const tools: Tool[] = [];
  if (!isRemote && platform === "darwin") tools.push({ command: "pbcopy", args: [] });
  // The Windows tool takes UTF-16 for what it is; anything else it reads in the console's own code page.
  if (!isRemote && (platform === "win32" || isSet(env["WSL_DISTRO_NAME"]))) tools.push({ command: "clip.exe", args: [], encoding: "utf16le" });
  if (!isRemote && isSet(env["WAYLAND_DISPLAY"])) tools.push({ command: "wl-copy", args: [] });
  // Set in an ssh session too, where it leads back to the person's own screen.
  if (isSet(env["DISPLAY"])) {
    tools.push({ command: "xclip", args: ["-selection", "clipboard"] }, { command: "xsel", args: ["--clipboard", "--input"] });
  }
  // tmux does not pass programs' OSC 52 on unless it is told to; `-w` makes it send its own.
  if (isSet(env["TMUX"])) tools.push({ command: "tmux", args: ["load-buffer", "-w", "-"] });
  return tools;
}

/** Whether the tool is there and has taken the text. */
function runTool({ command, args, encoding = "utf8" }: Tool, text: string, env: ClipboardOptions["env"]): Promise<boolean> {
  return new Promise((resolve) => {
    // xclip and wl-copy leave a process behind that serves the text: it must not hold a pipe of ours.
    const child = spawn(command, args, { env, stdio: ["pipe", "ignore", "ignore"], timeout: TOOL_MS });
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
    // A tool that ends without reading says so by its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(Buffer.from(encoding === "utf16le" ? `\ufeff${text}` : text, encoding));
  });
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
