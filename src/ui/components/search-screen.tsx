import { Box } from "ink";
import { useInsertionEffect, useSyncExternalStore } from "react";
import { conditionsLine } from "../draw-header.ts";
import { emptyLines } from "../draw-orders.ts";
import { rerankerLines } from "../draw-overlay.ts";
import { queryLine } from "../draw-query.ts";
import { hintsFor } from "../key-help.ts";
import { useKeys } from "../use-keys.ts";
import type { ScreenSession } from "../screen-session.ts";
import type { ScreenSettings } from "../screen-settings.ts";
import { ordersIn, selectedOf, type ScreenState } from "../screen-state.ts";
import type { ScreenView } from "../screen-view.ts";
import { Footer } from "./footer.tsx";
import { Header } from "./header.tsx";
import { Lines } from "./lines.tsx";
import { Orders } from "./orders.tsx";

export interface SearchScreenProps {
  readonly session: ScreenSession;
  readonly settings: ScreenSettings;
  readonly viewOf: (state: ScreenState) => ScreenView;
  /** Told before each drawing where the cursor belongs, from 0, 0; `null`: nothing is being typed. */
  readonly onCursor?: (cursor: { readonly x: number; readonly y: number } | null) => void;
}

/** The whole screen: as many lines as the terminal has rows. */
export function SearchScreen({ session, settings, viewOf, onCursor }: SearchScreenProps) {
  const state = useSyncExternalStore(session.subscribe, session.state);
  useKeys(session.press);
  const view = viewOf(state);
  const { layout } = view;
  const { columns } = layout;
  const { paint } = settings;
  const query = queryLine(state, columns, paint);
  // Before Ink hands the frame over, which it does at the end of the same commit.
  useInsertionEffect(() => {
    onCursor?.(query.cursor === null ? null : { x: query.cursor, y: layout.headerLines });
  });
  return (
    <Box flexDirection="column">
      <Header
        index={state.index}
        models={state.models}
        loading={state.loading && { what: state.loading.what, elapsedMs: wholeSeconds(state.nowMs - state.loading.sinceMs) }}
        columns={columns}
        lines={layout.headerLines}
        paint={paint}
      />
      <Lines lines={[query.line]} rows={1} />
      {layout.conditionLines > 0 && <Lines lines={[conditionsLine(state.conditions, columns, paint)]} rows={1} />}
      {layout.hasBreath && <Lines lines={[]} rows={1} />}
      <Body state={state} view={view} settings={settings} />
      <Footer message={view.message} run={state.run} nowMs={state.nowMs} hints={hintsFor(state)} columns={columns} paint={paint} />
    </Box>
  );
}

interface BodyProps {
  readonly state: ScreenState;
  readonly view: ScreenView;
  readonly settings: ScreenSettings;
}

function Body({ state, view: { layout, detail, help }, settings }: BodyProps) {
  const { run, previous, prompt, focus } = state;
  const { columns, bodyRows, listColumns } = layout;
  const { paint } = settings;
  if (help !== null) return <Lines lines={help} rows={bodyRows} />;
  if (prompt?.kind === "reranker") return <Lines lines={rerankerLines(prompt.names, prompt.position, columns, bodyRows, paint)} rows={bodyRows} />;
  if (detail !== null && listColumns === 0) return <Lines lines={detail} rows={bodyRows} />;
  const selected = selectedOf(state);
  if (run === null || selected === null) return <Lines lines={emptyLines(run, state.loading !== null, columns, bodyRows, paint)} rows={bodyRows} />;
  return (
    <Orders
      orders={ordersIn(state)}
      run={run}
      previous={previous}
      selected={selected}
      selectedId={selected.passage.id}
      isFollowing={state.selectedId === null && state.column === "final"}
      focused={focus === "results" && prompt === null && state.historySearch === null ? (layout.hasTwoOrders ? state.column : "final") : null}
      width={listColumns}
      rows={layout.listRows}
      hasTwoOrders={layout.hasTwoOrders}
      previewRows={layout.previewLines}
      beside={detail}
      settings={settings}
    />
  );
}

/** What changes less often is drawn less often. */
function wholeSeconds(elapsedMs: number): number {
  return Math.floor(elapsedMs / 1000) * 1000;
}
