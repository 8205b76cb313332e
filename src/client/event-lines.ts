/** One server-sent event. */
export interface ServerEvent {
  /** "message" where the server names none. */
  readonly event: string;
  readonly data: string;
}

/**
 * The events of a body, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them; comments are left out. What is
 * left when the body ends is no event: it was cut.
 */
export async function* readEvents(reader: Pick<ReadableStreamDefaultReader<Uint8Array>, "read">): AsyncGenerator<ServerEvent, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "";
  let data: string[] = [];
  for (let isOpen = true; isOpen; ) {
    const { value, done } = await reader.read();
    isOpen = !done;
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event: event || "message", data: data.join("\n") };
        event = "";
        data = [];
        continue;
      }
      const [, field = "", text = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === "event") event = text;
      else if (field === "data") data.push(text);
    }
  }
}
