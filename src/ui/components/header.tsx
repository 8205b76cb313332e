import { memo } from "react";
import { headerLines, type HeaderValues } from "../draw-header.ts";
import { Lines } from "./lines.tsx";

/** What is searched, and with what. */
export const Header = memo(function Header(values: HeaderValues) {
  return <Lines lines={headerLines(values)} rows={values.lines} />;
});
