import { html, Markup, type Insert } from "./markup.ts";

/** A table; the first cell of a row heads it. Numbers are set to the right. */
export interface TableContent {
  /** What the table holds, for those who do not see what stands above it. */
  readonly label: string;
  readonly head: readonly Insert[];
  readonly rows: readonly (readonly Insert[])[];
}

export interface FigureContent {
  readonly title: string;
  /** How to read it, and what it says. */
  readonly caption: Insert;
  readonly legend?: Insert;
  readonly chart: Markup;
  /** The same as numbers, folded away under `tableTitle`. */
  readonly table?: TableContent;
  readonly tableTitle?: string;
  /** The table says what the chart does not, and is not folded away. */
  readonly showsTable?: boolean;
}

export function section(id: string, title: string, ...content: readonly Insert[]): Markup {
  return html`
<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>`;
}

export function figure({ title, caption, legend = "", chart, table, tableTitle = "The numbers", showsTable = false }: FigureContent): Markup {
  return html`
<figure>
<figcaption><h3>${title}</h3><p>${caption}</p></figcaption>
${legend}
${chart}
${table === undefined ? "" : showsTable ? tableOf(table) : folded(tableTitle, tableOf(table))}
</figure>`;
}

export function folded(summary: Insert, content: Insert): Markup {
  return html`<details><summary>${summary}</summary>
${content}
</details>`;
}

/** It scrolls by itself where the screen is too narrow, and can be reached with the keyboard for that. */
export function tableOf({ label, head, rows }: TableContent): Markup {
  const kind = (column: number) => (column === 0 ? "" : new Markup(' class="number"'));
  return html`<div class="table" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${head.map((cell, column) => html`<th scope="col"${kind(column)}>${cell}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map((cell, column) => (column === 0 ? html`<th scope="row">${cell}</th>` : html`<td${kind(column)}>${cell}</td>`))}</tr>\n`)}
</tbody>
</table></div>`;
}

/** A label amid a sentence of a caption. */
export function named(label: string): Markup {
  return html`<bdi class="name">${label}</bdi>`;
}

/** Words of users, in whatever direction their script runs. */
export function quoted(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}
