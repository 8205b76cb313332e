import { render } from "ink";
import type { Terminal } from "../reporters/terminal.ts";
import { LineBookContext } from "./components/lines.tsx";
import { SearchScreen } from "./components/search-screen.tsx";
import { createFramePainter } from "./frame-painter.ts";
import type { ScreenSize } from "./layout.ts";
import { createLineBook } from "./line-book.ts";
import { createPaint } from "./paint.ts";
import { createScreenSession } from "./screen-session.ts";
import type { ScreenServices, ScreenStreams } from "./screen-services.ts";
import type { Conditions } from "./screen-state.ts";
import { createViewer } from "./screen-view.ts";

export interface ScreenOptions extends ScreenStreams {
  readonly terminal: Pick<Terminal, "colors" | "unicode">;
  /** Runs at once; "" for none. */
  readonly query: string;
  readonly conditions: Conditions;
  /** A stored path as the user would type it; by default as it is stored. */
  readonly displayPath?: (path: string) => string;
  /** Closes the screen. */
  readonly signal?: AbortSignal;
}

/**
 * Shows the screen until the user quits or `signal` aborts; rejects with what went wrong while drawing. The streams' "resize" paints
 * all of it anew. Searches are cancelled at the end; the terminal's modes are the caller's.
 */
export async function openScreen(services: ScreenServices, { stdin, stdout, terminal, signal, ...options }: ScreenOptions): Promise<void> {
  const { query, conditions, displayPath = (path) => path } = options;
  const settings = { paint: createPaint(terminal), displayPath };
  const viewOf = createViewer(settings);
  let cursor: { readonly x: number; readonly y: number } | null = null;
  const book = createLineBook();
  const painter = createFramePainter(stdout, book, () => cursor);
  const session = createScreenSession({
    services,
    size: sizeOf(stdout),
    query,
    conditions,
    viewOf,
    displayPath,
    onQuit: close,
    onRedraw: () => painter.repaint(),
  });
  const drawn = (
    <LineBookContext.Provider value={book}>
      <SearchScreen session={session} settings={settings} viewOf={viewOf} onCursor={(place) => (cursor = place)} />
    </LineBookContext.Provider>
  );
  const screen = render(drawn, {
    stdin,
    stdout: painter.stdout,
    // Each frame is handed over whole, and at once: see createFramePainter.
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });

  function resized(): void {
    painter.forget();
    // React draws later: until then the last frame, of the old size, must not be painted.
    session.dispatch({ type: "resized", size: sizeOf(stdout) });
  }

  function close(): void {
    session.end();
    screen.unmount();
  }

  stdout.on("resize", resized);
  signal?.addEventListener("abort", close, { once: true });
  if (signal?.aborted) close();
  else session.start();
  try {
    await screen.waitUntilExit();
  } finally {
    session.end();
    stdout.off("resize", resized);
    signal?.removeEventListener("abort", close);
  }
}

/** Some pseudo-terminals claim to have no size. */
function sizeOf({ columns, rows }: { readonly columns?: number; readonly rows?: number }): ScreenSize {
  return { columns: columns || 80, rows: rows || 24 };
}
