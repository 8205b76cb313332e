const SVG = "http://www.w3.org/2000/svg";
/** In the drawing's own units: a row is one high, whatever its size on the screen. */
const WIDTH = 100;

export interface MovementLines {
  /** @param places of each candidate in the final order, from 0. */
  draw(places: readonly number[], isJudged: (position: number) => boolean): void;
  /** Lifts one candidate's line out of the others. */
  lift(position: number | undefined): void;
}

/** A line for each candidate, from its row on the left to its row on the right. Ranks and arrows say the same in words. */
export function movementLines(svg: SVGSVGElement, count: number): MovementLines {
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${count}`);
  const lines = Array.from({ length: count }, () => document.createElementNS(SVG, "path"));
  svg.replaceChildren(...lines);
  const movesInSteps = CSS.supports("d", 'path("M0 0L1 1")');
  let lifted: SVGPathElement | undefined;
  return {
    draw(places, isJudged) {
      for (const [position, line] of lines.entries()) {
        const place = places[position] ?? position;
        const [from, to] = [position + 0.5, place + 0.5];
        const data = `M0 ${from}C${WIDTH / 2} ${from} ${WIDTH / 2} ${to} ${WIDTH} ${to}`;
        line.setAttribute("d", data);
        // As a property, it changes as gently as the rows do.
        if (movesInSteps) line.style.setProperty("d", `path("${data}")`);
        const kind = place < position ? "up" : place > position ? "down" : "same";
        line.setAttribute("class", [isJudged(position) ? kind : "waiting", ...(line === lifted ? ["lifted"] : [])].join(" "));
      }
    },
    lift(position) {
      lifted?.classList.remove("lifted");
      lifted = position === undefined ? undefined : lines[position];
      lifted?.classList.add("lifted");
    },
  };
}
