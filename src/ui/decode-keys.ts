/** A key as a person would call it: "text" for what is typed, "paste" for what is pasted, "ctrl-a", "alt-b", "up". */
export interface Key {
  readonly name: string;
  /** What "text" and "paste" bring, else "". Several characters may come at once. */
  readonly text: string;
}

/** Turns what a terminal sends into keys. A sequence may come in pieces. */
export interface KeyDecoder {
  push(chunk: string): Key[];
  /** Nothing more came for as long as `waitMs` says: a lone escape character was the Esc key, a paste without an end is all that was pasted. */
  flush(): Key[];
  /** How long what is held back waits for more, in ms; `null` where nothing is held back. */
  waitMs(): number | null;
}

/** Longer than the pieces of one key's sequence are apart, even over a slow line; shorter than a person notices. */
const ESCAPE_WAIT_MS = 40;
/** A paste whose end got lost must not hold the keyboard for ever; the pieces of a long one over a slow line are closer together. */
const PASTE_WAIT_MS = 500;
/** UTF-16 code units. No line takes as much: what is beyond is dropped while the end of the paste is awaited. */
const LONGEST_PASTE = 65_536;

const ESCAPE = "\u001b";
const PASTE_START = `${ESCAPE}[200~`;
const PASTE_END = `${ESCAPE}[201~`;
const CTRL_C = "\u0003";

// oxlint-disable-next-line no-control-regex
const SEQUENCE = /\u001b(?:\[(?:\[[A-Za-z]|([<=>?]?)([0-9;:]*)([A-Za-z~^$@]))|O([A-Za-z]))/y;
/** The beginning of a sequence whose end has not come yet. */
// oxlint-disable-next-line no-control-regex
const OPEN_SEQUENCE = /\u001b(?:\[(?:\[|[<=>?]?[0-9;:]{0,16})|O)?$/y;
// oxlint-disable-next-line no-control-regex
const TEXT = /[^\u0000-\u001f\u007f]+/y;

const LETTERS: Readonly<Record<string, string>> = { A: "up", B: "down", C: "right", D: "left", F: "end", H: "home", Z: "backtab", M: "enter" };
const NUMBERS: Readonly<Record<string, string>> = { 1: "home", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end" };
const CONTROLS: Readonly<Record<string, string>> = { "\r": "enter", "\n": "enter", "\t": "tab", "\u007f": "backspace", "\b": "backspace" };
const ALT_KEYS = "bdf";

export function createKeyDecoder(): KeyDecoder {
  let buffer = "";

  function decode(isOver: boolean): Key[] {
    const keys: Key[] = [];
    let position = 0;
    while (position < buffer.length) {
      const step = next(buffer, position, isOver);
      if (step === undefined) break;
      if (step.key !== undefined) keys.push(step.key);
      position += step.length;
    }
    buffer = buffer.slice(position);
    return keys;
  }

  return {
    push(chunk) {
      buffer += chunk;
      const keys = decode(false);
      // The last characters may be the beginning of the paste's end.
      const tail = PASTE_END.length - 1;
      if (buffer.length > LONGEST_PASTE + tail) buffer = buffer.slice(0, LONGEST_PASTE) + buffer.slice(-tail);
      return keys;
    },
    flush: () => decode(true),
    waitMs: () => (buffer === "" ? null : buffer.startsWith(PASTE_START) ? PASTE_WAIT_MS : ESCAPE_WAIT_MS),
  };
}

interface Step {
  /** Absent for what means nothing here: an unknown function key, an answer of the terminal. */
  readonly key?: Key;
  readonly length: number;
}

/** `undefined`: more must come before it can be told. */
function next(buffer: string, position: number, isOver: boolean): Step | undefined {
  const first = buffer[position] ?? "";
  if (first === ESCAPE) return escaped(buffer, position, isOver);
  const control = CONTROLS[first];
  if (control !== undefined) return { key: named(control), length: 1 };
  TEXT.lastIndex = position;
  const text = TEXT.exec(buffer)?.[0];
  if (text !== undefined) return { key: { name: "text", text }, length: text.length };
  const code = first.charCodeAt(0);
  return code >= 1 && code <= 26 ? { key: named(`ctrl-${String.fromCharCode(code + 96)}`), length: 1 } : { length: 1 };
}

function escaped(buffer: string, position: number, isOver: boolean): Step | undefined {
  if (buffer.startsWith(PASTE_START, position)) return pasted(buffer, position, isOver);
  SEQUENCE.lastIndex = position;
  const match = SEQUENCE.exec(buffer);
  if (match !== null) {
    const [sequence, prefix = "", parameters = "", final = "", applicationKey] = match;
    // Mice and terminals that answer a question speak so, keys never.
    if (prefix !== "") return step(undefined, sequence);
    if (applicationKey !== undefined) return step(LETTERS[applicationKey], sequence);
    const [number = "", modifier = "1"] = parameters.split(";");
    const name = final === "~" ? NUMBERS[number] : LETTERS[final];
    const isByWord = modifier !== "1" && (name === "left" || name === "right");
    return step(isByWord ? `word${name}` : name, sequence);
  }
  OPEN_SEQUENCE.lastIndex = position;
  if (!isOver && OPEN_SEQUENCE.test(buffer)) return undefined;
  const following = buffer[position + 1] ?? "";
  if (following === "\u007f" || (following !== "" && ALT_KEYS.includes(following))) {
    return { key: named(following === "\u007f" ? "alt-backspace" : `alt-${following}`), length: 2 };
  }
  // Alt with a character: neither Esc nor text.
  TEXT.lastIndex = position + 1;
  if (TEXT.test(buffer)) return { length: 1 + String.fromCodePoint(buffer.codePointAt(position + 1) ?? 0).length };
  return { key: named("escape"), length: 1 };
}

/** A paste waits for its end: its line breaks must not be taken for the Enter key. Where none comes, silence or Ctrl-C ends it. */
function pasted(buffer: string, position: number, isOver: boolean): Step | undefined {
  const start = position + PASTE_START.length;
  const end = buffer.indexOf(PASTE_END, start);
  const paste = (to: number): Key => ({ name: "paste", text: buffer.slice(start, to) });
  if (end !== -1) return { key: paste(end), length: end + PASTE_END.length - position };
  const interrupted = buffer.indexOf(CTRL_C, start);
  if (interrupted !== -1) return { key: paste(interrupted), length: interrupted - position };
  return isOver ? { key: paste(buffer.length), length: buffer.length - position } : undefined;
}

function step(name: string | undefined, sequence: string): Step {
  return name === undefined ? { length: sequence.length } : { key: named(name), length: sequence.length };
}

function named(name: string): Key {
  return { name, text: "" };
}
