import { stripVTControlCharacters } from "node:util";
import { render } from "ink-testing-library";
import { SearchScreen } from "../../src/ui/components/search-screen.tsx";
import { createPaint } from "../../src/ui/paint.ts";
import { createScreenSession, type ScreenSession } from "../../src/ui/screen-session.ts";
import type { Conditions } from "../../src/ui/screen-state.ts";
import { createViewer } from "../../src/ui/screen-view.ts";
import { fakeScreen, type FakeScreen, type FakeScreenOptions } from "../support/fake-screen.ts";

export interface RenderOptions extends FakeScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly query?: string;
  readonly conditions?: Partial<Conditions>;
  readonly colors?: boolean;
  readonly unicode?: boolean;
}

export interface RenderedScreen {
  readonly world: FakeScreen;
  readonly session: ScreenSession;
  /** What is on the screen, without colours. */
  text(): string;
  /** The same with its escape sequences. */
  frame(): string;
  /** Sends what a terminal sends, and waits until it has been drawn. */
  type(...chunks: readonly string[]): Promise<void>;
  /** Waits until what came has been drawn. */
  settle(ms?: number): Promise<void>;
  cursor(): { readonly x: number; readonly y: number } | null;
  hasQuit(): boolean;
  close(): void;
}

export async function renderScreen(options: RenderOptions = {}): Promise<RenderedScreen> {
  const world = fakeScreen(options);
  const { columns = 80, rows = 24, colors = true, unicode = true } = options;
  const displayPath = (path: string) => path;
  const settings = { paint: createPaint({ colors, unicode }), displayPath };
  const viewOf = createViewer(settings);
  let hasQuit = false;
  let cursor: { readonly x: number; readonly y: number } | null = null;
  const session = createScreenSession({
    services: world.services,
    size: { columns, rows },
    query: options.query ?? "",
    conditions: { candidateCount: 20, instruction: undefined, pathGlob: undefined, budgetMs: undefined, ...options.conditions },
    viewOf,
    displayPath,
    onQuit: () => (hasQuit = true),
    onRedraw: () => {},
  });
  const screen = render(<SearchScreen session={session} settings={settings} viewOf={viewOf} onCursor={(place) => (cursor = place)} />);
  session.start();
  const settle = (ms = 60) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  await settle(5);
  return {
    world,
    session,
    frame: () => screen.lastFrame() ?? "",
    text: () => stripVTControlCharacters(screen.lastFrame() ?? ""),
    async type(...chunks) {
      for (const chunk of chunks) {
        screen.stdin.write(chunk);
        await settle(chunk === "\u001b" ? 60 : 5);
      }
    },
    settle,
    cursor: () => cursor,
    hasQuit: () => hasQuit,
    close() {
      session.end();
      screen.unmount();
    },
  };
}
