import type { RankedPassage } from "../../domain/candidate.ts";
import { memo, useMemo } from "react";
import { ordersLines, type OrdersValues } from "../draw-orders.ts";
import { previewLines } from "../draw-preview.ts";
import { SEPARATOR_COLUMNS } from "../layout.ts";
import { Lines } from "./lines.tsx";

export interface OrdersProps extends OrdersValues {
  /** Shown in brief below the lists. */
  readonly selected: RankedPassage | null;
  /** 0: not shown. */
  readonly previewRows: number;
  /** The open passage, where it stands beside the lists. */
  readonly beside: readonly string[] | null;
}

/** Both orders, or one with the movements; the selected passage in brief below them, or in full beside them. */
export const Orders = memo(function Orders({ selected, previewRows, beside, ...values }: OrdersProps) {
  const { orders, run, previous, selectedId, isFollowing, focused, width, rows, hasTwoOrders, settings } = values;
  const list = useMemo(
    () => ordersLines({ orders, run, previous, selectedId, isFollowing, focused, width, rows, hasTwoOrders, settings }),
    [orders, run, previous, selectedId, isFollowing, focused, width, rows, hasTwoOrders, settings],
  );
  // A new object for each judgment that arrives, and yet the same passage.
  const passage = selected?.passage;
  const isTruncated = selected?.judgment?.truncated;
  const preview = useMemo(
    () => (selected === null || previewRows === 0 ? [] : previewLines(selected, run.request.query, { width, lines: previewRows, settings })),
    [passage, isTruncated, run.request.query, previewRows, width, settings],
  );
  const lines = [...list, ...preview];
  const count = 1 + rows + (previewRows === 0 ? 0 : previewRows + 1);
  if (beside === null) return <Lines lines={lines} rows={count} />;
  const bar = settings.paint.dim(` ${settings.paint.glyphs.vertical} `.padEnd(SEPARATOR_COLUMNS));
  return <Lines lines={list.map((line, row) => `${line}${bar}${beside[row] ?? ""}`)} rows={1 + rows} />;
});
