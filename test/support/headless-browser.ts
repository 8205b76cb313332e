import { execFile } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { inflateSync } from "node:zlib";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** A browser of the Chromium family on PATH, or `undefined`. */
export function findBrowser(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false; // Not there, or not for us: the next one.
    }
  });
}

export interface BrowserRun {
  readonly browser: string;
  /** Of its own, so that no other browser is in the way. */
  readonly profileFolder: string;
  readonly scheme: "light" | "dark";
  readonly url: string;
}

/** The page's document after its scripts have run, and what the browser said meanwhile. */
export async function dumpDocument(run: BrowserRun): Promise<{ readonly document: string; readonly log: string }> {
  const { stdout, stderr } = await start(run, ["--allow-file-access-from-files", "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"]);
  return { document: stdout, log: stderr };
}

/** Writes the window's content as a PNG. */
export async function takeScreenshot(run: BrowserRun, pngFile: string, width: number, height: number): Promise<void> {
  await start(run, [`--window-size=${width},${height}`, "--hide-scrollbars", `--screenshot=${pngFile}`]);
}

function start({ browser, profileFolder, scheme, url }: BrowserRun, flags: readonly string[]) {
  const own = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", `--user-data-dir=${profileFolder}`];
  // 0 is dark, 1 is light (blink's mojom::PreferredColorScheme).
  const args = [...own, `--blink-settings=preferredColorScheme=${scheme === "dark" ? 0 : 1}`, ...flags, url];
  return promisify(execFile)(browser, args, { timeout: 100_000, maxBuffer: 64 * 1024 * 1024 });
}

/** Pixels of an 8-bit RGB or RGBA PNG without interlacing, counted by colour ("#rrggbb"). */
export function countColors(pngFile: string): Map<string, number> {
  const png = readFileSync(pngFile);
  const width = png.readUInt32BE(16);
  const channels = png[25] === 6 ? 4 : 3;
  const chunks: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") chunks.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const rowBytes = width * channels;
  const data = inflateSync(Buffer.concat(chunks));
  const colors = new Map<string, number>();
  let above = Buffer.alloc(rowBytes);
  for (let start = 0; start < data.length; start += rowBytes + 1) {
    const row = Buffer.from(data.subarray(start + 1, start + 1 + rowBytes));
    for (let at = 0; at < rowBytes; at++) {
      const [left, up, corner] = [row[at - channels] ?? 0, above[at] ?? 0, above[at - channels] ?? 0];
      row[at] = row[at]! + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][data[start]!]!;
    }
    for (let at = 0; at < rowBytes; at += channels) {
      const color = `#${row.toString("hex", at, at + 3)}`;
      colors.set(color, (colors.get(color) ?? 0) + 1);
    }
    above = row;
  }
  return colors;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [byLeft, byUp, byCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
}
