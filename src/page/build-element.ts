import type { Ranges } from "./wire-types.ts";

type Child = Node | string;

/** An element with these attributes. Strings become text nodes: nothing that a document says is ever read as markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, attributes: Readonly<Record<string, string>> = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The text with its ranges marked. */
export function highlighted(text: string, ranges: Ranges): Child[] {
  const children: Child[] = [];
  let position = 0;
  for (const [start, end] of ranges) {
    if (start > position) children.push(text.slice(position, start));
    children.push(element("mark", {}, text.slice(start, end)));
    position = end;
  }
  if (position < text.length) children.push(text.slice(position));
  return children;
}

/** An element of the page's own markup. */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id) as Element | null;
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} #${id}`);
}
