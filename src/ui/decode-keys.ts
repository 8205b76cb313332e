/** A key as a person would call it: "text" for what is typed, "paste" for what is pasted, "ctrl-a", "alt-b", "up". */
export interface Key {
  readonly name: string;
  /** What "text" and "paste" bring, else "". Several characters may come at once. */
  readonly text: string;
}

/** Turns what a terminal sends into keys. A sequence may come in pieces. */
export interface KeyDecoder {
  push(chunk: string): Key[];
  /** Nothing more came for a while: a lone escape character was the Esc key. */
  flush(): Key[];
  /** Something is held back that `flush` would give. */
  isWaiting(): boolean;
}

const ESCAPE = "\u001b";
const PASTE_START = `${ESCAPE}[200~`;
const PASTE_END = `${ESCAPE}[201~`;

// oxlint-disable-next-line no-control-regex
const SEQUENCE = /\u001b(?:\[(?:<(\d+);\d+;\d+([Mm])|([0-9;:]*)([A-Za-z~^$@]))|O([A-Za-z]))/y;
/** The beginning of a sequence whose end has not come yet. */
// oxlint-disable-next-line no-control-regex
const OPEN_SEQUENCE = /\u001b(?:\[<?[0-9;:]{0,16}|O)?$/y;
// oxlint-disable-next-line no-control-regex
const TEXT = /[^\u0000-\u001f\u007f]+/y;

const LETTERS: Readonly<Record<string, string>> = { A: "up", B: "down", C: "right", D: "left", F: "end", H: "home", Z: "backtab", M: "enter" };
const NUMBERS: Readonly<Record<string, string>> = { 1: "home", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end" };
const CONTROLS: Readonly<Record<string, string>> = { "\r": "enter", "\n": "enter", "\t": "tab", "\u007f": "backspace", "\b": "backspace" };
/** Wheels report themselves as buttons (xterm's SGR mode). */
const WHEELS: Readonly<Record<string, string>> = { 64: "wheelup", 65: "wheeldown" };
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
      return decode(false);
    },
    flush: () => decode(true),
    isWaiting: () => buffer !== "",
  };
}

interface Step {
  /** Absent for what means nothing here: a click, an unknown function key. */
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
  if (buffer.startsWith(PASTE_START, position)) return pasted(buffer, position);
  SEQUENCE.lastIndex = position;
  const match = SEQUENCE.exec(buffer);
  if (match !== null) {
    const [sequence, button, , parameters = "", final = "", applicationKey] = match;
    if (button !== undefined) return step(WHEELS[button], sequence);
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
  return { key: named("escape"), length: 1 };
}

/** A paste waits for its end, however long that takes: its line breaks must not be taken for the Enter key. */
function pasted(buffer: string, position: number): Step | undefined {
  const start = position + PASTE_START.length;
  const end = buffer.indexOf(PASTE_END, start);
  if (end === -1) return undefined;
  return { key: { name: "paste", text: buffer.slice(start, end) }, length: end + PASTE_END.length - position };
}

function step(name: string | undefined, sequence: string): Step {
  return name === undefined ? { length: sequence.length } : { key: named(name), length: sequence.length };
}

function named(name: string): Key {
  return { name, text: "" };
}
