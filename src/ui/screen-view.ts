import { detailLines, type DetailLines, type DetailValues } from "./draw-detail.ts";
import { messageLines, messageOf } from "./draw-footer.ts";
import { hasConditions } from "./draw-header.ts";
import { helpLines } from "./draw-overlay.ts";
import type { View } from "./key-bindings.ts";
import { layoutOf, type Layout } from "./layout.ts";
import type { ScreenSettings } from "./screen-settings.ts";
import { selectedOf, type ScreenState } from "./screen-state.ts";

/** What of a state is shown where. */
export interface ScreenView extends View {
  readonly layout: Layout;
  readonly message: readonly string[];
  /** The lines of the open passage that are in sight; `null`: none is open. */
  readonly detail: readonly string[] | null;
  /** Those of the help; `null`: it is closed. */
  readonly help: readonly string[] | null;
}

/** Works views out; the last one is kept, and of an open passage its lines, which take the longest. */
export function createViewer(settings: ScreenSettings): (state: ScreenState) => ScreenView {
  let last: { readonly state: ScreenState; readonly view: ScreenView } | undefined;
  let drawn: { readonly values: DetailValues; readonly lines: DetailLines } | undefined;

  function linesOf(values: DetailValues): DetailLines {
    const keys = Object.keys(values) as (keyof DetailValues)[];
    if (drawn === undefined || keys.some((key) => drawn?.values[key] !== values[key])) drawn = { values, lines: detailLines(values) };
    return drawn.lines;
  }

  function compose(state: ScreenState): ScreenView {
    const selected = state.detail === null ? null : selectedOf(state);
    const messageText = messageOf(state.run, state.message);
    const message = messageLines(messageText, Math.max(8, state.size.columns - 1), settings.paint);
    const layout = layoutOf({
      size: state.size,
      hasConditions: hasConditions(state.conditions),
      isDetailOpen: selected !== null,
      messageLines: message.length,
    });
    const isDetailBeside = selected !== null && layout.listColumns > 0;
    const allHelp = state.helpScroll === null ? [] : helpLines(layout.columns, settings.paint);
    const helpMost = Math.max(0, allHelp.length - layout.bodyRows);
    const help = state.helpScroll === null ? null : allHelp.slice(Math.min(state.helpScroll, helpMost));
    const common = { layout, help, helpMost, message: message.slice(0, layout.messageLines), listRows: layout.listRows, hasTwoOrders: layout.hasTwoOrders, isDetailBeside };
    if (selected === null || state.run === null) return { ...common, detail: null, detailRows: 0, detailLeast: 0, detailMost: 0 };
    const { sentences, neighbours, run, previous } = state;
    const { lines, linesBefore } = linesOf({
      selected,
      run,
      previous,
      weights: sentences.get(selected.passage.id),
      neighbours: state.detail?.showsNeighbours && neighbours?.passageId === selected.passage.id ? neighbours.neighbours : null,
      width: layout.detailColumns,
      settings,
    });
    // The last line says that there is more.
    const detailRows = layout.bodyRows - 1;
    const lastTop = Math.max(0, lines.length - detailRows);
    // Neighbours that come above the passage leave it where it stands in the window.
    const detailLeast = -Math.min(linesBefore, lastTop);
    const detailMost = lastTop + detailLeast;
    const top = Math.max(detailLeast, Math.min(state.detail?.scroll ?? 0, detailMost)) - detailLeast;
    const { dim, glyphs } = settings.paint;
    const below = lines.length - top - detailRows;
    const more = below > 0 ? dim(`${glyphs.down} ${below} more`) : top > 0 ? dim("end") : "";
    const inSight = lines.slice(top, top + detailRows);
    return { ...common, detail: [...inSight, ...Array.from({ length: detailRows - inSight.length }, () => ""), more], detailRows, detailLeast, detailMost };
  }

  return (state) => {
    if (last?.state !== state) last = { state, view: compose(state) };
    return last.view;
  };
}
