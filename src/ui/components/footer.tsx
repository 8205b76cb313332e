import { memo } from "react";
import { hintsLine, statusLine } from "../draw-footer.ts";
import type { KeyHint } from "../key-help.ts";
import type { Paint } from "../paint.ts";
import type { SearchRun } from "../search-run.ts";
import { Lines } from "./lines.tsx";

export interface FooterProps {
  readonly message: readonly string[];
  readonly run: SearchRun | null;
  readonly nowMs: number;
  readonly hints: readonly KeyHint[];
  readonly columns: number;
  readonly paint: Paint;
}

/** What there is to say, how long the stages took, and which keys do what. */
export const Footer = memo(function Footer({ message, run, nowMs, hints, columns, paint }: FooterProps) {
  const lines = [...message, statusLine(run, nowMs, columns, paint), hintsLine(hints, columns, paint)];
  return <Lines lines={lines} rows={lines.length} />;
});
