import type { OrdersView } from "./orders-view.ts";

export interface KeyTargets {
  readonly query: HTMLInputElement;
  readonly isRunning: () => boolean;
  readonly stop: () => void;
  readonly view: () => OrdersView | undefined;
}

/** Keys that work all over the page. Those that make letters leave fields alone, and those of browsers and systems stay theirs. */
export function listenToKeys({ query, isRunning, stop, view }: KeyTargets): void {
  document.addEventListener("keydown", (event) => {
    // A keystroke that composes a character (Chinese, Japanese) belongs to the input method.
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (handle(event)) event.preventDefault();
  });

  function handle({ key, target }: KeyboardEvent): boolean {
    const inField = target instanceof HTMLInputElement;
    const inRow = target instanceof HTMLElement && target.classList.contains("row");
    if (key === "Escape") return escape();
    if (key === "/" && !inField) {
      query.focus();
      query.select();
      return true;
    }
    const orders = view();
    if (orders === undefined) return false;
    if (inField) {
      if (key !== "ArrowDown" || target !== query) return false;
      orders.move(1);
      return true;
    }
    // In an open passage the arrows scroll.
    const scrolls = target instanceof HTMLElement && target.closest("#detail") !== null;
    const by = key === "j" || (key === "ArrowDown" && !scrolls) ? 1 : key === "k" || (key === "ArrowUp" && !scrolls) ? -1 : 0;
    if (by !== 0) {
      orders.move(by);
      return true;
    }
    if (key === "Enter" && (inRow || target === document.body)) return orders.open();
    return false;
  }

  function escape(): boolean {
    if (isRunning()) {
      stop();
      return true;
    }
    return view()?.close() ?? false;
  }
}
