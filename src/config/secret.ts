/** A value that no log, error or JSON shows by accident: only its source is public. */
export class Secret {
  readonly #value: string;
  /** Where it comes from: the name of a variable, or the path of a file. */
  readonly source: string;

  constructor(value: string, source: string) {
    this.#value = value;
    this.source = source;
  }

  /** For the one request header that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "(secret)";
  }

  toJSON(): string {
    return "(secret)";
  }
}
