import { byId } from "./build-element.ts";
import { liveOrder } from "./live-order.ts";
import { movementLines } from "./movement-lines.ts";
import { finalRow, recallRow, type FinalRow, type OrderRow } from "./order-rows.ts";
import { fillDetail } from "./passage-detail.ts";
import type { FoundPassage, Judgment } from "./wire-types.ts";

/** Both orders of one search, as far as they are known. */
export interface OrdersView {
  judge(judgments: readonly Judgment[]): void;
  /** Back to the first stage's order: what was judged counts no more. */
  dropJudgments(): void;
  /** Settles the order. @param ranks of the server, by passage, from 1; without them what is known stays. */
  settle(ranks?: ReadonlyMap<number, number>): void;
  readonly judged: number;
  /** Moves the selection in the order that has it, or to its beginning. */
  move(by: number): void;
  /** Opens the selected passage's text. `false`: none is selected. */
  open(): boolean;
  /** `false`: none was open. */
  close(): boolean;
}

interface Shown {
  readonly passage: FoundPassage;
  readonly recall: OrderRow;
  readonly final: FinalRow;
}

export function showOrders(candidates: readonly FoundPassage[], onSelect: (passage: FoundPassage) => void): OrdersView {
  const lists = { recall: byId("recall", HTMLOListElement), final: byId("final", HTMLOListElement) };
  const detail = byId("detail", HTMLElement);
  const orders = byId("orders", HTMLElement);
  const lines = movementLines(byId("lines", SVGSVGElement), candidates.length);
  const shown: readonly Shown[] = candidates.map((passage) => ({ passage, recall: recallRow(passage), final: finalRow(passage) }));
  const judgments = new Map<number, Judgment>();
  /** Positions of candidates, best first. */
  let order = candidates.map((_, position) => position);
  let selected: { readonly position: number; readonly side: "recall" | "final" } | undefined;

  orders.style.setProperty("--count", String(candidates.length));
  lists.recall.replaceChildren(...shown.map(({ recall }) => recall.item));
  lists.final.replaceChildren(...shown.map(({ final }) => final.item));
  closeDetail();
  arrange();
  for (const side of ["recall", "final"] as const) {
    for (const [position, each] of shown.entries()) {
      const { button } = each[side];
      button.addEventListener("click", () => {
        select(position, side);
        openDetail();
      });
      button.addEventListener("focus", () => select(position, side));
      button.addEventListener("pointerenter", () => lift(position));
      button.addEventListener("pointerleave", () => lift(selected?.position));
    }
  }
  tabStops();

  function arrange(): void {
    const places: number[] = [];
    for (const [place, position] of order.entries()) {
      places[position] = place;
      shown[position]?.final.moveTo(place);
      shown[position]?.final.show(judgments.get(position), position - place);
    }
    lines.draw(places, (position) => judgments.has(position));
    if (!detail.hidden) openDetail();
  }

  function lift(position: number | undefined): void {
    lines.lift(position);
    for (const [at, { recall, final }] of shown.entries()) {
      recall.item.classList.toggle("lifted", at === position);
      final.item.classList.toggle("lifted", at === position);
    }
  }

  function select(position: number, side: "recall" | "final"): void {
    const old = selected && shown[selected.position];
    old?.recall.button.removeAttribute("aria-current");
    old?.final.button.removeAttribute("aria-current");
    selected = { position, side };
    const now = shown[position];
    now?.recall.button.setAttribute("aria-current", "true");
    now?.final.button.setAttribute("aria-current", "true");
    lift(position);
    tabStops();
    if (!detail.hidden) openDetail();
    if (now !== undefined && old !== now) onSelect(now.passage);
  }

  /** Tab stops once in each order: at the selected passage, or the first. */
  function tabStops(): void {
    for (const { recall, final } of shown) recall.button.tabIndex = final.button.tabIndex = -1;
    const first = { recall: selected?.position ?? 0, final: selected?.position ?? order[0] ?? 0 };
    for (const side of ["recall", "final"] as const) {
      const button = shown[first[side]]?.[side].button;
      if (button !== undefined) button.tabIndex = 0;
    }
  }

  function openDetail(): boolean {
    const at = selected && shown[selected.position];
    if (selected === undefined || at === undefined) return false;
    const { position, side } = selected;
    detail.hidden = false;
    fillDetail(detail, { passage: at.passage, judgment: judgments.get(position), rank: order.indexOf(position) + 1 }, () => {
      closeDetail();
      at[side].button.focus();
    });
    return true;
  }

  function closeDetail(): boolean {
    if (detail.hidden) return false;
    const hadFocus = detail.contains(document.activeElement);
    detail.hidden = true;
    if (hadFocus && selected !== undefined) shown[selected.position]?.[selected.side].button.focus();
    return true;
  }

  return {
    judge(judged) {
      for (const judgment of judged) judgments.set(judgment.position, judgment);
      order = liveOrder(candidates, judgments);
      arrange();
    },
    dropJudgments() {
      judgments.clear();
      order = candidates.map((_, position) => position);
      arrange();
    },
    settle(ranks) {
      if (ranks !== undefined) {
        const rankOf = (position: number): number => ranks.get(candidates[position]?.passageId ?? -1) ?? candidates.length + position;
        order = order.toSorted((a, b) => rankOf(a) - rankOf(b));
      }
      arrange();
      // Now that nothing moves any more, what is read aloud comes in the same order. Moving a row takes its focus away.
      const focused = document.activeElement;
      lists.final.append(...order.flatMap((position) => shown[position]?.final.item ?? []));
      if (focused instanceof HTMLButtonElement && lists.final.contains(focused)) focused.focus({ preventScroll: true });
      tabStops();
    },
    get judged() {
      return judgments.size;
    },
    move(by) {
      const side = selected?.side ?? "final";
      const places = side === "final" ? order : candidates.map((_, position) => position);
      const from = selected === undefined ? (by > 0 ? -1 : places.length) : places.indexOf(selected.position);
      const position = places[Math.min(places.length - 1, Math.max(0, from + by))];
      if (position === undefined) return;
      const button = shown[position]?.[side].button;
      if (detail.contains(document.activeElement)) {
        select(position, side);
        detail.focus();
      } else {
        button?.focus({ preventScroll: true });
      }
      button?.scrollIntoView({ block: "nearest" });
    },
    open() {
      if (!openDetail()) return false;
      if (selected !== undefined) shown[selected.position]?.[selected.side].button.scrollIntoView({ block: "nearest" });
      detail.focus({ preventScroll: true });
      return true;
    },
    close: closeDetail,
  };
}
