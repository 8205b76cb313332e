import { expect, test } from "vitest";
import { outline, readText, skipped } from "./read-fixture.ts";

test("gives what the page says, with the lines of its source, and not its menus", async () => {
  const document = await readText(
    "tokyo.html",
    [
      "<!doctype html>", // 1
      "<html><head><title> Tokyo &amp;",
      "  more</title><style>p {}</style></head><body>",
      "<nav><ul><li>Home</li></ul></nav>",
      "<header><h1>Tokyo</h1></header>", // 5
      "<p>The <b>capital</b> of",
      "Japan.<br>And its largest city.</p>",
      "<script>var hidden = 1;</script>",
      "<ul><li>Shibuya<ul><li>Shinjuku</li></ul></li></ul>", // 9
      '<ol start="3"><li>wait</li><li><p>pour</p><p>drink</p></li></ol>',
      "<table><tr><th>Ward</th><th>People</th></tr>", // 11
      "<tr><td>Chiyoda</td><td>67&nbsp;000</td></tr></table>",
      "<pre><code>if (a) {",
      "  b();",
      "}</code></pre>", // 15
      "<aside>Advertisement</aside><footer>Imprint</footer>",
      "</body></html>",
    ].join("\r\n"),
  );
  expect(document.title).toBe("Tokyo & more");
  expect(outline(document)).toEqual([
    "heading1 5-5: Tokyo",
    "paragraph 6-7: The capital of Japan.\nAnd its largest city.",
    "list-item 9-9: Shibuya",
    "list-item 9-9: Shinjuku",
    "list-item 10-10: 3. wait",
    "list-item 10-10: 4. pour",
    "list-item 10-10: drink",
    "table-row 12-12: Chiyoda | 67 000",
    "code 13-15: if (a) {\n  b();\n}",
  ]);
  expect(document.blocks.find(({ kind }) => kind === "table-row")?.tableHeader).toBe("Ward | People");
});

test("prefers the main content, and keeps all of several articles", async () => {
  const withMain = await readText("a.html", "<div>Sign in</div><main><p>The story.</p></main><div>Related</div>");
  expect(outline(withMain)).toEqual(["paragraph 1-1: The story."]);
  const articles = await readText("a.html", "<h1>News</h1><article>One</article><article>Two</article>");
  expect(outline(articles)).toEqual(["heading1 1-1: News", "paragraph 1-1: One", "paragraph 1-1: Two"]);
  expect(articles.title).toBe("News");
});

test("walks through tables that only place things on the page", async () => {
  const document = await readText("a.html", "<table><tr><td><h2>Old page</h2><p>Text</p></td></tr></table>");
  expect(outline(document)).toEqual(["heading2 1-1: Old page", "paragraph 1-1: Text"]);
});

test("takes the first row for the header of an unmarked table only when it reads like one", async () => {
  const row = (cells: string[]) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  const named = await readText("a.html", `<table>${row(["Tea", "Minutes", "Heat"])}${row(["green", "2", "80"])}</table>`);
  expect(named.blocks).toMatchObject([{ text: "green | 2 | 80", tableHeader: "Tea | Minutes | Heat" }]);
  const pairs = await readText("a.html", `<table>${row(["Capital", "Tokyo"])}${row(["Currency", "yen"])}</table>`);
  expect(outline(pairs)).toEqual(["table-row 1-1: Capital | Tokyo", "table-row 1-1: Currency | yen"]);
});

test("skips a page that a script would draw", async () => {
  await expect(readText("app.html", '<div id="root"></div><script src="app.js"></script>')).rejects.toMatchObject(skipped("no-text", "script"));
});

test("skips markup that is nested beyond reason, at once", async () => {
  await expect(readText("deep.html", `${"<div>".repeat(100_000)}text`)).rejects.toMatchObject(skipped("damaged", "nested"));
});

test("reads unclosed tags and bare text", async () => {
  expect(outline(await readText("a.htm", "Bare text <b>bold <p>one<p>two"))).toEqual(["paragraph 1-1: Bare text bold", "paragraph 1-1: one", "paragraph 1-1: two"]);
});
