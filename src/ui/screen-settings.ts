import type { Paint } from "./paint.ts";

/** What stays the same for as long as a screen is open. */
export interface ScreenSettings {
  readonly paint: Paint;
  /** A stored path as the user would type it. */
  readonly displayPath: (path: string) => string;
}
