const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * Walks through JSON in its bytes, for a file whose largest parts are read into tables of our own. `JSON.parse` builds 450,000
 * strings and as many entries of objects and lists out of a tokenizer.json: twice the time, and 130 MB that stay resident.
 * Throws SyntaxError where the bytes are not JSON; what is skipped is not checked beyond its brackets and strings.
 */
export class JsonBytes {
  readonly bytes: Uint8Array;
  at = 0;
  /** What `readUnits` has read last. */
  units = new Uint16Array(256);

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Calls `onMember` in front of each value of the object here; it must read or skip the value. */
  readObject(onMember: (key: string) => void): void {
    this.readItems("{", "}", () => {
      const key = this.readString();
      this.expect(":");
      onMember(key);
    });
  }

  /** Calls `onItem` in front of each item between two brackets (with its key, in an object); it must read or skip the item. */
  readItems(open: "{" | "[", close: "}" | "]", onItem: () => void): void {
    this.expect(open);
    if (this.peek() !== close.charCodeAt(0)) {
      onItem();
      while (this.peek() === COMMA) {
        this.at += 1;
        onItem();
      }
    }
    this.expect(close);
  }

  /** Any value, as JSON.parse gives it. */
  readValue(): unknown {
    const start = this.at;
    this.skipValue();
    return JSON.parse(Buffer.from(this.bytes.subarray(start, this.at)).toString("utf8"));
  }

  /** Keys and the like: characters above U+07FF come as U+FFFD. */
  readString(): string {
    return String.fromCharCode(...this.units.subarray(0, this.readUnits()));
  }

  /** Puts the characters of the string here into `units`, those above U+07FF as one U+FFFD each. Gives their count. */
  readUnits(): number {
    this.expect('"');
    const { bytes } = this;
    let { units } = this;
    let count = 0;
    for (let at = this.at; at < bytes.length; ) {
      if (count === units.length) units = this.#growUnits();
      const byte = bytes[at++] ?? 0;
      if (byte === QUOTE) {
        this.at = at;
        return count;
      }
      if (byte === BACKSLASH) {
        const letter = String.fromCharCode(bytes[at++] ?? 0);
        if (letter === "u") {
          units[count++] = Number.parseInt(Buffer.from(bytes.subarray(at, at + 4)).toString("latin1"), 16);
          at += 4;
        } else units[count++] = (SHORT_ESCAPES[letter] ?? letter).charCodeAt(0);
      } else if (byte < 0x80) units[count++] = byte;
      else if (byte < 0xe0) units[count++] = ((byte & 31) << 6) | ((bytes[at++] ?? 0) & 63);
      else {
        units[count++] = 0xfffd;
        at += byte < 0xf0 ? 2 : 3;
      }
    }
    throw this.#error("a string does not end");
  }

  readInteger(): number {
    this.skipSpace();
    const { bytes } = this;
    const start = this.at;
    let value = 0;
    for (; this.at < bytes.length; this.at++) {
      const digit = (bytes[this.at] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      value = 10 * value + digit;
    }
    if (this.at === start) throw this.#error("a whole number should be here");
    return value;
  }

  skipValue(): void {
    this.skipSpace();
    const { bytes } = this;
    let depth = 0;
    for (let at = this.at; at < bytes.length; at++) {
      switch (bytes[at]) {
        case QUOTE:
          at = this.#endOfString(at);
          break;
        case 0x5b: // [
        case 0x7b: // {
          depth += 1;
          continue;
        case 0x5d: // ]
        case 0x7d: // }
          depth -= 1;
          // The bracket of what surrounds a bare number or word.
          if (depth < 0) {
            this.at = at;
            return;
          }
          break;
        case COMMA:
          if (depth > 0) continue;
          this.at = at;
          return;
        default:
          continue;
      }
      if (depth === 0) {
        this.at = at + 1;
        return;
      }
    }
    throw this.#error("it ends in the middle");
  }

  /** The next byte that is not white space, or -1 at the end. */
  peek(): number {
    this.skipSpace();
    return this.bytes[this.at] ?? -1;
  }

  expect(character: string): void {
    if (this.peek() !== character.charCodeAt(0)) throw this.#error(`${character} should be here`);
    this.at += 1;
  }

  skipSpace(): void {
    const { bytes } = this;
    for (let byte = bytes[this.at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) {
      this.at += 1;
      byte = bytes[this.at];
    }
  }

  #growUnits(): Uint16Array<ArrayBuffer> {
    const larger = new Uint16Array(2 * this.units.length);
    larger.set(this.units);
    this.units = larger;
    return larger;
  }

  /** Position of the quote that ends the string which begins at `start`. */
  #endOfString(start: number): number {
    const { bytes } = this;
    for (let at = start + 1; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) at += 1;
    }
    throw this.#error("a string does not end");
  }

  #error(finding: string): SyntaxError {
    return new SyntaxError(`not JSON at byte ${Math.min(this.at, this.bytes.length)} of ${this.bytes.length}: ${finding}`);
  }
}
