/**
 * The page's style sheet. Grey is what comes first; blue against orange is told apart by nearly everyone. All text has a
 * contrast of 4.5 to 1 or more against its ground, dots, bars and lines 3 to 1, in light and in dark; intervals and grids are paler.
 */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2128; --muted: #5c6672; --line: #e3e6ea;
  --gain: #1464c0; --loss: #c2510a; --neutral: #87919c;
  --series-0: #78828d; --series-1: #1464c0; --series-2: #c2510a; --series-3: #0b7f69; --series-4: #8547c4; --series-5: #b8306b; --series-6: #857000;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e4e7ea; --muted: #9aa4af; --line: #2c323a;
    --gain: #63a9f5; --loss: #f0924c; --neutral: #7f8a96;
    --series-0: #8e99a5; --series-1: #63a9f5; --series-2: #f0924c; --series-3: #3fc3a5; --series-4: #bc95f2; --series-5: #ee7ba8; --series-6: #d0b843;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}
main { max-width: 760px; margin: 0 auto; padding: 4.5rem 0 6rem; }
h1, h2, h3, h4, h5, p, dl, dd, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 2.75rem; line-height: 1.1; font-weight: 650; letter-spacing: -0.025em; }
h2 { font-size: 1.625rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; }
h3 { font-size: 1.0625rem; line-height: 1.4; font-weight: 650; }
h4 { font-size: 1rem; line-height: 1.4; font-weight: 650; }
h5 { font-size: .9375rem; line-height: 1.4; font-weight: 500; }
section { margin-top: 5.5rem; }
.note { margin-top: 4rem; }
.note p { max-width: 38rem; margin-top: .25rem; color: var(--muted); font-size: .9375rem; line-height: 1.5; }
h4.group { margin-top: 2.5rem; }
h3.variant { margin-top: 5rem; font-size: 1.25rem; }
.kicker, .muted { color: var(--muted); }
.kicker { font-size: .875rem; margin-bottom: .75rem; }
.verdicts { list-style: none; margin-top: .75rem; font-size: .9375rem; color: var(--muted); }
.gain { color: var(--gain); } .loss { color: var(--loss); }
.lead { max-width: 38rem; margin-top: 1.75rem; font-size: 1.25rem; line-height: 1.5; }
.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 2rem 1.25rem; margin-top: 2.5rem; font-variant-numeric: tabular-nums; }
.headline dt { font-size: .875rem; color: var(--muted); max-width: 14rem; }
.headline b { display: block; font-size: 2.25rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.02em; }
.headline span { font-size: .875rem; }
.headline dd > span { color: var(--muted); }
figure { margin-top: 2.75rem; }
figcaption p { max-width: 38rem; margin-top: .25rem; color: var(--muted); font-size: .9375rem; line-height: 1.5; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-top: .875rem; list-style: none; font-size: .875rem; }
.legend li { display: flex; align-items: center; gap: .375rem; }
.chart { font-size: 12px; display: block; max-width: 100%; height: auto; overflow: visible; }
.chart text { white-space: pre; }
.wide, .narrow { margin-top: 1.25rem; }
.narrow { display: none; }
.key::before { content: ""; width: .75em; height: .75em; border-radius: 2px; }
.gain-key::before { background: var(--gain); } .loss-key::before { background: var(--loss); } .neutral-key::before { background: var(--neutral); }
details { margin-top: 1rem; font-size: .9375rem; }
summary { width: fit-content; color: var(--muted); cursor: pointer; }
summary:hover { color: var(--ink); }
:focus-visible { outline: 2px solid var(--gain); outline-offset: 3px; border-radius: 2px; }
.table { overflow-x: auto; margin-top: .75rem; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { color: var(--muted); white-space: nowrap; }
tbody th { min-width: 6rem; overflow-wrap: break-word; }
.name { color: var(--ink); }
.number { text-align: right; white-space: nowrap; padding-right: 0; padding-left: 1rem; }
small { color: var(--muted); font-size: .8125rem; }
.slopes { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 344px), 1fr)); gap: 0 4rem; margin-top: 1rem; }
.slope { display: grid; grid-row: span 3; grid-template-rows: subgrid; row-gap: 0; margin: 0; }
.slope figcaption p { font-size: .875rem; font-variant-numeric: tabular-nums; }
.slope > .chart { margin-top: .5rem; width: 100%; }
.slope > details { margin: .25rem 0 2.5rem; }
.passages { list-style: none; margin-top: .5rem; }
.passages li { padding: .625rem 0; border-top: 1px solid var(--line); font-size: .875rem; line-height: 1.5; }
.passages .place { color: var(--muted); font-variant-numeric: tabular-nums; }
.passages strong { font-weight: 600; color: var(--ink); }
.other { color: var(--muted); }
.facts { display: grid; grid-template-columns: 7rem 1fr; gap: .5rem 1rem; margin-top: 1.5rem; font-size: .9375rem; }
.facts dt { color: var(--muted); }
h3 + .facts { margin-top: .75rem; }
.facts + .facts { margin-top: .5rem; }
.facts + h3 { margin-top: 2.5rem; }
h2 + h3 { margin-top: 1.5rem; }
code { font: .875rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre-wrap; }
code span { display: inline-block; max-width: 100%; }
@media (max-width: 807px) {
  main { padding: 2.5rem 1.25rem 4rem; }
  h1 { font-size: 2.25rem; }
  .lead { font-size: 1.125rem; margin-top: 1.25rem; }
  section { margin-top: 4rem; }
  .headline { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 1.5rem 1rem; }
  .wide { display: none; }
  .narrow { display: block; }
  .number { padding-left: .625rem; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .75rem; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --ink: #000; --muted: #444; --line: #ccc; --gain: #1464c0; --loss: #c2510a; --neutral: #87919c;
    --series-0: #78828d; --series-1: #1464c0; --series-2: #c2510a; --series-3: #0b7f69; --series-4: #8547c4; --series-5: #b8306b; --series-6: #857000;
  }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  section { margin-top: 2.5rem; }
  figure, li, tr { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
  .headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr)); gap: 1.5rem 1rem; }
  .wide { display: block; }
  .narrow { display: none; }
}
`;
