/** One request's texts, all of one side. */
export interface EmbedBatch {
  /** As they are sent: cut, and with an instruction in front where we put it there. */
  readonly texts: readonly string[];
  readonly use: "query" | "passage";
  readonly model: string | undefined;
  /** The server is told which side the texts stand on, and what is searched for; `undefined` where it must not be: we have said it in the texts. */
  readonly side: EmbedSide | undefined;
  /** Vectors of another length than the model's own, where somebody asked for them. */
  readonly dimensions: number | undefined;
}

export interface EmbedSide {
  readonly instruction: string | undefined;
}

/** What came back for a batch, checked for its shape: as many vectors as texts, each a list of numbers or packed ones. */
export interface EmbedAnswer {
  /** By position in the batch. */
  readonly vectors: readonly RawVector[];
  /** As the provider counts; `undefined` where it does not tell. */
  readonly tokens: number | undefined;
  /** Of texts that the server cut, where it tells. */
  readonly truncated: ReadonlySet<number>;
}

/** A vector as it came, not checked yet: a list of numbers, or base64 of little-endian 32-bit floats. */
export type RawVector = unknown;

/** How one kind of server is asked, and how its answers are read. */
export interface EmbedDialect {
  /** Appended to an address that has no path of its own. */
  readonly path: string;
  requestBody(batch: EmbedBatch): Record<string, unknown>;
  /** @throws BadAnswer for anything that is not what the dialect promises. */
  readAnswer(json: unknown, batch: EmbedBatch): EmbedAnswer;
}

/** What is wrong with an answer, in a few words without any of its text. Becomes a RemoteFailure `bad-answer` that names the server. */
export class BadAnswer extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = "BadAnswer";
    this.hint = hint;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of a record; `undefined` where there is none. */
export function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

/** A count that can be added up, or `undefined` for whatever else stands there. */
export function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/**
 * Puts entries with positions of their own in the order of the batch.
 *
 * @throws BadAnswer when an entry has no position, one out of range, or one that was there before, or when one is missing.
 */
export function inOrder(entries: unknown, count: number, { indexName, vectorName }: { readonly indexName: string; readonly vectorName: string }): { readonly vectors: RawVector[]; readonly entries: unknown[] } {
  if (!Array.isArray(entries)) throw new BadAnswer("it has no list of vectors");
  if (entries.length !== count) throw new BadAnswer(`it has ${entries.length} vectors for ${count} texts`);
  const sorted: unknown[] = Array.from({ length: count });
  const seen = new Set<number>();
  for (const entry of entries) {
    const index = member(entry, indexName);
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= count) throw new BadAnswer(`a vector's ${indexName} is not one of 0 to ${count - 1}`);
    if (seen.has(index)) throw new BadAnswer(`${indexName} ${index} is there twice`);
    seen.add(index);
    sorted[index] = entry;
  }
  return { vectors: sorted.map((entry) => member(entry, vectorName)), entries: sorted };
}
