/** Of a long text that a message quotes in part, `WINDOW + STRIDE` letters are found for certain. */
const WINDOW = 16;
const STRIDE = 8;
/** Shorter strings are in every sentence: "no", "5". */
const MIN_WHOLE_TEXT = 4;
const MAX_MESSAGE_LENGTH = 2000;
/** Beyond it the search takes longer than an error is worth. */
const MAX_SAID_LENGTH = 2_000_000;
const WITHHELD = "(the message is withheld: it repeats what the request says)";

/**
 * An error's message for the log. What a library throws may quote what it was given, and texts of requests are not logged: a
 * message is withheld that holds a string of what the request says, or 24 letters of a longer one.
 *
 * @param said the request's body, query and parameters; names of members count as well as their values.
 * @param knownNames that every client writes, and an error may name: "documents".
 */
export function textFreeMessage(message: string, said: unknown, knownNames: ReadonlySet<string> = new Set()): string {
  const shown = message.slice(0, MAX_MESSAGE_LENGTH);
  const texts = [...stringsOf(said, knownNames)];
  if (texts.reduce((length, text) => length + text.length, 0) > MAX_SAID_LENGTH) return WITHHELD;
  if (texts.some((text) => text.length >= MIN_WHOLE_TEXT && shown.includes(text))) return WITHHELD;
  for (let start = 0; start + WINDOW <= shown.length; start += STRIDE) {
    const part = shown.slice(start, start + WINDOW);
    if (texts.some((text) => text.includes(part))) return WITHHELD;
  }
  return shown;
}

/** Of any depth without recursion: a client decides how deep a body is. */
function* stringsOf(said: unknown, knownNames: ReadonlySet<string>): Generator<string> {
  const pending: unknown[] = [said];
  for (let value = pending.pop(); value !== undefined || pending.length > 0; value = pending.pop()) {
    if (typeof value === "string") yield value;
    else if (Array.isArray(value)) for (const entry of value) pending.push(entry);
    else if (typeof value === "object" && value !== null) for (const [name, entry] of Object.entries(value)) pending.push(entry, ...(knownNames.has(name) ? [] : [name]));
  }
}
