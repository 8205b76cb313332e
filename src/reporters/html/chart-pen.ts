import type { PlotOptions } from "@observablehq/plot";
import { html, Markup } from "./markup.ts";

type PlotLibrary = typeof import("@observablehq/plot");
/** What is needed of linkedom's SVG elements; this project is compiled without the types of a browser. */
interface SvgElement {
  readonly outerHTML: string;
  readonly firstElementChild: { readonly localName: string; remove(): void } | null;
  removeAttribute(name: string): void;
  querySelectorAll(selector: string): Iterable<{ removeAttribute(name: string): void }>;
}

/** Widths that charts are drawn at, px: a style sheet shows one of them. A scaled drawing would have letters of 5 px on a phone. */
export const CHART_WIDTHS = { wide: 760, narrow: 344 } as const;
/** Text that stands on lines. */
export const HALO = { fill: "currentColor", stroke: "var(--paper)", strokeWidth: 4 } as const;
/** Attributes that hold coordinates: a hundredth of a pixel is enough, and a third of the size. */
const COORDINATES = / (?:d|[xy][12]?|c[xy]|r|width|height|transform)="[^"]*"/g;

/** Draws charts as SVG text. */
export interface ChartPen {
  readonly plot: PlotLibrary;
  /** One drawing. `label` says in words what it shows; without one it is decoration. */
  draw(label: string | null, options: PlotOptions): Markup;
  /** The same chart for wide and for narrow screens. */
  drawBoth(label: string, options: (width: number) => PlotOptions): Markup;
}

/** Loads the chart library (half a second): only the report needs it. */
export async function openChartPen(): Promise<ChartPen> {
  const [plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");

  function draw(label: string | null, options: PlotOptions): Markup {
    const svg = plot.plot({
      document,
      className: "chart",
      ...options,
    }) as unknown as SvgElement;
    // Plot brings the same rules with every chart; the page has them once.
    if (svg.firstElementChild?.localName === "style") svg.firstElementChild.remove();
    for (const name of ["font-family", "font-size"]) svg.removeAttribute(name);
    // Inside of an image, names of its parts are read by nobody.
    for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
    for (const part of svg.querySelectorAll("[aria-hidden]")) part.removeAttribute("aria-hidden");
    const drawn = svg.outerHTML.replace(COORDINATES, (attribute) => attribute.replace(/(\.\d\d)\d+/g, "$1"));
    const role = label === null ? html`aria-hidden="true"` : html`role="img" aria-label="${label}"`;
    return new Markup(drawn.replace("<svg", `<svg ${role.text}`));
  }

  return {
    plot,
    draw,
    drawBoth: (label, options) => html`<div class="wide">${draw(label, { width: CHART_WIDTHS.wide, ...options(CHART_WIDTHS.wide) })}</div>
<div class="narrow">${draw(label, { width: CHART_WIDTHS.narrow, ...options(CHART_WIDTHS.narrow) })}</div>`,
  };
}
