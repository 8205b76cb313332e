import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { onTestFinished } from "vitest";
import { findBrowser } from "./headless-browser.ts";

/** A page in a real browser, driven over the DevTools protocol through two pipes: no port is opened. */
export interface BrowserPage {
  open(url: string): Promise<void>;
  /** What an expression in the page comes to, promises included. */
  value<T>(expression: string): Promise<T>;
  /** Until the expression is true; fails with the page's text after ten seconds. */
  until(expression: string): Promise<void>;
  /** A key as a person presses it: "a", "/", "Enter", "ArrowDown", "Escape", "Tab". */
  press(...keys: string[]): Promise<void>;
  type(text: string): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  prefer(scheme: "light" | "dark", motion?: "no-preference" | "reduce"): Promise<void>;
  screenshot(pngFile: string): Promise<void>;
  /** What the browser has complained of, uncaught errors and refused requests included. */
  readonly complaints: readonly string[];
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: any;
  readonly result?: any;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

const KEY_CODES: Readonly<Record<string, number>> = { Enter: 13, Escape: 27, Tab: 9, ArrowUp: 38, ArrowDown: 40 };

/** A browser until the test has finished. */
export async function openBrowserPage(): Promise<BrowserPage> {
  const browser = findBrowser();
  if (browser === undefined) throw new Error("there is no browser of the Chromium family on PATH");
  const profile = mkdtempSync(join(tmpdir(), "rerank-browser-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--hide-scrollbars", `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"];
  const child = spawn(browser, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  onTestFinished(async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await gone;
    try {
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    } catch {
      // Its helpers outlive it and write on, for seconds where the machine is busy. A folder that stays in /tmp is no failure of the page.
    }
  });
  const complaints: string[] = [];
  const { call, listen } = connect(child);
  const { targetInfos } = await call("Target.getTargets");
  const { targetId } = targetInfos.find(({ type }: { type: string }) => type === "page");
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  const send = (method: string, params: object = {}) => call(method, params, sessionId);
  listen(({ method, params }) => {
    if (method === "Log.entryAdded") complaints.push(`${params.entry.level}: ${params.entry.text} ${params.entry.url ?? ""}`);
    if (method === "Runtime.exceptionThrown") complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
  });
  for (const domain of ["Page", "Runtime", "Log"]) await send(`${domain}.enable`);

  async function value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  }

  const page: BrowserPage = {
    complaints,
    value,
    async open(url) {
      const { errorText } = await send("Page.navigate", { url });
      if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
      await page.until("document.readyState === 'complete'");
    },
    async until(expression) {
      for (let tries = 0; tries < 200; tries++) {
        if (await value<boolean>(`Boolean(${expression})`)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`never: ${expression}\n${await value<string>("document.body.innerText")}\n${complaints.join("\n")}`);
    },
    async press(...keys) {
      for (const key of keys) {
        const text = key.length === 1 ? key : key === "Enter" ? "\r" : undefined;
        const code = { key, windowsVirtualKeyCode: KEY_CODES[key] ?? key.toUpperCase().charCodeAt(0), ...(text && { text }) };
        await send("Input.dispatchKeyEvent", { type: text === undefined ? "rawKeyDown" : "keyDown", ...code });
        await send("Input.dispatchKeyEvent", { type: "keyUp", key: code.key, windowsVirtualKeyCode: code.windowsVirtualKeyCode });
      }
    },
    type: (text) => send("Input.insertText", { text }),
    resize: (width, height) => send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 500 }),
    prefer: (scheme, motion = "no-preference") =>
      send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: motion }] }),
    async screenshot(pngFile) {
      const { data } = await send("Page.captureScreenshot", { format: "png" });
      writeFileSync(pngFile, Buffer.from(data, "base64"));
    },
  };
  return page;
}

/** Messages are JSON with a null character behind each. */
function connect(child: ChildProcess): { call(method: string, params?: object, sessionId?: string): Promise<any>; listen(listener: (message: Message) => void): void } {
  const [output, input] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const listeners: ((message: Message) => void)[] = [];
  let lastId = 0;
  let rest = "";
  // The browser is killed in the middle of whatever it says.
  output.on("error", () => {});
  input.setEncoding("utf8").on("data", (chunk: string) => {
    const messages = (rest + chunk).split("\0");
    rest = messages.pop() ?? "";
    for (const text of messages) {
      const message = JSON.parse(text) as Message;
      for (const listener of listeners) listener(message);
      const call = waiting.get(message.id ?? -1);
      if (message.error !== undefined) call?.reject(new Error(message.error.message));
      else call?.resolve(message.result);
      waiting.delete(message.id ?? -1);
    }
  });
  return {
    listen: (listener) => void listeners.push(listener),
    call: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        waiting.set(++lastId, { resolve, reject });
        output.write(`${JSON.stringify({ id: lastId, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`);
      }),
  };
}
